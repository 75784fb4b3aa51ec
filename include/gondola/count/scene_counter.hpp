#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gondola/core/box.hpp"
#include "gondola/core/class_names.hpp"
#include "gondola/core/track.hpp"
#include "gondola/count/heat_map.hpp"
#include "gondola/count/interval_recorder.hpp"
#include "gondola/count/line_counter.hpp"
#include "gondola/count/scene_options.hpp"
#include "gondola/count/unique_counter.hpp"
#include "gondola/count/zone.hpp"

namespace gondola::count {

enum class SceneEventKind { kIn, kOut, kEntered, kLeft, kLost };

/// "in", "out", "entered", "left" or "lost".
std::string_view name_of(SceneEventKind kind);

/// One object that crossed a line, or entered or left a zone.
struct SceneEvent {
  double time_s = 0;  ///< of the frame in which it counted
  SceneEventKind kind = SceneEventKind::kIn;
  std::string name;  ///< of the line or zone
  std::int64_t track_id = 0;
  int class_id = -1;
  double dwell_s = 0;  ///< kLeft, kLost: how long the object was inside
};

/// Counts everything a scene asks for, from the confirmed tracks of one video or camera.
///
/// A track counts everywhere as the class most of its frames had until then, so that a class that
/// flickers changes no count. Memory does not grow with the length of the video, as long as
/// take_rows() is called. Not thread-safe.
class SceneCounter {
 public:
  /// Throws: ConfigError as validate() and to_fractions(), and for a label that no class has.
  /// Requires: a picture with width and height > 0.
  SceneCounter(const SceneOptions& options, const ClassNames& names, Size picture);

  /// Takes the tracks of the next frame, also when there are none. Returns what happened in it.
  ///
  /// @param time_s  of the frame, at most 1e12 from 0. One before the last frame's counts as the
  /// same time.
  std::vector<SceneEvent> update(const std::vector<Track>& tracks, double time_s);

  /// The video has ended: ends all stays and the interval that has begun.
  std::vector<SceneEvent> finish();

  /// Frames have another size from now on, as when a stream comes back; lines and zones are
  /// stretched with the picture and all counts go on.
  void set_picture_size(Size picture);

  const std::vector<LineCounter>& lines() const { return lines_; }
  const std::vector<Zone>& zones() const { return zones_; }
  const UniqueCounter& unique() const { return unique_; }
  /// Null unless the scene asks for one.
  const HeatMap* heat_map() const { return heat_map_ ? &*heat_map_ : nullptr; }

  /// Hands over the rows of the intervals that have ended, oldest first, and forgets them. In each:
  /// lines, zones, then unique objects.
  std::vector<CountRow> take_rows() { return recorder_.take_rows(); }

  /// From the first frame to the last.
  std::vector<CountRow> totals() const { return recorder_.totals(); }

 private:
  SceneEvent record(std::size_t zone, const ZoneEvent& event);

  std::vector<LineCounter> lines_;
  std::vector<Zone> zones_;
  UniqueCounter unique_;
  std::optional<HeatMap> heat_map_;
  IntervalRecorder recorder_;
  std::vector<Track> settled_;  // of the frame, with the classes they count as
  bool has_started_ = false;
  double time_s_ = 0;
};

}  // namespace gondola::count
