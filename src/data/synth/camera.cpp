#include "camera.hpp"

#include <cmath>

namespace gondola::data::synth {

Quad facing_quad(double left, double top, double width, double height, double z) {
  return {{left, top, z}, {width, 0, 0}, {0, -height, 0}};
}

Quad level_quad(double left, double y, double width, double far_z, double near_z) {
  return {{left, y, far_z}, {width, 0, 0}, {0, 0, near_z - far_z}};
}

Camera::Camera(const Pose& pose, double focal, cv::Size picture)
    : position_(pose.position), focal_(focal), picture_(picture) {
  const double cy = std::cos(pose.yaw);
  const double sy = std::sin(pose.yaw);
  const double cp = std::cos(pose.pitch);
  const double sp = std::sin(pose.pitch);
  const Vec3 forward(sy * cp, sp, -cy * cp);
  const Vec3 right(cy, 0, sy);
  const Vec3 down = forward.cross(right);
  const double cr = std::cos(pose.roll);
  const double sr = std::sin(pose.roll);
  const Vec3 x = cr * right - sr * down;
  const Vec3 y = sr * right + cr * down;
  const cv::Matx33d rotation(x[0], x[1], x[2], y[0], y[1], y[2], forward[0], forward[1],
                             forward[2]);
  const cv::Matx33d intrinsics(focal, 0, picture.width / 2.0, 0, focal, picture.height / 2.0, 0, 0,
                               1);
  to_pixels_ = intrinsics * rotation;
}

cv::Matx33d Camera::homography(const Quad& quad) const {
  const Vec3 u = to_pixels_ * quad.across;
  const Vec3 v = to_pixels_ * quad.down;
  const Vec3 origin = project(quad.corner);
  return {u[0], v[0], origin[0], u[1], v[1], origin[1], u[2], v[2], origin[2]};
}

double Camera::scale_at(const Vec3& point) const {
  const double distance = project(point)[2];
  return distance > 0 ? focal_ / distance : 0;
}

}  // namespace gondola::data::synth
