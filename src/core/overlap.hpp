#pragma once

#include "gondola/core/box.hpp"

namespace gondola::detail {

/// The areas every overlap measure is made of. In double, where the areas of float boxes can
/// neither overflow nor vanish.
struct Overlap {
  double intersection = 0;
  double union_area = 0;  ///< > 0 for valid boxes

  double iou() const { return intersection / union_area; }
};

inline double width_of(const Box& box) { return static_cast<double>(box.x2) - box.x1; }

inline double height_of(const Box& box) { return static_cast<double>(box.y2) - box.y1; }

/// Requires: both boxes valid.
Overlap overlap_of(const Box& a, const Box& b);

/// Squared distance of the centres over the squared diagonal of the hull, 0..1.
///
/// Requires: both boxes valid.
double center_distance_of(const Box& a, const Box& b);

}  // namespace gondola::detail
