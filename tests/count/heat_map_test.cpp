#include "gondola/count/heat_map.hpp"

#include <cmath>
#include <numeric>
#include <random>

#include <gtest/gtest.h>

#include "count/made_tracks.hpp"
#include "gondola/core/error.hpp"

namespace gondola::count {
namespace {

using test::track_at;

/// 4 columns of 25 pixels and 2 rows of 50 over a picture of 100 x 100.
HeatMapOptions grid() {
  HeatMapOptions options;
  options.columns = 4;
  options.rows = 2;
  return options;
}

TEST(HeatMap, AddsTheTimeUntilTheNextFrame) {
  HeatMap map(grid(), {}, 5, {100, 100});
  map.update({track_at(1, 10, 10)}, 100);
  EXPECT_EQ(map.seconds(), std::vector<float>(8, 0.0F));
  map.update({track_at(1, 30, 60), track_at(2, 99, 99)}, 100.5);
  map.update({}, 102.5);
  map.update({}, 103);
  EXPECT_EQ(map.seconds(), (std::vector<float>{0.5F, 0, 0, 0, 0, 2, 0, 2}));
}

TEST(HeatMap, PutsWhatIsAtTheEdgeIntoTheLastCell) {
  HeatMap map(grid(), {}, 5, {100, 100});
  map.update({track_at(1, 100, 100), track_at(2, -3, -1)}, 0);
  map.update({}, 1);
  EXPECT_EQ(map.seconds(), (std::vector<float>{1, 0, 0, 0, 0, 0, 0, 1}));
}

TEST(HeatMap, LongPausesCountAsTheLongestGap) {
  HeatMap map(grid(), {}, 5, {100, 100});
  map.update({track_at(1, 10, 10)}, 0);
  map.update({}, 1000);
  EXPECT_FLOAT_EQ(map.seconds()[0], 5);
}

TEST(HeatMap, LeavesOtherClassesOutAndFollowsThePictureSize) {
  HeatMap map(grid(), ClassFilter({"b"}, ClassNames({"a", "b"}), "x"), 5, {100, 100});
  map.set_picture_size({200, 100});
  map.update({track_at(1, 10, 10, 0), track_at(2, 110, 10, 1)}, 0);
  map.update({}, 1);
  EXPECT_EQ(map.seconds(), (std::vector<float>{0, 0, 1, 0, 0, 0, 0, 0}));
}

TEST(HeatMap, SumIsTheTimeInObjects) {
  std::mt19937 random(2);
  std::uniform_real_distribution<double> unit(0, 1);
  HeatMap map({}, {}, 5, {100, 100});
  double expected = 0;
  double time_s = 0;
  for (int frame = 0; frame < 1000; ++frame) {
    std::vector<Track> tracks(random() % 6);
    for (Track& track : tracks) track = track_at(1, 100 * unit(random), 100 * unit(random));
    map.update(tracks, time_s);
    const double step_s = unit(random);
    expected += step_s * static_cast<double>(tracks.size());
    time_s += step_s;
  }
  map.update({}, time_s);
  const std::vector<float> cells = map.seconds();
  EXPECT_NEAR(std::accumulate(cells.begin(), cells.end(), 0.0), expected, 1e-3);
}

TEST(HeatMap, HalfOfTheHeatIsGoneAfterTheHalfLife) {
  HeatMapOptions options = grid();
  options.half_life_s = 10;
  // An object that always stays: its heat tends to half_life / ln 2, whatever the frame rate, and
  // has reached half of that after one half-life.
  for (const double step_s : {0.1, 2.0}) {
    HeatMap map(options, {}, 5, {100, 100});
    double time_s = 0;
    for (; time_s < 9.99; time_s += step_s) map.update({track_at(1, 10, 10)}, time_s);
    map.update({}, 10);
    EXPECT_NEAR(map.seconds()[0], 10 / std::log(2.0) / 2, 1e-4);
    map.update({}, 20);
    EXPECT_NEAR(map.seconds()[0], 10 / std::log(2.0) / 4, 1e-4);
  }
}

TEST(HeatMap, DecaysThroughAPauseThatWasNotWatched) {
  HeatMapOptions options = grid();
  options.half_life_s = 10;
  HeatMap map(options, {}, 5, {100, 100});
  map.update({track_at(1, 10, 10)}, 0);
  map.update({}, 15);
  // Heat of the first 5 s, (1 - 2^-0.5) * 10 / ln 2, halved by the 10 s after them.
  EXPECT_NEAR(map.seconds()[0], (1 - std::sqrt(0.5)) * 10 / std::log(2.0) / 2, 1e-5);
}

TEST(HeatMap, RefusesAGridWithoutCells) {
  HeatMapOptions options = grid();
  options.columns = 0;
  EXPECT_THROW(HeatMap(options, {}, 5, {100, 100}), ConfigError);
}

}  // namespace
}  // namespace gondola::count
