#pragma once

#include <opencv2/core/mat.hpp>

#include "gondola/core/letterbox.hpp"

namespace gondola::media {

/// An image placed in a network input, and the way back.
struct Letterboxed {
  cv::Mat image;  ///< BGR, CV_8UC3, continuous, of the input's size
  LetterboxTransform transform;
};

/// Scales an image to fit the input (bilinear, aspect ratio kept) and centres it on grey 114.
///
/// @param bgr  CV_8UC3, not empty; may be a view into a larger image, such as a tile
///
/// Thread-safe: no state.
Letterboxed letterbox_image(const cv::Mat& bgr, Size input);

/// The same into an existing image, which is only reallocated when its size or type differ.
LetterboxTransform letterbox_image(const cv::Mat& bgr, Size input, cv::Mat& into);

}  // namespace gondola::media
