#pragma once

#include <string>
#include <vector>

#include <opencv2/core/mat.hpp>

namespace gondola::media {

/// Encodes through libjpeg, as cv::imencode() would, without loading OpenCV's imgcodecs.
///
/// @param bgr      CV_8UC3, not empty, at most 65500 pixels a side
/// @param quality  1..100
/// Throws IoError that names the picture.
std::vector<unsigned char> encode_jpeg(const cv::Mat& bgr, int quality, const std::string& name);

/// The same through libpng, with its fast compression.
std::vector<unsigned char> encode_png(const cv::Mat& bgr, const std::string& name);

}  // namespace gondola::media
