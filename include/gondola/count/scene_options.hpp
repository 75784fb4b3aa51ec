#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "gondola/core/box.hpp"
#include "gondola/count/geometry.hpp"

namespace gondola::count {

/// What the points of a scene are measured in.
enum class PointUnits {
  kFraction,  ///< 0..1 of the picture's width and height: fits every resolution
  kPixels,    ///< of the picture as it is when counting starts
};

/// A line that is counted when objects cross it. Names are unique in a scene, lines and zones
/// together.
///
/// An object comes in when it passes from the left to the right of somebody who stands at `from`
/// and looks at `to`, as the picture is seen: downwards over a line drawn from left to right.
/// Exchange `from` and `to` to turn the direction.
struct LineOptions {
  std::string name;
  Segment segment;
  std::string in_name = "in";    ///< how the direction is called in what people read
  std::string out_name = "out";  ///< how the opposite one is called
  AnchorPoint anchor = AnchorPoint::kBottomCenter;
  std::vector<std::string> labels;  ///< classes that are counted; none for all

  // An object must get farther from the line than the larger of the two before its crossing counts,
  // and again on the way back. Raising them ignores more trembling; lowering them counts sooner.
  double band_box = 0.2;   ///< share of the shorter side of the object's box, 0..10
  double band_pixels = 0;  ///< pixels, >= 0

  bool once_per_track = false;  ///< an object counts at most once each way
};

/// An area objects stay in.
struct ZoneOptions {
  std::string name;
  std::vector<Point> polygon;  ///< corners in order; its edges must not cross each other
  AnchorPoint anchor = AnchorPoint::kBottomCenter;
  std::vector<std::string> labels;  ///< classes that are counted; none for all

  // Raising these ignores more trembling at the border; the dwell time does not change with them.
  double enter_after_s = 0.5;  ///< seconds inside before an object counts as entered, >= 0
  double exit_after_s = 0.5;   ///< seconds outside before its stay ends, >= 0

  /// Seconds an object inside may go unseen before its stay ends, >= 0. Longer than the tracker's
  /// memory has no effect: an object found again after that has another identity.
  double lost_after_s = 2;
};

/// A grid over the picture of how long objects stayed where.
struct HeatMapOptions {
  int columns = 64;  ///< 1..4096
  int rows = 36;     ///< 1..4096
  AnchorPoint anchor = AnchorPoint::kBottomCenter;
  std::vector<std::string> labels;  ///< classes that count; none for all

  /// Seconds after which half of the heat is gone, > 0; 0 keeps all of it.
  double half_life_s = 0;
};

/// Counting each object once.
struct UniqueOptions {
  /// Frames an object must have been seen in before it counts, >= 1. Raising it leaves out more
  /// false objects, and true ones seen briefly.
  int min_frames = 1;
};

/// How counts are cut into intervals.
struct IntervalOptions {
  double interval_s = 60;  ///< length of an interval, seconds, 0.1..31622400 (a year)

  /// Longest pause between two frames that still counts as watched, seconds, > 0..3600. Objects are
  /// taken to stay where they were seen until the next frame, but not longer than this.
  double max_gap_s = 5;
};

/// Everything that is counted in the pictures of one camera or video.
struct SceneOptions {
  PointUnits units = PointUnits::kFraction;
  std::vector<LineOptions> lines;
  std::vector<ZoneOptions> zones;
  std::optional<HeatMapOptions> heat_map;
  UniqueOptions unique;
  IntervalOptions intervals;

  /// Seconds after which an object that is no longer seen is forgotten, > 0. Must be longer than
  /// the tracker's memory: an object that comes back with its identity would be counted again.
  double forget_after_s = 60;
};

// Each throws ConfigError for the first thing that is wrong, one line such as
//   line 'door': band_box = -1; expected a number from 0 to 10

void validate(const LineOptions& options, PointUnits units);
void validate(const ZoneOptions& options, PointUnits units);
void validate(const HeatMapOptions& options);
void validate(const UniqueOptions& options);
void validate(const IntervalOptions& options);

/// Also that no two lines or zones have the same name.
void validate(const SceneOptions& options);

/// The same scene with its points as fractions of the picture.
///
/// Throws: ConfigError for a point in pixels that lies outside the picture.
/// Requires: a picture with width and height > 0.
SceneOptions to_fractions(SceneOptions options, Size picture);

}  // namespace gondola::count
