#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <unordered_map>
#include <utility>

namespace gondola::count {

/// What is remembered of each track until it has not been seen for a while, so that memory stays
/// bounded however long a video is. Not thread-safe.
template <typename State>
class TrackMemory {
 public:
  /// @param forget_after_s  seconds unseen after which a track may be forgotten, > 0
  explicit TrackMemory(double forget_after_s) : forget_after_s_(forget_after_s) {}

  /// What is known of a track that is seen now, and whether it is new; a new one is State{}.
  std::pair<State&, bool> see(std::int64_t track_id, double time_s) {
    const auto [place, is_new] = seen_.try_emplace(track_id);
    place->second.last_seen_s = time_s;
    return {place->second.state, is_new};
  }

  /// Null for a track that is not known.
  const State* find(std::int64_t track_id) const {
    const auto place = seen_.find(track_id);
    return place == seen_.end() ? nullptr : &place->second.state;
  }

  /// Drops what was not seen for too long. Most calls do nothing: a track may stay up to half as
  /// long again.
  void forget(double time_s) {
    if (time_s < next_sweep_s_) return;
    next_sweep_s_ = time_s + forget_after_s_ / 2;
    for (auto place = seen_.begin(); place != seen_.end();) {
      const bool is_old = time_s - place->second.last_seen_s > forget_after_s_;
      place = is_old ? seen_.erase(place) : std::next(place);
    }
  }

  std::size_t size() const { return seen_.size(); }

 private:
  struct Seen {
    State state;
    double last_seen_s = 0;
  };

  double forget_after_s_;
  double next_sweep_s_ = -std::numeric_limits<double>::infinity();
  std::unordered_map<std::int64_t, Seen> seen_;
};

}  // namespace gondola::count
