#pragma once

#include <memory>
#include <string>

#include "gondola/media/video_source.hpp"

namespace gondola::media {

/// Opens what a GStreamer pipeline that ends in "appsink" gives, through OpenCV.
/// Throws: IoError, also where OpenCV or one of the pipeline's elements is missing.
std::unique_ptr<VideoSource> open_gstreamer(const std::string& pipeline);

}  // namespace gondola::media
