#pragma once

#include <array>

#include "gondola/core/affine.hpp"
#include "gondola/core/box.hpp"

namespace gondola::track {

/// Standard deviations of the filter's model, in shares of the box's width (for x and width) and
/// height (for y and height), so that near and far objects are treated alike.
struct MotionModel {
  /// Of one detection's centre and sides, > 0. Raising it trusts detections less: steadier boxes
  /// that lag behind.
  double measurement = 0.07;

  /// By which the speed changes within a second, box sides per second, > 0. Raising it follows
  /// turns and starts faster, and lets missed objects drift further.
  double acceleration = 0.7;

  /// By which the sides change within a second, >= 0. Raising it follows growing boxes faster.
  double resizing = 0.2;
};

/// Pixels a second.
struct Velocity {
  double x = 0;
  double y = 0;

  friend constexpr bool operator==(const Velocity& a, const Velocity& b) {
    return a.x == b.x && a.y == b.y;
  }
};

/// Kalman filter of one box: centre with constant velocity, width and height.
///
/// Noise is proportional to the size of the box, as in DeepSORT (Wojke et al., "Simple online and
/// realtime tracking with a deep association metric", ICIP 2017) and ByteTrack (Zhang et al.,
/// "ByteTrack: Multi-object tracking by associating every detection box", ECCV 2022); width and
/// height take the place of their height and aspect ratio. Two things are different. Motion is in
/// seconds: acceleration is white noise in continuous time (Bar-Shalom, Li and Kirubarajan,
/// "Estimation with applications to tracking and navigation", 2001, section 6.2), so that one long
/// step is the same as many short ones. And sides have no velocity: what a clipped or half-hidden
/// box seems to shrink by should not go on after it is gone.
///
/// All noises being independent, x, y, width and height are four separate filters, exactly.
/// Not thread-safe; cheap to copy.
class KalmanFilter {
 public:
  /// @param velocity            expected at the start
  /// @param velocity_deviation  of that expectation, pixels a second
  ///
  /// Requires: a valid box, a model in the ranges given there, velocity_deviation >= 0.
  KalmanFilter(const Box& box, Velocity velocity, Velocity velocity_deviation,
               const MotionModel& model);

  /// Lets time pass.
  ///
  /// Requires: seconds >= 0.
  void predict(double seconds);

  /// Takes a detection in.
  ///
  /// Requires: a valid box.
  void update(const Box& box);

  /// Moves everything as the picture moved. Of a rotation, sides take the change of length alone.
  void transform(const Affine& camera);

  /// Moves centre and velocity, as certain as before.
  void shift(double dx, double dy, Velocity change);

  /// Makes this the present box; velocity and certainty stay.
  ///
  /// Requires: a valid box.
  void reshape(const Box& box);

  /// The estimate. Never empty: sides are at least a thousandth of a pixel.
  Box box() const;
  Velocity velocity() const { return {axes_[kX].rate, axes_[kY].rate}; }

 private:
  enum AxisIndex { kX, kY, kWidth, kHeight };

  /// A quantity and its rate of change, with their covariance.
  struct Axis {
    double value = 0;
    double rate = 0;
    double value_variance = 0;
    double covariance = 0;
    double rate_variance = 0;

    void predict(double seconds, double drift_variance, double acceleration_variance);
    void update(double measured, double variance);
  };

  double width() const { return axes_[kWidth].value; }
  double height() const { return axes_[kHeight].value; }

  MotionModel model_;
  std::array<Axis, 4> axes_;
};

}  // namespace gondola::track
