#pragma once

#include <memory>

#include "gondola/detect/detector.hpp"
#include "gondola/detect/network_runner.hpp"
#include "gondola/nn/model_file.hpp"

namespace gondola::detect {

/// Runs pictures one by one through the engine. Throws as engine::Engine does. Weights without
/// tensors give the numbers of nn::random_tensors(), seed 0.
std::unique_ptr<NetworkRunner> make_engine_runner(const nn::WeightsFile& weights,
                                                  const DetectorOptions& options);

}  // namespace gondola::detect
