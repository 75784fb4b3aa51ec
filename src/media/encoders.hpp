#pragma once

#include <string>
#include <vector>

#include <opencv2/core/mat.hpp>

namespace gondola::media {

/// Encodes through libpng, with its fast compression.
///
/// @param bgr  CV_8UC3, not empty
/// Throws IoError that names the picture.
std::vector<unsigned char> encode_png(const cv::Mat& bgr, const std::string& name);

}  // namespace gondola::media
