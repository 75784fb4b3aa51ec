#pragma once

#include <array>
#include <vector>

#include "board_perspective.hpp"
#include "gondola/core/box.hpp"

namespace gondola::shelf {

/// From a planogram to a picture of it and back: a homography, and the bend of the lens, with
/// straight = bent * (1 + k * r^2) for places relative to the picture's middle, r = 1 in a corner.
class ShelfMap {
 public:
  struct Pair {
    Place plan;
    Place picture;
    double weight = 1;
    double size = 1;  ///< of the product in the picture, pixels: the unit of deviations
  };

  /// x = xx * X + xy * Y + x0 and the same for y, to the picture with parallel boards.
  struct Affine {
    double xx = 1, xy = 0, x0 = 0;
    double yx = 0, yy = 1, y0 = 0;
  };

  /// Without bend.
  ShelfMap(Size image, const Affine& start, const BoardPerspective& perspective);

  Place to_picture(const Place& plan) const;
  Place to_plan(const Place& picture) const;

  /// The best map for the pairs, starting from this one; robust against some that are wrong.
  ShelfMap fitted(const std::vector<Pair>& pairs) const;

  /// Whether plan and picture have the same orientation at a place, and neither lies behind the
  /// camera.
  bool is_sound_at(const Place& plan) const;

 private:
  explicit ShelfMap(Size image);

  Place straightened(const Place& bent) const;
  Place bent(const Place& straight) const;
  void fit_homography(const std::vector<Pair>& pairs);
  void invert();
  double deviation(const std::vector<Pair>& pairs) const;

  std::array<double, 9> forward_{};   // normalised plan -> normalised straight picture
  std::array<double, 9> backward_{};  // the inverse
  double bend_ = 0;
  Place plan_center_;
  double plan_scale_ = 1;
  Place center_;
  double scale_ = 1;  // half the diagonal
};

}  // namespace gondola::shelf
