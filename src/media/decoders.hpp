#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include <opencv2/core/mat.hpp>

#include "gondola/core/box.hpp"

namespace gondola::media {

/// What a header tells about the pixels as stored.
struct ImageHeader {
  Size size;
  int orientation = 1;  ///< EXIF, 1..8
};

/// A picture as stored in its file, and how to turn it.
struct DecodedImage {
  cv::Mat pixels;       ///< BGR, CV_8UC3
  int orientation = 1;  ///< EXIF, 1..8
};

/// Decodes a JPEG file through libjpeg. Data that is missing or damaged so that pixels would have
/// to be made up is an error; harmless oddities, such as stray bytes between segments or a missing
/// end marker, are not.
///
/// @param least  reduces by the largest of 8, 4, 2 that leaves the upright picture this size, each
///               side being its share rounded; Size{} for the full picture
DecodedImage decode_jpeg(const unsigned char* bytes, std::size_t size, const std::string& name,
                         Size least = {});

/// nullopt when the data ends, or is damaged, before the first scan.
std::optional<ImageHeader> read_jpeg_header(const unsigned char* bytes, std::size_t size);

/// Decodes a PNG file through libpng itself, because OpenCV lets it print to standard error.
DecodedImage decode_png(const unsigned char* bytes, std::size_t size, const std::string& name);

/// nullopt when the first chunk is not a whole header. The orientation may stand at the very end.
std::optional<ImageHeader> read_png_header(const unsigned char* bytes, std::size_t size);

}  // namespace gondola::media
