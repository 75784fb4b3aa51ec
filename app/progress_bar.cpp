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

// A terminal that can redraw a line.
bool stderr_is_terminal() {
  const char* terminal = std::getenv("TERM");
  return isatty(STDERR_FILENO) == 1 && terminal != nullptr && std::string_view(terminal) != "dumb";
}

int terminal_columns() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

// `[=====>    ]  facts`, the bar left out where there is no room for it.
std::string with_bar(std::size_t done, std::size_t total, const std::string& facts, int columns) {
  constexpr int kWidestBar = 30;
  const int room = columns - static_cast<int>(facts.size()) - 5;
  if (room < 5 || total == 0) return facts;
  const int width = std::min(kWidestBar, room);
  const auto filled = static_cast<int>(static_cast<std::size_t>(width) * done / total);
  const std::string head = filled < width ? ">" : "";
  return fmt::format("[{:<{}}]  {}", std::string(static_cast<std::size_t>(filled), '=') + head,
                     width, facts);
}

}  // namespace

std::string duration_text(double seconds) {
  const long whole = std::lround(seconds);
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{}:{:02} min", whole / 60, whole % 60);
  return fmt::format("{}:{:02} h", whole / 3600, whole % 3600 / 60);
}

std::string progress_text(std::size_t done, std::size_t total, double elapsed_s, int columns) {
  std::string facts = fmt::format("{}/{}", done, total);
  if (done > 0 && elapsed_s > 0) {
    const double rate = static_cast<double>(done) / elapsed_s;
    facts += fmt::format("  {:.1f}/s  {} left", rate,
                         duration_text(static_cast<double>(total - done) / rate));
  }
  return with_bar(done, total, facts, columns);
}

ProgressBar::ProgressBar(const LogOptions& log, std::size_t total)
    : enabled_(total > 1 && !log.quiet && !log.json && stderr_is_terminal()), total_(total) {}

ProgressBar::~ProgressBar() { clear(); }

bool ProgressBar::due() {
  if (!enabled_) return false;
  const Clock::time_point now = Clock::now();
  if (visible_ && now - drawn_ < std::chrono::milliseconds(100)) return false;
  drawn_ = now;
  visible_ = true;
  return true;
}

void ProgressBar::draw(const std::string& text) {
  std::fprintf(stderr, "%s%s", kEraseLine, text.c_str());
  std::fflush(stderr);
}

void ProgressBar::update(std::size_t done) {
  if (!due()) return;
  const double elapsed_s = std::chrono::duration<double>(drawn_ - start_).count();
  draw(progress_text(std::min(done, total_), total_, elapsed_s, terminal_columns()));
}

void ProgressBar::update(std::size_t done, const std::string& before, const std::string& after) {
  if (!due()) return;
  const std::string facts = fmt::format("{}/{}  {}", done, total_, after);
  const int columns = terminal_columns() - static_cast<int>(before.size()) - 2;
  draw(before + "  " + with_bar(std::min(done, total_), total_, facts, columns));
}

void ProgressBar::clear() {
  if (!visible_) return;
  visible_ = false;
  std::fputs(kEraseLine, stderr);
  std::fflush(stderr);
}

}  // namespace gondola::app
