#pragma once

#include <opencv2/core/mat.hpp>

#include "gondola/core/box.hpp"

namespace gondola::media {

/// How much a place looks the same in two pictures of a camera that stands still: the correlation
/// of its luminance, averaged over parts so that noise hardly counts. 1 = the same but for light
/// that changed evenly, about 0 = nothing in common, down to -1. What has no contrast tells
/// nothing: 0.
///
/// @param before, after  CV_8UC3, of one size, not empty
/// @param place  pixels; what lies outside the pictures is left out, and nothing inside gives 0
///
/// Requires: such pictures (ContractViolation). Thread-safe: no state.
double place_likeness(const cv::Mat& before, const cv::Mat& after, const Box& place);

}  // namespace gondola::media
