#pragma once

#include <memory>

#include "gondola/detect/detector.hpp"
#include "gondola/detect/network_runner.hpp"
#include "gondola/nn/model_file.hpp"

namespace gondola::detect {

/// Runs the network through LibTorch: on a GPU, or to compare the engine with. Part of target
/// gondola::detect_torch.
///
///     Detector detector(weights.description, make_torch_runner(weights, options), options);
///
/// All pictures of one call go through the network together. On the CPU, the number of threads is
/// the process's, see nn::set_threads(). The weights are copied.
///
/// @param options  image_size, precision and device count here
/// Throws ConfigError for a device that is not there, an image size off the stride and int8, which
/// only the engine has; WeightsError when the tensors do not fit the network. Weights without
/// tensors give the numbers of nn::random_tensors(), seed 0.
std::unique_ptr<NetworkRunner> make_torch_runner(const nn::WeightsFile& weights,
                                                 const DetectorOptions& options);

}  // namespace gondola::detect
