#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "gondola/core/box.hpp"
#include "gondola/core/track.hpp"
#include "gondola/count/class_filter.hpp"
#include "gondola/count/scene_options.hpp"
#include "gondola/count/track_memory.hpp"

namespace gondola::count {

struct LineCounts {
  std::size_t in = 0;
  std::size_t out = 0;
};

/// An object that has crossed a line.
struct Crossing {
  std::int64_t track_id = 0;
  int class_id = -1;
  bool in = true;  ///< false = out
};

/// Counts the objects that cross a line, from their tracks.
///
/// A crossing counts in the frame in which the object's anchor point has got beyond the band on the
/// other side, if its way there, straight from one seen position to the next, led through the
/// segment and not around its ends. An object first seen inside the band comes from the side it was
/// seen on. Frames without the object make no difference. Not thread-safe.
class LineCounter {
 public:
  /// @param options  with points as fractions of the picture
  /// Throws: ConfigError as validate().
  /// Requires: a picture with width and height > 0.
  LineCounter(LineOptions options, ClassFilter filter, double forget_after_s, Size picture);

  /// Takes the tracks of one frame; times never fall. Returns the crossings, in the tracks' order.
  std::vector<Crossing> update(const std::vector<Track>& tracks, double time_s);

  /// Pictures have another size from now on; what was counted and known is kept.
  void set_picture_size(Size picture);

  const LineOptions& options() const { return options_; }
  const ClassFilter& filter() const { return filter_; }

  /// In pixels of the picture.
  Segment segment() const;

  /// Direction across the line in which objects come in; length 1.
  Point inward() const;

  /// Of all classes.
  LineCounts totals() const;
  const std::map<int, LineCounts>& counts_by_class() const { return counts_; }

  /// Tracks in memory.
  std::size_t known_tracks() const { return memory_.size(); }

 private:
  struct State {
    Point position;           // last one seen, as fractions of the picture
    bool is_right = false;    // of the line, at that position
    bool from_right = false;  // the side it comes from: of the last position beyond the band
    int passages = 0;         // through the segment since then, to the right less to the left
    bool was_counted_in = false;
    bool was_counted_out = false;
  };

  bool crosses(State& state, const Track& track, bool is_new) const;

  LineOptions options_;
  ClassFilter filter_;
  Size picture_;
  TrackMemory<State> memory_;
  std::map<int, LineCounts> counts_;
};

}  // namespace gondola::count
