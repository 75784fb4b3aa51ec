#include "gondola/train/ciou.hpp"

#include <algorithm>
#include <cmath>

namespace gondola::train {
namespace {

constexpr double kPi = 3.14159265358979323846;

struct Gradient {
  double x1 = 0;
  double y1 = 0;
  double x2 = 0;
  double y2 = 0;
};

}  // namespace

CiouGradient ciou_with_gradient(const Box& predicted, const Box& target) {
  const double x1 = predicted.x1;
  const double y1 = predicted.y1;
  const double x2 = predicted.x2;
  const double y2 = predicted.y2;
  const double w = x2 - x1;
  const double h = y2 - y1;
  const double target_w = static_cast<double>(target.x2) - target.x1;
  const double target_h = static_cast<double>(target.y2) - target.y1;

  // IoU = I / U with U = w h + w_t h_t - I. A side of the intersection moves with the prediction's
  // corner only where that corner is the inner one.
  const double shared_w = std::min<double>(x2, target.x2) - std::max<double>(x1, target.x1);
  const double shared_h = std::min<double>(y2, target.y2) - std::max<double>(y1, target.y1);
  const bool overlap = shared_w > 0 && shared_h > 0;
  const double shared = overlap ? shared_w * shared_h : 0;
  const double united = w * h + target_w * target_h - shared;
  const double iou = shared / united;
  Gradient shared_by;
  if (overlap) {
    shared_by.x1 = x1 > target.x1 ? -shared_h : 0;
    shared_by.y1 = y1 > target.y1 ? -shared_w : 0;
    shared_by.x2 = x2 < target.x2 ? shared_h : 0;
    shared_by.y2 = y2 < target.y2 ? shared_w : 0;
  }
  const auto iou_by = [&](double shared_change, double area_change) {
    return (shared_change * united - shared * (area_change - shared_change)) / (united * united);
  };

  // rho^2 / c^2: squared distance of the centres over the squared diagonal of the hull.
  const double dx = (x1 + x2 - target.x1 - target.x2) / 2;
  const double dy = (y1 + y2 - target.y1 - target.y2) / 2;
  const double hull_w = std::max<double>(x2, target.x2) - std::min<double>(x1, target.x1);
  const double hull_h = std::max<double>(y2, target.y2) - std::min<double>(y1, target.y1);
  const double distance = dx * dx + dy * dy;
  const double diagonal = hull_w * hull_w + hull_h * hull_h;
  const auto distance_by = [&](double distance_change, double diagonal_change) {
    return (distance_change * diagonal - distance * diagonal_change) / (diagonal * diagonal);
  };

  const double angle = std::atan2(target_w, target_h) - std::atan2(w, h);
  const double v = 4 / (kPi * kPi) * angle * angle;
  const double alpha = v > 0 ? v / (1 - iou + v) : 0;
  const double v_by_angle = 8 / (kPi * kPi) * angle;
  const double v_by_w = -v_by_angle * h / (w * w + h * h);
  const double v_by_h = v_by_angle * w / (w * w + h * h);

  const double by_x1 =
      iou_by(shared_by.x1, -h) - distance_by(dx, x1 < target.x1 ? -2 * hull_w : 0) + alpha * v_by_w;
  const double by_y1 =
      iou_by(shared_by.y1, -w) - distance_by(dy, y1 < target.y1 ? -2 * hull_h : 0) + alpha * v_by_h;
  const double by_x2 =
      iou_by(shared_by.x2, h) - distance_by(dx, x2 > target.x2 ? 2 * hull_w : 0) - alpha * v_by_w;
  const double by_y2 =
      iou_by(shared_by.y2, w) - distance_by(dy, y2 > target.y2 ? 2 * hull_h : 0) - alpha * v_by_h;
  return {static_cast<float>(iou - distance / diagonal - alpha * v),
          {static_cast<float>(by_x1), static_cast<float>(by_y1), static_cast<float>(by_x2),
           static_cast<float>(by_y2)}};
}

}  // namespace gondola::train
