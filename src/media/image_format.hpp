#pragma once

#include <cstddef>
#include <string>

#include "gondola/core/error.hpp"

namespace gondola::media {

/// Formats told apart by their first bytes, those included that are only recognised to say so.
enum class ImageFormat {
  kUnknown,
  kJpeg,
  kPng,
  kBmp,
  kWebp,
  kTiff,
  kPnm,
  kJpeg2000,
  kGif,
  kHeic,
  kAvif,
  kJpegXl
};

ImageFormat detect_format(const unsigned char* bytes, std::size_t size);

/// Such as "JPEG".
const char* to_string(ImageFormat format);

/// Pixels a picture may have. OpenCV's own limit, kept for every format: a file of a hundred bytes
/// can claim any size.
inline constexpr std::size_t kMaxPixels = std::size_t{1} << 30;

/// The error for picture `name`.
IoError image_error(const std::string& name, const std::string& reason);

/// Throws image_error() unless a picture of this size may be decoded.
void check_image_size(std::size_t width, std::size_t height, const std::string& name);

}  // namespace gondola::media
