#pragma once

#include <string>
#include <vector>

#include "gondola/media/frame_source.hpp"
#include "gondola/nn/layer_activity.hpp"
#include "gondola/nn/model_file.hpp"

namespace gondola::detect {

/// Runs pictures through a network and says what every activated layer gave: which units are dead,
/// how sparse the maps are, how far the values reach.
///
/// @param image_size  side of the square network input, a multiple of the model's largest stride
/// Throws as the source does, and ConfigError for an image size off the stride.
std::vector<nn::LayerActivity> measure_activity(const nn::WeightsFile& weights,
                                                media::FrameSource& pictures, int image_size);

}  // namespace gondola::detect
