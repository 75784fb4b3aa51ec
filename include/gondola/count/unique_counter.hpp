#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "gondola/core/track.hpp"
#include "gondola/count/scene_options.hpp"
#include "gondola/count/track_memory.hpp"

namespace gondola::count {

/// An object counted for the first time, or now counted as another class.
struct UniqueChange {
  std::int64_t track_id = 0;
  std::optional<int> class_before;  ///< nothing for an object counted for the first time
  int class_id = -1;
  double counted_s = 0;  ///< when it was counted for the first time
};

/// Counts every object of a video once, each as the class most of its frames say. Not thread-safe.
class UniqueCounter {
 public:
  /// Throws: ConfigError as validate().
  UniqueCounter(const UniqueOptions& options, double forget_after_s);

  /// Takes the (confirmed) tracks of one frame; times never fall.
  std::vector<UniqueChange> update(const std::vector<Track>& tracks, double time_s);

  /// The class that most frames of a track had until now, of equally many the one that got there
  /// first; nothing for a track that was forgotten or never seen.
  std::optional<int> class_of(std::int64_t track_id) const;

  std::size_t total() const;

  /// Classes without objects may be there, with 0.
  const std::map<int, std::size_t>& counts_by_class() const { return counts_; }

  /// Tracks in memory.
  std::size_t known_tracks() const { return memory_.size(); }

 private:
  struct Votes {
    int class_id = -1;                                // with the most frames
    std::vector<std::pair<int, std::size_t>> frames;  // by class, few
    std::size_t total = 0;
    bool is_counted = false;
    double counted_s = 0;
  };

  static void vote(Votes& votes, int class_id);

  UniqueOptions options_;
  TrackMemory<Votes> memory_;
  std::map<int, std::size_t> counts_;
};

}  // namespace gondola::count
