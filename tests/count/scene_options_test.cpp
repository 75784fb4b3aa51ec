#include "gondola/count/scene_options.hpp"

#include <functional>
#include <limits>

#include <gtest/gtest.h>

#include "gondola/core/error.hpp"

namespace gondola::count {
namespace {

SceneOptions scene() {
  SceneOptions options;
  LineOptions line;
  line.name = "door";
  line.segment = {{0.1, 0.5}, {0.9, 0.5}};
  options.lines.push_back(line);
  ZoneOptions zone;
  zone.name = "till";
  zone.polygon = {{0, 0}, {0.5, 0}, {0.5, 0.5}, {0, 0.5}};
  options.zones.push_back(zone);
  options.heat_map = HeatMapOptions();
  return options;
}

/// The message after a change to a valid scene.
std::string error_after(const std::function<void(SceneOptions&)>& change) {
  SceneOptions options = scene();
  change(options);
  try {
    validate(options);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

TEST(SceneOptions, TakesAValidScene) {
  EXPECT_EQ(error_after([](SceneOptions&) {}), "");
  EXPECT_NO_THROW(validate(SceneOptions()));
}

TEST(SceneOptions, NamesWhatIsWrongWithALine) {
  EXPECT_EQ(error_after([](SceneOptions& s) { s.lines[0].name = " "; }),
            "line: has no name; give it one");
  EXPECT_EQ(error_after([](SceneOptions& s) {
              s.lines[0].segment.to = {640, 200};
            }),
            "line 'door': point 640, 200; expected fractions of the picture, 0 to 1, or units: "
            "pixels");
  EXPECT_EQ(error_after([](SceneOptions& s) {
              s.lines[0].segment.to = {0.1, 0.5};
            }),
            "line 'door': begins and ends at 0.1, 0.5; expected two different points");
  EXPECT_EQ(error_after([](SceneOptions& s) { s.lines[0].out_name = "in"; }),
            "line 'door': its directions are called 'in' and 'in'; expected two different names");
  EXPECT_EQ(error_after([](SceneOptions& s) { s.lines[0].band_box = -1; }),
            "line 'door': band_box = -1; expected a number from 0 to 10");
  EXPECT_EQ(error_after([](SceneOptions& s) { s.lines[0].band_pixels = 1e6; }),
            "line 'door': band_pixels = 1e+06; expected a number from 0 to 100000");
  EXPECT_EQ(error_after([](SceneOptions& s) {
              s.lines[0].labels = {"a", "b", "a"};
            }),
            "line 'door': class 'a' is listed twice");
  EXPECT_EQ(error_after([](SceneOptions& s) { s.lines[0].labels = {""}; }),
            "line 'door': an empty class name; leave it out");
}

TEST(SceneOptions, NamesWhatIsWrongWithAZone) {
  EXPECT_EQ(error_after([](SceneOptions& s) { s.zones[0].polygon.resize(2); }),
            "zone 'till': 2 corners; expected 3 to 1000");
  EXPECT_EQ(
      error_after([](SceneOptions& s) { std::swap(s.zones[0].polygon[0], s.zones[0].polygon[1]); }),
      "zone 'till': its edges cross or touch each other; list the corners in the order in "
      "which one walks around the zone, each once");
  EXPECT_EQ(error_after([](SceneOptions& s) { s.zones[0].enter_after_s = -0.5; }),
            "zone 'till': enter_after_s = -0.5; expected a number from 0 to 31622400");
  EXPECT_NE(error_after([](SceneOptions& s) {
              s.zones[0].lost_after_s = std::numeric_limits<double>::quiet_NaN();
            }),
            "");
}

TEST(SceneOptions, NamesWhatIsWrongElsewhere) {
  EXPECT_EQ(error_after([](SceneOptions& s) { s.zones[0].name = "door"; }),
            "scene: two lines or zones are called 'door'; give each its own name");
  EXPECT_EQ(error_after([](SceneOptions& s) { s.heat_map->rows = 0; }),
            "heat_map: rows = 0; expected a number from 1 to 4096");
  EXPECT_EQ(error_after([](SceneOptions& s) { s.unique.min_frames = 0; }),
            "unique: min_frames = 0; expected a number from 1 to 1000000");
  EXPECT_EQ(error_after([](SceneOptions& s) { s.intervals.interval_s = 0; }),
            "intervals: interval_s = 0; expected a number from 0.1 to 31622400");
  EXPECT_EQ(error_after([](SceneOptions& s) { s.intervals.max_gap_s = 0; }),
            "intervals: max_gap_s = 0; expected a number from 0.001 to 3600");
  EXPECT_EQ(error_after([](SceneOptions& s) { s.forget_after_s = 0; }),
            "scene: forget_after_s = 0; expected a number from 0.1 to 31622400");
}

TEST(SceneOptions, PixelsBecomeFractionsOfThePicture) {
  SceneOptions options = scene();
  options.units = PointUnits::kPixels;
  options.lines[0].segment = {{64, 180}, {640, 360}};
  options.zones[0].polygon = {{0, 0}, {320, 0}, {320, 90}};
  EXPECT_NO_THROW(validate(options));
  const SceneOptions fractions = to_fractions(options, {640, 360});
  EXPECT_EQ(fractions.units, PointUnits::kFraction);
  EXPECT_EQ(fractions.lines[0].segment.from, (Point{0.1, 0.5}));
  EXPECT_EQ(fractions.lines[0].segment.to, (Point{1, 1}));
  EXPECT_EQ(fractions.zones[0].polygon[2], (Point{0.5, 0.25}));
  EXPECT_NO_THROW(validate(fractions));
  EXPECT_THROW(to_fractions(options, {0, 360}), ContractViolation);

  try {
    to_fractions(options, {320, 240});
    FAIL() << "a point outside the picture was taken";
  } catch (const ConfigError& error) {
    EXPECT_STREQ(error.what(),
                 "line 'door': point 640, 360 lies outside the picture of 320x240; expected pixels "
                 "of this picture, or units: fraction");
  }
  EXPECT_EQ(error_after([](SceneOptions& s) {
              s.units = PointUnits::kPixels;
              s.lines[0].segment.from = {-3, 0};
            }),
            "line 'door': point -3, 0; expected pixels from the picture's top left corner, >= 0");
}

}  // namespace
}  // namespace gondola::count
