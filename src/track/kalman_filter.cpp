#include "gondola/track/kalman_filter.hpp"

#include <algorithm>
#include <cmath>

#include "gondola/core/error.hpp"

namespace gondola::track {
namespace {

constexpr double kLeastSide = 1e-3;

double squared(double value) { return value * value; }

}  // namespace

void KalmanFilter::Axis::predict(double seconds, double drift_variance,
                                 double acceleration_variance) {
  const double t = seconds;
  value += rate * t;
  value_variance += t * (2 * covariance + t * rate_variance) + drift_variance * t +
                    acceleration_variance * t * t * t / 3;
  covariance += t * rate_variance + acceleration_variance * t * t / 2;
  rate_variance += acceleration_variance * t;
}

void KalmanFilter::Axis::update(double measured, double variance) {
  const double total = value_variance + variance;
  const double gain = value_variance / total;
  const double rate_gain = covariance / total;
  const double surprise = measured - value;
  value += gain * surprise;
  rate += rate_gain * surprise;
  rate_variance -= rate_gain * covariance;
  covariance *= 1 - gain;
  value_variance *= 1 - gain;
}

KalmanFilter::KalmanFilter(const Box& box, Velocity velocity, Velocity velocity_deviation,
                           const MotionModel& model)
    : model_(model) {
  GONDOLA_EXPECTS(is_valid(box), "KalmanFilter: box ", box, " encloses nothing");
  GONDOLA_EXPECTS(model.measurement > 0 && model.acceleration > 0 && model.resizing >= 0,
                  "KalmanFilter: measurement = ", model.measurement,
                  ", acceleration = ", model.acceleration, ", resizing = ", model.resizing,
                  "; expected > 0, > 0, >= 0");
  GONDOLA_EXPECTS(velocity_deviation.x >= 0 && velocity_deviation.y >= 0,
                  "KalmanFilter: velocity_deviation = ", velocity_deviation.x, ", ",
                  velocity_deviation.y, "; expected >= 0");
  reshape(box);
  const double x_variance = squared(model_.measurement * width());
  const double y_variance = squared(model_.measurement * height());
  axes_[kX].value_variance = axes_[kWidth].value_variance = x_variance;
  axes_[kY].value_variance = axes_[kHeight].value_variance = y_variance;
  axes_[kX].rate = velocity.x;
  axes_[kY].rate = velocity.y;
  axes_[kX].rate_variance = squared(velocity_deviation.x);
  axes_[kY].rate_variance = squared(velocity_deviation.y);
}

void KalmanFilter::predict(double seconds) {
  const double x_scale = squared(width());
  const double y_scale = squared(height());
  const double acceleration = squared(model_.acceleration);
  const double resizing = squared(model_.resizing);
  axes_[kX].predict(seconds, 0, acceleration * x_scale);
  axes_[kY].predict(seconds, 0, acceleration * y_scale);
  axes_[kWidth].predict(seconds, resizing * x_scale, 0);
  axes_[kHeight].predict(seconds, resizing * y_scale, 0);
}

void KalmanFilter::update(const Box& box) {
  const double x_variance = squared(model_.measurement * width());
  const double y_variance = squared(model_.measurement * height());
  axes_[kX].update((static_cast<double>(box.x1) + box.x2) / 2, x_variance);
  axes_[kY].update((static_cast<double>(box.y1) + box.y2) / 2, y_variance);
  axes_[kWidth].update(static_cast<double>(box.x2) - box.x1, x_variance);
  axes_[kHeight].update(static_cast<double>(box.y2) - box.y1, y_variance);
}

void KalmanFilter::transform(const Affine& camera) {
  Axis& x = axes_[kX];
  Axis& y = axes_[kY];
  const auto map_axis = [](const Axis& first, double a, const Axis& second, double b, double t) {
    // What the two axes have in common after a rotation is left out: each stays a filter of its
    // own, a little less certain than it could be.
    Axis mapped;
    mapped.value = a * first.value + b * second.value + t;
    mapped.rate = a * first.rate + b * second.rate;
    mapped.value_variance = a * a * first.value_variance + b * b * second.value_variance;
    mapped.covariance = a * a * first.covariance + b * b * second.covariance;
    mapped.rate_variance = a * a * first.rate_variance + b * b * second.rate_variance;
    return mapped;
  };
  const Axis mapped_x = map_axis(x, camera.xx, y, camera.xy, camera.tx);
  const Axis mapped_y = map_axis(x, camera.yx, y, camera.yy, camera.ty);
  x = mapped_x;
  y = mapped_y;
  const double x_scale = std::hypot(camera.xx, camera.yx);
  const double y_scale = std::hypot(camera.xy, camera.yy);
  axes_[kWidth].value = std::max(kLeastSide, axes_[kWidth].value * x_scale);
  axes_[kWidth].value_variance *= squared(x_scale);
  axes_[kHeight].value = std::max(kLeastSide, axes_[kHeight].value * y_scale);
  axes_[kHeight].value_variance *= squared(y_scale);
}

void KalmanFilter::shift(double dx, double dy, Velocity change) {
  axes_[kX].value += dx;
  axes_[kY].value += dy;
  axes_[kX].rate += change.x;
  axes_[kY].rate += change.y;
}

void KalmanFilter::reshape(const Box& box) {
  axes_[kX].value = (static_cast<double>(box.x1) + box.x2) / 2;
  axes_[kY].value = (static_cast<double>(box.y1) + box.y2) / 2;
  axes_[kWidth].value = std::max(kLeastSide, static_cast<double>(box.x2) - box.x1);
  axes_[kHeight].value = std::max(kLeastSide, static_cast<double>(box.y2) - box.y1);
}

Box KalmanFilter::box() const {
  const double x = axes_[kX].value;
  const double y = axes_[kY].value;
  const double half_width = std::max(kLeastSide, width()) / 2;
  const double half_height = std::max(kLeastSide, height()) / 2;
  return {static_cast<float>(x - half_width), static_cast<float>(y - half_height),
          static_cast<float>(x + half_width), static_cast<float>(y + half_height)};
}

}  // namespace gondola::track
