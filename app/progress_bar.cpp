#include "progress_bar.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include <spdlog/fmt/fmt.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace gondola::app {
namespace {

constexpr const char* kEraseLine = "\r\033[K";

int terminal_columns() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

std::string duration_text(double seconds) {
  const long whole = std::lround(seconds);
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{}:{:02} min", whole / 60, whole % 60);
  return fmt::format("{}:{:02} h", whole / 3600, whole % 3600 / 60);
}

}  // namespace

std::string progress_text(std::size_t done, std::size_t total, double elapsed_s, int columns) {
  std::string facts = fmt::format("{}/{}", done, total);
  if (done > 0 && elapsed_s > 0) {
    const double rate = static_cast<double>(done) / elapsed_s;
    facts += fmt::format("  {:.1f}/s  {} left", rate,
                         duration_text(static_cast<double>(total - done) / rate));
  }
  constexpr int kWidestBar = 30;
  const int room = columns - static_cast<int>(facts.size()) - 5;
  if (room < 5 || total == 0) return facts;
  const int width = std::min(kWidestBar, room);
  const auto filled = static_cast<int>(static_cast<std::size_t>(width) * done / total);
  const std::string head = filled < width ? ">" : "";
  return fmt::format("[{:<{}}]  {}", std::string(static_cast<std::size_t>(filled), '=') + head,
                     width, facts);
}

bool stderr_is_terminal() {
  const char* terminal = std::getenv("TERM");
  return isatty(STDERR_FILENO) == 1 && terminal != nullptr && std::string_view(terminal) != "dumb";
}

ProgressBar::ProgressBar(bool enabled, std::size_t total) : enabled_(enabled), total_(total) {}

ProgressBar::~ProgressBar() { clear(); }

void ProgressBar::update(std::size_t done) {
  if (!enabled_) return;
  const Clock::time_point now = Clock::now();
  if (visible_ && now - drawn_ < std::chrono::milliseconds(100)) return;
  drawn_ = now;
  visible_ = true;
  const double elapsed_s = std::chrono::duration<double>(now - start_).count();
  const std::string text =
      progress_text(std::min(done, total_), total_, elapsed_s, terminal_columns());
  std::fprintf(stderr, "%s%s", kEraseLine, text.c_str());
  std::fflush(stderr);
}

void ProgressBar::clear() {
  if (!visible_) return;
  visible_ = false;
  std::fputs(kEraseLine, stderr);
  std::fflush(stderr);
}

}  // namespace gondola::app
