#include "scene_file.hpp"

#include <string>

#include <gtest/gtest.h>

#include "gondola/core/error.hpp"
#include "support/shared_data.hpp"

namespace gondola::app {
namespace {

count::SceneOptions read(const std::string& yaml) {
  return read_scene(config::parse_yaml(yaml, "scene.yaml"));
}

std::string error_of(const std::string& yaml) {
  try {
    read(yaml);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

const std::string kLine = "lines:\n  - name: door\n    from: [0, 0.5]\n    to: [1, 0.5]\n";
const std::string kZone = "zones:\n  - name: hall\n    polygon: [[0, 0], [1, 0], [1, 1]]\n";

TEST(SceneFile, ReadsTheExampleThatShips) {
  const count::SceneOptions scene =
      read_scene_file(test::source_dir() / "configs" / "scenes" / "entrance.yaml");
  ASSERT_EQ(scene.lines.size(), 1U);
  const count::LineOptions& door = scene.lines[0];
  EXPECT_EQ(door.name, "door");
  EXPECT_EQ(door.segment.from, (count::Point{0.1, 0.6}));
  EXPECT_EQ(door.segment.to, (count::Point{0.9, 0.6}));
  EXPECT_EQ(door.in_name, "entered");
  EXPECT_EQ(door.out_name, "left");
  EXPECT_EQ(door.labels, std::vector<std::string>{"person"});
  ASSERT_EQ(scene.zones.size(), 1U);
  EXPECT_EQ(scene.zones[0].polygon.size(), 4U);
  ASSERT_TRUE(scene.heat_map);

  // It claims to show the defaults.
  const count::LineOptions line;
  EXPECT_EQ(door.anchor, line.anchor);
  EXPECT_EQ(door.band_box, line.band_box);
  EXPECT_EQ(door.band_pixels, line.band_pixels);
  EXPECT_EQ(door.once_per_track, line.once_per_track);
  const count::ZoneOptions zone;
  EXPECT_EQ(scene.zones[0].anchor, zone.anchor);
  EXPECT_EQ(scene.zones[0].enter_after_s, zone.enter_after_s);
  EXPECT_EQ(scene.zones[0].exit_after_s, zone.exit_after_s);
  EXPECT_EQ(scene.zones[0].lost_after_s, zone.lost_after_s);
  const count::HeatMapOptions heat_map;
  EXPECT_EQ(scene.heat_map->columns, heat_map.columns);
  EXPECT_EQ(scene.heat_map->rows, heat_map.rows);
  EXPECT_EQ(scene.heat_map->anchor, heat_map.anchor);
  EXPECT_EQ(scene.heat_map->half_life_s, heat_map.half_life_s);
  const count::SceneOptions defaults;
  EXPECT_EQ(scene.units, defaults.units);
  EXPECT_EQ(scene.unique.min_frames, defaults.unique.min_frames);
  EXPECT_EQ(scene.intervals.interval_s, defaults.intervals.interval_s);
  EXPECT_EQ(scene.intervals.max_gap_s, defaults.intervals.max_gap_s);
  EXPECT_EQ(scene.forget_after_s, defaults.forget_after_s);
}

TEST(SceneFile, ReadsEveryKey) {
  const count::SceneOptions scene = read(
      "units: pixels\n"
      "lines:\n"
      "  - {name: l, from: [1, 2], to: [3, 4], in: up, out: down, anchor: top-left,\n"
      "     classes: [a, b], band_box: 0.5, band_pixels: 6, once_per_track: true}\n"
      "zones:\n"
      "  - {name: z, polygon: [[0, 0], [9, 0], [9, 9]], anchor: center, classes: [c],\n"
      "     enter_after_s: 1, exit_after_s: 2, lost_after_s: 3}\n"
      "heat_map: {columns: 4, rows: 3, anchor: bottom-right, classes: [d], half_life_s: 60}\n"
      "unique: {min_frames: 5}\n"
      "intervals: {interval_s: 30, max_gap_s: 2}\n"
      "forget_after_s: 90\n");
  EXPECT_EQ(scene.units, count::PointUnits::kPixels);
  const count::LineOptions& line = scene.lines.at(0);
  EXPECT_EQ(line.segment.to, (count::Point{3, 4}));
  EXPECT_EQ(line.in_name, "up");
  EXPECT_EQ(line.out_name, "down");
  EXPECT_EQ(line.anchor, count::AnchorPoint::kTopLeft);
  EXPECT_EQ(line.labels, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(line.band_box, 0.5);
  EXPECT_EQ(line.band_pixels, 6);
  EXPECT_TRUE(line.once_per_track);
  const count::ZoneOptions& zone = scene.zones.at(0);
  EXPECT_EQ(zone.polygon.at(2), (count::Point{9, 9}));
  EXPECT_EQ(zone.anchor, count::AnchorPoint::kCenter);
  EXPECT_EQ(zone.labels, std::vector<std::string>{"c"});
  EXPECT_EQ(zone.enter_after_s, 1);
  EXPECT_EQ(zone.exit_after_s, 2);
  EXPECT_EQ(zone.lost_after_s, 3);
  ASSERT_TRUE(scene.heat_map);
  EXPECT_EQ(scene.heat_map->columns, 4);
  EXPECT_EQ(scene.heat_map->rows, 3);
  EXPECT_EQ(scene.heat_map->anchor, count::AnchorPoint::kBottomRight);
  EXPECT_EQ(scene.heat_map->labels, std::vector<std::string>{"d"});
  EXPECT_EQ(scene.heat_map->half_life_s, 60);
  EXPECT_EQ(scene.unique.min_frames, 5);
  EXPECT_EQ(scene.intervals.interval_s, 30);
  EXPECT_EQ(scene.intervals.max_gap_s, 2);
  EXPECT_EQ(scene.forget_after_s, 90);
}

TEST(SceneFile, LeavesOutWhatIsNotAsked) {
  const count::SceneOptions scene = read(kLine);
  EXPECT_EQ(scene.lines.size(), 1U);
  EXPECT_TRUE(scene.zones.empty());
  EXPECT_FALSE(scene.heat_map);
  EXPECT_TRUE(read(kLine + "heat_map: {}\n").heat_map) << "a heat map with nothing but defaults";
}

TEST(SceneFile, RefusesUnknownKeysWithTheirLine) {
  EXPECT_EQ(error_of("lnes: []\n"), "scene.yaml:1: unknown key 'lnes' (did you mean 'lines'?)");
  EXPECT_EQ(error_of(kLine + "    clases: [a]\n"),
            "scene.yaml:5: unknown key 'clases' in lines[0] (did you mean 'classes'?)");
  EXPECT_NE(error_of(kZone + "    band_box: 1\n"), "");
  EXPECT_NE(error_of("heat_map: {cols: 3}\n"), "");
  EXPECT_NE(error_of("unique: {frames: 3}\n"), "");
  EXPECT_NE(error_of("intervals: {seconds: 3}\n"), "");
}

TEST(SceneFile, NamesWhatIsMissingOrOfTheWrongKind) {
  EXPECT_NE(error_of("lines:\n  - from: [0, 0]\n    to: [1, 1]\n").find("name"), std::string::npos);
  EXPECT_EQ(error_of("lines:\n  - name: a\n    from: [0, 0, 1]\n    to: [1, 1]\n"),
            "scene.yaml:3: lines[0].from has 3 numbers; expected two, [x, y]");
  EXPECT_EQ(error_of(kLine + "    anchor: feet\n"),
            "scene.yaml:5: lines[0].anchor = feet; expected one of center, bottom-center, "
            "top-center, left-center, right-center, top-left, top-right, bottom-left, "
            "bottom-right");
  EXPECT_EQ(error_of("units: meters\n"),
            "scene.yaml:1: units = meters; expected fraction or pixels");
  EXPECT_NE(error_of(kLine + "    classes: []\n").find("expected at least one class"),
            std::string::npos);
}

TEST(SceneFile, NamesTheLineOfWhatTheSceneRefuses) {
  EXPECT_EQ(error_of(kLine + "    band_box: -1\n"),
            "scene.yaml:2: line 'door': band_box = -1; expected a number from 0 to 10");
  EXPECT_EQ(error_of("zones:\n  - name: hall\n    polygon: [[0, 0], [1, 1], [1, 0], [0, 1]]\n"),
            "scene.yaml:2: zone 'hall': its edges cross or touch each other; list the corners in "
            "the order in which one walks around the zone, each once");
  EXPECT_EQ(error_of("intervals:\n  interval_s: 0\n"),
            "scene.yaml:1: intervals: interval_s = 0; expected a number from 0.1 to 31622400");
  EXPECT_NE(error_of(kLine + "zones:\n  - name: door\n    polygon: [[0, 0], [1, 0], [1, 1]]\n")
                .find("two lines or zones are called 'door'"),
            std::string::npos);
}

TEST(SceneFile, NamesAFileThatIsNotThere) {
  EXPECT_THROW(read_scene_file("/nowhere/scene.yaml"), IoError);
}

}  // namespace
}  // namespace gondola::app
