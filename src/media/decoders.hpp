#pragma once

#include <cstddef>
#include <string>

#include <opencv2/core/mat.hpp>

namespace gondola::media {

/// A picture as stored in its file, and how to turn it.
struct DecodedImage {
  cv::Mat pixels;       ///< BGR, CV_8UC3
  int orientation = 1;  ///< EXIF, 1..8
};

/// Decodes a JPEG file through libjpeg. Data that is missing or damaged so that pixels would have
/// to be made up is an error; harmless oddities, such as stray bytes between segments or a missing
/// end marker, are not.
DecodedImage decode_jpeg(const unsigned char* bytes, std::size_t size, const std::string& name);

/// Decodes a PNG file through libpng itself, because OpenCV lets it print to standard error.
DecodedImage decode_png(const unsigned char* bytes, std::size_t size, const std::string& name);

}  // namespace gondola::media
