#include "level_field.hpp"

#include <algorithm>
#include <cmath>

namespace gondola::shelf {
namespace {

using Vector = std::array<double, LevelField::kTerms>;
using Matrix = std::array<Vector, LevelField::kTerms>;

/// Gaussian elimination with pivoting; the matrix is positive definite (ridge).
Vector solve(Matrix a, Vector b) {
  constexpr std::size_t n = LevelField::kTerms;
  for (std::size_t column = 0; column < n; ++column) {
    std::size_t pivot = column;
    for (std::size_t i = column + 1; i < n; ++i) {
      if (std::abs(a[i][column]) > std::abs(a[pivot][column])) pivot = i;
    }
    std::swap(a[column], a[pivot]);
    std::swap(b[column], b[pivot]);
    for (std::size_t i = column + 1; i < n; ++i) {
      const double factor = a[i][column] / a[column][column];
      for (std::size_t j = column; j < n; ++j) a[i][j] -= factor * a[column][j];
      b[i] -= factor * b[column];
    }
  }
  Vector x{};
  for (std::size_t i = n; i-- > 0;) {
    x[i] = b[i];
    for (std::size_t j = i + 1; j < n; ++j) x[i] -= a[i][j] * x[j];
    x[i] /= a[i][i];
  }
  return x;
}

}  // namespace

LevelField::LevelField(const std::vector<Foot>& feet) {
  if (feet.empty()) return;
  const auto [left, right] = std::minmax_element(
      feet.begin(), feet.end(), [](const Foot& a, const Foot& b) { return a.x < b.x; });
  const auto [top, bottom] = std::minmax_element(
      feet.begin(), feet.end(), [](const Foot& a, const Foot& b) { return a.y < b.y; });
  center_x_ = (left->x + right->x) / 2;
  center_y_ = (top->y + bottom->y) / 2;
  scale_ = std::max({1.0, (right->x - left->x) / 2, (bottom->y - top->y) / 2});
}

std::array<double, LevelField::kTerms> LevelField::terms(double x, double y) const {
  const double u = (x - center_x_) / scale_;
  const double v = (y - center_y_) / scale_;
  return {u, u * v, u * u, u * u * v, u * u * u, u * v * v};
}

void LevelField::fit(const std::vector<Foot>& feet, const std::vector<Tie>& ties) {
  // Few ties say little about bends; the ridge holds those terms back.
  constexpr Vector kRidge = {0.02, 0.2, 0.5, 2, 2, 2};
  constexpr double kCauchyScale = 0.06;
  constexpr int kRounds = 6;
  for (int round = 0; round < kRounds; ++round) {
    Matrix a{};
    Vector b{};
    for (std::size_t i = 0; i < kTerms; ++i) a[i][i] = kRidge[i];
    for (const auto& [i, j] : ties) {
      const Vector one = terms(feet[i].x, feet[i].y);
      const Vector other = terms(feet[j].x, feet[j].y);
      const double height = std::max(1.0, std::min(feet[i].height, feet[j].height));
      const double residual =
          (level(feet[i].x, feet[i].y) - level(feet[j].x, feet[j].y)) / height / kCauchyScale;
      const double weight = 1 / (1 + residual * residual);
      Vector row{};
      for (std::size_t k = 0; k < kTerms; ++k) row[k] = (one[k] - other[k]) * scale_ / height;
      const double target = (feet[j].y - feet[i].y) / height;
      for (std::size_t k = 0; k < kTerms; ++k) {
        for (std::size_t l = 0; l < kTerms; ++l) a[k][l] += weight * row[k] * row[l];
        b[k] += weight * row[k] * target;
      }
    }
    coefficients_ = solve(a, b);
  }
}

double LevelField::level(double x, double y) const {
  const Vector t = terms(x, y);
  double sum = 0;
  for (std::size_t k = 0; k < kTerms; ++k) sum += coefficients_[k] * t[k];
  return y + sum * scale_;
}

double LevelField::y_at(double x, double wanted) const {
  double y = wanted;
  for (int i = 0; i < 12; ++i) {
    constexpr double kStep = 0.5;
    const double slope = (level(x, y + kStep) - level(x, y - kStep)) / (2 * kStep);
    y -= (level(x, y) - wanted) / std::max(0.3, slope);
  }
  return y;
}

}  // namespace gondola::shelf
