#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "gondola/nn/model_spec.hpp"
#include "gondola/nn/tensor_data.hpp"

namespace gondola::nn {

/// Shapes of tensors by module path, such as `model.0.conv.weight`: [16, 3, 3, 3].
using TensorShapes = std::map<std::string, std::vector<std::int64_t>>;

/// The tensors that a network's weights consist of, without building it: convolutions
/// [out, in / groups, kernel, kernel], the four [out] of every batch norm, prelu's slopes, and the
/// biases of the head's last convolutions.
TensorShapes tensor_shapes(const ModelSpec& spec);

/// Weights of an untrained network, for timing and for tests: convolutions uniform by Kaiming's
/// rule (He et al. 2015), batch norms the identity, slopes at their start, and in the head few
/// objects anywhere. Same spec and seed, same numbers.
NamedTensors random_tensors(const ModelSpec& spec, std::uint64_t seed);

}  // namespace gondola::nn
