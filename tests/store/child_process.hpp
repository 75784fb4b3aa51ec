#pragma once

#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <functional>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

namespace gondola::test {

/// Reports whole numbers from a child process to its parent; a number arrives whole or not at all.
class Reporter {
 public:
  explicit Reporter(int descriptor) : descriptor_(descriptor) {}

  void report(std::int64_t number) const {
    if (::write(descriptor_, &number, sizeof number) != sizeof number) std::_Exit(3);
  }

 private:
  int descriptor_;
};

/// A process that runs a function and then ends, with exit code 0, or 1 when that threw.
class ChildProcess {
 public:
  explicit ChildProcess(const std::function<void(const Reporter&)>& work) {
    int ends[2];
    if (::pipe(ends) != 0) throw std::runtime_error("pipe failed");
    id_ = ::fork();
    if (id_ < 0) throw std::runtime_error("fork failed");
    if (id_ == 0) {
      ::close(ends[0]);
      try {
        work(Reporter(ends[1]));
      } catch (const std::exception& error) {
        std::cerr << "child process: " << error.what() << std::endl;
        std::_Exit(1);
      }
      std::_Exit(0);
    }
    ::close(ends[1]);
    reading_end_ = ends[0];
  }
  ~ChildProcess() {
    if (id_ > 0) {
      kill_now();
      wait();
    }
    ::close(reading_end_);
  }
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  /// Like a power failure for the process: it cannot prepare for it.
  void kill_now() const { ::kill(id_, SIGKILL); }

  /// Whether it has ended by itself.
  bool has_ended() {
    if (id_ > 0 && ::waitpid(id_, &status_, WNOHANG) == id_) id_ = 0;
    return id_ == 0;
  }

  /// Waits for its end; its exit code, or -1 if it was killed.
  int wait() {
    if (id_ > 0) ::waitpid(id_, &status_, 0);
    id_ = 0;
    return WIFEXITED(status_) ? WEXITSTATUS(status_) : -1;
  }

  /// Waits for its next report; nothing if it ends before.
  std::optional<std::int64_t> next_report() const {
    std::int64_t number = 0;
    if (::read(reading_end_, &number, sizeof number) != sizeof number) return std::nullopt;
    return number;
  }

  /// What it has reported and was not read yet, up to its end.
  std::vector<std::int64_t> reports() const {
    std::vector<std::int64_t> numbers;
    while (const auto number = next_report()) numbers.push_back(*number);
    return numbers;
  }

 private:
  pid_t id_ = 0;
  int status_ = 0;
  int reading_end_ = -1;
};

}  // namespace gondola::test
