#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "gondola/core/box.hpp"

namespace gondola::track {

/// Boxes by the cells of a grid about as coarse as they are large, to find those that overlap a
/// given one without looking at the others. Keeps its own copy.
class BoxGrid {
 public:
  /// Requires: valid boxes.
  explicit BoxGrid(std::vector<Box> boxes);

  const std::vector<Box>& boxes() const { return boxes_; }

  /// Calls `visit(i)` once for every box that shares an area with this one.
  template <typename Visit>
  void for_each_overlapping(const Box& box, const Visit& visit) const {
    if (boxes_.empty()) return;
    const CellRange range = cells_of(box);
    for (std::uint32_t y = range.y1; y <= range.y2; ++y) {
      for (std::uint32_t x = range.x1; x <= range.x2; ++x) {
        const std::size_t cell = std::size_t{y} * columns_ + x;
        for (std::uint32_t at = starts_[cell]; at < starts_[cell + 1]; ++at) {
          const std::uint32_t i = entries_[at];
          // A pair that shares several cells is met in the first of them.
          if (std::max(range.x1, ranges_[i].x1) != x || std::max(range.y1, ranges_[i].y1) != y) {
            continue;
          }
          const Box& other = boxes_[i];
          const bool overlap =
              other.x1 < box.x2 && box.x1 < other.x2 && other.y1 < box.y2 && box.y1 < other.y2;
          if (overlap) visit(i);
        }
      }
    }
  }

 private:
  struct CellRange {
    std::uint32_t x1, y1, x2, y2;
  };

  CellRange cells_of(const Box& box) const;

  std::vector<Box> boxes_;
  std::vector<CellRange> ranges_;  ///< by box
  std::vector<std::uint32_t> starts_;
  std::vector<std::uint32_t> entries_;
  double left_ = 0;
  double top_ = 0;
  double cells_per_pixel_x_ = 0;
  double cells_per_pixel_y_ = 0;
  std::uint32_t columns_ = 1;
  std::uint32_t rows_ = 1;
};

}  // namespace gondola::track
