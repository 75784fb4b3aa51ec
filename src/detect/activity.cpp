#include "gondola/detect/activity.hpp"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "gondola/media/letterbox_image.hpp"
#include "gondola/nn/activity_meter.hpp"
#include "gondola/nn/load_network.hpp"
#include "input_tensor.hpp"

namespace gondola::detect {

std::vector<nn::LayerActivity> measure_activity(const nn::WeightsFile& weights,
                                                media::FrameSource& pictures, int image_size) {
  nn::check_image_size(image_size, weights.description.spec);
  const c10::InferenceMode inference;
  nn::Network network = nn::build_network(weights, weights.description.spec.name);
  nn::ActivityMeter meter(network);
  const at::Tensor input =
      at::empty({1, 3, image_size, image_size}, at::MemoryFormat::ChannelsLast);
  while (const auto frame = pictures.next()) {
    const media::Letterboxed placed =
        media::letterbox_image(frame->image, Size{image_size, image_size});
    write_input(placed.image, input[0]);
    network->forward(input);
  }
  return meter.activities();
}

}  // namespace gondola::detect
