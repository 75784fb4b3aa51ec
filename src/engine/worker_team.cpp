#include "worker_team.hpp"

#include "gondola/core/error.hpp"

namespace gondola::engine {
namespace {

// About a twentieth of a millisecond of looking, more than two members of one network are ever
// apart while both have a CPU; then whoever else wants this CPU may have it.
constexpr int kLooksBeforeYield = 2000;
// About a millisecond in all: less than the pause between two pictures of a busy detector.
constexpr int kLooksBeforeSleep = 6000;

void pause_cpu() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#endif
}

}  // namespace

WorkerTeam::WorkerTeam(int size) : size_(size) {
  GONDOLA_EXPECTS(size >= 1, "worker team of ", size);
  for (int member = 1; member < size; ++member) {
    threads_.emplace_back([this, member] { work(member); });
  }
}

WorkerTeam::~WorkerTeam() {
  stopping_ = true;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    ++runs_;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void WorkerTeam::run(const std::function<void(int)>& job) {
  job_ = &job;
  bool anyone_sleeps = false;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    ++runs_;
    anyone_sleeps = sleeping_ > 0;
  }
  if (anyone_sleeps) wake_.notify_all();
  job(0);
  meet();
}

void WorkerTeam::meet() {
  if (size_ == 1) return;
  const unsigned meeting = meetings_.load(std::memory_order_acquire);
  if (arrived_.fetch_add(1, std::memory_order_acq_rel) == size_ - 1) {
    arrived_.store(0, std::memory_order_relaxed);
    meetings_.store(meeting + 1, std::memory_order_release);
    return;
  }
  for (int looks = 0; meetings_.load(std::memory_order_acquire) == meeting; ++looks) {
    if (looks < kLooksBeforeYield) {
      pause_cpu();
    } else {
      std::this_thread::yield();
    }
  }
}

void WorkerTeam::work(int member) {
  unsigned done = 0;
  while (true) {
    for (int looks = 0; runs_.load(std::memory_order_acquire) == done; ++looks) {
      if (looks < kLooksBeforeSleep) {
        // Between pictures there is other work for this CPU: decoding, drawing.
        if (looks < kLooksBeforeYield)
          pause_cpu();
        else
          std::this_thread::yield();
        continue;
      }
      std::unique_lock<std::mutex> lock(mutex_);
      ++sleeping_;
      wake_.wait(lock, [&] { return runs_.load() != done; });
      --sleeping_;
    }
    ++done;
    if (stopping_) return;
    (*job_)(member);
    meet();
  }
}

}  // namespace gondola::engine
