#include "gondola/nn/quantization.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include <nlohmann/json.hpp>

#include "gondola/core/error.hpp"
#include "gondola/core/text.hpp"

namespace gondola::nn {
namespace {

constexpr const char* kWeight = ".weight";

// `model.0.conv` of `model.0.conv.weight`, and nothing of other names.
std::string layer_of(const std::string& name) {
  return ends_with(name, kWeight) ? name.substr(0, name.size() - std::strlen(kWeight))
                                  : std::string();
}

void add(NamedTensors& tensors, const std::string& name, TensorData tensor) {
  const bool added = tensors.add(name, std::move(tensor));
  GONDOLA_EXPECTS(added, "tensor ", name, " is there twice");
}

// To 12 significant bits, so that the same number comes out when rounded values, which carry
// float32's errors of having been multiplied and divided, are rounded again.
float shortened(float value) {
  int exponent = 0;
  const float mantissa = std::frexp(value, &exponent);
  return std::ldexp(std::nearbyint(std::ldexp(mantissa, 12)), exponent - 12);
}

}  // namespace

float round_to_int8(float* values, std::size_t count) {
  float largest = 0;
  for (std::size_t i = 0; i < count; ++i) largest = std::max(largest, std::abs(values[i]));
  const float step =
      largest > 127 * std::numeric_limits<float>::min() ? shortened(largest / 127) : 1;
  for (std::size_t i = 0; i < count; ++i) values[i] = std::nearbyint(values[i] / step);
  return step;
}

std::string to_json(const Quantization& quantization) {
  nlohmann::json tensors = nlohmann::json::object();
  for (const auto& [name, tensor] : quantization.tensors) {
    tensors[name] = {tensor.scale, tensor.zero_point};
  }
  nlohmann::json kept = nlohmann::json::object();
  for (const KeptLayer& layer : quantization.kept) kept[layer.name] = layer.cost;
  return nlohmann::json{{"tensors", tensors}, {"kept", kept}}.dump();
}

Quantization parse_quantization(const std::string& json, const std::string& source_name) {
  using Object = nlohmann::json::object_t;
  Quantization result;
  try {
    const nlohmann::json document = nlohmann::json::parse(json);
    for (const auto& [name, entry] : document.at("tensors").get_ref<const Object&>()) {
      const auto scale = entry.at(0).get<float>();
      const auto zero_point = entry.at(1).get<double>();
      if (!(scale > 0 && std::isfinite(scale)) || !(zero_point >= 0 && zero_point <= 255) ||
          zero_point != std::floor(zero_point)) {
        throw WeightsError(concat(source_name, ": gondola.quantization has scale ", scale,
                                  ", zero point ", zero_point, " for ", printable(name)));
      }
      result.tensors[name] = {scale, static_cast<int>(zero_point)};
    }
    for (const auto& [name, cost] : document.at("kept").get_ref<const Object&>()) {
      result.kept.push_back({name, cost.get<double>()});
    }
  } catch (const nlohmann::json::exception&) {
    throw WeightsError(concat(source_name,
                              ": gondola.quantization is not what `gondola quantize` "
                              "writes; quantise the model again"));
  }
  return result;
}

NamedTensors encode_int8(const NamedTensors& tensors) {
  NamedTensors encoded;
  for (const auto& [name, tensor] : tensors) {
    const std::string layer = layer_of(name);
    const TensorData* input = layer.empty() ? nullptr : tensors.find(layer + ".input_scale");
    if (input == nullptr) {
      add(encoded, name, tensor);
      continue;
    }
    GONDOLA_EXPECTS(
        tensor.shape.size() == 4 && input->shape.size() == 1 && tensor.shape[1] == input->shape[0],
        name, " does not fit its input_scale");
    std::vector<float> values = to_float32(tensor);
    const std::vector<float> scales = to_float32(*input);
    const auto outputs = static_cast<std::size_t>(tensor.shape[0]);
    const std::size_t row = values.size() / outputs;
    const std::size_t taps = row / scales.size();
    std::vector<float> steps;
    for (std::size_t o = 0; o < outputs; ++o) {
      float* weights = values.data() + o * row;
      for (std::size_t i = 0; i < row; ++i) weights[i] *= scales[i / taps];
      steps.push_back(round_to_int8(weights, row));
    }
    std::vector<std::byte> bytes(values.size());
    std::transform(values.begin(), values.end(), bytes.begin(), [](float value) {
      return static_cast<std::byte>(static_cast<std::int8_t>(value));
    });
    add(encoded, name, make_tensor(DType::kI8, tensor.shape, std::move(bytes)));
    add(encoded, layer + ".weight_scale", make_float32({tensor.shape[0]}, steps));
  }
  return encoded;
}

NamedTensors decode_int8(const NamedTensors& tensors, const std::string& source_name) {
  NamedTensors decoded;
  for (const auto& [name, tensor] : tensors) {
    if (ends_with(name, ".weight_scale")) continue;
    const std::string layer = layer_of(name);
    if (layer.empty() || tensor.dtype != DType::kI8) {
      add(decoded, name, tensor);
      continue;
    }
    const TensorData* output = tensors.find(layer + ".weight_scale");
    const TensorData* input = tensors.find(layer + ".input_scale");
    if (output == nullptr || input == nullptr || tensor.shape.size() != 4 ||
        output->shape != std::vector<std::int64_t>{tensor.shape[0]} ||
        input->shape != std::vector<std::int64_t>{tensor.shape[1]}) {
      throw WeightsError(concat(source_name, ": int8 tensor ", printable(name),
                                " comes without a weight_scale and an input_scale that fit it"));
    }
    std::vector<float> values = to_float32(tensor);
    const std::vector<float> steps = to_float32(*output);
    const std::vector<float> scales = to_float32(*input);
    const std::size_t row = steps.empty() ? 0 : values.size() / steps.size();
    const std::size_t taps = scales.empty() ? 0 : row / scales.size();
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] *= steps[i / row] / scales[i % row / taps];
    }
    add(decoded, name, make_float32(tensor.shape, values));
  }
  return decoded;
}

TensorData make_float32(std::vector<std::int64_t> shape, const std::vector<float>& values) {
  std::vector<std::byte> bytes(values.size() * sizeof(float));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return make_tensor(DType::kF32, std::move(shape), std::move(bytes));
}

}  // namespace gondola::nn
