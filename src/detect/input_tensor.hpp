#pragma once

#include <ATen/ATen.h>
#include <opencv2/core/mat.hpp>

#include "gondola/nn/model_spec.hpp"

namespace gondola::detect {

/// Throws ConfigError, naming the two nearest sizes that fit, unless image_size is a positive
/// multiple of the model's largest stride.
void check_image_size(int image_size, const nn::ModelSpec& spec);

/// Writes a letterboxed picture into one image of a batch: RGB planes, 0..1.
///
/// @param bgr  CV_8UC3, H x W, continuous
/// @param into  [3, H, W], float32, contiguous, on the CPU
void write_input(const cv::Mat& bgr, const at::Tensor& into);

}  // namespace gondola::detect
