#pragma once

#include <string>

#include <opencv2/core/mat.hpp>

#include "gondola/core/fingerprint.hpp"

namespace gondola::app {

/// Tells pictures with equal pixels.
inline std::string content_of(const cv::Mat& image) {
  const cv::Mat whole = image.isContinuous() ? image : image.clone();
  return fingerprint(whole.data, whole.total() * whole.elemSize());
}

}  // namespace gondola::app
