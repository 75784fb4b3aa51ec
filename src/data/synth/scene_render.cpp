#include "scene_render.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "bystanders.hpp"
#include "fixture_art.hpp"
#include "package_paint.hpp"
#include "price_tags.hpp"
#include "room.hpp"
#include "shelf_light.hpp"

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
    paint_room(scene_, lettering_, random_, canvas_);
    const auto bays = farthest_first(scene_.layout.bays, [&](const Bay& bay) {
      return std::abs(bay.x + bay.width / 2 - eye_[0]);
    });
    for (const std::size_t index : bays) paint_shell(scene_.layout.bays[index]);
    for (const std::size_t index : bays) paint_rows(index);
    for (const std::size_t index : bays) paint_front(index);
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
          if (items[i].foremost && items[i].present)
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
    const double detail = std::clamp(canvas_.camera().scale_at({eye_[0], eye_[1], 0}), 1.0, 6.0);
    const Bay& bay = scene_.layout.bays.front();
    back_ = make_texture(
        draw_back_panel(look.back, look.back_color, {bay.width, bay.top}, detail, random_));
    rail_ = make_texture(draw_rail(look.rail, random_));
    for (int i = 0; i < 6; ++i)
      tags_.push_back(make_texture(draw_price_tag(look.tags, false, lettering_, random_)));
    for (int i = 0; i < 3; ++i)
      offers_.push_back(make_texture(draw_price_tag(look.tags, true, lettering_, random_)));
    post_ = make_texture(draw_post(look.upright, random_));
    frame_ =
        look.wooden ? make_texture(draw_wood(random_)) : solid_texture(scaled(look.upright, 0.8));
    board_ = solid_texture(look.board);
    upright_ = solid_texture(look.upright);
    base_ = solid_texture(look.base);
    if (look.wire_height > 0) {
      wires_ = make_texture(draw_wire_front(scaled(look.board, random_.uniform(0.6, 1.1)),
                                            {bay.width, look.wire_height}, 2 * detail, random_));
    }
  }

  void paint_shell(const Bay& bay) {
    const FixtureLook& look = scene_.look;
    const double back_z = -bay.depth;
    Paint back;
    back.light_top = static_cast<float>(light_at(scene_.light, bay.top, back_z * 0.8));
    back.light_bottom = static_cast<float>(light_at(scene_.light, 0, back_z));
    canvas_.paint(facing_quad(bay.x, bay.top, bay.width, bay.top, back_z), back_, back);
    for (const double x : {bay.x, bay.x + bay.width}) {
      canvas_.paint(facing_quad(x - 1.5, bay.top, 3, bay.top, back_z + 1), post_, back);
      const Quad side{{x, bay.top, back_z}, {0, 0, bay.depth}, {0, -bay.top, 0}};
      const bool is_outer = x == scene_.layout.bays.front().x ||
                            x == scene_.layout.bays.back().x + scene_.layout.bays.back().width;
      if (look.side_panels || is_outer)
        canvas_.paint(side, upright_,
                      flat(kBackdrop, light_at(scene_.light, bay.top / 2, 0) * 0.75));
    }
    const double lowest = bay.rows.front().hooks ? 10 : bay.rows.front().y - kBoardThickness;
    canvas_.paint(facing_quad(bay.x, lowest, bay.width, lowest, bay.rows.front().depth - bay.depth),
                  base_, flat(kBackdrop, light_at(scene_.light, 0, 0) * 0.8));
  }

  void paint_rows(std::size_t bay_index) {
    const Bay& bay = scene_.layout.bays[bay_index];
    const auto rows = farthest_first(bay.rows, [&](const Row& row) {
      return std::abs(row.y + (row.hooks ? -row.clear / 2 : row.clear * 0.4) - eye_[1]);
    });
    for (const std::size_t r : rows) {
      const Row& row = bay.rows[r];
      random_ = Random(scene_.art_seed, bay_index + 1, r + 1);
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
    const double base = light_at(scene_.light, row.y, 0) * (from_below ? 0.55 : 0.95);
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
                  flat(kForeground, light_at(scene_.light, row.y, 0)));
    if (!wires_.empty()) {
      canvas_.paint(
          facing_quad(bay.x, row.y + look.wire_height, bay.width, look.wire_height, front + 0.2),
          wires_, flat(kForeground, light_at(scene_.light, row.y, 0)));
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
      const double width =
          paint_tag(x, bay.x + bay.width, rail_top, z, light_at(scene_.light, row.y, 0));
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
      canvas_.paint(rod, metal, flat(kForeground, light_at(scene_.light, row.y, item.z)));
      if (random_.chance(scene_.look.tags.share * 0.5)) {
        const double size = random_.uniform(2.5, 4);
        canvas_.paint(facing_quad(x - size * 0.6, row.y + 0.5, size * 1.2, size, tip + 0.5),
                      random_.pick(tags_), flat(kForeground, light_at(scene_.light, row.y, 0)));
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
    for (const std::size_t i : order) {
      const Item& item = row.items[i];
      if (!item.present) continue;
      const Package& package = packages_[static_cast<std::size_t>(item.product)];
      paint_package(package, item, numbers[i], RowLight{scene_.light, row}, canvas_);
    }
  }

  void paint_front(std::size_t bay_index) {
    const Bay& bay = scene_.layout.bays[bay_index];
    const FixtureLook& look = scene_.look;
    random_ = Random(scene_.art_seed, bay_index + 1);
    if (look.header_height > 0) paint_header(bay);
    if (look.front_posts) {
      const Quad post = facing_quad(bay.x - 3, bay.top, 6, bay.top, 1);
      canvas_.paint(post, post_, flat(kForeground, light_at(scene_.light, bay.top / 2, 0)));
    }
    if (look.glass_doors) paint_door(bay);
  }

  void paint_header(const Bay& bay) {
    const FixtureLook& look = scene_.look;
    const Quad place = facing_quad(bay.x, bay.top + look.header_height, bay.width,
                                   look.header_height, -bay.depth * 0.3);
    if (look.wooden) {
      canvas_.paint(place, frame_, flat(kForeground, scene_.light.top));
      return;
    }
    const Color color = look.header_height > 30 ? hsv(random_.unit(), 0.6, 0.7) : look.rail;
    const int height = std::max(12, static_cast<int>(200 * look.header_height / bay.width));
    const Texture header = make_texture(draw_sign({200, height}, color, lettering_, random_));
    canvas_.paint(place, header, flat(kForeground, scene_.light.top));
  }

  void paint_door(const Bay& bay) {
    const double z = 6;
    const double frame = random_.uniform(3, 6);
    const double top = bay.top + 8;
    const Texture glass = make_texture(draw_glass(random_.uniform(0.15, 0.8), random_));
    canvas_.paint(facing_quad(bay.x, top, bay.width, top - 6, z), glass, flat(kSeeThrough, 1));
    const Paint paint = flat(kForeground, 0.8);
    canvas_.paint(facing_quad(bay.x, top, frame, top - 4, z + 1), frame_, paint);
    canvas_.paint(facing_quad(bay.x + bay.width - frame, top, frame, top - 4, z + 1), frame_,
                  paint);
    canvas_.paint(facing_quad(bay.x, top, bay.width, frame * 1.6, z + 1), frame_, paint);
    canvas_.paint(facing_quad(bay.x, 8 + frame, bay.width, frame * 1.8, z + 1), frame_, paint);
    const double handle =
        random_.chance(0.5) ? bay.x + frame * 0.3 : bay.x + bay.width - frame * 0.8;
    canvas_.paint(facing_quad(handle, 140, 2, 55, z + 4), solid_texture({200, 200, 200}), paint);
  }

  void paint_occluder(const Occluder& occluder) {
    random_ = Random(occluder.seed);
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
  // Begun anew for every row, bay and person, so that each looks the same in all frames of a clip.
  Random random_;
  std::vector<ItemPlace> places_;
  std::vector<std::vector<std::vector<int>>> numbers_;  // [bay][row][item]: owner
  Canvas canvas_;
  Vec3 eye_;
  Texture back_, rail_, board_, post_, frame_, upright_, base_, wires_;
  std::vector<Texture> tags_, offers_;
};

}  // namespace

const Item& item_at(const ShelfLayout& layout, const ItemPlace& place) {
  return layout.bays[static_cast<std::size_t>(place.bay)]
      .rows[static_cast<std::size_t>(place.row)]
      .items[static_cast<std::size_t>(place.item)];
}

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
