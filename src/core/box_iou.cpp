#include "gondola/core/box_iou.hpp"

#include <cmath>

#include "overlap.hpp"

namespace gondola {
namespace {

constexpr double kPi = 3.14159265358979323846;

using detail::height_of;
using detail::Overlap;
using detail::overlap_of;
using detail::width_of;

double aspect_penalty(const Box& a, const Box& b, double iou) {
  const double angle_a = std::atan(width_of(a) / height_of(a));
  const double angle_b = std::atan(width_of(b) / height_of(b));
  const double v = 4 / (kPi * kPi) * (angle_a - angle_b) * (angle_a - angle_b);
  if (v == 0) return 0;
  const double alpha = v / ((1 - iou) + v);
  return alpha * v;
}

}  // namespace

float iou(const Box& a, const Box& b) {
  if (!is_valid(a) || !is_valid(b)) return 0.0F;
  return static_cast<float>(overlap_of(a, b).iou());
}

float giou(const Box& a, const Box& b) {
  if (!is_valid(a) || !is_valid(b)) return -1.0F;
  const Overlap overlap = overlap_of(a, b);
  const Box around = hull(a, b);
  const double hull_area = width_of(around) * height_of(around);
  return static_cast<float>(overlap.iou() - (hull_area - overlap.union_area) / hull_area);
}

float diou(const Box& a, const Box& b) {
  if (!is_valid(a) || !is_valid(b)) return -1.0F;
  return static_cast<float>(overlap_of(a, b).iou() - detail::center_distance_of(a, b));
}

float ciou(const Box& a, const Box& b) {
  if (!is_valid(a) || !is_valid(b)) return -1.5F;
  const double overlap = overlap_of(a, b).iou();
  return static_cast<float>(overlap - detail::center_distance_of(a, b) -
                            aspect_penalty(a, b, overlap));
}

}  // namespace gondola
