#pragma once

#include <opencv2/core.hpp>

#include "gondola/data/random.hpp"

/// Who and what stands before a shelf.
namespace gondola::data::synth {

/// A shopping cart, CV_8UC4.
cv::Mat draw_cart(Random& random);

/// A basket, CV_8UC4.
cv::Mat draw_basket(Random& random);

/// A person from behind or the side, CV_8UC4, about 96 x 320.
cv::Mat draw_person(Random& random);

}  // namespace gondola::data::synth
