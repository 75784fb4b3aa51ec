#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

#include "gondola/core/error.hpp"

namespace gondola::pipeline {

/// First-in first-out queue between threads that holds at most `capacity` items: a fast producer
/// waits instead of filling the memory.
///
/// Thread-safe. Must outlive every thread that waits in it.
template <typename T>
class BoundedQueue {
 public:
  /// Requires: capacity > 0.
  explicit BoundedQueue(std::size_t capacity) : capacity_(capacity) {
    GONDOLA_EXPECTS(capacity > 0, "BoundedQueue: capacity is 0");
  }

  /// Waits until push() would not; false when the queue is or gets closed. With one producer, this
  /// keeps an item from being made before there is a place for it.
  bool wait_for_room() {
    std::unique_lock lock(mutex_);
    has_room_.wait(lock, [this] { return closed_ || items_.size() < capacity_; });
    return !closed_;
  }

  /// Waits for room and appends. False, with the item dropped, when the queue is or gets closed.
  bool push(T item) {
    std::unique_lock lock(mutex_);
    has_room_.wait(lock, [this] { return closed_ || items_.size() < capacity_; });
    if (closed_) return false;
    items_.push_back(std::move(item));
    lock.unlock();
    has_items_.notify_one();
    return true;
  }

  /// Waits until somebody waits in pop() for an item that is not there; false when the queue is or
  /// gets closed. Lets a producer make its item at the last moment.
  bool wait_until_wanted() {
    std::unique_lock lock(mutex_);
    is_wanted_.wait(lock, [this] { return closed_ || (items_.empty() && waiting_ > 0); });
    return !closed_;
  }

  /// Waits for an item and takes it. nullopt when the queue is closed and all items are taken.
  std::optional<T> pop() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    if (items_.empty()) is_wanted_.notify_all();
    has_items_.wait(lock, [this] { return closed_ || !items_.empty(); });
    --waiting_;
    return take(lock);
  }

  /// The same for a limited time: nullopt, too, when there is still no item then.
  template <typename Duration>
  std::optional<T> pop_for(Duration limit) {
    std::unique_lock lock(mutex_);
    ++waiting_;
    if (items_.empty()) is_wanted_.notify_all();
    has_items_.wait_for(lock, limit, [this] { return closed_ || !items_.empty(); });
    --waiting_;
    return take(lock);
  }

  /// Whether the queue is closed and all items are taken.
  bool is_finished() const {
    const std::lock_guard lock(mutex_);
    return closed_ && items_.empty();
  }

  /// Wakes everybody: push() fails from now on, pop() hands out what is left. May be called again.
  void close() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    has_room_.notify_all();
    has_items_.notify_all();
    is_wanted_.notify_all();
  }

 private:
  std::optional<T> take(std::unique_lock<std::mutex>& lock) {
    if (items_.empty()) return std::nullopt;
    std::optional<T> item(std::move(items_.front()));
    items_.pop_front();
    const bool is_wanted = items_.empty() && waiting_ > 0;
    lock.unlock();
    has_room_.notify_one();
    if (is_wanted) is_wanted_.notify_all();
    return item;
  }

  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::condition_variable has_room_;
  std::condition_variable has_items_;
  std::condition_variable is_wanted_;
  std::size_t waiting_ = 0;  // threads in pop()
  std::deque<T> items_;
  bool closed_ = false;
};

}  // namespace gondola::pipeline
