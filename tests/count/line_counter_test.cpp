#include "gondola/count/line_counter.hpp"

#include <cmath>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "count/made_tracks.hpp"
#include "gondola/core/error.hpp"

namespace gondola::count {
namespace {

using test::track_at;

/// From (30, 50) to (70, 50) in a picture of 100 x 100: in is downwards. Boxes are 10 pixels wide
/// and high, the band is 2 pixels.
LineOptions door() {
  LineOptions options;
  options.name = "door";
  options.segment = {{0.3, 0.5}, {0.7, 0.5}};
  options.band_box = 0.2;
  return options;
}

LineCounter counter_for(const LineOptions& options, const ClassFilter& filter = {}) {
  return LineCounter(options, filter, 60, {100, 100});
}

/// "+" for in, "-" for out, in order, of one object that is seen at these places.
std::string crossings_of(LineCounter& counter, const std::vector<Point>& places,
                         std::int64_t id = 1) {
  std::string crossings;
  double time_s = 0;
  for (const Point& place : places) {
    for (const Crossing& crossing : counter.update({track_at(id, place.x, place.y)}, time_s)) {
      EXPECT_EQ(crossing.track_id, id);
      crossings += crossing.in ? '+' : '-';
    }
    time_s += 0.1;
  }
  return crossings;
}

std::string crossings_of(const std::vector<Point>& places, const LineOptions& options = door()) {
  LineCounter counter = counter_for(options);
  return crossings_of(counter, places);
}

TEST(LineCounter, CountsInDownwardsAndOutUpwards) {
  EXPECT_EQ(crossings_of({{50, 40}, {50, 46}, {50, 52}, {50, 58}}), "+");
  EXPECT_EQ(crossings_of({{50, 60}, {50, 54}, {50, 49}, {50, 43}}), "-");
}

TEST(LineCounter, ExchangedEndsTurnTheDirection) {
  LineOptions options = door();
  options.segment = {{0.7, 0.5}, {0.3, 0.5}};
  EXPECT_EQ(crossings_of({{50, 40}, {50, 60}}, options), "-");
}

TEST(LineCounter, InwardPointsToTheSideThatComesIn) {
  const Point inward = counter_for(door()).inward();
  EXPECT_DOUBLE_EQ(inward.x, 0);
  EXPECT_DOUBLE_EQ(inward.y, 1);
}

TEST(LineCounter, CountsWhenTheBandIsLeftNotBefore) {
  LineCounter counter = counter_for(door());
  EXPECT_TRUE(counter.update({track_at(1, 50, 45)}, 0).empty());
  EXPECT_TRUE(counter.update({track_at(1, 50, 51)}, 1).empty());
  EXPECT_TRUE(counter.update({track_at(1, 50, 52)}, 2).empty()) << "2 pixels are not beyond";
  EXPECT_EQ(counter.update({track_at(1, 50, 52.5)}, 3).size(), 1U);
  EXPECT_TRUE(counter.update({track_at(1, 50, 70)}, 4).empty());
}

TEST(LineCounter, TremblingOnTheLineCountsOnce) {
  std::vector<Point> places = {{50, 40}};
  for (int i = 0; i < 100; ++i) places.push_back({50, i % 2 == 0 ? 51.9 : 48.1});
  EXPECT_EQ(crossings_of(places), "") << "it never got beyond the band";
  places.push_back({50, 55});
  EXPECT_EQ(crossings_of(places), "+");
  for (int i = 0; i < 100; ++i) places.push_back({50, i % 2 == 0 ? 51.9 : 48.1});
  EXPECT_EQ(crossings_of(places), "+");
  places.push_back({50, 60});
  EXPECT_EQ(crossings_of(places), "+");
}

TEST(LineCounter, AWiderBandOfTheTwoRules) {
  LineOptions options = door();
  options.band_pixels = 6;
  EXPECT_EQ(crossings_of({{50, 40}, {50, 55}}, options), "");
  EXPECT_EQ(crossings_of({{50, 40}, {50, 57}}, options), "+");
  options.band_box = 0.8;
  EXPECT_EQ(crossings_of({{50, 40}, {50, 57}}, options), "");
  options.band_box = options.band_pixels = 0;
  EXPECT_EQ(crossings_of({{50, 49.5}, {50, 50}, {50, 50.5}, {50, 50}, {50, 49.5}}, options), "+-");
}

TEST(LineCounter, UTurnBeforeTheLineCountsNothing) {
  EXPECT_EQ(crossings_of({{50, 40}, {50, 47}, {50, 49}, {50, 47}, {50, 40}}), "");
}

TEST(LineCounter, UTurnBehindTheLineCountsBothWays) {
  EXPECT_EQ(crossings_of({{50, 40}, {50, 48}, {50, 56}, {50, 48}, {50, 40}}), "+-");
}

TEST(LineCounter, PathAroundTheEndCountsNothing) {
  EXPECT_EQ(crossings_of({{50, 40}, {80, 45}, {80, 55}, {50, 60}}), "");
  // Back through the segment is a way out, though it never came in.
  EXPECT_EQ(crossings_of({{50, 40}, {80, 45}, {80, 55}, {50, 60}, {50, 40}}), "-");
}

TEST(LineCounter, PathThroughTheEndItselfCounts) {
  EXPECT_EQ(crossings_of({{70, 40}, {70, 60}}), "+");
  EXPECT_EQ(crossings_of({{70.01, 40}, {70.01, 60}}), "");
}

TEST(LineCounter, LoopsInsideTheBandAreAddedUp) {
  // Down through the segment, round its end and up outside, never beyond the band: nothing. Then
  // down outside and away: it went around.
  EXPECT_EQ(crossings_of({{69, 45}, {69, 51}, {71, 51}, {71, 49}, {71, 60}}), "+")
      << "the way led once through the segment and twice, up and down, past its end";
  EXPECT_EQ(crossings_of({{69, 45}, {69, 51}, {71, 51}, {71, 49}, {69, 40}, {71, 40}, {71, 60}}),
            "")
      << "back beyond the band, the loop is forgotten";
}

TEST(LineCounter, OneFastStepCounts) {
  EXPECT_EQ(crossings_of({{50, 5}, {50, 95}}), "+");
  // Slanted: at y = 50 the path is at x = 20 + 60 * 40 / 80 = 50, inside; then at 20, outside.
  EXPECT_EQ(crossings_of({{20, 10}, {80, 90}}), "+");
  EXPECT_EQ(crossings_of({{0, 10}, {40, 90}}), "");
}

TEST(LineCounter, JumpOverTheWholeBandAndBackCountsBothWays) {
  EXPECT_EQ(crossings_of({{50, 47}, {50, 53}, {50, 47}, {50, 53}}), "+-+");
}

TEST(LineCounter, CountsAcrossFramesWithoutTheObject) {
  LineCounter counter = counter_for(door());
  counter.update({track_at(1, 50, 40)}, 0);
  counter.update({track_at(1, 50, 49)}, 0.1);
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(counter.update({}, 0.2 + 0.1 * i).empty());
  const std::vector<Crossing> crossings = counter.update({track_at(1, 50, 60)}, 3);
  ASSERT_EQ(crossings.size(), 1U);
  EXPECT_TRUE(crossings[0].in);
  EXPECT_EQ(counter.totals().in, 1U);
}

TEST(LineCounter, NewIdentityOnTheFarSideCountsNothing) {
  LineCounter counter = counter_for(door());
  EXPECT_EQ(crossings_of(counter, {{50, 40}, {50, 48}}, 1), "");
  EXPECT_EQ(crossings_of(counter, {{50, 53}, {50, 60}}, 2), "");
  EXPECT_EQ(counter.totals().in + counter.totals().out, 0U);
}

TEST(LineCounter, FirstSeenInsideTheBandComesFromThatSide) {
  EXPECT_EQ(crossings_of({{50, 49}, {50, 54}}), "+");
  EXPECT_EQ(crossings_of({{50, 51}, {50, 54}}), "");
  EXPECT_EQ(crossings_of({{50, 51}, {50, 49}, {50, 54}}), "");
}

TEST(LineCounter, OncePerTrackCountsEachWayOnce) {
  LineOptions options = door();
  const std::vector<Point> places = {{50, 40}, {50, 60}, {50, 40}, {50, 60}, {50, 40}};
  EXPECT_EQ(crossings_of(places, options), "+-+-");
  options.once_per_track = true;
  EXPECT_EQ(crossings_of(places, options), "+-");
}

TEST(LineCounter, CountsByClassAndLeavesOthersOut) {
  LineCounter counter = counter_for(
      door(), ClassFilter({"person", "dog"}, ClassNames({"person", "car", "dog"}), "x"));
  counter.update({track_at(1, 40, 40, 0), track_at(2, 50, 40, 1), track_at(3, 60, 60, 2)}, 0);
  counter.update({track_at(1, 40, 60, 0), track_at(2, 50, 60, 1), track_at(3, 60, 40, 2)}, 1);
  ASSERT_EQ(counter.counts_by_class().size(), 2U);
  EXPECT_EQ(counter.counts_by_class().at(0).in, 1U);
  EXPECT_EQ(counter.counts_by_class().at(2).out, 1U);
  EXPECT_EQ(counter.totals().in, 1U);
  EXPECT_EQ(counter.totals().out, 1U);
}

TEST(LineCounter, UsesItsAnchorPoint) {
  LineOptions options = door();
  options.anchor = AnchorPoint::kTopCenter;  // 10 pixels above the bottom
  EXPECT_EQ(crossings_of({{50, 40}, {50, 59}}, options), "");
  EXPECT_EQ(crossings_of({{50, 40}, {50, 63}}, options), "+");
}

TEST(LineCounter, AnotherPictureSizeChangesNothing) {
  LineCounter counter = counter_for(door());
  counter.update({track_at(1, 50, 40)}, 0);
  counter.set_picture_size({400, 200});
  EXPECT_EQ(counter.segment().from, (Point{120, 100}));
  EXPECT_EQ(counter.segment().to, (Point{280, 100}));
  // (50, 40) is now (200, 80): a step to (200, 96) stays before the line, one to (200, 104) not.
  EXPECT_TRUE(counter.update({track_at(1, 200, 96)}, 1).empty());
  EXPECT_EQ(counter.update({track_at(1, 200, 104)}, 2).size(), 1U);
  EXPECT_THROW(counter.set_picture_size({0, 10}), ContractViolation);
}

TEST(LineCounter, ForgetsTracksThatHaveEnded) {
  LineCounter counter(door(), {}, 2, {100, 100});
  std::size_t most = 0;
  for (int frame = 0; frame < 1000000; ++frame) {
    // Every 10 frames, one second, another object passes.
    const Track track = track_at(frame / 10, 50, frame % 10 < 5 ? 40 : 60);
    counter.update({track}, frame / 10.0);
    most = std::max(most, counter.known_tracks());
  }
  EXPECT_EQ(counter.totals().in, 100000U);
  EXPECT_LE(most, 5U) << "2 s, half as long again, and the present one";
}

TEST(LineCounter, OnRandomWalksCrossingsEqualTheChangesOfSide) {
  // Across a line that spans the picture nothing can go around; with positions that are never in
  // the band, every change of side is a crossing.
  LineOptions options = door();
  options.segment = {{0, 0.5}, {1, 0.5}};
  std::mt19937 random(11);
  std::uniform_real_distribution<double> place(3, 97);
  for (int round = 0; round < 100; ++round) {
    LineCounter counter = counter_for(options);
    std::size_t in = 0;
    std::size_t out = 0;
    double last = 0;
    for (int frame = 0; frame < 200; ++frame) {
      double y = place(random);
      if (std::abs(y - 50) < 2.1) y = 40;
      if (frame > 0 && last < 50 && y > 50) ++in;
      if (frame > 0 && last > 50 && y < 50) ++out;
      last = y;
      counter.update({track_at(1, place(random), y)}, frame);
    }
    ASSERT_EQ(counter.totals().in, in);
    ASSERT_EQ(counter.totals().out, out);
  }
}

}  // namespace
}  // namespace gondola::count
