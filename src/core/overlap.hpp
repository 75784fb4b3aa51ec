#pragma once

#include <algorithm>

#include "gondola/core/box.hpp"

namespace gondola::detail {

/// The areas every overlap measure is made of. In double, where the areas of float boxes can
/// neither overflow nor vanish.
struct Overlap {
  double intersection = 0;
  double union_area = 0;  ///< > 0 for valid boxes

  double iou() const { return intersection / union_area; }
};

inline double width_of(const Box& box) {
  return static_cast<double>(box.x2) - static_cast<double>(box.x1);
}

inline double height_of(const Box& box) {
  return static_cast<double>(box.y2) - static_cast<double>(box.y1);
}

/// Requires: both boxes valid.
inline Overlap overlap_of(const Box& a, const Box& b) {
  const double width = static_cast<double>(std::min(a.x2, b.x2)) - std::max(a.x1, b.x1);
  const double height = static_cast<double>(std::min(a.y2, b.y2)) - std::max(a.y1, b.y1);
  const double intersection = std::max(width, 0.0) * std::max(height, 0.0);
  const double areas = width_of(a) * height_of(a) + width_of(b) * height_of(b);
  return {intersection, areas - intersection};
}

/// Squared distance of the centres over the squared diagonal of the hull, 0..1.
///
/// Requires: both boxes valid.
inline double center_distance_of(const Box& a, const Box& b) {
  const double dx = (static_cast<double>(a.x1) + a.x2 - b.x1 - b.x2) / 2;
  const double dy = (static_cast<double>(a.y1) + a.y2 - b.y1 - b.y2) / 2;
  const Box around = hull(a, b);
  const double width = width_of(around);
  const double height = height_of(around);
  return (dx * dx + dy * dy) / (width * width + height * height);
}

}  // namespace gondola::detail
