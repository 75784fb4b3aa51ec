#include "gondola/core/tiles.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gondola/core/box_iou.hpp"
#include "gondola/core/error.hpp"

namespace gondola {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(PlanTiles, TakesTheWholeImageWhenOff) {
  EXPECT_THAT(plan_tiles({1000, 700}, {}), ElementsAre(Tile{0, 0, 1000, 700}));
}

TEST(PlanTiles, TakesTheWholeImageWhenItFitsIntoOneTile) {
  EXPECT_THAT(plan_tiles({640, 640}, {640, 0.2F}), ElementsAre(Tile{0, 0, 640, 640}));
  EXPECT_THAT(plan_tiles({30, 20}, {640, 0.2F}), ElementsAre(Tile{0, 0, 30, 20}));
}

TEST(PlanTiles, SpreadsTilesEvenly) {
  // 20 % of 640 is 128, so a step is 512 at most: 1000 - 640 = 360 takes one step.
  EXPECT_THAT(plan_tiles({1000, 600}, {640, 0.2F}),
              ElementsAre(Tile{0, 0, 640, 600}, Tile{360, 0, 640, 600}));
  // 1153 - 640 = 513 takes two: 256 and 257.
  EXPECT_THAT(plan_tiles({1153, 640}, {640, 0.2F}),
              ElementsAre(Tile{0, 0, 640, 640}, Tile{256, 0, 640, 640}, Tile{513, 0, 640, 640}));
  // 1152 - 640 = 512 is exactly one.
  EXPECT_EQ(plan_tiles({1152, 640}, {640, 0.2F}).size(), 2U);
}

TEST(PlanTiles, GoesRowByRow) {
  EXPECT_THAT(plan_tiles({200, 200}, {100, 0.0F}),
              ElementsAre(Tile{0, 0, 100, 100}, Tile{100, 0, 100, 100}, Tile{0, 100, 100, 100},
                          Tile{100, 100, 100, 100}));
}

TEST(PlanTiles, CoversTheImageWithFullTilesAndTheOverlapAskedFor) {
  std::mt19937 random(1);
  const auto whole = [&](int from, int to) {
    return std::uniform_int_distribution<int>(from, to)(random);
  };
  for (int i = 0; i < 3000; ++i) {
    const Size image{whole(1, 3000), whole(1, 3000)};
    const TileOptions options{whole(50, 900), static_cast<float>(whole(0, 9)) / 10};
    SCOPED_TRACE(::testing::Message() << image << ", " << options.size << ", " << options.overlap);
    const std::vector<Tile> tiles = plan_tiles(image, options);
    std::vector<int> starts;
    for (const Tile& tile : tiles) {
      ASSERT_EQ(tile.width, std::min(image.width, options.size));
      ASSERT_EQ(tile.height, std::min(image.height, options.size));
      ASSERT_GE(tile.y, 0);
      ASSERT_LE(tile.y + tile.height, image.height);
      if (tile.y == 0) starts.push_back(tile.x);
    }
    ASSERT_EQ(tiles.size() % starts.size(), 0U);
    ASSERT_EQ(starts.front(), 0);
    ASSERT_EQ(starts.back() + tiles[0].width, image.width);
    const float asked = options.overlap * static_cast<float>(options.size);
    int shortest = image.width;
    int longest = 0;
    for (std::size_t c = 1; c < starts.size(); ++c) {
      const int step = starts[c] - starts[c - 1];
      ASSERT_GE(static_cast<float>(options.size - step), asked - 1e-3F);
      shortest = std::min(shortest, step);
      longest = std::max(longest, step);
    }
    ASSERT_LE(longest - shortest, 1);
  }
}

TEST(PlanTiles, RefusesOptionsOutOfRange) {
  EXPECT_THROW(plan_tiles({0, 10}, {}), ContractViolation);
  EXPECT_THROW(plan_tiles({10, 10}, {-1, 0.2F}), ContractViolation);
  EXPECT_THROW(plan_tiles({10, 10}, {5, 0.95F}), ContractViolation);
  EXPECT_THROW(plan_tiles({10, 10}, {5, -0.1F}), ContractViolation);
}

// Two tiles side by side with 60 pixels in common, x = 140..200.
constexpr Size kImage{340, 200};
constexpr Tile kLeft{0, 0, 200, 200};
constexpr Tile kRight{140, 0, 200, 200};

TEST(MergeTiles, JoinsAnObjectCutByBoth) {
  // 100..260 is seen as 100..200 and as 140..260.
  const std::vector<Detection> merged = merge_tiles(
      {{kLeft, {{{100, 50, 200, 90}, 0.6F, 1}}}, {kRight, {{{140, 50, 260, 90}, 0.8F, 1}}}},
      kImage);
  EXPECT_THAT(merged, ElementsAre(Detection{{100, 50, 260, 90}, 0.8F, 1}));
}

TEST(MergeTiles, CountsAnObjectSeenWholeByBothOnce) {
  const std::vector<Detection> merged = merge_tiles(
      {{kLeft, {{{150, 50, 185, 90}, 0.6F, 1}}}, {kRight, {{{151, 51, 186, 91}, 0.8F, 1}}}},
      kImage);
  EXPECT_THAT(merged, ElementsAre(Detection{{151, 51, 186, 91}, 0.8F, 1}));
}

TEST(MergeTiles, PrefersACompleteBoxToACutOne) {
  // 120..190 is whole on the left; the right tile starts in its middle, and is surer of its part.
  const std::vector<Detection> merged = merge_tiles(
      {{kLeft, {{{120, 50, 190, 90}, 0.6F, 1}}}, {kRight, {{{140, 50, 191, 90}, 0.9F, 1}}}},
      kImage);
  EXPECT_THAT(merged, ElementsAre(Detection{{120, 50, 190, 90}, 0.9F, 1}));
}

TEST(MergeTiles, KeepsTouchingNeighboursApart) {
  // Three equal products, 40 wide, of which each tile sees two and a part of the third.
  const Box a{110, 50, 150, 90};
  const Box b{150, 50, 190, 90};
  const Box c{190, 50, 230, 90};
  const std::vector<Detection> merged =
      merge_tiles({{kLeft, {{a, 0.9F, 1}, {b, 0.8F, 1}, {{190, 50, 200, 90}, 0.3F, 1}}},
                   {kRight, {{{140, 50, 150, 90}, 0.4F, 1}, {b, 0.7F, 1}, {c, 0.6F, 1}}}},
                  kImage);
  EXPECT_THAT(merged,
              ElementsAre(Detection{a, 0.9F, 1}, Detection{b, 0.8F, 1}, Detection{c, 0.6F, 1}));
}

TEST(MergeTiles, DropsAPieceOfSomethingSeenWhole) {
  // The left tile sees all of 20..195. The right one sees its end, 140..195, and takes it for a
  // shorter thing of a third the height: too different to match, but a piece all the same.
  const Detection whole{{20, 40, 195, 160}, 0.9F, 1};
  const Detection piece{{140, 115, 194, 160}, 0.4F, 1};
  EXPECT_THAT(merge_tiles({{kLeft, {whole}}, {kRight, {piece}}}, kImage), ElementsAre(whole));
  // Of another class it is a thing of its own, and so is one that its tile saw whole.
  const Detection other{piece.box, 0.4F, 2};
  EXPECT_THAT(merge_tiles({{kLeft, {whole}}, {kRight, {other}}}, kImage),
              ElementsAre(whole, other));
  const Detection inside{{160, 110, 190, 150}, 0.4F, 1};
  EXPECT_THAT(merge_tiles({{kLeft, {whole}}, {kRight, {inside}}}, kImage),
              ElementsAre(whole, inside));
}

TEST(MergeTiles, KeepsWhatOnlyOneTileFound) {
  const Detection near_seam{{150, 50, 185, 90}, 0.6F, 1};
  EXPECT_THAT(merge_tiles({{kLeft, {near_seam}}, {kRight, {}}}, kImage), ElementsAre(near_seam));
  EXPECT_THAT(merge_tiles({{kLeft, {}}, {kRight, {}}}, kImage), IsEmpty());
  EXPECT_THAT(merge_tiles({}, kImage), IsEmpty());
}

TEST(MergeTiles, LeavesOneTileAsItIs) {
  const Tile whole{0, 0, 340, 200};
  const Detection a{{10, 10, 50, 50}, 0.5F, 1};
  const Detection b{{12, 10, 52, 50}, 0.6F, 1};
  EXPECT_THAT(merge_tiles({{whole, {a, b}}}, kImage), ElementsAre(b, a));
}

TEST(MergeTiles, KeepsClassesApartUnlessAgnostic) {
  const std::vector<TileDetections> tiles = {{kLeft, {{{150, 50, 185, 90}, 0.6F, 1}}},
                                             {kRight, {{{150, 50, 185, 90}, 0.8F, 2}}}};
  EXPECT_EQ(merge_tiles(tiles, kImage).size(), 2U);
  TileMergeOptions options;
  options.class_agnostic = true;
  EXPECT_THAT(merge_tiles(tiles, kImage, options),
              ElementsAre(Detection{{150, 50, 185, 90}, 0.8F, 2}));
}

TEST(MergeTiles, JoinsACornerSeenByFourTiles) {
  const Size image{340, 340};
  const Box object{90, 90, 250, 250};  // reaches into all four, whole in none
  std::vector<TileDetections> tiles;
  float score = 0.5F;
  for (const Tile& tile : plan_tiles(image, {200, 0.3F})) {
    tiles.push_back({tile, {{intersection(object, tile.box()), score, 1}}});
    score += 0.1F;
  }
  ASSERT_EQ(tiles.size(), 4U);
  const std::vector<Detection> merged = merge_tiles(tiles, image);
  ASSERT_EQ(merged.size(), 1U);
  EXPECT_EQ(merged[0].box, object);
}

TEST(MergeTiles, JoinsALongObjectAcrossThreeTiles) {
  const Size image{480, 200};
  const Box object{50, 80, 430, 120};
  std::vector<TileDetections> tiles;
  for (const Tile& tile : plan_tiles(image, {200, 0.3F})) {
    tiles.push_back({tile, {{intersection(object, tile.box()), 0.5F, 1}}});
  }
  ASSERT_EQ(tiles.size(), 3U);
  EXPECT_THAT(merge_tiles(tiles, image), ElementsAre(Detection{object, 0.5F, 1}));
}

TEST(MergeTiles, TakesTheWholeImageAsOneMoreTile) {
  const Size image{340, 340};
  const Box large{20, 20, 330, 330};   // whole only in the overview
  const Box small{150, 60, 190, 100};  // whole in two tiles
  std::vector<TileDetections> tiles;
  for (const Tile& tile : plan_tiles(image, {200, 0.3F})) {
    std::vector<Detection> found = {{intersection(large, tile.box()), 0.4F, 1}};
    const Box seen = intersection(small, tile.box());
    if (area(seen) > 0) found.push_back({seen, 0.5F, 2});
    tiles.push_back({tile, found});
  }
  // A coarse look: a little off for the small object, but surer of it.
  const Tile overview{0, 0, 340, 340};
  tiles.push_back({overview, {{{22, 18, 328, 332}, 0.9F, 1}, {{147, 57, 193, 103}, 0.95F, 2}}});
  EXPECT_THAT(merge_tiles(tiles, image),
              ElementsAre(Detection{small, 0.95F, 2}, Detection{{22, 18, 328, 332}, 0.9F, 1}));
}

TEST(MergeTiles, DropsWhatIsNotABoxAndClipsToTheImage) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT(merge_tiles({{kRight,
                            {{{nan, 0, 1, 1}, 0.9F, 1},
                             {{5, 5, 5, 9}, 0.9F, 1},
                             {{400, 5, 500, 9}, 0.9F, 1},
                             {{250, 5, 260, 9}, nan, 1},
                             {{300, 150, 350, 210}, 0.5F, 1}}}},
                          kImage),
              ElementsAre(Detection{{300, 150, 340, 200}, 0.5F, 1}));
}

TEST(MergeTiles, RefusesOptionsOutOfRange) {
  EXPECT_THROW(merge_tiles({}, {0, 1}), ContractViolation);
  for (const float bad : {0.0F, -0.5F, 1.1F}) {
    TileMergeOptions options;
    options.match_iou = bad;
    EXPECT_THROW(merge_tiles({}, kImage, options), ContractViolation);
  }
  TileMergeOptions options;
  options.cut_margin = 0.6F;
  EXPECT_THROW(merge_tiles({}, kImage, options), ContractViolation);
}

/// Pictures of full shelves and a detector that looks at one tile at a time.
class Simulation {
 public:
  explicit Simulation(unsigned seed) : random_(seed) {}

  float uniform(float from, float to) {
    return std::uniform_real_distribution<float>(from, to)(random_);
  }

  int whole(int from, int to) { return std::uniform_int_distribution<int>(from, to)(random_); }

  /// Rows of touching products, each row with a width and a height of its own.
  void fill_shelf(Size image, float shortest_side, float longest_side) {
    float y = 0;
    while (true) {
      const float width = uniform(shortest_side, longest_side);
      const float height = uniform(shortest_side, longest_side);
      if (y + height > static_cast<float>(image.height)) break;
      for (float x = 0; x + width <= static_cast<float>(image.width); x += width) {
        objects_.push_back({{x, y, x + width, y + height}, 0});
      }
      y += height;
    }
  }

  /// Strips of another class along the whole image, longer than any tile.
  void add_price_rails(Size image) {
    const auto width = static_cast<float>(image.width);
    for (float y = 20; y + 30 <= static_cast<float>(image.height); y += 150) {
      objects_.push_back({{0, y, width, y + 30}, 1});
    }
  }

  /// What a detector finds in a tile: the visible part of everything large enough in there, its
  /// corners up to `jitter` pixels off, but for the share it misses.
  TileDetections look_at(const Tile& tile, float jitter, float missed) {
    TileDetections found{tile, {}};
    for (Object& object : objects_) {
      const Box visible = intersection(object.box, tile.box());
      const float least_share = object.class_id == 0 ? 0.3F : 0.0F;
      if (area(visible) <= least_share * area(object.box)) continue;
      if (uniform(0, 1) < missed) continue;
      object.seen = true;
      const auto noise = [&] { return uniform(-jitter, jitter); };
      const Box noisy{visible.x1 + noise(), visible.y1 + noise(), visible.x2 + noise(),
                      visible.y2 + noise()};
      found.detections.push_back(
          {intersection(noisy, tile.box()), uniform(0.3F, 1), object.class_id});
    }
    return found;
  }

  std::vector<Detection> look_at_all(Size image, const TileOptions& options, float jitter,
                                     float missed) {
    std::vector<TileDetections> tiles;
    for (const Tile& tile : plan_tiles(image, options)) {
      tiles.push_back(look_at(tile, jitter, missed));
    }
    return merge_tiles(tiles, image);
  }

  std::size_t seen() const {
    return static_cast<std::size_t>(std::count_if(
        objects_.begin(), objects_.end(), [](const Object& object) { return object.seen; }));
  }

  /// How many of the seen objects have exactly one detection that fits.
  std::size_t found_once(const std::vector<Detection>& detections, float least_iou) const {
    return static_cast<std::size_t>(
        std::count_if(objects_.begin(), objects_.end(), [&](const Object& object) {
          const auto fits = [&](const Detection& d) {
            return d.class_id == object.class_id && iou(d.box, object.box) >= least_iou;
          };
          return object.seen && std::count_if(detections.begin(), detections.end(), fits) == 1;
        }));
  }

 private:
  struct Object {
    Box box;
    int class_id = 0;
    bool seen = false;
  };

  std::mt19937 random_;
  std::vector<Object> objects_;
};

TEST(MergeTilesSimulation, CountsExactlyWithoutNoise) {
  for (unsigned seed = 0; seed < 100; ++seed) {
    Simulation simulation(seed);
    const Size image{simulation.whole(400, 2000), simulation.whole(400, 1500)};
    const TileOptions options{simulation.whole(200, 700), simulation.uniform(0.1F, 0.6F)};
    simulation.fill_shelf(image, 15, 120);
    simulation.add_price_rails(image);
    const std::vector<Detection> merged = simulation.look_at_all(image, options, 0, 0);
    ASSERT_EQ(merged.size(), simulation.seen()) << "seed " << seed;
    ASSERT_EQ(simulation.found_once(merged, 0.999F), simulation.seen()) << "seed " << seed;
  }
}

TEST(MergeTilesSimulation, CountsWithinOnePercentWithNoise) {
  for (unsigned seed = 0; seed < 100; ++seed) {
    Simulation simulation(seed);
    const Size image{simulation.whole(800, 2500), simulation.whole(800, 2000)};
    const TileOptions options{simulation.whole(320, 700), simulation.uniform(0.15F, 0.5F)};
    simulation.fill_shelf(image, 20, 120);
    simulation.add_price_rails(image);
    const std::vector<Detection> merged = simulation.look_at_all(image, options, 2, 0);
    const auto seen = static_cast<double>(simulation.seen());
    ASSERT_NEAR(static_cast<double>(merged.size()), seen, 0.01 * seen) << "seed " << seed;
    ASSERT_GE(static_cast<double>(simulation.found_once(merged, 0.6F)), 0.99 * seen)
        << "seed " << seed;
  }
}

TEST(MergeTilesSimulation, CountsWithinOnePercentWhenOneLookInTenMisses) {
  // Only what some look saw can be counted; what only a cut view of is left has a shorter box.
  double seen = 0;
  double off = 0;
  double once = 0;
  for (unsigned seed = 0; seed < 100; ++seed) {
    Simulation simulation(seed);
    const Size image{simulation.whole(800, 2500), simulation.whole(800, 2000)};
    const TileOptions options{simulation.whole(320, 700), simulation.uniform(0.15F, 0.5F)};
    simulation.fill_shelf(image, 20, 120);
    const std::vector<Detection> merged = simulation.look_at_all(image, options, 2, 0.1F);
    const auto seen_here = static_cast<double>(simulation.seen());
    seen += seen_here;
    off += std::abs(static_cast<double>(merged.size()) - seen_here);
    once += static_cast<double>(simulation.found_once(merged, 0.6F));
  }
  EXPECT_LE(off, 0.01 * seen);
  EXPECT_GE(once, 0.98 * seen);
}

TEST(MergeTilesSimulation, TheWholeImageAsATileChangesNoCount) {
  for (unsigned seed = 0; seed < 50; ++seed) {
    Simulation simulation(seed);
    const Size image{simulation.whole(800, 2000), simulation.whole(800, 1500)};
    const TileOptions options{simulation.whole(320, 700), simulation.uniform(0.15F, 0.5F)};
    simulation.fill_shelf(image, 25, 120);
    simulation.add_price_rails(image);
    std::vector<TileDetections> tiles;
    for (const Tile& tile : plan_tiles(image, options)) {
      tiles.push_back(simulation.look_at(tile, 2, 0));
    }
    // The overview is coarse: twice as far off, and blind for a part.
    tiles.push_back(simulation.look_at({0, 0, image.width, image.height}, 4, 0.3F));
    const std::vector<Detection> merged = merge_tiles(tiles, image);
    const auto seen = static_cast<double>(simulation.seen());
    ASSERT_NEAR(static_cast<double>(merged.size()), seen, 0.01 * seen) << "seed " << seed;
    ASSERT_GE(static_cast<double>(simulation.found_once(merged, 0.6F)), 0.98 * seen)
        << "seed " << seed;
  }
}

}  // namespace
}  // namespace gondola
