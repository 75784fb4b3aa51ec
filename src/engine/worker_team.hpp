#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace gondola::engine {

/// Threads that work on one thing together and meet between its steps.
///
/// A network has some seventy steps of a tenth of a millisecond, so members wait for each other by
/// looking, not by sleeping; between pictures they sleep after a moment. Where there are more
/// threads than free CPUs they give way to others while they look.
class WorkerTeam {
 public:
  /// The caller of run() is a member too: size - 1 threads are started. Requires: size >= 1.
  explicit WorkerTeam(int size);
  ~WorkerTeam();
  WorkerTeam(const WorkerTeam&) = delete;
  WorkerTeam& operator=(const WorkerTeam&) = delete;

  int size() const { return size_; }

  /// Calls job(member) once on every member and returns when all have returned. The job must not
  /// throw. One run at a time.
  void run(const std::function<void(int member)>& job);

  /// Within a job: returns when every member has called it.
  void meet();

 private:
  void work(int member);

  const int size_;
  std::vector<std::thread> threads_;
  const std::function<void(int)>* job_ = nullptr;
  std::atomic<unsigned> runs_{0};      ///< started so far; members take the next when it grows
  std::atomic<int> arrived_{0};        ///< members at the current meeting
  std::atomic<unsigned> meetings_{0};  ///< held so far
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;  ///< for sleeping between runs only
  std::condition_variable wake_;
  int sleeping_ = 0;
};

}  // namespace gondola::engine
