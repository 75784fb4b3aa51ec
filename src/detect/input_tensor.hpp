#pragma once

#include <ATen/ATen.h>
#include <opencv2/core/mat.hpp>

namespace gondola::detect {

/// Writes a letterboxed picture into one image of a batch: red, green, blue, 0..1.
///
/// @param bgr   CV_8UC3, H x W, continuous
/// @param into  [3, H, W], float32, on the CPU; the channels of a pixel side by side, as in one
///              image of a channels-last batch
void write_input(const cv::Mat& bgr, const at::Tensor& into);

}  // namespace gondola::detect
