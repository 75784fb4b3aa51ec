#include "frame_feeds.hpp"

#include <algorithm>
#include <utility>

namespace gondola::pipeline {
namespace {

constexpr std::size_t kWaitingLiveItems = 8;

bool is_frame(const FrameFeeds::Item& item) {
  return std::holds_alternative<media::Frame>(item.outcome);
}

std::string text_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& exception) {
    return exception.what();
  } catch (...) {
    return "unknown failure";
  }
}

}  // namespace

FrameFeeds::FrameFeeds(const std::vector<Feed>& feeds, std::size_t read_ahead)
    : read_ahead_(read_ahead) {
  for (const Feed& feed : feeds) {
    lanes_.push_back({feed, {}, 0, false, nullptr});
    any_live_ = any_live_ || feed.live;
  }
  threads_.reserve(lanes_.size());
  for (std::size_t i = 0; i < lanes_.size(); ++i) threads_.emplace_back([this, i] { read(i); });
}

FrameFeeds::~FrameFeeds() {
  stop();
  for (std::thread& thread : threads_) thread.join();
}

void FrameFeeds::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  for (const Lane& lane : lanes_) lane.feed.source->stop();
  has_room_.notify_all();
}

bool FrameFeeds::has_room(const Lane& lane) const {
  // A live feed's frames replace each other, so it is read on and on; its failures are kept.
  return lane.items.size() < (lane.feed.live ? kWaitingLiveItems : read_ahead_);
}

void FrameFeeds::read(std::size_t index) {
  Lane& lane = lanes_[index];
  std::exception_ptr error;
  try {
    while (true) {
      {
        std::unique_lock lock(mutex_);
        has_room_.wait(lock, [&] { return stopping_ || has_room(lane); });
        if (stopping_) break;
      }
      Item item;
      item.feed = index;
      const Clock::time_point start = Clock::now();
      try {
        std::optional<media::Frame> frame = lane.feed.source->next();
        if (!frame) break;
        item.outcome = std::move(*frame);
      } catch (const media::FrameError& failure) {
        item.outcome = FrameFailure{failure.source(), failure.what()};
      }
      item.arrived = Clock::now();
      item.read_ms = ms_since(start);
      keep(lane, std::move(item));
    }
  } catch (...) {
    error = std::current_exception();
  }
  {
    const std::lock_guard lock(mutex_);
    lane.has_ended = true;
    if (error != nullptr && lanes_.size() > 1) {
      Item item;
      item.feed = index;
      item.outcome = FrameFailure{lane.feed.name, text_of(error)};
      item.arrived = Clock::now();
      lane.items.push_back(std::move(item));
    } else {
      lane.error = error;
    }
  }
  has_items_.notify_all();
}

void FrameFeeds::keep(Lane& lane, Item item) {
  {
    const std::lock_guard lock(mutex_);
    if (lane.feed.live && is_frame(item) && !lane.items.empty() && is_frame(lane.items.back())) {
      lane.items.pop_back();
      ++lane.dropped;
    }
    item.dropped = lane.dropped;
    lane.items.push_back(std::move(item));
  }
  has_items_.notify_all();
}

bool FrameFeeds::all_ended() const {
  return std::all_of(lanes_.begin(), lanes_.end(), [](const Lane& lane) { return lane.has_ended; });
}

std::vector<FrameFeeds::Item> FrameFeeds::take(std::size_t frames) {
  const bool wait_for_all = lanes_.size() == 1 && !any_live_;
  std::vector<Item> taken;
  std::size_t frames_taken = 0;
  std::unique_lock lock(mutex_);
  const auto any_item = [this] {
    return std::any_of(lanes_.begin(), lanes_.end(),
                       [](const Lane& lane) { return !lane.items.empty(); });
  };
  do {
    has_items_.wait(lock, [&] { return any_item() || all_ended(); });
    // Every lane gives one item in turn, until there are enough frames or nothing is left.
    std::vector<std::size_t> given(lanes_.size());
    for (std::size_t idle = 0; idle < lanes_.size() && frames_taken < frames;) {
      const std::size_t index = first_;
      Lane& lane = lanes_[index];
      first_ = (first_ + 1) % lanes_.size();
      const bool had_its_turn = lane.feed.live && given[index] > 0;
      if (lane.items.empty() || had_its_turn) {
        ++idle;
        continue;
      }
      idle = 0;
      Item item = std::move(lane.items.front());
      lane.items.pop_front();
      if (is_frame(item)) {
        ++frames_taken;
        ++given[index];
      }
      taken.push_back(std::move(item));
    }
    has_room_.notify_all();
  } while (wait_for_all && frames_taken < frames && !(all_ended() && !any_item()));
  if (taken.empty() && lanes_.size() == 1 && lanes_.front().error != nullptr)
    std::rethrow_exception(std::exchange(lanes_.front().error, nullptr));
  return taken;
}

}  // namespace gondola::pipeline
