#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gondola/core/class_names.hpp"
#include "gondola/count/scene_options.hpp"

namespace gondola::count {

enum class ScopeKind { kLine, kZone, kUnique };

/// "line", "zone" or "unique".
std::string_view name_of(ScopeKind kind);

/// What was counted in one interval at one place. Fields that mean nothing there are 0.
struct CountRow {
  double start_s = 0;    ///< the interval is [start_s, end_s)
  double end_s = 0;      ///< of the last one: when the video ended
  double watched_s = 0;  ///< how much of it there were pictures of

  ScopeKind scope = ScopeKind::kLine;
  std::string name;   ///< of the line or zone; empty for unique objects
  std::string label;  ///< empty in the row of all classes together

  std::size_t in = 0;   ///< line
  std::size_t out = 0;  ///< line

  /// Zone: objects that entered. Unique: objects counted for the first time, by the class they had
  /// at the end of the interval.
  std::size_t entries = 0;
  std::size_t exits = 0;           ///< zone: stays that ended outside
  std::size_t lost = 0;            ///< zone: stays that ended unseen
  double occupancy_mean = 0;       ///< zone: over the watched time
  std::size_t occupancy_max = 0;   ///< zone
  std::size_t occupancy_last = 0;  ///< zone: at the end
  double dwell_mean_s = 0;         ///< zone: of the stays that ended in the interval
  double dwell_max_s = 0;          ///< zone: of the stays that ended in the interval
};

/// Sums up what happens at lines and zones by intervals.
///
/// Intervals begin at the first frame and have equal lengths; what happens exactly at an edge
/// belongs to the later one. One without pictures gives no rows. Each place gives a row for all its
/// classes together, then one for each class it asked for and each one it has seen. Not
/// thread-safe.
class IntervalRecorder {
 public:
  struct Scope {
    ScopeKind kind = ScopeKind::kLine;
    std::string name;
    std::vector<int> class_ids;  ///< that always get a row
  };

  /// Throws: ConfigError as validate().
  IntervalRecorder(const IntervalOptions& options, const std::vector<Scope>& scopes,
                   ClassNames names);

  /// A frame has this time; call it before what happened in it is added. Times never fall.
  void advance(double time_s);

  // What happened in the frame; `scope` is a place in the constructor's list.

  void add_crossing(std::size_t scope, int class_id, bool in);
  void add_entry(std::size_t scope, int class_id);
  /// The end of a stay that was added as an entry of the same class.
  void add_end(std::size_t scope, int class_id, double dwell_s, bool was_seen_leaving);
  /// An object counted now.
  void add_unique(std::size_t scope, int class_id);
  /// An object counted at `counted_s` turns out to be of another class.
  void change_unique(std::size_t scope, int class_before, int class_id, double counted_s);

  /// Closes the interval that has begun, at the time of the last frame.
  void finish();

  /// Hands over the rows of closed intervals, oldest first, and forgets them.
  std::vector<CountRow> take_rows();

  /// From the first frame to the last, as if all were one interval.
  std::vector<CountRow> totals() const;

 private:
  struct Tally {
    std::size_t in = 0;
    std::size_t out = 0;
    std::size_t entries = 0;
    std::size_t exits = 0;
    std::size_t lost = 0;
    double occupancy_seconds = 0;
    std::size_t occupancy_max = 0;
    double dwell_sum_s = 0;
    double dwell_max_s = 0;
  };
  /// Of one class at one place.
  struct Counted {
    std::size_t occupancy = 0;
    Tally interval;
    Tally total;
  };
  struct Place {
    Scope scope;
    Counted all;
    std::map<int, Counted> by_class;
  };
  struct Span {
    double start_s = 0;
    double end_s = 0;
    double watched_s = 0;
  };

  template <typename Change>
  void for_each_tally(std::size_t scope, int class_id, Change change);
  template <typename Visit>
  void for_each_counted(Visit visit);

  double edge(std::int64_t interval) const;
  void hold_until(double time_s);
  void close(double end_s);
  std::vector<CountRow> rows_of(const Span& span, Tally Counted::*tally) const;

  IntervalOptions options_;
  ClassNames names_;
  std::vector<Place> places_;
  std::vector<CountRow> rows_;
  bool has_started_ = false;
  bool is_finished_ = false;
  std::int64_t interval_ = 0;  // that has begun, from 0
  double origin_s_ = 0;        // of the first frame
  double time_s_ = 0;          // of the last frame
  double held_until_s_ = 0;    // occupancy is summed up to here
  double watched_s_ = 0;       // of the interval
  double total_watched_s_ = 0;
};

}  // namespace gondola::count
