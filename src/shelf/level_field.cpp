#include "level_field.hpp"

#include <algorithm>
#include <cmath>

#include "linear.hpp"

namespace gondola::shelf {
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
  constexpr Vector<kTerms> kRidge = {0.02, 0.2, 0.5, 2, 2, 2};
  constexpr double kCauchyScale = 0.06;
  constexpr int kRounds = 6;
  for (int round = 0; round < kRounds; ++round) {
    LeastSquares<kTerms> problem(kRidge);
    for (const auto& [i, j] : ties) {
      const Vector<kTerms> one = terms(feet[i].x, feet[i].y);
      const Vector<kTerms> other = terms(feet[j].x, feet[j].y);
      const double height = std::max(1.0, std::min(feet[i].height, feet[j].height));
      const double residual =
          (level(feet[i].x, feet[i].y) - level(feet[j].x, feet[j].y)) / height / kCauchyScale;
      const double weight = 1 / (1 + residual * residual);
      Vector<kTerms> row{};
      for (std::size_t k = 0; k < kTerms; ++k) row[k] = (one[k] - other[k]) * scale_ / height;
      const double target = (feet[j].y - feet[i].y) / height;
      problem.add(row, target, weight);
    }
    coefficients_ = problem.solve();
  }
}

double LevelField::level(double x, double y) const {
  const Vector<kTerms> t = terms(x, y);
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

std::vector<LevelField::Tie> tie_neighbours(const std::vector<Box>& products,
                                            const std::vector<double>& levels, double tolerance) {
  std::vector<LevelField::Tie> found;
  double widest = 0;
  for (const Box& box : products) widest = std::max<double>(widest, box.width());
  for (std::size_t i = 0; i < products.size(); ++i) {
    const Box& left = products[i];
    std::size_t best = products.size();
    double best_cost = 0;
    for (std::size_t j = i + 1; j < products.size(); ++j) {
      const Box& right = products[j];
      const double gap = right.x1 - left.x2;
      if (gap > 2.5 * widest) break;
      const double narrow = std::min(left.width(), right.width());
      const double wide = std::max(left.width(), right.width());
      if (gap < -0.5 * narrow || gap > 1.5 * wide) continue;
      const double low = std::min(left.height(), right.height());
      const double step = std::abs(levels[i] - levels[j]);
      if (step > tolerance * low) continue;
      const double cost = std::max(0.0, gap) / wide + 3 * step / low;
      if (best < products.size() && cost >= best_cost) continue;
      best = j;
      best_cost = cost;
    }
    if (best < products.size()) found.emplace_back(i, best);
  }
  return found;
}

}  // namespace gondola::shelf
