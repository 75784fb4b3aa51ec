#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "gondola/core/box.hpp"
#include "gondola/core/track.hpp"
#include "gondola/count/class_filter.hpp"
#include "gondola/count/scene_options.hpp"

namespace gondola::count {

/// An object's stay in a zone.
struct Stay {
  std::int64_t track_id = 0;
  int class_id = -1;         ///< as it was when the object had entered
  double since_s = 0;        ///< first seen inside
  double last_inside_s = 0;  ///< last seen inside

  double dwell_s() const { return last_inside_s - since_s; }
};

enum class ZoneChange {
  kEntered,  ///< inside for long enough to count
  kLeft,     ///< seen outside for long enough
  kLost,     ///< not seen for too long, or the video ended
};

struct ZoneEvent {
  ZoneChange change = ZoneChange::kEntered;
  Stay stay;
};

struct ZoneCounts {
  std::size_t occupancy = 0;      ///< objects inside now
  std::size_t max_occupancy = 0;  ///< most objects inside at once
  std::size_t entries = 0;        ///< objects that appear inside count, too
  std::size_t exits = 0;          ///< stays that ended outside
  std::size_t lost = 0;           ///< stays that ended unseen: entries = occupancy + exits + lost

  double dwell_sum_s = 0;  ///< of the stays that have ended
  double dwell_max_s = 0;  ///< of the stays that have ended

  /// Of the stays that have ended, seconds; 0 without any.
  double dwell_mean_s() const;
};

/// Counts the objects in an area, and how long they stay, from their tracks.
///
/// A stay begins when the object's anchor point is seen inside and counts once that has lasted for
/// enter_after_s; seen outside before, it never was one. It ends when the object has been outside
/// for exit_after_s, or in frames without it unseen for more than lost_after_s; in both cases its
/// dwell time ends when it was last seen inside. An anchor point outside the picture is taken to be
/// at its border. Not thread-safe.
class Zone {
 public:
  /// @param options  with points as fractions of the picture
  /// Throws: ConfigError as validate().
  /// Requires: a picture with width and height > 0.
  Zone(ZoneOptions options, ClassFilter filter, Size picture);

  /// Takes the tracks of one frame; times never fall. Returns what changed.
  std::vector<ZoneEvent> update(const std::vector<Track>& tracks, double time_s);

  /// The video has ended: ends all stays.
  std::vector<ZoneEvent> finish();

  /// Pictures have another size from now on; what was counted and known is kept.
  void set_picture_size(Size picture);

  const ZoneOptions& options() const { return options_; }
  const ClassFilter& filter() const { return filter_; }

  /// Corners in pixels of the picture.
  std::vector<Point> polygon() const;

  /// Of all classes.
  const ZoneCounts& totals() const { return totals_; }
  const std::map<int, ZoneCounts>& counts_by_class() const { return counts_; }

  /// Those that have entered and not yet left, in the order of identities.
  std::vector<Stay> stays() const;

  /// Tracks in memory.
  std::size_t known_tracks() const { return states_.size(); }

 private:
  struct State {
    Stay stay;
    bool has_entered = false;
    std::optional<double> outside_since_s;
  };

  bool has_left(const State& state, double time_s) const;
  void enter(State& state, int class_id);
  void end(const State& state, ZoneChange change);

  ZoneOptions options_;
  ClassFilter filter_;
  Size picture_;
  std::map<std::int64_t, State> states_;
  ZoneCounts totals_;
  std::map<int, ZoneCounts> counts_;
};

}  // namespace gondola::count
