#include "shelf_accuracy/drawn_shelf.hpp"

#include <algorithm>

#include "gondola/data/random.hpp"

namespace gondola::bench {
namespace {

/// What the random numbers of a picture are for.
enum Stream : std::uint64_t { kProducts = 1, kGaps = 2 };

Box moved(const Box& box, double deviation, data::Random& random) {
  const auto error = [&](float side) {
    return side * static_cast<float>(random.normal(0, deviation));
  };
  const float w = box.width();
  const float h = box.height();
  const float x1 = box.x1 + error(w);
  const float y1 = box.y1 + error(h);
  const float x2 = box.x2 + error(w);
  return {x1, y1, x2, box.y2 + error(h)};
}

}  // namespace

data::ShelfOptions picture_options(std::uint64_t seed, int side) {
  data::ShelfOptions options;
  options.seed = seed;
  options.size = {side, side};
  options.min_visible = 0;
  return options;
}

bool is_labelled(const data::ShelfObject& object) {
  return object.visible >= data::ShelfOptions().min_visible;
}

std::vector<SeenProduct> see_products(const DrawnShelf& shelf, const Imperfection& imperfection) {
  data::Random random(shelf.number, Stream::kProducts);
  std::vector<SeenProduct> seen;
  for (std::size_t i = 0; i < shelf.truth.objects.size(); ++i) {
    const data::ShelfObject& object = shelf.truth.objects[i];
    if (!is_labelled(object)) continue;
    const bool missed = random.chance(imperfection.missing);
    const Box box = moved(object.box, imperfection.jitter, random);
    if (!missed) seen.push_back({i, box});
  }
  return seen;
}

std::vector<Box> see_gaps(const DrawnShelf& shelf, const std::vector<Box>& gaps,
                          const Imperfection& imperfection) {
  data::Random random(shelf.number, Stream::kGaps);
  std::vector<Box> seen;
  for (const Box& gap : gaps) {
    const bool missed = random.chance(imperfection.missing);
    const Box box = moved(gap, imperfection.jitter, random);
    if (!missed) seen.push_back(box);
  }
  return seen;
}

std::vector<Box> labelled_gaps(const data::ShelfTruth& truth) {
  std::vector<Box> boxes;
  for (const data::ShelfGap& gap : truth.gaps) boxes.push_back(gap.box);
  return boxes;
}

}  // namespace gondola::bench
