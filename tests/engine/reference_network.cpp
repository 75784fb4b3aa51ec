#include "engine/reference_network.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

#include "gondola/core/error.hpp"

namespace gondola::test {
namespace {

using engine::Precision;

struct Map {
  int channels = 0;
  int height = 0;
  int width = 0;
  std::vector<double> values;  // [channel][row][column]

  Map(int c, int h, int w)
      : channels(c), height(h), width(w), values(static_cast<std::size_t>(c * h * w)) {}
  double& at(int c, int y, int x) {
    return values[static_cast<std::size_t>((c * height + y) * width + x)];
  }
  double at(int c, int y, int x) const {
    return values[static_cast<std::size_t>((c * height + y) * width + x)];
  }
};

// To 8 significant bits, halves to even.
double to_bfloat16(double value) {
  if (value == 0) return 0;
  const double unit = std::ldexp(1.0, std::ilogb(value) - 7);
  return std::nearbyint(value / unit) * unit;
}

Map joined(const std::vector<Map>& maps) {
  Map result(0, maps.front().height, maps.front().width);
  for (const Map& map : maps) {
    if (map.height != result.height || map.width != result.width) {
      throw std::logic_error("joined maps differ in size");
    }
    result.channels += map.channels;
    result.values.insert(result.values.end(), map.values.begin(), map.values.end());
  }
  return result;
}

Map channels_of(const Map& map, int first, int count) {
  Map result(count, map.height, map.width);
  const auto plane = static_cast<std::ptrdiff_t>(map.height) * map.width;
  std::copy_n(map.values.begin() + first * plane, count * plane, result.values.begin());
  return result;
}

Map sum(const Map& a, const Map& b) {
  Map result = a;
  for (std::size_t i = 0; i < a.values.size(); ++i) result.values[i] += b.values[i];
  return result;
}

Map max_pooled(const Map& input, int size) {
  Map result(input.channels, input.height, input.width);
  for (int c = 0; c < input.channels; ++c) {
    for (int y = 0; y < input.height; ++y) {
      for (int x = 0; x < input.width; ++x) {
        double best = std::numeric_limits<double>::lowest();
        for (int wy = y - size / 2; wy <= y + size / 2; ++wy) {
          for (int wx = x - size / 2; wx <= x + size / 2; ++wx) {
            if (wy < 0 || wy >= input.height || wx < 0 || wx >= input.width) continue;
            best = std::max(best, input.at(c, wy, wx));
          }
        }
        result.at(c, y, x) = best;
      }
    }
  }
  return result;
}

Map upsampled(const Map& input, int factor) {
  Map result(input.channels, input.height * factor, input.width * factor);
  for (int c = 0; c < result.channels; ++c) {
    for (int y = 0; y < result.height; ++y) {
      for (int x = 0; x < result.width; ++x) {
        result.at(c, y, x) = input.at(c, y / factor, x / factor);
      }
    }
  }
  return result;
}

struct Layer {
  int stride = 1;
  bool depthwise = false;
  bool rounded = true;  // whether the result is stored in the network's precision
  const nn::ActivationSpec* activation = nullptr;
  const Map* skip = nullptr;
};

class Network {
 public:
  Network(const nn::WeightsFile& weights, Precision precision)
      : weights_(weights), spec_(weights.description.spec), precision_(precision) {}

  std::vector<double> run(const std::vector<std::uint8_t>& bgr, int height, int width) {
    Map image(3, height, width);
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        for (int c = 0; c < 3; ++c) {
          const double value = bgr[static_cast<std::size_t>(3 * (y * width + x) + 2 - c)] / 255.0;
          image.at(c, y, x) = precision_ == Precision::kBFloat16 ? to_bfloat16(value) : value;
        }
      }
    }
    const std::vector<nn::StageShape> shapes = nn::stage_shapes(spec_);
    std::vector<Map> outputs;
    for (std::size_t i = 0; i < spec_.stages.size(); ++i) {
      std::vector<Map> inputs;
      for (const int from : spec_.stages[i].from) {
        inputs.push_back(from < 0 ? image : outputs[static_cast<std::size_t>(from)]);
      }
      outputs.push_back(stage(concat("model.", i), spec_.stages[i], shapes[i], inputs));
    }
    std::vector<double> logits;
    for (std::size_t level = 0; level < spec_.head.from.size(); ++level) {
      add_level(level, outputs[static_cast<std::size_t>(spec_.head.from[level])], logits);
    }
    return logits;
  }

 private:
  std::vector<double> numbers(const std::string& name) const {
    const nn::TensorData* tensor = weights_.tensors.find(name);
    if (tensor == nullptr) throw std::logic_error("no tensor " + name);
    const std::vector<float> values = nn::to_float32(*tensor);
    return {values.begin(), values.end()};
  }

  void store(const std::string& name, Map& map) const {
    if (precision_ == Precision::kBFloat16) {
      for (double& value : map.values) value = to_bfloat16(value);
    } else if (precision_ == Precision::kInt8) {
      const nn::TensorQuantization q = weights_.quantization->tensors.at(name);
      for (double& value : map.values) {
        const double stored = std::nearbyint(value / q.scale + q.zero_point);
        value = (std::clamp(stored, 0.0, 255.0) - q.zero_point) * q.scale;
      }
    }
  }

  // The numbers that a dense convolution multiplies with, in the network's precision.
  void round_kernels(const std::string& parameters, std::size_t outputs,
                     std::vector<double>& kernels) const {
    if (precision_ == Precision::kBFloat16) {
      for (double& kernel : kernels) kernel = to_bfloat16(kernel);
    } else if (precision_ == Precision::kInt8) {
      const std::vector<double> scales = numbers(parameters + ".input_scale");
      const std::size_t row = kernels.size() / outputs;
      const std::size_t taps = row / scales.size();
      for (std::size_t o = 0; o < outputs; ++o) {
        double largest = 0;
        for (std::size_t i = 0; i < row; ++i) {
          largest = std::max(largest, std::abs(kernels[o * row + i] * scales[i / taps]));
        }
        const double step = largest > 0 ? largest / 127 : 1;
        for (std::size_t i = 0; i < row; ++i) {
          const double whole = std::nearbyint(kernels[o * row + i] * scales[i / taps] / step);
          kernels[o * row + i] = whole * step / scales[i / taps];
        }
      }
    }
  }

  Map convolved(const Map& input, const std::string& parameters, std::vector<double> kernels,
                const std::vector<double>& bias, const Layer& layer) const {
    if (!layer.depthwise) round_kernels(parameters, bias.size(), kernels);
    const int outputs = static_cast<int>(bias.size());
    const int inputs = layer.depthwise ? 1 : input.channels;
    const int kernel = static_cast<int>(
        std::lround(std::sqrt(static_cast<double>(kernels.size()) / (outputs * inputs))));
    const int reach = kernel / 2;
    const auto size = [&](int side) { return (side + 2 * reach - kernel) / layer.stride + 1; };
    Map result(outputs, size(input.height), size(input.width));
    const double* weight = kernels.data();
    for (int o = 0; o < outputs; ++o) {
      for (int i = 0; i < inputs; ++i) {
        for (int ky = 0; ky < kernel; ++ky) {
          for (int kx = 0; kx < kernel; ++kx, ++weight) {
            for (int y = 0; y < result.height; ++y) {
              const int from_y = y * layer.stride + ky - reach;
              if (from_y < 0 || from_y >= input.height) continue;
              for (int x = 0; x < result.width; ++x) {
                const int from_x = x * layer.stride + kx - reach;
                if (from_x < 0 || from_x >= input.width) continue;
                result.at(o, y, x) += *weight * input.at(layer.depthwise ? o : i, from_y, from_x);
              }
            }
          }
        }
      }
      for (int y = 0; y < result.height; ++y) {
        for (int x = 0; x < result.width; ++x) {
          result.at(o, y, x) += bias[static_cast<std::size_t>(o)];
        }
      }
    }
    return result;
  }

  // Convolution, batch norm or bias, activation, skip connection.
  Map block(const std::string& path, const Map& input, const Layer& layer) const {
    std::vector<double> kernels = numbers(path + ".conv.weight");
    std::vector<double> bias;
    if (weights_.tensors.find(path + ".bn.weight") == nullptr) {
      bias = numbers(path + ".conv.bias");
    } else {
      const std::vector<double> scale = numbers(path + ".bn.weight");
      const std::vector<double> mean = numbers(path + ".bn.running_mean");
      const std::vector<double> variance = numbers(path + ".bn.running_var");
      bias = numbers(path + ".bn.bias");
      const std::size_t row = kernels.size() / bias.size();
      for (std::size_t o = 0; o < bias.size(); ++o) {
        const double factor = scale[o] / std::sqrt(variance[o] + spec_.batch_norm_epsilon);
        for (std::size_t i = 0; i < row; ++i) kernels[o * row + i] *= factor;
        bias[o] -= mean[o] * factor;
      }
    }
    Map result = convolved(input, path + ".conv", std::move(kernels), bias, layer);
    if (layer.activation != nullptr) {
      std::vector<double> slopes(bias.size());
      if (layer.activation->name == "prelu") slopes = numbers(path + ".act.weight");
      for (int c = 0; c < result.channels; ++c) {
        for (int y = 0; y < result.height; ++y) {
          for (int x = 0; x < result.width; ++x) {
            result.at(c, y, x) = reference_activation(*layer.activation, result.at(c, y, x),
                                                      slopes[static_cast<std::size_t>(c)]);
          }
        }
      }
    }
    if (layer.skip != nullptr) result = sum(result, *layer.skip);
    if (layer.rounded) store(path, result);
    return result;
  }

  Map block(const std::string& path, const Map& input, const nn::ActivationSpec& activation,
            const Map* skip = nullptr) const {
    Layer layer;
    layer.activation = &activation;
    layer.skip = skip;
    return block(path, input, layer);
  }

  Map bottleneck(const std::string& path, const Map& input, bool shortcut,
                 const nn::ActivationSpec& activation) const {
    return block(path + ".cv2", block(path + ".cv1", input, activation), activation,
                 shortcut ? &input : nullptr);
  }

  Map c3k(const std::string& path, const Map& input, bool shortcut,
          const nn::ActivationSpec& activation) const {
    Map deep = block(path + ".cv1", input, activation);
    for (int i = 0; i < 2; ++i) {
      deep = bottleneck(concat(path, ".m.", i), deep, shortcut, activation);
    }
    return block(path + ".cv3", joined({deep, block(path + ".cv2", input, activation)}),
                 activation);
  }

  Map attention(const std::string& path, const Map& input) const {
    Layer wide;
    wide.rounded = false;
    const Map qkv = block(path + ".qkv", input, wide);
    const int heads = input.channels / 64;
    const int value_channels = input.channels / heads;
    const int key_channels = value_channels / 2;
    const int positions = input.height * input.width;
    const auto plane = [&](int channel) {
      return qkv.values.data() + static_cast<std::ptrdiff_t>(channel) * positions;
    };
    Map values(0, input.height, input.width);
    Map mixed(input.channels, input.height, input.width);
    for (int head = 0; head < heads; ++head) {
      const int query = head * (2 * key_channels + value_channels);
      const int key = query + key_channels;
      const int value = key + key_channels;
      values = joined({values, channels_of(qkv, value, value_channels)});
      for (int p = 0; p < positions; ++p) {
        std::vector<double> shares;
        for (int q = 0; q < positions; ++q) {
          double product = 0;
          for (int c = 0; c < key_channels; ++c) product += plane(query + c)[p] * plane(key + c)[q];
          shares.push_back(product / std::sqrt(key_channels));
        }
        const double largest = *std::max_element(shares.begin(), shares.end());
        double total = 0;
        for (double& share : shares) {
          share = std::exp(share - largest);
          total += share;
        }
        for (int c = 0; c < value_channels; ++c) {
          double mean = 0;
          for (int q = 0; q < positions; ++q) {
            mean += shares[static_cast<std::size_t>(q)] / total * plane(value + c)[q];
          }
          mixed.values[static_cast<std::size_t>((head * value_channels + c) * positions + p)] =
              mean;
        }
      }
    }
    Layer position;
    position.depthwise = true;
    position.rounded = false;
    mixed = sum(mixed, block(path + ".pe", values, position));
    store(path + " attention", mixed);
    Layer project;
    project.skip = &input;
    return block(path + ".proj", mixed, project);
  }

  Map c2psa(const std::string& path, const Map& input, int repeats,
            const nn::ActivationSpec& activation) const {
    const Map both = block(path + ".cv1", input, activation);
    Map changed = channels_of(both, both.channels / 2, both.channels / 2);
    for (int i = 0; i < repeats; ++i) {
      const std::string unit = concat(path, ".m.", i);
      const Map attended = attention(unit + ".attn", changed);
      Layer project;
      project.skip = &attended;
      changed = block(unit + ".ffn.1", block(unit + ".ffn.0", attended, activation), project);
    }
    return block(path + ".cv2", joined({channels_of(both, 0, both.channels / 2), changed}),
                 activation);
  }

  Map stage(const std::string& path, const nn::StageSpec& stage, const nn::StageShape& shape,
            const std::vector<Map>& inputs) const {
    const nn::ActivationSpec& activation = spec_.activation_of(stage);
    const Map& input = inputs.front();
    switch (stage.block) {
      case nn::BlockKind::kConv: {
        Layer layer;
        layer.stride = stage.stride;
        layer.activation = &activation;
        return block(path, input, layer);
      }
      case nn::BlockKind::kC2f:
      case nn::BlockKind::kC3k2: {
        const Map both = block(path + ".cv1", input, activation);
        std::vector<Map> parts = {channels_of(both, 0, both.channels / 2),
                                  channels_of(both, both.channels / 2, both.channels / 2)};
        for (int i = 0; i < shape.repeats; ++i) {
          const std::string unit = concat(path, ".m.", i);
          parts.push_back(stage.c3k ? c3k(unit, parts.back(), stage.shortcut, activation)
                                    : bottleneck(unit, parts.back(), stage.shortcut, activation));
        }
        return block(path + ".cv2", joined(parts), activation);
      }
      case nn::BlockKind::kSppf: {
        std::vector<Map> parts = {block(path + ".cv1", input, activation)};
        for (int i = 0; i < 3; ++i) parts.push_back(max_pooled(parts.back(), stage.kernel));
        return block(path + ".cv2", joined(parts), activation);
      }
      case nn::BlockKind::kC2psa:
        return c2psa(path, input, shape.repeats, activation);
      case nn::BlockKind::kUpsample:
        return upsampled(input, stage.factor);
      case nn::BlockKind::kConcat:
        return joined(inputs);
    }
    throw std::logic_error("unknown block");
  }

  Map last_convolution(const std::string& path, const Map& input) const {
    return convolved(input, path, numbers(path + ".weight"), numbers(path + ".bias"), Layer());
  }

  void add_level(std::size_t level, const Map& input, std::vector<double>& logits) const {
    const nn::ActivationSpec& activation = spec_.head_activation();
    const std::string path = concat("model.", spec_.stages.size());
    const std::string boxes = concat(path, ".cv2.", level);
    const std::string classes = concat(path, ".cv3.", level);
    Map box_logits = block(boxes + ".1", block(boxes + ".0", input, activation), activation);
    box_logits = last_convolution(boxes + ".2", box_logits);
    Map class_logits = input;
    for (const int i : {0, 1}) {
      const std::string unit = concat(classes, ".", i);
      if (spec_.head.depthwise_class_branch) {
        Layer depthwise;
        depthwise.depthwise = true;
        depthwise.activation = &activation;
        class_logits = block(unit + ".1", block(unit + ".0", class_logits, depthwise), activation);
      } else {
        class_logits = block(unit, class_logits, activation);
      }
    }
    class_logits = last_convolution(classes + ".2", class_logits);
    for (int y = 0; y < input.height; ++y) {
      for (int x = 0; x < input.width; ++x) {
        for (const Map* map : {&box_logits, &class_logits}) {
          for (int c = 0; c < map->channels; ++c) logits.push_back(map->at(c, y, x));
        }
      }
    }
  }

  const nn::WeightsFile& weights_;
  const nn::ModelSpec& spec_;
  Precision precision_;
};

}  // namespace

std::vector<double> reference_logits(const nn::WeightsFile& weights,
                                     const std::vector<std::uint8_t>& bgr, int height, int width,
                                     engine::Precision precision) {
  return Network(weights, precision).run(bgr, height, width);
}

double reference_activation(const nn::ActivationSpec& spec, double x, double slope) {
  const std::string& name = spec.name;
  const double parameter = spec.parameter.value_or(0);
  if (name == "silu") return x / (1 + std::exp(-x));
  if (name == "relu") return std::max(x, 0.0);
  if (name == "leaky_relu") return x < 0 ? parameter * x : x;
  if (name == "prelu") return x < 0 ? slope * x : x;
  if (name == "gelu") return x * std::erfc(-x / std::sqrt(2.0)) / 2;
  if (name == "hardswish") return x * std::clamp(x + 3, 0.0, 6.0) / 6;
  if (name == "mish") return x * std::tanh(x > 30 ? x : std::log1p(std::exp(x)));
  if (name == "elu") return x < 0 ? parameter * std::expm1(x) : x;
  if (name == "tanh") return std::tanh(x);
  if (name == "sigmoid") return 1 / (1 + std::exp(-x));
  if (name == "identity") return x;
  throw std::logic_error("no definition of " + name);
}

}  // namespace gondola::test
