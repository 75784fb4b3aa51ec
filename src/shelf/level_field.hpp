#pragma once

#include <array>
#include <cstddef>
#include <utility>
#include <vector>

#include "gondola/core/box.hpp"

namespace gondola::shelf {

/// A function of the picture that is constant along every board: y plus a polynomial that is 0 in
/// the middle column, so its unit is the pixel there and it grows downwards.
class LevelField {
 public:
  static constexpr std::size_t kTerms = 6;

  struct Foot {
    double x = 0;
    double y = 0;
    double height = 0;  ///< of the product, pixels
  };

  /// Two feet that seem to stand on one board.
  using Tie = std::pair<std::size_t, std::size_t>;

  /// A picture with level boards; the coordinates of the feet are scaled by their spread.
  explicit LevelField(const std::vector<Foot>& feet);

  /// Fits the polynomial so that the feet of a tie get the same level, as far as most ties agree.
  void fit(const std::vector<Foot>& feet, const std::vector<Tie>& ties);

  double level(double x, double y) const;
  /// Where the column x has this level.
  double y_at(double x, double level) const;

 private:
  std::array<double, kTerms> terms(double x, double y) const;

  double center_x_ = 0;
  double center_y_ = 0;
  double scale_ = 1;
  std::array<double, kTerms> coefficients_{};
};

/// For every product the nearest one to its right whose foot is about level with its own.
///
/// @param products  left to right by their middles
/// @param levels  of their feet, one each, pixels
/// @param tolerance  of a step, in heights of the lower one
std::vector<LevelField::Tie> tie_neighbours(const std::vector<Box>& products,
                                            const std::vector<double>& levels, double tolerance);

}  // namespace gondola::shelf
