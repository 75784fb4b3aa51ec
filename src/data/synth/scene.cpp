#include "scene.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace gondola::data::synth {
namespace {

/// Bays further along than this are not built: what stands there is a few pixels wide.
constexpr double kReach = 650;

FixtureLook random_look(Random& random) {
  FixtureLook look;
  const double metal = random.chance(0.7) ? random.uniform(0.7, 0.97) : random.uniform(0.1, 0.6);
  const Color paint = random.chance(0.8) ? hsv(0.12, random.uniform(0, 0.12), metal)
                                         : hsv(random.unit(), random.uniform(0.1, 0.5), metal);
  look.board = paint;
  look.rail = random.chance(0.7) ? scaled(paint, random.uniform(0.9, 1.1))
                                 : hsv(random.pick(std::vector<double>{0.0, 0.6, 0.58, 0.35, 0.14}),
                                       random.uniform(0.2, 0.9), random.uniform(0.3, 0.9));
  look.upright = scaled(paint, random.uniform(0.6, 1.0));
  look.back = static_cast<BackPanel>(random.weighted({0.3, 0.25, 0.08, 0.22, 0.07, 0.08}));
  look.back_color = look.back == BackPanel::kDark
                        ? hsv(random.unit(), random.uniform(0, 0.3), random.uniform(0.05, 0.25))
                        : scaled(paint, random.uniform(0.6, 1.0));
  look.base = random.chance(0.6)
                  ? scaled(paint, 0.6)
                  : hsv(random.unit(), random.uniform(0.2, 0.9), random.uniform(0.1, 0.7));
  look.rail_height = random.uniform(2.8, 5.5);
  look.wire_height = random.chance(0.15) ? random.uniform(4, 10) : 0;
  look.header_height = random.chance(0.25) ? random.uniform(12, 45) : 0;
  look.side_panels = random.chance(0.2);
  look.front_posts = random.chance(0.08);
  look.wooden = random.chance(0.2);
  look.glass_doors = random.chance(0.12);
  look.strip_lights = look.glass_doors || random.chance(0.1);
  look.tags = random_tag_style(random);
  return look;
}

ShelfLight random_light(const FixtureLook& look, Random& random) {
  ShelfLight light;
  light.top = random.uniform(0.85, 1.1);
  light.bottom =
      light.top * (random.chance(0.3) ? random.uniform(0.4, 0.75) : random.uniform(0.75, 1.0));
  light.depth_loss = look.strip_lights ? random.uniform(0.002, 0.008) : random.uniform(0.004, 0.02);
  light.board_shadow = look.strip_lights ? random.uniform(-0.2, 0.1) : random.uniform(0.15, 0.65);
  return light;
}

Surroundings random_room(double shelf_height, Random& random) {
  Surroundings room;
  room.ceiling = shelf_height + random.uniform(40, 350);
  room.wall_distance = random.chance(0.3) ? random.uniform(60, 120) : random.uniform(200, 900);
  room.lamp_rows = random.integer(0, 5);
  room.lamp_light = random.uniform(1.0, 2.0);
  room.signs = random.chance(0.25) ? random.integer(1, 3) : 0;
  return room;
}

double random_yaw(bool steady, Random& random) {
  constexpr double kDegree = CV_PI / 180;
  if (steady) return random.normal(0, 3 * kDegree);
  if (random.chance(0.6)) return random.normal(0, 5 * kDegree);
  return (random.chance(0.5) ? 1 : -1) * random.uniform(8, 52) * kDegree;
}

/// Looks at a point of the shelf from where a person would stand.
void place_camera(Scene& scene, double shelf_height, bool steady, Random& random) {
  const double longest = std::max(scene.picture.width, scene.picture.height);
  const double zoom = longest / 640;
  const double scale = zoom * std::clamp(3.0 * std::exp(random.normal(0, 0.33)), 1.7, 8.0);
  scene.focal = longest * random.uniform(0.75, 1.25);
  const double distance = scene.focal / scale;
  const double seen = scene.picture.height / scale;
  double target = seen > shelf_height ? shelf_height * random.uniform(0.42, 0.6)
                                      : random.uniform(seen * 0.42, shelf_height - seen * 0.42);
  target = std::clamp(target + random.normal(0, 0.06 * seen), 15.0, shelf_height + 20);
  const double eye = target + (random.uniform(95, 172) - target) * random.uniform(0.2, 1.0);
  scene.pose.yaw = random_yaw(steady, random);
  scene.pose.pitch = std::asin(std::clamp((target - eye) / distance, -0.55, 0.55));
  scene.pose.roll = random.normal(0, random.chance(0.15) ? 0.08 : 0.022);
  const double level = std::cos(scene.pose.pitch) * distance;
  scene.pose.position = {-std::sin(scene.pose.yaw) * level,
                         target - std::sin(scene.pose.pitch) * distance,
                         std::cos(scene.pose.yaw) * level};
}

/// How far along the shelf front the picture shows something, from the point it looks at outwards.
std::pair<double, double> visible_run(const Scene& scene, double shelf_height) {
  const Camera camera(scene.pose, scene.focal, scene.picture);
  const cv::Rect2d frame(-0.02 * scene.picture.width, -0.02 * scene.picture.height,
                         1.04 * scene.picture.width, 1.04 * scene.picture.height);
  const auto is_seen = [&](double x) {
    for (double y = 0; y <= shelf_height; y += shelf_height / 8) {
      const Vec3 p = camera.project({x, y, 0});
      if (p[2] > 10 && frame.contains(cv::Point2d(p[0] / p[2], p[1] / p[2]))) return true;
    }
    return false;
  };
  constexpr double kStep = 10;
  double left = 0;
  while (left > -kReach && is_seen(left)) left -= kStep;
  double right = 0;
  while (right < kReach && is_seen(right)) right += kStep;
  return {left, right};
}

std::vector<Occluder> random_occluders(double left, double right, double camera_z, Random& random) {
  std::vector<Occluder> occluders;
  // Shares of the way from the shelf to the camera. What is near fills much of the picture and is
  // seen in parts only: carts pushed along by the photographer.
  const auto add = [&](OccluderKind kind, double probability, double from, double to) {
    if (!random.chance(probability)) return;
    const double share = random.uniform(from, to);
    const double x = random.uniform(left, right) * std::clamp(1.2 - share, 0.3, 1.0);
    occluders.push_back({kind, x, std::max(25.0, share * camera_z), random.bits()});
  };
  add(OccluderKind::kCart, 0.05, 0.1, 0.5);
  add(OccluderKind::kCart, 0.05, 0.5, 0.75);
  add(OccluderKind::kBasket, 0.03, 0.1, 0.7);
  add(OccluderKind::kPerson, 0.06, 0.1, 0.6);
  std::sort(occluders.begin(), occluders.end(),
            [](const Occluder& a, const Occluder& b) { return a.z < b.z; });
  return occluders;
}

/// Where the run begins and ends: mostly beyond the picture.
std::pair<double, double> run_ends(double left, double right, double bay_width, Random& random) {
  const double start = left - random.uniform(0, bay_width);
  const double span = right - left;
  if (random.chance(0.12)) return {left + random.uniform(0.02, 0.3) * span, right + bay_width};
  if (random.chance(0.14)) return {start, right - random.uniform(0.02, 0.3) * span};
  return {start, right};
}

std::vector<Product> stock(const SceneRequest& request, PackageArtist& artist, Random& random) {
  const bool ideograms = random.chance(0.22);
  const double photo_share = random.chance(0.6) ? request.photo_share * random.uniform(0, 2) : 0;
  std::vector<Product> products = make_assortment(
      random_department(random), artist, random.integer(10, 34), photo_share, ideograms, random);
  if (random.chance(0.3)) {
    const std::vector<Product> others = make_assortment(
        random_department(random), artist, random.integer(3, 14), photo_share, ideograms, random);
    products.insert(products.end(), others.begin(), others.end());
  }
  return products;
}

}  // namespace

Scene compose_scene(const SceneRequest& request, PackageArtist& artist, Random& random) {
  Scene scene;
  scene.picture = request.picture;
  const LayoutStyle style = random_layout_style(random);
  place_camera(scene, style.height, request.steady, random);
  const auto [left, right] = visible_run(scene, style.height);
  scene.look = random_look(random);
  scene.light = random_light(scene.look, random);
  scene.room = random_room(style.height, random);
  scene.layout.products = stock(request, artist, random);
  const double margin = request.travel / 2;
  const auto [start, end] = run_ends(left - margin, right + margin, style.bay_width, random);
  scene.layout.bays =
      lay_out_bays(scene.layout.products, style, start, std::max(end, start + 30), random);
  scene.occluders = random_occluders(left, right, scene.pose.position[2], random);
  scene.art_seed = random.bits();
  return scene;
}

}  // namespace gondola::data::synth
