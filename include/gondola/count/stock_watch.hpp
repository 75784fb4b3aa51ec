#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gondola/core/box.hpp"
#include "gondola/core/class_names.hpp"
#include "gondola/core/detection.hpp"
#include "gondola/count/class_filter.hpp"
#include "gondola/count/geometry.hpp"

namespace gondola::count {

/// A part of the stock with a threshold of its own.
struct StockAreaOptions {
  std::string name;                 ///< no other area has it
  std::vector<Point> polygon;       ///< corners as fractions of the picture; none for all of it
  std::vector<std::string> labels;  ///< products that count; none for all
  int low_at = 0;                   ///< facings at which stock is low, >= 0; 0 for never
};

/// How the stock of a shelf is watched by a camera that does not move.
struct StockWatchOptions {
  /// Seconds that are looked back on to tell a change from a detector's flicker, 0.2..600. Raising
  /// it forgives longer flicker; what is put back sooner than that is not seen.
  double window_s = 3;

  /// Frames looked back on at least, however few come in a window, 3..1000.
  int min_frames = 6;

  // A facing is gone, or there again, when the share of the frames of the window it was found in is
  // at most, or at least, this share of those it is found in usually. 0 <= gone < back <= 1.
  double gone_share = 0.2;
  double back_share = 0.6;

  /// 0..1. IoU from which a detection belongs to a known facing.
  float match_iou = 0.3F;

  /// 0..1. Detections with a lower score only say that a facing that is there still is: what a
  /// detector wavers about neither comes nor goes. 0 = all say as much.
  float sure_score = 0;

  /// sure_score..1, or 0 for sure_score. After the first two windows, what is found where nothing
  /// ever was is a product only with this score: there is hardly a place left that has none by
  /// then, and many that look like one at times.
  float new_score = 0;

  /// 0..1. A facing is hidden, and left as it is, when this share of it lies under an occluder.
  double hidden_share = 0.2;

  /// Neighbouring facings that vanish within a fifth of the window of each other are taken to be
  /// hidden by somebody: this many or more, >= 2.
  int crowd_facings = 3;
  /// But for at most this long, seconds, >= 0; after that they are gone. As long after the start,
  /// neighbours that appear together were hidden, too, and are no events.
  double crowd_hold_s = 60;

  /// Whether a lasting step of a facing's box towards the picture's centre, or away from it, is an
  /// event: a product was taken from before another one, or put there. For a camera that looks
  /// straight at the shelf.
  bool watch_depth = true;

  /// Seconds an empty place is remembered, > 0.
  double forget_after_s = 24 * 3600;

  std::vector<StockAreaOptions> areas;
};

/// Throws ConfigError for the first option out of its range, naming it, its value and the range.
void validate(const StockWatchOptions& options);

enum class StockEventKind {
  kTaken,
  kRestocked,
  kLow,    ///< an area has come down to its threshold
  kEmpty,  ///< an area, or a product without one, has come down to nothing
};

/// "taken", "restocked", "low" or "empty".
std::string_view name_of(StockEventKind kind);

/// A change of the stock that has lasted.
struct StockEvent {
  StockEventKind kind = StockEventKind::kTaken;
  double time_s = 0;      ///< of the first frame that showed it, or was missed just before
  double before_s = 0;    ///< of the last frame that showed what was before: evidence of it
  double reported_s = 0;  ///< of the frame in which it was sure: evidence of what is now
  Box box;                ///< of the facing
  int class_id = -1;      ///< kLow, kEmpty of an area: of the product taken last
  std::string area;       ///< kLow, kEmpty of an area

  // Facings of the class, or of the area. Equal when a product was taken from before another one,
  // or put there.
  std::size_t count_before = 0;
  std::size_t count_after = 0;
};

/// Watches the stock of a shelf through a camera that does not move, from detections.
///
/// It remembers the place of every facing. Detections are matched to places, so that a detector
/// that misses one product in ten, each time another one, still tells which are there; the sum over
/// a picture would never stand still. For each place
/// - presence is decided over a window of frames, relative to how often that facing is found;
/// - frames in which it is hidden do not count: those in which an occluder covers it, and those in
///   which it is missing since its neighbours are, too;
/// - a facing that only comes into view because the one before it was taken is not restocked, and
///   one that disappears behind a new one is not taken, though the counts of facings follow;
/// - another class that lasts is one product taken and another one put there.
/// The facings of the first two windows are the stock to begin with and no events. Memory is
/// bounded by the number of places. Not thread-safe.
class StockWatch {
 public:
  /// Throws: ConfigError as validate(), and for a label that no class has.
  /// Requires: a picture with width and height > 0.
  StockWatch(StockWatchOptions options, const ClassNames& names, Size picture);

  /// Whether a place looks in this frame as it did at an earlier time, in pixels.
  using LooksTheSame = std::function<bool(const Box& place, double then_s)>;

  /// Takes what was found in the next frame. Returns what is sure since then.
  ///
  /// @param products   pixels of the picture, after NMS
  /// @param occluders  what may stand before the shelf: people, trolleys
  /// @param time_s     of the frame; never falls
  /// @param looks_the_same  asked about places where a product seems to have come or gone: where
  ///   nothing has changed since, the detector wavers. Then what was there stays, and what was
  ///   not is counted without an event while it is found. Labels that change are not asked about.
  ///   Without it, what is found decides alone.
  std::vector<StockEvent> update(const std::vector<Detection>& products,
                                 const std::vector<Box>& occluders, double time_s,
                                 const LooksTheSame& looks_the_same = {});

  /// A known place on the shelf.
  struct Facing {
    Box box;
    int class_id = -1;
    bool is_present = true;
    bool is_hidden = false;  ///< in the last frame: its state is as it was before
    float found_share = 0;   ///< of the frames it is found in while it is there, 0..1
  };

  /// Whether it has seen enough to know what is there: a window, and min_frames.
  bool is_settled() const;

  /// Those that are or were there.
  std::vector<Facing> facings() const;

  /// Facings that are there, by class. Classes without any may be there, with 0.
  const std::map<int, std::size_t>& counts_by_class() const { return counts_; }

  /// Of each area, in the order of the options.
  std::vector<std::size_t> counts_by_area() const;

 private:
  /// A frame in which a facing was not hidden.
  struct Sight {
    double time_s = 0;
    std::optional<Detection> found;
  };
  struct Slot {
    Box box;  // as it was when it last changed, following slow drift
    int class_id = -1;
    bool is_present = false;
    bool was_present = false;  // ever; until then it is a candidate
    bool is_doubtful = false;  // it came without a change of the picture
    bool is_hidden = false;    // in this frame
    bool is_missing = false;   // since a frame it was not found in, until found in two running
    int found_in_a_row = 0;    // frames
    double last_found_s = 0;
    double lost_s = 0;           // first frame it was not found in after that
    double missing_since_s = 0;  // first frame of the time it was last missing
    double found_before_s = 0;   // last frame it was found in before that
    double found_since_s = 0;    // frame that ended that time
    double changed_s = 0;        // frame in which it was last sure to have come or gone
    double unchanged_s = 0;      // last frame in which it was not found, but looked as before
    double gap_s = std::numeric_limits<double>::infinity();  // how long it was missing then
    double hit_rate = 0;       // share of the frames it is found in while it is there
    double sure_rate = 0;      // the same of detections of at least sure_score
    double jitter = 0;         // mean over frames of the largest step of a coordinate, pixels
    int steps = 0;             // that the mean is of
    std::deque<Sight> sights;  // of the window
  };
  struct Area {
    StockAreaOptions options;
    ClassFilter filter;
    std::size_t count = 0;
  };
  /// When something changed, in the words of StockEvent.
  struct Moment {
    double time_s = 0;
    double before_s = 0;
    double reported_s = 0;
  };
  using Events = std::vector<StockEvent>;

  bool is_beginning(double time_s) const;
  void match(const std::vector<Detection>& products, double time_s);
  void see(Slot& slot, const Detection* found, double time_s) const;
  void hide_crowds(double time_s);
  void judge(Slot& slot, double time_s, const LooksTheSame& looks_the_same, Events& events);
  bool is_unchanged(const Slot& slot, const Box& place, double since_s,
                    const LooksTheSame& looks_the_same) const;
  void judge_class(Slot& slot, double time_s, Events& events);
  void judge_depth(Slot& slot, double time_s, const LooksTheSame& looks_the_same, Events& events);
  bool is_appearing_with_others(const Slot& slot) const;
  bool is_behind(const Slot& slot, double since_s) const;
  template <typename IsWith>
  bool has_crowd(const Slot& slot, IsWith is_with) const;
  void set_present(Slot& slot, bool is_present, const Moment& moment, bool is_event,
                   Events& events);
  static StockEvent event_of(const Slot& slot, StockEventKind kind, const Moment& moment,
                             std::size_t count_before, std::size_t count_after);
  bool is_in(const Area& area, const Slot& slot) const;

  StockWatchOptions options_;
  Size picture_;
  std::vector<Area> areas_;
  std::vector<Slot> slots_;
  std::map<int, std::size_t> counts_;
  bool has_started_ = false;
  int frames_ = 0;  // until there are enough to begin with
  double start_s_ = 0;
  double time_s_ = 0;
};

}  // namespace gondola::count
