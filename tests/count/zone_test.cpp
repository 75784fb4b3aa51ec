#include "gondola/count/zone.hpp"

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "count/made_tracks.hpp"
#include "gondola/core/error.hpp"

namespace gondola::count {
namespace {

using test::track_at;

/// The lower right quarter of a picture of 100 x 100.
ZoneOptions corner() {
  ZoneOptions options;
  options.name = "corner";
  options.polygon = {{0.5, 0.5}, {1, 0.5}, {1, 1}, {0.5, 1}};
  options.enter_after_s = 0.5;
  options.exit_after_s = 0.5;
  options.lost_after_s = 2;
  return options;
}

Zone zone_for(const ZoneOptions& options, const ClassFilter& filter = {}) {
  return Zone(options, filter, {100, 100});
}

const Track kInside = track_at(1, 75, 75);
const Track kOutside = track_at(1, 25, 25);

TEST(Zone, CountsAStayFromItsFirstToItsLastSightInside) {
  Zone zone = zone_for(corner());
  EXPECT_TRUE(zone.update({kOutside}, 9.75).empty());
  EXPECT_TRUE(zone.update({kInside}, 10).empty());
  EXPECT_TRUE(zone.update({kInside}, 10.25).empty());
  EXPECT_EQ(zone.totals().occupancy, 0U);
  const std::vector<ZoneEvent> entered = zone.update({kInside}, 10.5);
  ASSERT_EQ(entered.size(), 1U);
  EXPECT_EQ(entered[0].change, ZoneChange::kEntered);
  EXPECT_EQ(zone.totals().occupancy, 1U);
  EXPECT_TRUE(zone.update({kInside}, 13).empty());
  EXPECT_TRUE(zone.update({kOutside}, 13.25).empty());
  ASSERT_EQ(zone.stays().size(), 1U);
  EXPECT_DOUBLE_EQ(zone.stays()[0].dwell_s(), 3);
  const std::vector<ZoneEvent> left = zone.update({kOutside}, 13.75);
  ASSERT_EQ(left.size(), 1U);
  EXPECT_EQ(left[0].change, ZoneChange::kLeft);
  EXPECT_EQ(left[0].stay.track_id, 1);
  EXPECT_DOUBLE_EQ(left[0].stay.since_s, 10);
  EXPECT_DOUBLE_EQ(left[0].stay.dwell_s(), 3);
  EXPECT_EQ(zone.totals().occupancy, 0U);
  EXPECT_EQ(zone.totals().entries, 1U);
  EXPECT_EQ(zone.totals().exits, 1U);
  EXPECT_DOUBLE_EQ(zone.totals().dwell_mean_s(), 3);
}

TEST(Zone, PassingThroughBrieflyIsNoStay) {
  Zone zone = zone_for(corner());
  for (int i = 0; i < 20; ++i) {
    // 0.4 s inside, then outside: trembling at the border.
    EXPECT_TRUE(zone.update({kInside}, i).empty());
    EXPECT_TRUE(zone.update({kInside}, i + 0.4).empty());
    EXPECT_TRUE(zone.update({kOutside}, i + 0.5).empty());
  }
  EXPECT_EQ(zone.totals().entries, 0U);
  EXPECT_EQ(zone.known_tracks(), 0U);
}

TEST(Zone, SteppingOutBrieflyEndsNoStay) {
  Zone zone = zone_for(corner());
  zone.update({kInside}, 0);
  zone.update({kInside}, 1);
  zone.update({kOutside}, 1.2);
  zone.update({kOutside}, 1.6);
  zone.update({kInside}, 1.65);
  zone.update({kOutside}, 1.8);
  zone.update({kOutside}, 2.25);
  EXPECT_EQ(zone.totals().occupancy, 1U) << "the time outside starts anew";
  // Half a second passed without a frame: it has left and come again.
  EXPECT_EQ(zone.update({kInside}, 5).size(), 1U);
  EXPECT_EQ(zone.totals().exits, 1U);
  EXPECT_DOUBLE_EQ(zone.totals().dwell_sum_s, 1.65);
  EXPECT_EQ(zone.update({kInside}, 5.5).size(), 1U);
  EXPECT_DOUBLE_EQ(zone.stays().at(0).since_s, 5);
}

TEST(Zone, ShortLossEndsNoStayAndALongOneDoes) {
  Zone zone = zone_for(corner());
  zone.update({kInside}, 0);
  zone.update({kInside}, 1);
  EXPECT_TRUE(zone.update({}, 3).empty()) << "2 s are not more than 2 s";
  EXPECT_EQ(zone.totals().occupancy, 1U);
  zone.update({kInside}, 3);
  EXPECT_TRUE(zone.update({}, 5).empty());
  const std::vector<ZoneEvent> lost = zone.update({}, 5.1);
  ASSERT_EQ(lost.size(), 1U);
  EXPECT_EQ(lost[0].change, ZoneChange::kLost);
  EXPECT_DOUBLE_EQ(lost[0].stay.dwell_s(), 3);
  EXPECT_EQ(zone.totals().lost, 1U);
  EXPECT_EQ(zone.totals().exits, 0U);
}

TEST(Zone, FewFramesASecondEndNoStay) {
  Zone zone = zone_for(corner());
  for (int i = 0; i < 10; ++i) zone.update({kInside}, 10.0 * i);
  EXPECT_EQ(zone.totals().occupancy, 1U);
  EXPECT_EQ(zone.totals().entries, 1U);
  EXPECT_DOUBLE_EQ(zone.stays().at(0).dwell_s(), 90);
}

TEST(Zone, WithoutHysteresisCountsAtOnce) {
  ZoneOptions options = corner();
  options.enter_after_s = options.exit_after_s = options.lost_after_s = 0;
  Zone zone = zone_for(options);
  EXPECT_EQ(zone.update({kInside}, 0).size(), 1U);
  EXPECT_EQ(zone.update({kOutside}, 1).size(), 1U);
  EXPECT_EQ(zone.update({kInside}, 2).size(), 1U);
  EXPECT_EQ(zone.update({}, 3).size(), 1U);
  EXPECT_EQ(zone.totals().entries, 2U);
}

TEST(Zone, MaximumIsOfObjectsInsideAtOnce) {
  ZoneOptions options = corner();
  options.enter_after_s = options.exit_after_s = 0;
  Zone zone = zone_for(options);
  zone.update({track_at(1, 75, 75), track_at(2, 75, 75)}, 0);
  // One leaves as another one comes: never three.
  zone.update({track_at(1, 25, 25), track_at(2, 75, 75), track_at(3, 75, 75)}, 1);
  EXPECT_EQ(zone.totals().entries, 3U);
  EXPECT_EQ(zone.totals().max_occupancy, 2U);
}

TEST(Zone, CountsByTheClassAtEntryAndLeavesOthersOut) {
  ZoneOptions options = corner();
  options.enter_after_s = options.exit_after_s = 0;
  Zone zone = zone_for(options, ClassFilter({"a", "c"}, ClassNames({"a", "b", "c"}), "x"));
  zone.update({track_at(1, 75, 75, 0), track_at(2, 75, 75, 1), track_at(3, 75, 75, 2)}, 0);
  EXPECT_EQ(zone.totals().occupancy, 2U);
  zone.update({track_at(1, 75, 75, 2), track_at(3, 75, 75, 2)}, 1);
  EXPECT_EQ(zone.counts_by_class().at(0).occupancy, 1U);
  EXPECT_EQ(zone.counts_by_class().at(2).occupancy, 1U);
  zone.update({track_at(1, 25, 25, 2), track_at(3, 75, 75, 2)}, 2);
  EXPECT_EQ(zone.counts_by_class().at(0).exits, 1U);
  EXPECT_EQ(zone.counts_by_class().at(0).occupancy, 0U);
  EXPECT_EQ(zone.counts_by_class().at(2).max_occupancy, 1U);
}

TEST(Zone, FeetAtTheEdgeOfThePictureAreInTheZoneThatEndsThere) {
  ZoneOptions options = corner();
  options.enter_after_s = 0;
  Zone zone = zone_for(options);
  zone.update({track_at(1, 100, 100), track_at(2, 103, 101), track_at(3, 40, 102)}, 0);
  EXPECT_EQ(zone.totals().occupancy, 2U);
}

TEST(Zone, FinishEndsAllStays) {
  Zone zone = zone_for(corner());
  zone.update({track_at(1, 75, 75), track_at(2, 75, 75)}, 0);
  zone.update({track_at(1, 75, 75), track_at(2, 75, 75), track_at(3, 75, 75)}, 4);
  zone.update({track_at(1, 75, 75), track_at(2, 25, 25), track_at(3, 75, 75)}, 4.25);
  const std::vector<ZoneEvent> ended = zone.finish();
  ASSERT_EQ(ended.size(), 2U) << "the third has not entered yet";
  EXPECT_EQ(ended[0].change, ZoneChange::kLost);
  EXPECT_DOUBLE_EQ(ended[0].stay.dwell_s(), 4.25);
  EXPECT_EQ(ended[1].change, ZoneChange::kLeft);
  EXPECT_DOUBLE_EQ(zone.totals().dwell_max_s, 4.25);
  EXPECT_DOUBLE_EQ(zone.totals().dwell_mean_s(), 4.125);
  EXPECT_TRUE(zone.finish().empty());
}

TEST(Zone, AnotherPictureSizeChangesNothing) {
  ZoneOptions options = corner();
  options.enter_after_s = options.exit_after_s = 0;
  Zone zone = zone_for(options);
  zone.update({kInside}, 0);
  zone.set_picture_size({1000, 200});
  EXPECT_TRUE(zone.update({track_at(1, 750, 150)}, 1).empty());
  EXPECT_EQ(zone.polygon()[0], (Point{500, 100}));
  EXPECT_EQ(zone.update({track_at(1, 75, 75)}, 2).size(), 1U);
}

/// The definition, from an object's whole history: which frames a stay covers.
struct Sight {
  double time_s;
  bool is_seen;
  bool is_inside;
};

struct BruteStay {
  double since_s;
  double last_inside_s;
  double entered_s;
  double ended_s;  ///< -1 while it lasts
};

std::vector<BruteStay> brute_stays(const std::vector<Sight>& sights, const ZoneOptions& options) {
  std::vector<BruteStay> stays;
  std::size_t i = 0;
  while (i < sights.size()) {
    if (!sights[i].is_inside) {
      ++i;
      continue;
    }
    // A run: until the first frame in which it has been outside, or unseen, for long enough.
    BruteStay stay{sights[i].time_s, sights[i].time_s, -1, -1};
    double outside_since_s = -1;
    std::size_t next = i;
    for (; next < sights.size(); ++next) {
      const Sight& sight = sights[next];
      if (sight.is_inside && outside_since_s >= 0 &&
          sight.time_s - outside_since_s >= options.exit_after_s) {
        stay.ended_s = sight.time_s;
        --next;  // the next stay begins in this frame
        break;
      }
      if (sight.is_inside) {
        stay.last_inside_s = sight.time_s;
        outside_since_s = -1;
        if (stay.entered_s < 0 && sight.time_s - stay.since_s >= options.enter_after_s) {
          stay.entered_s = sight.time_s;
        }
      } else if (sight.is_seen && outside_since_s < 0) {
        outside_since_s = sight.time_s;
      }
      const bool was_brief = stay.entered_s < 0 && sight.is_seen && !sight.is_inside;
      const bool has_left =
          outside_since_s >= 0 && sight.time_s - outside_since_s >= options.exit_after_s;
      const bool is_lost =
          outside_since_s < 0 && sight.time_s - stay.last_inside_s > options.lost_after_s;
      if (was_brief || has_left || is_lost) {
        stay.ended_s = sight.time_s;
        break;
      }
    }
    if (stay.entered_s >= 0) stays.push_back(stay);
    i = next + 1;
  }
  return stays;
}

TEST(Zone, AgreesWithTheDefinitionOnRandomWalks) {
  std::mt19937 random(5);
  std::uniform_real_distribution<double> unit(0, 1);
  for (int round = 0; round < 60; ++round) {
    ZoneOptions options = corner();
    options.enter_after_s = unit(random);
    options.exit_after_s = unit(random);
    options.lost_after_s = 2 * unit(random);
    Zone zone = zone_for(options);
    constexpr int kObjects = 8;
    std::vector<std::vector<Sight>> sights(kObjects);
    std::vector<Point> places(kObjects, {50, 50});
    std::vector<int> hidden(kObjects, 0);
    std::map<double, std::size_t> occupancy;
    double time_s = 0;
    for (int frame = 0; frame < 400; ++frame) {
      time_s += 0.02 + 0.2 * unit(random);
      std::vector<Track> tracks;
      for (int i = 0; i < kObjects; ++i) {
        Point& place = places[static_cast<std::size_t>(i)];
        int& hidden_for = hidden[static_cast<std::size_t>(i)];
        place.x = std::clamp(place.x + 12 * unit(random) - 6, 20.0, 80.0);
        place.y = std::clamp(place.y + 12 * unit(random) - 6, 20.0, 80.0);
        if (hidden_for > 0) {
          --hidden_for;
        } else if (unit(random) < 0.03) {
          hidden_for = static_cast<int>(25 * unit(random));
        }
        const Track track = track_at(i, place.x, place.y);
        const bool is_inside = track.box.center_x() >= 50 && track.box.y2 >= 50;
        if (hidden_for == 0) tracks.push_back(track);
        sights[static_cast<std::size_t>(i)].push_back(
            {time_s, hidden_for == 0, hidden_for == 0 && is_inside});
      }
      zone.update(tracks, time_s);
      occupancy[time_s] = zone.totals().occupancy;
    }

    std::size_t entries = 0;
    std::size_t ended = 0;
    double dwell_sum_s = 0;
    double dwell_max_s = 0;
    std::map<double, std::size_t> expected;
    for (const auto& [frame_s, count] : occupancy) expected[frame_s] = 0;
    for (const std::vector<Sight>& history : sights) {
      for (const BruteStay& stay : brute_stays(history, options)) {
        ++entries;
        if (stay.ended_s >= 0) {
          ++ended;
          dwell_sum_s += stay.last_inside_s - stay.since_s;
          dwell_max_s = std::max(dwell_max_s, stay.last_inside_s - stay.since_s);
        }
        for (auto& [frame_s, count] : expected) {
          if (frame_s >= stay.entered_s && (stay.ended_s < 0 || frame_s < stay.ended_s)) ++count;
        }
      }
    }
    ASSERT_GT(entries, 0U);
    ASSERT_EQ(zone.totals().entries, entries);
    ASSERT_EQ(zone.totals().exits + zone.totals().lost, ended);
    ASSERT_NEAR(zone.totals().dwell_sum_s, dwell_sum_s, 1e-9);
    ASSERT_DOUBLE_EQ(zone.totals().dwell_max_s, dwell_max_s);
    ASSERT_EQ(occupancy, expected);
  }
}

TEST(Zone, ForgetsTracksThatHaveEnded) {
  Zone zone = zone_for(corner());
  std::size_t most = 0;
  for (int frame = 0; frame < 1000000; ++frame) {
    zone.update({track_at(frame / 10, 75, 75)}, frame / 10.0);
    most = std::max(most, zone.known_tracks());
  }
  EXPECT_EQ(zone.totals().entries, 100000U);
  EXPECT_LE(most, 4U);
}

TEST(Zone, RefusesAPolygonThatCrossesItself) {
  ZoneOptions options = corner();
  std::swap(options.polygon[2], options.polygon[3]);
  EXPECT_THROW(zone_for(options), ConfigError);
}

}  // namespace
}  // namespace gondola::count
