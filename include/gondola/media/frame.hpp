#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include <opencv2/core/mat.hpp>

namespace gondola::media {

/// What kind of thing frames come from.
enum class SourceKind { kImage, kVideo, kCamera, kStream };

/// "picture", "video", "camera", "stream".
std::string_view to_string(SourceKind kind);

/// One picture on its way through the pipeline.
///
/// Copies share the pixels, as cv::Mat does; whoever wants to draw on them clones first.
struct Frame {
  cv::Mat image;       ///< BGR, CV_8UC3, upright, never empty
  std::string source;  ///< the file, device or address it came from, as the user named it
  SourceKind kind = SourceKind::kImage;
  std::int64_t index = 0;  ///< number of the frame within its source, from 0; 0 for a picture
  double time_s = 0;       ///< seconds since the source's start; 0 for a picture

  /// When a camera or stream delivered it; the clock's epoch for pictures and files.
  std::chrono::system_clock::time_point taken_at{};
};

}  // namespace gondola::media
