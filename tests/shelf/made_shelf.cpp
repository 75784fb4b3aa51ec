#include "shelf/made_shelf.hpp"

#include <algorithm>
#include <cmath>
#include <random>

namespace gondola::shelf::test {
namespace {

class Random {
 public:
  explicit Random(std::uint32_t seed) : engine_(seed) {}
  double uniform(double low, double high) {
    return low + (high - low) * (static_cast<double>(engine_()) / 4294967296.0);
  }
  int integer(int low, int high) {
    return low + static_cast<int>(engine_() % static_cast<std::uint32_t>(high - low + 1));
  }
  bool chance(double share) { return uniform(0, 1) < share; }

 private:
  std::mt19937 engine_;
};

class Camera {
 public:
  Camera(const MadeShelfOptions& options, double width, double height)
      : options_(options), width_(width), height_(height) {}

  Box see(double x1, double y1, double x2, double y2) const {
    Box box{1e9F, 1e9F, -1e9F, -1e9F};
    for (const double x : {x1, x2}) {
      for (const double y : {y1, y2}) {
        const auto [px, py] = project(x, y);
        box = {std::min(box.x1, px), std::min(box.y1, py), std::max(box.x2, px),
               std::max(box.y2, py)};
      }
    }
    return box;
  }

 private:
  std::pair<float, float> project(double x, double y) const {
    constexpr double kDegree = 3.14159265358979 / 180;
    double u = x - width_ / 2;
    double v = y - height_ / 2;
    double z = 0;
    const auto turn = [](double& a, double& b, double degrees) {
      const double angle = degrees * kDegree;
      const double turned = a * std::cos(angle) - b * std::sin(angle);
      b = a * std::sin(angle) + b * std::cos(angle);
      a = turned;
    };
    turn(u, z, options_.yaw);
    turn(v, z, options_.pitch);
    turn(u, v, options_.roll);
    z += options_.distance *
         std::max(width_, height_ * options_.image.width / options_.image.height);
    const double half_w = options_.image.width / 2.0;
    const double half_h = options_.image.height / 2.0;
    const double focal = 1.0 * options_.image.width;
    const double diagonal = std::hypot(half_w, half_h);
    double px = focal * u / z;
    double py = focal * v / z;
    const double r2 = (px * px + py * py) / (diagonal * diagonal);
    px *= 1 + options_.bend * r2;
    py *= 1 + options_.bend * r2;
    return {static_cast<float>(px + half_w), static_cast<float>(py + half_h)};
  }

  MadeShelfOptions options_;
  double width_;
  double height_;
};

double inside(const Box& box, Size image) { return area(clip(box, image)) / area(box); }

}  // namespace

MadeShelf make_shelf(const MadeShelfOptions& options) {
  Random random(options.seed);
  MadeShelf shelf;
  shelf.image = options.image;
  Planogram& plan = shelf.planogram;
  constexpr int kKinds = 14;
  std::vector<int> stacked(kKinds, 1);
  for (int i = 0; i < kKinds; ++i) {
    const double height = random.uniform(10, 24);
    plan.products.push_back(
        {"p" + std::to_string(i), "Product " + std::to_string(i), random.uniform(7, 13), height});
    if (height < 15) stacked[static_cast<std::size_t>(i)] = random.integer(1, options.most_stacked);
  }
  struct Level {
    double top = 0;
    double bottom = 0;
  };
  plan.width = options.bays * options.bay_width;
  std::vector<std::vector<Level>> levels;
  for (int bay = 0; bay < options.bays; ++bay) {
    if (bay > 0 && options.level_bays) {
      levels.push_back(levels.front());
      continue;
    }
    std::vector<Level> column;
    double y = bay > 0 ? random.uniform(5, 25) : 5;
    for (int row = 0; row < options.rows; ++row) {
      const double clear = random.uniform(27, 36);
      column.push_back({y, y + clear});
      y += clear + 4;
    }
    plan.height = std::max(plan.height, y);
    levels.push_back(column);
  }
  struct Item {
    MadeProduct made;
    double x = 0, y = 0;
  };
  std::vector<Item> items;
  std::vector<std::vector<std::size_t>> facings_of;  // by position, of the level 0
  for (int bay = 0; bay < options.bays; ++bay) {
    for (int row = 0; row < options.rows; ++row) {
      const Level& level = levels[static_cast<std::size_t>(bay)][static_cast<std::size_t>(row)];
      const auto fixture = plan.fixtures.size();
      plan.fixtures.push_back({std::to_string(fixture), bay * options.bay_width, level.top,
                               options.bay_width, level.bottom - level.top});
      double x = bay * options.bay_width + 2;
      const double end = (bay + 1) * options.bay_width - 2;
      int facing = 0;
      while (true) {
        auto product = static_cast<std::size_t>(random.integer(0, kKinds - 1));
        // The end of a row takes what still fits, so that no board is left free by chance.
        for (int i = 0; i < kKinds && plan.products[product].width > end - x; ++i) {
          product = (product + 1) % kKinds;
        }
        const PlannedProduct& kind = plan.products[product];
        const int room = static_cast<int>((end - x) / kind.width);
        if (room < 1) break;
        const int count = std::min(room, random.integer(1, 4));
        const bool is_empty =
            facing > 0 && random.chance(options.empty_share) && !shelf.position_is_empty.back();
        const auto position = plan.positions.size();
        plan.positions.push_back(
            {std::to_string(position), product, fixture, x, level.bottom - kind.height, count});
        shelf.position_is_empty.push_back(is_empty);
        const int high =
            std::max(1, std::min(stacked[product],
                                 static_cast<int>((level.bottom - level.top - 2) / kind.height)));
        for (int i = 0; i < count; ++i, ++facing) {
          const int stack = random.integer(1, high);
          for (int k = 0; k < stack; ++k) {
            Item item;
            item.made.product = static_cast<int>(product);
            item.made.row = static_cast<int>(fixture);
            item.made.position = static_cast<int>(position);
            item.made.facing = facing;
            item.made.level = k;
            item.x = x + i * kind.width;
            item.y = level.bottom - (k + 1) * kind.height;
            items.push_back(item);
          }
        }
        x += count * kind.width + random.uniform(0.1, 0.5);
      }
    }
  }
  const Camera camera(options, plan.width, plan.height);
  shelf.position_is_hidden.assign(plan.positions.size(), true);
  for (Item& item : items) {
    const PlannedProduct& kind = plan.products[static_cast<std::size_t>(item.made.product)];
    const Box box = camera.see(item.x + 0.05 * kind.width, item.y + 0.02 * kind.height,
                               item.x + 0.95 * kind.width, item.y + kind.height);
    const auto position = static_cast<std::size_t>(item.made.position);
    if (inside(box, shelf.image) < 0.5) continue;
    if (item.made.level == 0) shelf.position_is_hidden[position] = false;
    if (shelf.position_is_empty[position]) continue;
    item.made.box = clip(box, shelf.image);
    shelf.products.push_back(item.made);
  }
  for (std::size_t p = 0; p < plan.positions.size(); ++p) {
    if (!shelf.position_is_empty[p]) continue;
    const PlannedPosition& position = plan.positions[p];
    const PlannedProduct& kind = plan.products[position.product];
    const Box box = camera.see(position.x, position.y, position.x + position.facings * kind.width,
                               position.y + kind.height);
    if (inside(box, shelf.image) < 0.5) continue;
    shelf.gaps.push_back(
        {clip(box, shelf.image), static_cast<int>(position.fixture), position.facings});
  }
  return shelf;
}

std::vector<Box> boxes_of(const MadeShelf& shelf) {
  std::vector<Box> boxes;
  for (const MadeProduct& product : shelf.products) boxes.push_back(product.box);
  return boxes;
}

std::vector<Detection> detections_of(const MadeShelf& shelf) {
  std::vector<Detection> detections;
  for (const MadeProduct& product : shelf.products) {
    detections.push_back({product.box, 0.9F, product.product});
  }
  return detections;
}

std::vector<Detection> without_labels(std::vector<Detection> detections) {
  for (Detection& detection : detections) detection.class_id = 0;
  return detections;
}

std::vector<std::string> class_names(const Planogram& planogram) {
  std::vector<std::string> names;
  for (const PlannedProduct& product : planogram.products) names.push_back(product.id);
  return names;
}

PositionStatus expected_status(const MadeShelf& shelf, std::size_t position) {
  if (shelf.position_is_hidden[position]) return PositionStatus::kHidden;
  return shelf.position_is_empty[position] ? PositionStatus::kEmpty : PositionStatus::kCorrect;
}

std::vector<MadeProduct> imperfect(const std::vector<MadeProduct>& products, double missing,
                                   std::uint32_t seed) {
  Random random(seed);
  std::vector<MadeProduct> seen;
  const auto error = [&] {
    double sum = 0;  // of twelve uniform ones: close to normal, and the same on every system
    for (int i = 0; i < 12; ++i) sum += random.uniform(-0.5, 0.5);
    return 0.02 * sum;
  };
  for (const MadeProduct& product : products) {
    if (random.chance(missing)) continue;
    const Box& box = product.box;
    const float w = box.width();
    const float h = box.height();
    MadeProduct moved = product;
    moved.box = {box.x1 + w * static_cast<float>(error()), box.y1 + h * static_cast<float>(error()),
                 box.x2 + w * static_cast<float>(error()),
                 box.y2 + h * static_cast<float>(error())};
    seen.push_back(moved);
  }
  return seen;
}

}  // namespace gondola::shelf::test
