#pragma once

#include <cstddef>
#include <cstring>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <opencv2/core.hpp>
#include <opencv2/dnn.hpp>

#include "gondola/core/text.hpp"
#include "gondola/nn/onnx.hpp"
#include "gondola/nn/tensor_shapes.hpp"
#include "support/shared_data.hpp"

namespace gondola::nn {

inline ModelSpec builtin_spec(const std::string& wanted) {
  for (const auto& [name, yaml] : builtin_model_yamls()) {
    if (name == wanted) return parse_model_spec(yaml, name);
  }
  throw std::runtime_error("no built-in model " + wanted);
}

inline TensorData float_tensor(const std::vector<std::int64_t>& shape,
                               const std::vector<float>& values) {
  std::vector<std::byte> bytes(values.size() * sizeof(float));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return make_tensor(DType::kF32, shape, std::move(bytes));
}

/// Untrained weights whose batch norms and slopes are not the identity, so that folding shows.
inline WeightsFile random_weights(ModelSpec spec) {
  std::mt19937 generator(7);
  const auto draw = [&](float low, float high) {
    return low + (high - low) * static_cast<float>(generator()) * 0x1p-32F;
  };
  WeightsFile weights;
  for (const auto& [name, tensor] : random_tensors(spec, 7)) {
    std::vector<float> values = to_float32(tensor);
    const auto refill = [&](float low, float high) {
      for (float& value : values) value = draw(low, high);
    };
    if (ends_with(name, ".bn.weight")) refill(1.0F, 2.0F);
    if (ends_with(name, ".bn.bias")) refill(-0.5F, 0.5F);
    if (ends_with(name, ".bn.running_mean")) refill(-0.2F, 0.2F);
    if (ends_with(name, ".bn.running_var")) refill(0.1F, 0.5F);
    if (ends_with(name, ".act.weight")) refill(0.0F, 1.0F);
    static_cast<void>(weights.tensors.add(name, float_tensor(tensor.shape, values)));
  }
  weights.description.spec = std::move(spec);
  return weights;
}

/// [batch, 3, height, width], 0..1.
inline cv::Mat random_images(int batch, int height, int width) {
  cv::Mat images(std::vector<int>{batch, 3, height, width}, CV_32F);
  cv::theRNG().state = 3;
  cv::randu(images, 0.0, 1.0);
  return images;
}

/// What OpenCV makes of the file that write_onnx() writes.
inline cv::Mat run_in_opencv(const WeightsFile& weights, const cv::Mat& images) {
  const test::TempDir dir;
  OnnxOptions options;
  options.batch = images.size[0];
  options.image_height = images.size[2];
  options.image_width = images.size[3];
  write_onnx(dir / "model.onnx", weights, "test", options);
  cv::dnn::Net net = cv::dnn::readNetFromONNX((dir / "model.onnx").string());
  net.setInput(images);
  return net.forward().clone();
}

}  // namespace gondola::nn
