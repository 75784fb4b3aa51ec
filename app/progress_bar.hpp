#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "logging.hpp"

namespace gondola::app {

/// One line on standard error that is rewritten as work goes on: bar, count, rate, time left.
/// Draws only on a terminal, unless messages are to be quiet or JSON, or there is but one item;
/// erases itself at the end.
class ProgressBar {
 public:
  /// @param total  items to expect
  ProgressBar(const LogOptions& log, std::size_t total);
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  /// Redraws at most ten times a second.
  void update(std::size_t done);

  /// The same for work whose count starts again, such as an epoch's batches: own words before the
  /// bar, and after it in place of rate and time left.
  void update(std::size_t done, const std::string& before, const std::string& after);

  /// Takes the line away, so that a message can be written; the next update brings it back.
  void clear();

 private:
  using Clock = std::chrono::steady_clock;

  bool due();
  void draw(const std::string& text);

  bool enabled_;
  std::size_t total_;
  Clock::time_point start_ = Clock::now();
  Clock::time_point drawn_;
  bool visible_ = false;
};

/// `[=====>    ]  12/40  8.3/s  3 s left`, for a terminal of that many columns.
std::string progress_text(std::size_t done, std::size_t total, double elapsed_s, int columns);

/// `12 s`, `3:05 min`, `1:20 h`.
std::string duration_text(double seconds);

}  // namespace gondola::app
