#include "scene_render.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "relief.hpp"

namespace gondola::data::synth {
namespace {

constexpr double kBoardThickness = 3;

template <typename Paintables, typename Distance>
std::vector<std::size_t> farthest_first(const Paintables& things, Distance distance) {
  std::vector<std::size_t> order(things.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return distance(things[a]) > distance(things[b]);
  });
  return order;
}

Paint flat(int owner, double light) {
  Paint paint;
  paint.owner = owner;
  paint.light_top = paint.light_bottom = static_cast<float>(std::max(0.0, light));
  return paint;
}

/// Paints one scene onto one canvas.
///
/// There is no depth buffer: everything is painted from far to near. Rows are visited from the
/// floor and from the top towards the camera's height, since a board hides only what is beyond it
/// as seen from there.
class ScenePainter {
 public:
  ScenePainter(const Scene& scene, const std::vector<Package>& packages, const Lettering& lettering)
      : scene_(scene),
        packages_(packages),
        lettering_(lettering),
        random_(scene.art_seed),
        places_(foremost_items(scene.layout)),
        canvas_(Camera(scene.pose, scene.focal, scene.picture), static_cast<int>(places_.size())),
        eye_(scene.pose.position) {
    number_items();
    make_fixture_textures();
  }

  Rendering paint() {
    paint_room();
    const auto bays = farthest_first(scene_.layout.bays, [&](const Bay& bay) {
      return std::abs(bay.x + bay.width / 2 - eye_[0]);
    });
    for (const std::size_t index : bays) paint_shell(scene_.layout.bays[index]);
    for (const std::size_t index : bays) paint_rows(index);
    for (const std::size_t index : bays) paint_front(scene_.layout.bays[index]);
    for (const Occluder& occluder : scene_.occluders) paint_occluder(occluder);
    return finish();
  }

 private:
  static std::vector<ItemPlace> foremost_items(const ShelfLayout& layout) {
    std::vector<ItemPlace> places;
    for (std::size_t b = 0; b < layout.bays.size(); ++b)
      for (std::size_t r = 0; r < layout.bays[b].rows.size(); ++r) {
        const std::vector<Item>& items = layout.bays[b].rows[r].items;
        for (std::size_t i = 0; i < items.size(); ++i)
          if (items[i].foremost)
            places.push_back({static_cast<int>(b), static_cast<int>(r), static_cast<int>(i)});
      }
    return places;
  }

  void number_items() {
    numbers_.resize(scene_.layout.bays.size());
    for (std::size_t b = 0; b < numbers_.size(); ++b) {
      numbers_[b].resize(scene_.layout.bays[b].rows.size());
      for (std::size_t r = 0; r < numbers_[b].size(); ++r)
        numbers_[b][r].assign(scene_.layout.bays[b].rows[r].items.size(), kBackdrop);
    }
    for (std::size_t i = 0; i < places_.size(); ++i) {
      const ItemPlace& place = places_[i];
      numbers_[static_cast<std::size_t>(place.bay)][static_cast<std::size_t>(place.row)]
              [static_cast<std::size_t>(place.item)] = static_cast<int>(i) + 1;
    }
  }

  void make_fixture_textures() {
    const FixtureLook& look = scene_.look;
    const double detail = std::clamp(canvas_.camera().scale_at({0, eye_[1], 0}), 1.0, 6.0);
    const Bay& bay = scene_.layout.bays.front();
    back_ = make_texture(
        draw_back_panel(look.back, look.back_color, {bay.width, bay.top}, detail, random_));
    rail_ = make_texture(draw_rail(look.rail, random_));
    for (int i = 0; i < 6; ++i)
      tags_.push_back(make_texture(draw_price_tag(look.tags, false, lettering_, random_)));
    for (int i = 0; i < 3; ++i)
      offers_.push_back(make_texture(draw_price_tag(look.tags, true, lettering_, random_)));
    board_ = solid_texture(look.board);
    upright_ = solid_texture(look.upright);
    base_ = solid_texture(look.base);
    if (look.wire_height > 0) {
      wires_ = make_texture(draw_wire_front(scaled(look.board, random_.uniform(0.6, 1.1)),
                                            {bay.width, look.wire_height}, 2 * detail, random_));
    }
  }

  // Brightness of what stands at a height and depth, without the shadow of the board above.
  double light_at(double y, double z) const {
    const double t = std::clamp(y / 200, 0.0, 1.2);
    const double front = scene_.light.bottom + (scene_.light.top - scene_.light.bottom) * t;
    return front * std::max(0.15, 1 + scene_.light.depth_loss * std::min(0.0, z));
  }

  // The share of light left at a height in a row, where the board above takes some.
  double under_board(const Row& row, double y, double z) const {
    const double from_board =
        std::clamp((row.y + row.clear - y) / std::max(row.clear, 8.0), 0.0, 1.0);
    const double reach = std::exp(-from_board * 4);
    const double deep = std::clamp(0.35 - z / 40, 0.0, 1.0);
    return 1 - scene_.light.board_shadow * reach * deep;
  }

  void paint_room() {
    const Surroundings& room = scene_.room;
    const double far = -room.wall_distance;
    const double side = 1800;
    const double light = random_.uniform(0.7, 1.15);
    canvas_.paint(facing_quad(-side, room.ceiling, 2 * side, room.ceiling, far),
                  make_texture(draw_far_wall(random_)), flat(kBackdrop, light));
    const Texture floor = make_texture(draw_floor(random_));
    const double tile = random_.uniform(250, 450);
    for (double x = -900; x < 900; x += tile)
      for (double z = std::max(far, -200.0); z < eye_[2]; z += tile)
        canvas_.paint(level_quad(x, 0, tile, z, z + tile), floor, flat(kBackdrop, light * 0.9));
    const Texture ceiling = make_texture(draw_ceiling(random_));
    for (double x = -900; x < 900; x += 300)
      for (double z = far; z < eye_[2]; z += 300)
        canvas_.paint(level_quad(x, room.ceiling, 300, z, z + 300), ceiling,
                      flat(kBackdrop, light * 0.85));
    paint_lamps(far);
    for (int i = 0; i < room.signs; ++i) paint_hanging_sign();
  }

  void paint_lamps(double far) {
    const Surroundings& room = scene_.room;
    const Texture lamp = solid_texture({250, 252, 255});
    const double width = random_.uniform(15, 60);
    const double length = random_.uniform(60, 300);
    const bool along = random_.chance(0.6);
    const double y = room.ceiling - random_.uniform(1, 40);
    for (int i = 0; i < room.lamp_rows; ++i) {
      const double z = far + (eye_[2] - far) * (i + 0.5) / room.lamp_rows;
      for (double x = -900 + random_.uniform(0, 100); x < 900;
           x += length * random_.uniform(1.2, 1.8)) {
        const double w = along ? length : width;
        const double d = along ? width : length;
        canvas_.paint(level_quad(x, y, w, z, z + d), lamp, flat(kBackdrop, room.lamp_light));
      }
    }
  }

  void paint_hanging_sign() {
    const Color color = hsv(random_.unit(), random_.uniform(0, 0.9), random_.uniform(0.2, 0.95));
    const Texture sign =
        make_texture(draw_sign({160, random_.integer(40, 110)}, color, lettering_, random_));
    const double width = random_.uniform(60, 160);
    const double height = width * sign.levels[0].rows / sign.levels[0].cols;
    const double top = std::min(scene_.room.ceiling - 5, 215 + height + random_.uniform(0, 60));
    canvas_.paint(
        facing_quad(random_.uniform(-250, 250), top, width, height, -random_.uniform(0, 250)), sign,
        flat(kBackdrop, 1));
  }

  void paint_shell(const Bay& bay) {
    const FixtureLook& look = scene_.look;
    const double back_z = -bay.depth;
    Paint back;
    back.light_top = static_cast<float>(light_at(bay.top, back_z * 0.8));
    back.light_bottom = static_cast<float>(light_at(0, back_z));
    canvas_.paint(facing_quad(bay.x, bay.top, bay.width, bay.top, back_z), back_, back);
    for (const double x : {bay.x, bay.x + bay.width}) {
      canvas_.paint(facing_quad(x - 1.5, bay.top, 3, bay.top, back_z + 1), upright_, back);
      const Quad side{{x, bay.top, back_z}, {0, 0, bay.depth}, {0, -bay.top, 0}};
      const bool is_outer = x == scene_.layout.bays.front().x ||
                            x == scene_.layout.bays.back().x + scene_.layout.bays.back().width;
      if (look.side_panels || is_outer)
        canvas_.paint(side, upright_, flat(kBackdrop, light_at(bay.top / 2, 0) * 0.75));
    }
    const double lowest = bay.rows.front().hooks ? 10 : bay.rows.front().y - kBoardThickness;
    canvas_.paint(facing_quad(bay.x, lowest, bay.width, lowest, bay.rows.front().depth - bay.depth),
                  base_, flat(kBackdrop, light_at(0, 0) * 0.8));
  }

  void paint_rows(std::size_t bay_index) {
    const Bay& bay = scene_.layout.bays[bay_index];
    const auto rows = farthest_first(bay.rows, [&](const Row& row) {
      return std::abs(row.y + (row.hooks ? -row.clear / 2 : row.clear * 0.4) - eye_[1]);
    });
    for (const std::size_t r : rows) {
      const Row& row = bay.rows[r];
      if (row.hooks) {
        paint_items(row, numbers_[bay_index][r]);
        paint_hooks(bay, row);
        continue;
      }
      const bool from_below = row.y > eye_[1];
      if (!from_below) paint_board(bay, row);
      paint_items(row, numbers_[bay_index][r]);
      if (from_below) paint_board(bay, row);
      paint_rail(bay, row);
    }
  }

  void paint_board(const Bay& bay, const Row& row) {
    const bool from_below = row.y > eye_[1];
    const double y = from_below ? row.y - kBoardThickness : row.y;
    const double front = row.depth - bay.depth;
    Paint paint;
    const double base = light_at(row.y, 0) * (from_below ? 0.55 : 0.95);
    paint.light_top =
        static_cast<float>(base * std::max(0.2, 1 - bay.depth * scene_.light.depth_loss));
    paint.light_bottom = static_cast<float>(base);
    canvas_.paint(level_quad(bay.x, y, bay.width, -bay.depth, front), board_, paint);
    if (from_below && scene_.look.strip_lights) {
      canvas_.paint(level_quad(bay.x + 2, y - 0.5, bay.width - 4, front - 7, front - 4),
                    solid_texture({255, 255, 255}), flat(kBackdrop, 1.3));
    }
  }

  void paint_rail(const Bay& bay, const Row& row) {
    const FixtureLook& look = scene_.look;
    const double front = row.depth - bay.depth + 0.3;
    const double top = row.y + 0.2 * look.rail_height;
    canvas_.paint(facing_quad(bay.x, top, bay.width, look.rail_height, front), rail_,
                  flat(kForeground, light_at(row.y, 0)));
    if (!wires_.empty()) {
      canvas_.paint(
          facing_quad(bay.x, row.y + look.wire_height, bay.width, look.wire_height, front + 0.2),
          wires_, flat(kForeground, light_at(row.y, 0)));
    }
    paint_tags(bay, row, top, front + 0.6);
  }

  // One tag per block of equal products, or one per facing, as the shops have it.
  void paint_tags(const Bay& bay, const Row& row, double rail_top, double z) {
    const TagStyle& style = scene_.look.tags;
    int product = -1;
    double free_from = bay.x;
    for (const Item& item : row.items) {
      if (item.layer != 0 || item.level != 0) continue;
      if (item.product == product && !random_.chance(style.repeat)) continue;
      product = item.product;
      if (!random_.chance(style.share)) continue;
      const double x = std::max(free_from, item.x + random_.uniform(0, 4));
      const double width = paint_tag(x, bay.x + bay.width, rail_top, z, light_at(row.y, 0));
      if (width == 0) break;
      free_from = x + width + 0.5;
    }
  }

  // Returns the tag's width, 0 if there is no room for it.
  double paint_tag(double x, double right, double rail_top, double z, double light) {
    const TagStyle& style = scene_.look.tags;
    const bool offer = random_.chance(style.offer_share);
    const Texture& tag = offer ? random_.pick(offers_) : random_.pick(tags_);
    const double height = style.height * (offer ? random_.uniform(1.2, 2.4) : 1.0);
    const double width = height * style.aspect;
    if (x + width > right) return 0;
    const double rail = scene_.look.rail_height;
    const bool hangs = style.hangs || (offer && random_.chance(0.6));
    const double top = hangs ? rail_top - 0.3 * rail * random_.unit()
                             : rail_top - 0.5 * (rail - std::min(height, rail));
    const Paint paint = flat(kForeground, light * random_.uniform(0.9, 1.15));
    if (random_.chance(style.wobbler_share)) {  // stands out into the aisle
      const Quad quad{{x, top + 0.3 * height, z}, {0.25 * width, 0, width}, {0, -height, 0}};
      canvas_.paint(quad, tag, paint);
      return 0.3 * width;
    }
    Quad quad = facing_quad(x, top, width, height, z);
    quad.down[2] = random_.chance(0.3) ? random_.uniform(0, 0.4) * height : 0;
    canvas_.paint(quad, tag, paint);
    return width;
  }

  void paint_hooks(const Bay& bay, const Row& row) {
    const double front = row.depth - bay.depth;
    const Texture metal = solid_texture({150, 150, 150});
    for (const Item& item : row.items) {
      if (item.layer != 0) continue;
      const double x = item.x + packages_[static_cast<std::size_t>(item.product)].extent.width / 2;
      const double tip = std::max(front, item.z) + 1.5;
      const Quad rod{{x - 0.3, row.y - 0.4, -bay.depth}, {0, 0, tip + bay.depth}, {0, -0.6, 0}};
      canvas_.paint(rod, metal, flat(kForeground, light_at(row.y, item.z)));
      if (random_.chance(scene_.look.tags.share * 0.5)) {
        const double size = random_.uniform(2.5, 4);
        canvas_.paint(facing_quad(x - size * 0.6, row.y + 0.5, size * 1.2, size, tip + 0.5),
                      random_.pick(tags_), flat(kForeground, light_at(row.y, 0)));
      }
    }
  }

  void paint_items(const Row& row, const std::vector<int>& numbers) {
    // Deeper ones first; of equals, those further from the camera's line of sight. Sorting by depth
    // alone would let rows of unequal setback paint over their nearer neighbours at an angle.
    const auto order = farthest_first(row.items, [&](const Item& item) {
      const double width = packages_[static_cast<std::size_t>(item.product)].extent.width;
      return std::hypot(item.x + width / 2 - eye_[0], eye_[2] - item.z) +
             0.02 * std::abs(item.y - eye_[1]);
    });
    for (const std::size_t i : order) paint_item(row, row.items[i], numbers[i]);
  }

  void paint_item(const Row& row, const Item& item, int owner) {
    const Package& package = packages_[static_cast<std::size_t>(item.product)];
    const Extent& size = package.extent;
    const bool round = is_round(package.shape);
    const bool lying = item.stance == Stance::kLying;
    const double shown_height = lying ? size.width : size.height;
    const double z = round ? item.z - size.depth / 2 : item.z;
    const Vec3 center(item.x + size.width / 2, item.y + shown_height / 2, z);
    double turn = item.turn;
    if (round && !lying) {
      const double to_camera = std::atan2(eye_[0] - center[0], eye_[2] - center[2]);
      turn =
          to_camera * (package.shape == Shape::kFlask || package.shape == Shape::kJug ? 0.6 : 1.0);
    }
    const double lean = lying ? CV_PI / 2 : item.lean;
    const Vec3 normal(std::sin(turn), 0, std::cos(turn));
    const Vec3 level(std::cos(turn), 0, -std::sin(turn));
    const Vec3 up(0, 1, 0);
    const Vec3 right = std::cos(lean) * level + std::sin(lean) * up;
    const Vec3 top = -std::sin(lean) * level + std::cos(lean) * up;
    const Vec3 corner = center - right * (size.width / 2) + top * (size.height / 2);
    const Quad front{corner, right * size.width, -top * size.height};

    const double light = light_at(item.y + shown_height / 2, item.z);
    Paint paint;
    paint.owner = owner;
    paint.light_top = static_cast<float>(light * under_board(row, item.y + shown_height, item.z));
    paint.light_bottom = static_cast<float>(light * under_board(row, item.y, item.z));

    const Vec3 depth = normal * -size.depth;
    if (!package.side.empty()) paint_box_faces(package, front, depth, normal, paint);
    canvas_.paint(front, package.front, paint);
    const bool has_disc = package.top_diameter > 0 && !lying;
    if (has_disc && eye_[1] > item.y + size.height) paint_disc(package, item, paint);
  }

  void paint_box_faces(const Package& package, const Quad& front, const Vec3& depth,
                       const Vec3& normal, const Paint& paint) {
    const Vec3 right_corner = front.corner + front.across;
    const Vec3 to_left = eye_ - front.corner;
    const Vec3 to_right = eye_ - right_corner;
    Paint side = paint;
    side.light_top *= 0.72F;
    side.light_bottom *= 0.72F;
    const Vec3 across = front.across / cv::norm(front.across);
    if (to_left.dot(-across) > 0) {
      canvas_.paint({front.corner + depth, -depth, front.down}, package.side, side);
    } else if (to_right.dot(across) > 0) {
      canvas_.paint({right_corner, depth, front.down}, package.side, side);
    }
    const Vec3 up = normal.cross(across);
    if (to_left.dot(up) > 0) {
      Paint top = paint;
      top.light_bottom = top.light_top = paint.light_top * 1.08F;
      canvas_.paint({front.corner + depth, front.across, -depth}, package.top, top);
    }
  }

  void paint_disc(const Package& package, const Item& item, const Paint& paint) {
    const double diameter = package.top_diameter;
    const double x = item.x + package.extent.width / 2 - diameter / 2;
    const double z = item.z - package.extent.depth / 2 - diameter / 2;
    Paint top = paint;
    top.light_bottom = top.light_top;
    canvas_.paint(level_quad(x, item.y + package.extent.height, diameter, z, z + diameter),
                  package.top, top);
  }

  void paint_front(const Bay& bay) {
    const FixtureLook& look = scene_.look;
    if (look.header_height > 0) {
      const Color color = look.header_height > 30 ? hsv(random_.unit(), 0.6, 0.7) : look.rail;
      const Texture header = make_texture(
          draw_sign({200, std::max(12, static_cast<int>(200 * look.header_height / bay.width))},
                    color, lettering_, random_));
      canvas_.paint(facing_quad(bay.x, bay.top + look.header_height, bay.width, look.header_height,
                                -bay.depth * 0.3),
                    header, flat(kForeground, scene_.light.top));
    }
    if (look.glass_doors) paint_door(bay);
  }

  void paint_door(const Bay& bay) {
    const double z = 6;
    const double frame = random_.uniform(3, 6);
    const double top = bay.top + 8;
    const Texture steel = solid_texture(scaled(scene_.look.upright, 0.8));
    const Texture glass = make_texture(draw_glass(random_.uniform(0.15, 0.8), random_));
    canvas_.paint(facing_quad(bay.x, top, bay.width, top - 6, z), glass, flat(kSeeThrough, 1));
    const Paint paint = flat(kForeground, 0.8);
    canvas_.paint(facing_quad(bay.x, top, frame, top - 4, z + 1), steel, paint);
    canvas_.paint(facing_quad(bay.x + bay.width - frame, top, frame, top - 4, z + 1), steel, paint);
    canvas_.paint(facing_quad(bay.x, top, bay.width, frame * 1.6, z + 1), steel, paint);
    canvas_.paint(facing_quad(bay.x, 8 + frame, bay.width, frame * 1.8, z + 1), steel, paint);
    const double handle =
        random_.chance(0.5) ? bay.x + frame * 0.3 : bay.x + bay.width - frame * 0.8;
    canvas_.paint(facing_quad(handle, 140, 2, 55, z + 4), solid_texture({200, 200, 200}), paint);
  }

  void paint_occluder(const Occluder& occluder) {
    const auto stand = [&](const cv::Mat& drawing, double height, double bottom) {
      const double width = height * drawing.cols / drawing.rows;
      canvas_.paint(facing_quad(occluder.x - width / 2, bottom + height, width, height, occluder.z),
                    make_texture(drawing), flat(kForeground, random_.uniform(0.6, 1)));
    };
    switch (occluder.kind) {
      case OccluderKind::kCart:
        stand(draw_cart(random_), 105, 0);
        break;
      case OccluderKind::kBasket:
        stand(draw_basket(random_), 32, random_.chance(0.5) ? 0 : 60);
        break;
      case OccluderKind::kPerson:
        stand(draw_person(random_), random_.uniform(155, 190), 0);
        break;
    }
  }

  Rendering finish() {
    Rendering rendering;
    rendering.picture = canvas_.picture();
    rendering.owners = canvas_.owners();
    rendering.places = places_;
    for (std::size_t i = 0; i < places_.size(); ++i)
      rendering.coverage.push_back(canvas_.coverage(static_cast<int>(i) + 1));
    return rendering;
  }

  const Scene& scene_;
  const std::vector<Package>& packages_;
  const Lettering& lettering_;
  Random random_;
  std::vector<ItemPlace> places_;
  std::vector<std::vector<std::vector<int>>> numbers_;  // [bay][row][item]: owner
  Canvas canvas_;
  Vec3 eye_;
  Texture back_, rail_, board_, upright_, base_, wires_;
  std::vector<Texture> tags_, offers_;
};

}  // namespace

std::vector<Package> print_packages(const Scene& scene, const PackageArtist& artist) {
  const Camera camera(scene.pose, scene.focal, scene.picture);
  const double scale = camera.scale_at({scene.pose.position[0], scene.pose.position[1], 0});
  const double detail = std::clamp(1.4 * scale, 2.0, 16.0);
  std::vector<Package> packages;
  packages.reserve(scene.layout.products.size());
  for (const Product& product : scene.layout.products) {
    Random random(product.design.seed, 5);
    packages.push_back(
        make_package(artist, product.design, product.shape, product.extent, detail, random));
  }
  return packages;
}

Rendering render_scene(const Scene& scene, const std::vector<Package>& packages,
                       const Lettering& lettering) {
  return ScenePainter(scene, packages, lettering).paint();
}

}  // namespace gondola::data::synth
