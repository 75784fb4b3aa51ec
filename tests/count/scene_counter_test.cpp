#include "gondola/count/scene_counter.hpp"

#include <algorithm>
#include <limits>
#include <string>

#include <gtest/gtest.h>

#include "count/made_tracks.hpp"
#include "gondola/core/error.hpp"

namespace gondola::count {
namespace {

using test::track_at;

/// A line across the middle, a zone below it, in a picture of 100 x 100.
SceneOptions scene() {
  SceneOptions options;
  LineOptions line;
  line.name = "door";
  line.segment = {{0, 0.5}, {1, 0.5}};
  line.labels = {"person"};
  options.lines.push_back(line);
  ZoneOptions zone;
  zone.name = "hall";
  zone.polygon = {{0, 0.5}, {1, 0.5}, {1, 1}, {0, 1}};
  zone.enter_after_s = zone.exit_after_s = 0;
  options.zones.push_back(zone);
  options.heat_map = HeatMapOptions();
  options.intervals.interval_s = 10;
  return options;
}

ClassNames names() { return ClassNames({"person", "dog"}); }

std::string text_of(const std::vector<SceneEvent>& events) {
  std::string text;
  for (const SceneEvent& event : events) {
    text += std::string(name_of(event.kind)) + " " + event.name + " " +
            std::to_string(event.track_id) + ";";
  }
  return text;
}

TEST(SceneCounter, TellsWhatHappenedInEachFrame) {
  SceneCounter counter(scene(), names(), {100, 100});
  EXPECT_EQ(text_of(counter.update({track_at(1, 50, 40), track_at(2, 20, 80)}, 0)),
            "entered hall 2;");
  EXPECT_EQ(text_of(counter.update({track_at(1, 50, 60), track_at(2, 20, 40)}, 1)),
            "in door 1;out door 2;entered hall 1;left hall 2;");
  EXPECT_EQ(text_of(counter.update({track_at(1, 50, 60)}, 3)), "");
  const std::vector<SceneEvent> ends = counter.finish();
  EXPECT_EQ(text_of(ends), "lost hall 1;");
  EXPECT_DOUBLE_EQ(ends[0].dwell_s, 2);
  EXPECT_DOUBLE_EQ(ends[0].time_s, 3);
  EXPECT_EQ(counter.lines()[0].totals().in, 1U);
  EXPECT_EQ(counter.zones()[0].totals().max_occupancy, 1U);
  EXPECT_EQ(counter.unique().total(), 2U);
  ASSERT_NE(counter.heat_map(), nullptr);
  EXPECT_EQ(counter.heat_map()->seconds().size(), 64U * 36U);

  const std::vector<CountRow> rows = counter.take_rows();
  ASSERT_EQ(rows.size(), 6U) << "line, its person, zone, its person, unique, its person";
  EXPECT_EQ(rows[1].label, "person");
  EXPECT_EQ(rows[1].in, 1U);
  EXPECT_EQ(rows[1].out, 1U);
  EXPECT_EQ(rows[2].entries, 2U);
  EXPECT_EQ(rows[2].exits, 1U);
  EXPECT_EQ(rows[2].lost, 1U);
  EXPECT_DOUBLE_EQ(rows[2].end_s, 3);
  EXPECT_DOUBLE_EQ(rows[2].dwell_max_s, 2);
  EXPECT_EQ(rows[4].entries, 2U);
  EXPECT_EQ(counter.totals().size(), 6U);
}

TEST(SceneCounter, FlickeringClassChangesNoCount) {
  SceneCounter counter(scene(), names(), {100, 100});
  counter.update({track_at(1, 50, 40, 0)}, 0);
  counter.update({track_at(1, 50, 45, 0)}, 0.1);
  counter.update({track_at(1, 50, 55, 1)}, 0.2);  // a dog where it crosses
  counter.update({track_at(1, 50, 60, 0)}, 0.3);
  EXPECT_EQ(counter.lines()[0].counts_by_class().at(0).in, 1U);
  EXPECT_EQ(counter.zones()[0].counts_by_class().at(0).entries, 1U);
  EXPECT_EQ(counter.unique().counts_by_class().at(0), 1U);
}

TEST(SceneCounter, StreamThatComesBackWithAnotherSizeGoesOn) {
  SceneOptions options = scene();
  options.units = PointUnits::kPixels;
  options.lines[0].segment = {{0, 50}, {100, 50}};
  options.zones[0].polygon = {{0, 50}, {100, 50}, {100, 100}, {0, 100}};
  SceneCounter counter(options, names(), {100, 100});
  counter.update({track_at(1, 50, 60)}, 0);
  counter.set_picture_size({200, 200});
  EXPECT_EQ(text_of(counter.update({track_at(1, 100, 120)}, 1)), "");
  EXPECT_EQ(text_of(counter.update({track_at(1, 100, 80)}, 2)), "out door 1;left hall 1;");
  EXPECT_EQ(counter.lines()[0].segment().to, (Point{200, 100}));
}

TEST(SceneCounter, TimeThatStepsBackStandsStill) {
  SceneCounter counter(scene(), names(), {100, 100});
  counter.update({track_at(1, 50, 80)}, 5);
  counter.update({track_at(1, 50, 80)}, 4.9);
  counter.update({track_at(1, 50, 80)}, 7);
  const std::vector<SceneEvent> ends = counter.finish();
  ASSERT_EQ(ends.size(), 1U);
  EXPECT_DOUBLE_EQ(ends[0].dwell_s, 2);
  EXPECT_THROW(counter.update({}, std::numeric_limits<double>::quiet_NaN()), ContractViolation);
}

TEST(SceneCounter, RefusesClassesTheModelDoesNotHave) {
  SceneOptions options = scene();
  options.lines[0].labels = {"persn"};
  const auto error_of = [&]() -> std::string {
    try {
      SceneCounter(options, names(), {100, 100});
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(error_of(), "line 'door': the model has no class 'persn' (did you mean 'person'?)");
  options.lines[0].labels = {};
  options.zones[0].labels = {"zebra"};
  EXPECT_EQ(error_of(),
            "zone 'hall': the model has no class 'zebra'; gondola info MODEL lists its classes");
  options.zones[0].name = "door";
  EXPECT_EQ(error_of(), "scene: two lines or zones are called 'door'; give each its own name");
}

TEST(SceneCounter, AClassNameThatSeveralClassesShareMeansAllOfThem) {
  SceneOptions options = scene();
  options.lines[0].labels = {"can"};
  SceneCounter counter(options, ClassNames({"can", "box", "can"}), {100, 100});
  counter.update({track_at(1, 20, 40, 0), track_at(2, 50, 40, 1), track_at(3, 80, 40, 2)}, 0);
  counter.update({track_at(1, 20, 60, 0), track_at(2, 50, 60, 1), track_at(3, 80, 60, 2)}, 1);
  EXPECT_EQ(counter.lines()[0].totals().in, 2U);
}

TEST(SceneCounter, MemoryStaysBoundedOverAMillionFrames) {
  SceneOptions options = scene();
  options.forget_after_s = 5;
  SceneCounter counter(options, names(), {100, 100});
  std::size_t most = 0;
  std::size_t rows = 0;
  for (int frame = 0; frame < 1000000; ++frame) {
    counter.update({track_at(frame / 20, 50, frame % 20 < 10 ? 40 : 60)}, frame / 10.0);
    most = std::max({most, counter.lines()[0].known_tracks(), counter.zones()[0].known_tracks(),
                     counter.unique().known_tracks()});
    rows += counter.take_rows().size();
  }
  EXPECT_LE(most, 6U);
  EXPECT_EQ(counter.lines()[0].totals().in, 50000U);
  EXPECT_EQ(counter.zones()[0].totals().entries, 50000U);
  EXPECT_EQ(counter.unique().total(), 50000U);
  EXPECT_EQ(rows, 9999U * 6U) << "100000 s less the last 10";
}

}  // namespace
}  // namespace gondola::count
