#pragma once

#include <opencv2/core.hpp>

#include "gondola/data/random.hpp"

/// What the room around a shelf looks like.
namespace gondola::data::synth {

/// Tiles, planks, concrete or carpet.
cv::Mat draw_floor(Random& random);

/// Ceiling with panels or beams; lamps are separate.
cv::Mat draw_ceiling(Random& random);

/// What one sees beyond the shelf: wall, or blurred other shelves.
cv::Mat draw_far_wall(Random& random);

}  // namespace gondola::data::synth
