#include "package_paint.hpp"

#include <cmath>

namespace gondola::data::synth {
namespace {

/// How a package stands in the store.
struct Stand {
  Quad front;
  Vec3 normal;  ///< of the front, level
};

/// Round bodies turn their flat drawing to the camera, oval ones in part.
double turn_of(const Package& package, const Item& item, const Vec3& center, const Vec3& eye) {
  if (!is_round(package.shape) || item.stance == Stance::kLying) return item.turn;
  const double to_camera = std::atan2(eye[0] - center[0], eye[2] - center[2]);
  const bool oval = package.shape == Shape::kFlask || package.shape == Shape::kJug;
  return (oval ? 0.6 : 1.0) * to_camera;
}

double shown_height(const Package& package, const Item& item) {
  return item.stance == Stance::kLying ? package.extent.width : package.extent.height;
}

Stand stand_of(const Package& package, const Item& item, const Vec3& eye) {
  const Extent& size = package.extent;
  const double z = is_round(package.shape) ? item.z - size.depth / 2 : item.z;
  const Vec3 center(item.x + size.width / 2, item.y + shown_height(package, item) / 2, z);
  const double turn = turn_of(package, item, center, eye);
  const double lean = item.stance == Stance::kLying ? CV_PI / 2 : item.lean;
  const Vec3 level(std::cos(turn), 0, -std::sin(turn));
  const Vec3 up(0, 1, 0);
  const Vec3 right = std::cos(lean) * level + std::sin(lean) * up;
  const Vec3 top = -std::sin(lean) * level + std::cos(lean) * up;
  const Vec3 corner = center - right * (size.width / 2) + top * (size.height / 2);
  return {{corner, right * size.width, -top * size.height}, {std::sin(turn), 0, std::cos(turn)}};
}

/// The side and the top of a box that face the camera.
void paint_box_faces(const Package& package, const Stand& stand, const Paint& paint,
                     Canvas& canvas) {
  const Quad& front = stand.front;
  const Vec3 eye = canvas.camera().position();
  const Vec3 depth = stand.normal * -package.extent.depth;
  const Vec3 right_corner = front.corner + front.across;
  const Vec3 across = front.across / cv::norm(front.across);
  Paint side = paint;
  side.light_top *= 0.72F;
  side.light_bottom *= 0.72F;
  if ((eye - front.corner).dot(-across) > 0) {
    canvas.paint({front.corner + depth, -depth, front.down}, package.side, side);
  } else if ((eye - right_corner).dot(across) > 0) {
    canvas.paint({right_corner, depth, front.down}, package.side, side);
  }
  const Vec3 up = stand.normal.cross(across);
  if ((eye - front.corner).dot(up) > 0) {
    Paint top = paint;
    top.light_bottom = top.light_top = paint.light_top * 1.08F;
    canvas.paint({front.corner + depth, front.across, -depth}, package.top, top);
  }
}

/// The lid of a round body, seen from above.
void paint_disc(const Package& package, const Item& item, const Paint& paint, Canvas& canvas) {
  const Extent& size = package.extent;
  const double y = item.y + size.height;
  if (canvas.camera().position()[1] <= y) return;
  const double diameter = package.top_diameter;
  const double x = item.x + (size.width - diameter) / 2;
  const double z = item.z - (size.depth + diameter) / 2;
  Paint top = paint;
  top.light_bottom = top.light_top;
  canvas.paint(level_quad(x, y, diameter, z, z + diameter), package.top, top);
}

}  // namespace

void paint_package(const Package& package, const Item& item, int owner, const RowLight& light,
                   Canvas& canvas) {
  const Stand stand = stand_of(package, item, canvas.camera().position());
  const double height = shown_height(package, item);
  const double middle = light_at(light.light, item.y + height / 2, item.z);
  const double top = under_board(light.light, light.row, item.y + height, item.z);
  const double bottom = under_board(light.light, light.row, item.y, item.z);
  Paint paint;
  paint.owner = owner;
  paint.light_top = static_cast<float>(middle * top);
  paint.light_bottom = static_cast<float>(middle * bottom);

  if (!package.side.empty()) paint_box_faces(package, stand, paint, canvas);
  canvas.paint(stand.front, package.front, paint);
  if (package.top_diameter > 0 && item.stance != Stance::kLying) {
    paint_disc(package, item, paint, canvas);
  }
}

}  // namespace gondola::data::synth
