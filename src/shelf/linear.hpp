#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <utility>

namespace gondola::shelf {

template <std::size_t n>
using Vector = std::array<double, n>;
template <std::size_t n>
using Matrix = std::array<Vector<n>, n>;

/// Normal equations of a weighted least squares problem with n unknowns, held back by a ridge.
template <std::size_t n>
class LeastSquares {
 public:
  /// @param ridge  > 0: added to the diagonal, pulls the unknowns towards `towards`
  explicit LeastSquares(const Vector<n>& ridge, const Vector<n>& towards = {}) {
    for (std::size_t i = 0; i < n; ++i) {
      a_[i][i] = ridge[i];
      b_[i] = ridge[i] * towards[i];
    }
  }

  /// One equation: the row times the unknowns is the value.
  void add(const Vector<n>& row, double value, double weight) {
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < n; ++j) a_[i][j] += weight * row[i] * row[j];
      b_[i] += weight * row[i] * value;
    }
  }

  /// Gaussian elimination with pivoting.
  Vector<n> solve() const {
    Matrix<n> a = a_;
    Vector<n> b = b_;
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
    Vector<n> x{};
    for (std::size_t i = n; i-- > 0;) {
      x[i] = b[i];
      for (std::size_t j = i + 1; j < n; ++j) x[i] -= a[i][j] * x[j];
      x[i] /= a[i][i];
    }
    return x;
  }

 private:
  Matrix<n> a_{};
  Vector<n> b_{};
};

}  // namespace gondola::shelf
