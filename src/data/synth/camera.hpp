#pragma once

#include <opencv2/core.hpp>

namespace gondola::data::synth {

/// A point or direction in the store, in centimetres: x to the right along the shelf, y up from the
/// floor, z from the shelf towards the viewer.
using Vec3 = cv::Vec3d;

/// A flat parallelogram in the store: the point of its top left corner and its two edges.
struct Quad {
  Vec3 corner;
  Vec3 across;  ///< from the top left to the top right corner
  Vec3 down;    ///< from the top left to the bottom left corner
};

/// The quad upright and parallel to the shelf's front: left and top edge, size, depth position.
Quad facing_quad(double left, double top, double width, double height, double z);

/// The quad parallel to the floor, its far edge first.
Quad level_quad(double left, double y, double width, double far_z, double near_z);

/// Where the camera is and where it looks.
struct Pose {
  Vec3 position;
  double yaw = 0;    ///< radians, positive = to the right; 0 looks straight at the shelf
  double pitch = 0;  ///< radians, positive = up
  double roll = 0;   ///< radians, positive = the picture turns clockwise
};

/// A pinhole camera with square pixels and the principal point in the picture's middle.
class Camera {
 public:
  /// @param focal  focal length in pixels, > 0
  Camera(const Pose& pose, double focal, cv::Size picture);

  const Vec3& position() const { return position_; }
  cv::Size picture() const { return picture_; }

  /// Homogeneous pixel of a point: divide by the third part, which is its distance along the
  /// viewing direction in centimetres (negative behind the camera).
  Vec3 project(const Vec3& point) const { return to_pixels_ * (point - position_); }

  /// Maps (u, v, 1) in the quad's unit square, u along `across` and v along `down`, to homogeneous
  /// pixels.
  cv::Matx33d homography(const Quad& quad) const;

  /// Pixels per centimetre, across the viewing direction, at a point; 0 behind the camera.
  double scale_at(const Vec3& point) const;

 private:
  Vec3 position_;
  cv::Matx33d to_pixels_;
  double focal_;
  cv::Size picture_;
};

}  // namespace gondola::data::synth
