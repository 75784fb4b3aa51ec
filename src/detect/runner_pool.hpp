#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "gondola/core/error.hpp"
#include "gondola/detect/network_runner.hpp"

namespace gondola::detect {

/// Runners that do the same, lent to one thread at a time. Thread-safe.
class RunnerPool {
 public:
  /// Requires: at least one, none null.
  explicit RunnerPool(std::vector<std::unique_ptr<NetworkRunner>> runners)
      : state_(std::make_unique<State>()) {
    GONDOLA_EXPECTS(!runners.empty(), "RunnerPool: no runners");
    for (const auto& runner : runners) state_->free.push_back(runner.get());
    runners_ = std::move(runners);
  }

  /// A runner of one's own while it lives; must not outlive the pool.
  class Lease {
   public:
    Lease(RunnerPool& pool, NetworkRunner& runner) : pool_(pool), runner_(runner) {}
    ~Lease() { pool_.give_back(runner_); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    NetworkRunner* operator->() const { return &runner_; }

   private:
    RunnerPool& pool_;
    NetworkRunner& runner_;
  };

  /// Waits until one is free.
  Lease take() {
    std::unique_lock lock(state_->mutex);
    state_->is_free.wait(lock, [this] { return !state_->free.empty(); });
    NetworkRunner* const runner = state_->free.back();
    state_->free.pop_back();
    return {*this, *runner};
  }

  int size() const { return static_cast<int>(runners_.size()); }

  /// That of the first, and how many: "engine, int8, 1 thread, 2 side by side".
  std::string description() const {
    const std::string one = runners_.front()->description();
    return size() == 1 ? one : concat(one, ", ", size(), " side by side");
  }

 private:
  /// Apart, so that the pool may be moved.
  struct State {
    std::mutex mutex;
    std::condition_variable is_free;
    std::vector<NetworkRunner*> free;
  };

  void give_back(NetworkRunner& runner) {
    {
      const std::lock_guard lock(state_->mutex);
      state_->free.push_back(&runner);
    }
    state_->is_free.notify_one();
  }

  std::vector<std::unique_ptr<NetworkRunner>> runners_;
  std::unique_ptr<State> state_;
};

}  // namespace gondola::detect
