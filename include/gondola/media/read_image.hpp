#pragma once

#include <cstddef>
#include <string>

#include <opencv2/core/mat.hpp>

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

}  // namespace gondola::media
