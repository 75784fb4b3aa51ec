#pragma once

#include <string>
#include <vector>

#include <opencv2/core/mat.hpp>

namespace gondola::media {

struct WriteOptions {
  int jpeg_quality = 92;  ///< 0..100, also for WebP; higher = larger and closer to the original
};

/// Whether write_image() knows the path's extension: .jpg .jpeg .png .webp .bmp .tif .tiff .ppm
bool is_writable_image(const std::string& path);

/// Writes an image (BGR, CV_8UC3) in the format of the path's extension. The file appears complete
/// or not at all, and an existing one is replaced.
///
/// Throws: ConfigError when the extension names no known format; IoError when the folder is missing
/// or cannot be written. Nothing is left behind then.
void write_image(const std::string& path, const cv::Mat& image, const WriteOptions& options = {});

/// The bytes of a JPEG file (through libjpeg, without loading OpenCV's imgcodecs).
///
/// @param bgr      CV_8UC3, not empty, at most 65500 pixels a side
/// @param quality  1..100
/// @param name     of the picture, for messages
/// Throws: IoError.
std::vector<unsigned char> encode_jpeg(const cv::Mat& bgr, int quality, const std::string& name);

}  // namespace gondola::media
