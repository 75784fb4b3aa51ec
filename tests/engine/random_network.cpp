#include "engine/random_network.hpp"

#include <algorithm>
#include <cmath>
#include <random>
#include <stdexcept>

#include "gondola/core/text.hpp"
#include "gondola/nn/quantization.hpp"
#include "gondola/nn/tensor_shapes.hpp"

namespace gondola::test {
namespace {

class Random {
 public:
  explicit Random(std::uint64_t seed) : generator_(seed) {}

  /// The same numbers with every standard library.
  float between(double low, double high) {
    const double unit = static_cast<double>(generator_() >> 11U) * 0x1p-53;
    return static_cast<float>(low + (high - low) * unit);
  }

 private:
  std::mt19937_64 generator_;
};

// What a layer must multiply its signal by, to make up for what its activation takes from it.
double gain_of(const std::string& activation) {
  if (activation == "identity" || activation == "prelu") return 0.7;
  if (activation == "sigmoid") return 6;
  if (activation == "tanh") return 1.5;
  return 1.2;
}

}  // namespace

nn::ModelSpec builtin_spec(const std::string& name, int class_count,
                           const nn::ActivationSpec& activation) {
  for (const auto& [known, yaml] : nn::builtin_model_yamls()) {
    if (known != name) continue;
    nn::ModelSpec spec = nn::parse_model_spec(yaml, name);
    spec.class_count = class_count;
    spec.class_names.clear();
    spec.activation = activation;
    return spec;
  }
  throw std::logic_error("no built-in model " + name);
}

nn::WeightsFile random_network(const nn::ModelSpec& spec, std::uint64_t seed) {
  nn::WeightsFile weights;
  weights.description.spec = spec;
  Random random(seed);
  const double gain = gain_of(spec.activation.name);
  for (const auto& [name, shape] : nn::tensor_shapes(spec)) {
    double low = -0.3;  // biases, shifts and means
    double high = 0.3;
    if (shape.size() == 4) {
      // A uniform distribution's variance is a third of its bound's square.
      high = gain * std::sqrt(3.0 / static_cast<double>(shape[1] * shape[2] * shape[3]));
      low = -high;
    } else if (ends_with(name, ".act.weight")) {
      low = -0.5;
      high = 1.5;
    } else if (ends_with(name, ".bn.weight") || ends_with(name, ".running_var")) {
      low = 0.5;
      high = 1.5;
    }
    const nn::TensorData sized{nn::DType::kF32, shape, nullptr};
    std::vector<float> values(sized.element_count());
    for (float& value : values) value = random.between(low, high);
    if (!weights.tensors.add(name, nn::make_float32(shape, values))) {
      throw std::logic_error("tensor twice: " + name);
    }
  }
  return weights;
}

std::vector<std::uint8_t> random_picture(int height, int width, std::uint64_t seed) {
  constexpr int kPatch = 12;
  Random random(seed);
  const int across = width / kPatch + 1;
  std::vector<float> patches(static_cast<std::size_t>((height / kPatch + 1) * across * 3));
  for (float& patch : patches) patch = random.between(0, 225);
  std::vector<std::uint8_t> bgr;
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < 3; ++c) {
        const auto patch = static_cast<std::size_t>((y / kPatch * across + x / kPatch) * 3 + c);
        bgr.push_back(static_cast<std::uint8_t>(patches[patch] + random.between(0, 30)));
      }
    }
  }
  return bgr;
}

std::vector<double> flattened(const std::vector<nn::LevelLogits>& levels,
                              const nn::ModelSpec& spec) {
  std::vector<double> values;
  for (const nn::LevelLogits& level : levels) {
    for (std::ptrdiff_t cell = 0; cell < level.height * level.width; ++cell) {
      const float* boxes = level.boxes + cell * level.box_step;
      const float* classes = level.classes + cell * level.class_step;
      values.insert(values.end(), boxes, boxes + 4 * spec.head.reg_max);
      values.insert(values.end(), classes, classes + spec.class_count);
    }
  }
  return values;
}

double root_mean_square_difference(const std::vector<double>& a, const std::vector<double>& b) {
  if (a.size() != b.size()) throw std::logic_error("differently many numbers");
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return std::sqrt(sum / static_cast<double>(a.size()));
}

double largest_difference(const std::vector<double>& a, const std::vector<double>& b) {
  if (a.size() != b.size()) throw std::logic_error("differently many numbers");
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    // NaN must not pass.
    if (!(std::abs(a[i] - b[i]) <= largest)) largest = std::abs(a[i] - b[i]);
  }
  return largest;
}

double largest_size(const std::vector<double>& values) {
  return largest_difference(values, std::vector<double>(values.size()));
}

}  // namespace gondola::test
