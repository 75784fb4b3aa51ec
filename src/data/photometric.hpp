#pragma once

#include <opencv2/core/mat.hpp>

#include "gondola/data/augment_options.hpp"
#include "gondola/data/random.hpp"

namespace gondola::data {

/// Changes colours and quality of an image (RGB, CV_8UC3) in place, nothing that moves.
void vary_pixels(cv::Mat& image, const AugmentOptions& options, Random& random);

}  // namespace gondola::data
