#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "gondola/core/box.hpp"

namespace gondola::media {

/// What is asked of a video, camera or stream. What does not apply to a source is ignored.
struct VideoOptions {
  /// Asked of cameras, pixels; they give the nearest they have. 0 x 0 = the device's default.
  Size size{};

  double fps = 0;      ///< asked of cameras; 0 = the device's default
  std::string format;  ///< pixel format asked of cameras, four letters such as MJPG; empty = any

  /// Part of a file, seconds from its first frame: frames with start_s <= time < end_s. The first
  /// is exact, not the nearest key frame; getting there reads, but does not decode, what is before.
  double start_s = 0;
  std::optional<double> end_s;  ///< none = to the end; greater than start_s

  /// A stream or camera from which nothing comes for so long counts as dead, also while it is being
  /// opened; > 0. OpenCV's cameras have their own limit of 10 s.
  double read_timeout_s = 5;

  /// Set to true by another thread, it ends the opening and reading of a stream in a tenth of a
  /// second: what VideoSource::stop() does, before there is a source. May be null.
  std::shared_ptr<std::atomic<bool>> stop;
};

/// What a source turned out to give. Zero, empty or nullopt where it does not say.
struct VideoInfo {
  Size size;                          ///< upright; single frames may differ
  double fps = 0;                     ///< nominal, frames may come at other times
  std::string codec;                  ///< such as "h264", or a camera's pixel format
  std::string backend;                ///< which library reads it: "FFmpeg", "V4L2", "GSTREAMER"
  std::optional<std::size_t> frames;  ///< of the whole file
  std::optional<double> duration_s;   ///< of the whole file
};

}  // namespace gondola::media
