#include "overlap.hpp"

#include <algorithm>

namespace gondola::detail {

// In a source file of its own on purpose: inlined into a loop, GCC makes branches of the minima and
// maxima, which the noise of detections renders unpredictable and NMS twice as slow.
Overlap overlap_of(const Box& a, const Box& b) {
  const float x1 = std::max(a.x1, b.x1);
  const float y1 = std::max(a.y1, b.y1);
  const float x2 = std::min(a.x2, b.x2);
  const float y2 = std::min(a.y2, b.y2);
  const double width = static_cast<double>(x2) - x1;
  const double height = static_cast<double>(y2) - y1;
  const double intersection = width > 0 && height > 0 ? width * height : 0;
  const double areas = width_of(a) * height_of(a) + width_of(b) * height_of(b);
  return {intersection, areas - intersection};
}

double center_distance_of(const Box& a, const Box& b) {
  const double dx = (static_cast<double>(a.x1) + a.x2 - b.x1 - b.x2) / 2;
  const double dy = (static_cast<double>(a.y1) + a.y2 - b.y1 - b.y2) / 2;
  const Box around = hull(a, b);
  const double width = width_of(around);
  const double height = height_of(around);
  return (dx * dx + dy * dy) / (width * width + height * height);
}

}  // namespace gondola::detail
