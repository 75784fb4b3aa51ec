#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <variant>
#include <vector>

#include "gondola/media/frame_source.hpp"
#include "gondola/pipeline/detect_loop.hpp"

namespace gondola::pipeline {

using Clock = std::chrono::steady_clock;

inline double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

/// Reads every feed in a thread of its own: a limited number of frames ahead, or for a live one
/// whatever is newest.
class FrameFeeds {
 public:
  struct Item {
    std::size_t feed = 0;  ///< index
    std::variant<media::Frame, FrameFailure> outcome;
    double read_ms = 0;
    Clock::time_point arrived;
    std::int64_t dropped = 0;  ///< of its feed, until it arrived
  };

  FrameFeeds(const std::vector<Feed>& feeds, std::size_t read_ahead);
  ~FrameFeeds();
  FrameFeeds(const FrameFeeds&) = delete;
  FrameFeeds& operator=(const FrameFeeds&) = delete;

  /// Waits for frames and takes them, with the failures between them; at most `frames` frames. From
  /// a single feed that is not live it waits for that many; of live feeds it takes one each. Empty
  /// at the end. Throws what ended a single feed early.
  std::vector<Item> take(std::size_t frames);

  /// Ends all sources; what has been read may still be taken. From any thread.
  void stop();

  bool any_live() const { return any_live_; }

 private:
  struct Lane {
    Feed feed;
    std::deque<Item> items;
    std::int64_t dropped = 0;
    bool has_ended = false;
    std::exception_ptr error;
  };

  void read(std::size_t index);
  bool has_room(const Lane& lane) const;
  void keep(Lane& lane, Item item);
  bool all_ended() const;

  const std::size_t read_ahead_;
  bool any_live_ = false;
  std::mutex mutex_;
  std::condition_variable has_items_;
  std::condition_variable has_room_;
  std::vector<Lane> lanes_;
  std::size_t first_ = 0;  // the lane whose turn it is
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace gondola::pipeline
