#include "frame_time.hpp"

#include <chrono>

#include <sys/stat.h>

#include "gondola/report/local_time.hpp"

namespace gondola::app {
namespace {

store::UtcMilliseconds written_at(const std::string& path) {
  struct stat file {};
  if (stat(path.c_str(), &file) != 0) return report::utc_now();
  return static_cast<store::UtcMilliseconds>(file.st_mtim.tv_sec) * 1000 +
         file.st_mtim.tv_nsec / 1'000'000;
}

}  // namespace

store::UtcMilliseconds taken_at(const media::Frame& frame,
                                const std::optional<store::UtcMilliseconds>& start) {
  if (frame.taken_at != std::chrono::system_clock::time_point{}) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(frame.taken_at.time_since_epoch())
        .count();
  }
  return (start ? *start : written_at(frame.source)) +
         static_cast<store::UtcMilliseconds>(frame.time_s * 1000);
}

}  // namespace gondola::app
