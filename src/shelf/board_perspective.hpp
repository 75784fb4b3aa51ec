#pragma once

#include <vector>

#include "gondola/core/box.hpp"
#include "gondola/shelf/rows.hpp"

namespace gondola::shelf {

struct Place {
  double x = 0;
  double y = 0;
};

/// How boards fall and run together to one side of a picture. Seen along the aisle they meet in a
/// vanishing point. With that moved to infinity by a homography which leaves the column in the
/// middle as it is, boards are level and equal products equally wide wherever they stand.
class BoardPerspective {
 public:
  /// Level boards.
  BoardPerspective() = default;

  /// @param narrowing  of products, per pixel to the right; the boards' vanishing point is
  ///   1 / narrowing to the right of the middle
  /// @param slope  of the boards once they are parallel, downwards
  BoardPerspective(const Place& middle, double narrowing, double slope);

  double narrowing() const { return narrowing_; }
  bool is_level() const { return narrowing_ == 0 && slope_ == 0; }

  /// From a picture to the one with level boards.
  Place straightened(const Place& picture) const;
  /// A box as large as its product would be, with its foot where that would stand.
  Box straightened(const Box& picture) const;
  /// The inverse.
  Place taken(const Place& straight) const;

 private:
  Place middle_;
  double narrowing_ = 0;
  double slope_ = 0;
};

/// The perspective, of a coarse grid, in which the feet of most neighbours are level; level boards
/// unless another one is clearly better.
BoardPerspective guess_perspective(const std::vector<Box>& products);

/// From the lines of rows that were found, as most of them agree, without their slope. Level boards
/// when there are fewer than three, or when a product would lie at the vanishing point or behind
/// it.
BoardPerspective perspective_of(const std::vector<Row>& rows, Size image);

}  // namespace gondola::shelf
