#pragma once

#include <cstdint>
#include <vector>

#include "gondola/engine/precision.hpp"
#include "gondola/nn/model_file.hpp"

namespace gondola::test {

/// A network computed from its model YAML's terms in plain loops and double: shares nothing with
/// the engine but the weights.
///
/// In a narrower precision it rounds what the engine is documented to store in that type: the
/// picture, the weights of dense convolutions, every convolution's result after activation and skip
/// connection, attention's result; but not query, key, value and position code, and not the head's
/// logits. So what remains between the two are sums in another order and roundings near a tie.
///
/// @param bgr  height x width x 3 bytes
/// @return the head's logits by level, row, column: 4 * reg_max of boxes, then the classes
std::vector<double> reference_logits(const nn::WeightsFile& weights,
                                     const std::vector<std::uint8_t>& bgr, int height, int width,
                                     engine::Precision precision = engine::Precision::kFloat32);

/// An activation by its definition.
///
/// @param slope  prelu's slope of the channel
double reference_activation(const nn::ActivationSpec& spec, double x, double slope = 0);

}  // namespace gondola::test
