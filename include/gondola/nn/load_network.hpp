#pragma once

#include <ATen/ATen.h>

#include "gondola/nn/model_file.hpp"
#include "gondola/nn/network.hpp"

namespace gondola::nn {

/// A tensor of its own with the same type, shape and values.
at::Tensor to_tensor(const TensorData& data);

/// The inverse, from any device and layout. Requires: one of the types of DType.
TensorData to_tensor_data(const at::Tensor& tensor);

/// Copies tensors into a network by name, converting to float32.
///
/// Every parameter and buffer must be there with its shape, nothing else may be, and every value
/// must be finite. Throws WeightsError that counts and names the first missing, unexpected or
/// misshapen tensors; the network's weights are unspecified then.
///
/// @param source_name  stands for the file in messages
void load_tensors(Network& network, const NamedTensors& tensors, const std::string& source_name);

/// The network's parameters and buffers as float32, by module path: the inverse of load_tensors().
NamedTensors extract_tensors(const Network& network);

/// Builds the network of a request's outcome in evaluation mode: with its tensors loaded, or
/// initialised from seed 0 when it has none (a model YAML alone).
Network build_network(const WeightsFile& weights, const std::string& source_name);

}  // namespace gondola::nn
