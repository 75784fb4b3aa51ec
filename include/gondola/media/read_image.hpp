#pragma once

#include <cstddef>
#include <string>

#include <opencv2/core/mat.hpp>

#include "gondola/core/box.hpp"

namespace gondola::media {

/// Reads a picture file as BGR, CV_8UC3, upright (EXIF orientation applied).
///
/// JPEG, PNG, BMP, WebP, TIFF, PPM/PGM/PBM and what else OpenCV decodes; the content decides, not
/// the extension. Pixels equal those of cv::imread(path, IMREAD_COLOR): grey and palette pictures
/// become BGR, alpha is dropped, 16-bit samples lose their low byte, CMYK is converted without a
/// colour profile. Unlike there, truncated or corrupt data is an error and nothing is printed.
///
/// Throws: IoError, one line with the path, for a missing, unreadable, empty or damaged file, for
/// a format that is not supported, and for more than 2^30 pixels.
/// Cost: peak memory is the pixels plus the larger of the file and, for a picture to be turned by
/// 90 degrees, the pixels once more; progressive JPEG adds twice its samples.
/// Thread-safe: no state.
cv::Mat read_image(const std::string& path);

/// The same from the bytes of a file. `name` stands for the path in messages.
cv::Mat decode_image(const unsigned char* bytes, std::size_t size, const std::string& name);

/// read_image() for somebody who shows the picture smaller: a JPEG comes reduced by 2, 4 or 8, the
/// most that leaves both sides at least as long as those of `least`, in a fraction of the time.
/// Other formats come in full. A reduced side is its share of the full one, rounded.
///
/// Throws: as read_image().
cv::Mat read_image_reduced(const std::string& path, Size least);

/// Size of the picture that read_image() would give, upright. Of JPEG and PNG only the header is
/// looked at, so damage behind it goes unnoticed; the other formats are decoded.
///
/// Throws: as read_image().
Size read_image_size(const std::string& path);

}  // namespace gondola::media
