#pragma once

#include <cstddef>
#include <string_view>

#include <opencv2/core/mat.hpp>

namespace gondola::media {

/// What an EXIF block starts with in a JPEG segment; other formats may leave it out.
inline constexpr std::string_view kExifPrefix{"Exif\0\0", 6};

/// The orientation (1..8) in an EXIF block, with or without kExifPrefix before its TIFF header; 1,
/// upright, when the block is damaged or says nothing.
int exif_orientation(const unsigned char* bytes, std::size_t size);

/// Turns and mirrors pixels as stored into the upright picture. Orientations 5 to 8 swap width and
/// height and need a second copy for a moment; the others work in place.
///
/// Requires: orientation in 1..8.
void apply_orientation(cv::Mat& image, int orientation);

}  // namespace gondola::media
