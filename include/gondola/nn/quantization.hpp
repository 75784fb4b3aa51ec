#pragma once

#include <map>
#include <string>
#include <vector>

#include "gondola/nn/tensor_data.hpp"

namespace gondola::nn {

/// How real numbers are kept in 8 bits: real = (stored - zero_point) * scale, stored 0..255.
struct TensorQuantization {
  float scale = 1;
  int zero_point = 0;
};

/// A convolution that loses too much in 8 bits and keeps a wider type.
struct KeptLayer {
  std::string name;  ///< module path
  double cost = 0;   ///< what it lost in 8 bits, in average precision against the float network
};

/// What `gondola quantize` found out about a network: the extra of an int8 weights file.
///
/// The file's convolutions are stored with the batch norm folded in, as `<path>.weight` in int8,
/// `<path>.weight_scale` per output and `<path>.input_scale` per input channel:
/// weight = int8 * weight_scale / input_scale. read_weights() gives them as float32 again, from
/// which an engine's kernels recover the very same integers and scales.
struct Quantization {
  /// Results by the module path that makes them, such as `model.4.m.0.cv1`.
  std::map<std::string, TensorQuantization> tensors;
  std::vector<KeptLayer> kept;
};

/// Rounds a row of weights to -127..127, in place. Returns what one step stands for, > 0. Rounding
/// them times their step again, give or take some float32 errors, gives the same numbers and step.
float round_to_int8(float* values, std::size_t count);

/// JSON text and back, for a file's metadata. Throws WeightsError naming the source.
std::string to_json(const Quantization& quantization);
Quantization parse_quantization(const std::string& json, const std::string& source_name);

/// Convolutions that have an `input_scale` to int8, and back. Requires: shapes fit (decoding throws
/// WeightsError, naming the source and the tensor).
NamedTensors encode_int8(const NamedTensors& tensors);
NamedTensors decode_int8(const NamedTensors& tensors, const std::string& source_name);

/// A float32 tensor. Requires: as many values as the shape has.
TensorData make_float32(std::vector<std::int64_t> shape, const std::vector<float>& values);

}  // namespace gondola::nn
