#include "track/moving_shelf.hpp"

#include <cmath>
#include <utility>

namespace gondola::track {
namespace {

struct Product {
  int identity;
  Box box;
};

/// A strip of a product narrower than this is not labelled.
constexpr float kLeastVisible = 6;

std::vector<Product> visible_products(const ShelfScene& scene, std::pair<float, float> corner) {
  std::vector<Product> products;
  const auto picture_width = static_cast<float>(scene.picture.width);
  constexpr int kRowStride = 100000;
  for (std::size_t r = 0; r < scene.rows.size(); ++r) {
    const ShelfRow& row = scene.rows[r];
    const float from = std::max(scene.first_x, corner.first - row.width);
    const float to = std::min(scene.last_x, corner.first + picture_width);
    for (int i = static_cast<int>(std::ceil(from / row.pitch));
         static_cast<float>(i) * row.pitch < to; ++i) {
      const float x = static_cast<float>(i) * row.pitch - corner.first;
      const float y = row.y - corner.second;
      const Box box = clip({x, y, x + row.width, y + row.height}, scene.picture);
      if (box.width() < kLeastVisible || box.height() < kLeastVisible) continue;
      products.push_back({static_cast<int>(r) * kRowStride + i, box});
    }
  }
  return products;
}

}  // namespace

ShelfResult follow_shelf(const ShelfScene& scene, const CameraPath& camera,
                         const std::vector<double>& times, const Spoiling& spoiling,
                         const TrackerOptions& options) {
  std::mt19937 random(spoiling.seed);
  std::uniform_real_distribution<> chance;
  std::normal_distribution<float> noise(0, 1);
  const auto jitter = [&] { return spoiling.jitter * noise(random); };
  Tracker tracker(options);
  ShelfResult result;
  std::map<int, std::int64_t> last_id;
  std::map<std::int64_t, int> product_of;
  for (const double time_s : times) {
    std::vector<Detection> detections;
    std::vector<int> identities;
    for (const Product& product : visible_products(scene, camera(time_s))) {
      result.products.insert(product.identity);
      if (chance(random) < spoiling.dropped) continue;
      const Box& box = product.box;
      const Box spoiled =
          clip({box.x1 + jitter(), box.y1 + jitter(), box.x2 + jitter(), box.y2 + jitter()},
               scene.picture);
      detections.push_back({spoiled, 0.9F, 0});
      identities.push_back(product.identity);
    }
    for (const Track& track : tracker.update(detections, time_s, {}, scene.picture)) {
      const int identity = identities.at(track.detection);
      const auto [last, is_new] = last_id.emplace(identity, track.id);
      if (!is_new && last->second != track.id) ++result.switches;
      last->second = track.id;
      if (product_of.emplace(track.id, identity).first->second != identity) {
        result.shared.insert(track.id);
      }
    }
  }
  result.counted = tracker.confirmed();
  return result;
}

std::vector<double> frame_times(double seconds, double fps) {
  std::vector<double> times;
  for (int i = 0; i < static_cast<int>(seconds * fps); ++i) times.push_back(i / fps);
  return times;
}

}  // namespace gondola::track
