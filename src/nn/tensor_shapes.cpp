#include "gondola/nn/tensor_shapes.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <random>
#include <utility>

#include "activation_registry.hpp"
#include "gondola/core/error.hpp"
#include "gondola/core/text.hpp"

namespace gondola::nn {
namespace {

using Channels = std::int64_t;

struct ConvShape {
  Channels in = 0;
  Channels out = 0;
  std::int64_t kernel = 1;
  Channels groups = 1;
};

std::int64_t share_of(Channels channels, double share) {
  return static_cast<std::int64_t>(static_cast<double>(channels) * share);
}

/// Notes the tensors of blocks by path. Every function mirrors the block of the same name in
/// blocks.hpp and head.hpp; a test compares all built-in models with their modules.
class ShapeList {
 public:
  void conv(const std::string& path, const ConvShape& conv) {
    shapes_[path + ".weight"] = {conv.out, conv.in / conv.groups, conv.kernel, conv.kernel};
  }

  void conv_with_bias(const std::string& path, const ConvShape& shape) {
    conv(path, shape);
    shapes_[path + ".bias"] = {shape.out};
  }

  void linear_block(const std::string& path, const ConvShape& shape) {
    conv(path + ".conv", shape);
    for (const char* name : {"weight", "bias", "running_mean", "running_var"}) {
      shapes_[concat(path, ".bn.", name)] = {shape.out};
    }
  }

  void block(const std::string& path, const ConvShape& shape, const ActivationSpec& activation) {
    linear_block(path, shape);
    if (activation_definition(activation.name).parameter.learned_per_channel) {
      shapes_[path + ".act.weight"] = {shape.out};
    }
  }

  TensorShapes take() { return std::move(shapes_); }

 private:
  TensorShapes shapes_;
};

/// The tensors of one stage, whose blocks share an activation.
class StageShapes {
 public:
  StageShapes(ShapeList& list, std::string path, const ActivationSpec& activation)
      : list_(list), path_(std::move(path)), activation_(activation) {}

  void conv_block(const ConvShape& shape) { list_.block(path_, shape, activation_); }

  void c2f(Channels in, const StageSpec& stage, const StageShape& shape) {
    const Channels hidden = share_of(shape.channels, stage.expansion);
    block("cv1", {in, 2 * hidden});
    block("cv2", {(2 + shape.repeats) * hidden, shape.channels});
    for (int i = 0; i < shape.repeats; ++i) {
      const std::string unit = concat("m.", i);
      if (stage.block == BlockKind::kC2f) {
        bottleneck(unit, hidden, 1.0);
      } else if (stage.c3k) {
        c3k(unit, hidden);
      } else {
        bottleneck(unit, hidden, 0.5);
      }
    }
  }

  void sppf(Channels in, Channels out) {
    const Channels hidden = in / 2;
    block("cv1", {in, hidden});
    block("cv2", {4 * hidden, out});
  }

  void c2psa(Channels channels, int repeats) {
    const Channels hidden = channels / 2;
    block("cv1", {channels, 2 * hidden});
    block("cv2", {2 * hidden, channels});
    for (int i = 0; i < repeats; ++i) psa_unit(concat("m.", i), hidden);
  }

 private:
  void block(const std::string& name, const ConvShape& shape) {
    list_.block(path_ + "." + name, shape, activation_);
  }

  void linear_block(const std::string& name, const ConvShape& shape) {
    list_.linear_block(path_ + "." + name, shape);
  }

  void bottleneck(const std::string& name, Channels channels, double expansion) {
    const Channels hidden = share_of(channels, expansion);
    block(name + ".cv1", {channels, hidden, 3});
    block(name + ".cv2", {hidden, channels, 3});
  }

  void c3k(const std::string& name, Channels channels) {
    const Channels hidden = channels / 2;
    block(name + ".cv1", {channels, hidden});
    block(name + ".cv2", {channels, hidden});
    block(name + ".cv3", {2 * hidden, channels});
    for (int i = 0; i < 2; ++i) bottleneck(concat(name, ".m.", i), hidden, 1.0);
  }

  void psa_unit(const std::string& name, Channels channels) {
    // Keys are half as wide as the heads, so queries and keys together are as wide as the values.
    linear_block(name + ".attn.qkv", {channels, 2 * channels});
    linear_block(name + ".attn.proj", {channels, channels});
    linear_block(name + ".attn.pe", {channels, channels, 3, channels});
    block(name + ".ffn.0", {channels, 2 * channels});
    linear_block(name + ".ffn.1", {2 * channels, channels});
  }

  ShapeList& list_;
  std::string path_;
  const ActivationSpec& activation_;
};

void add_stage(ShapeList& list, const std::string& path, const ActivationSpec& activation,
               Channels in, const StageSpec& stage, const StageShape& shape) {
  StageShapes shapes(list, path, activation);
  switch (stage.block) {
    case BlockKind::kConv:
      return shapes.conv_block({in, shape.channels, stage.kernel});
    case BlockKind::kC2f:
    case BlockKind::kC3k2:
      return shapes.c2f(in, stage, shape);
    case BlockKind::kSppf:
      return shapes.sppf(in, shape.channels);
    case BlockKind::kC2psa:
      return shapes.c2psa(in, shape.repeats);
    case BlockKind::kUpsample:
    case BlockKind::kConcat:
      return;
  }
}

std::string head_path(const ModelSpec& spec) { return concat("model.", spec.stages.size()); }

void add_head(ShapeList& list, const ModelSpec& spec, const std::vector<StageShape>& stages) {
  const ActivationSpec& activation = spec.head_activation();
  const auto channels_of = [&](int stage) -> Channels {
    return stages[static_cast<std::size_t>(stage)].channels;
  };
  const Channels finest = channels_of(spec.head.from.front());
  const Channels box_outputs = 4 * static_cast<Channels>(spec.head.reg_max);
  const Channels box_width = std::max({Channels{16}, finest / 4, box_outputs});
  const Channels class_width = std::max(finest, std::min<Channels>(spec.class_count, 100));
  for (std::size_t level = 0; level < spec.head.from.size(); ++level) {
    const Channels in = channels_of(spec.head.from[level]);
    const std::string boxes = concat(head_path(spec), ".cv2.", level);
    list.block(boxes + ".0", {in, box_width, 3}, activation);
    list.block(boxes + ".1", {box_width, box_width, 3}, activation);
    list.conv_with_bias(boxes + ".2", {box_width, box_outputs});
    const std::string classes = concat(head_path(spec), ".cv3.", level);
    if (spec.head.depthwise_class_branch) {
      list.block(classes + ".0.0", {in, in, 3, in}, activation);
      list.block(classes + ".0.1", {in, class_width}, activation);
      list.block(classes + ".1.0", {class_width, class_width, 3, class_width}, activation);
      list.block(classes + ".1.1", {class_width, class_width}, activation);
    } else {
      list.block(classes + ".0", {in, class_width, 3}, activation);
      list.block(classes + ".1", {class_width, class_width, 3}, activation);
    }
    list.conv_with_bias(classes + ".2", {class_width, spec.class_count});
  }
}

/// The bias that the head's last convolutions start with, NaN for all other tensors: about one cell
/// to a side, and five objects of any class in a picture of 640 pixels.
float head_bias(const ModelSpec& spec, const std::string& name) {
  for (std::size_t level = 0; level < spec.head.from.size(); ++level) {
    if (name == concat(head_path(spec), ".cv2.", level, ".2.bias")) return 1.0F;
    if (name == concat(head_path(spec), ".cv3.", level, ".2.bias")) {
      const double cells = std::pow(640.0 / spec.head.strides[level], 2);
      return static_cast<float>(std::log(5.0 / spec.class_count / cells));
    }
  }
  return std::nanf("");
}

/// The number that fills all of a tensor that is not drawn at random.
float constant_of(const ModelSpec& spec, const std::string& name) {
  if (ends_with(name, ".bn.weight") || ends_with(name, ".running_var")) return 1.0F;
  if (ends_with(name, ".act.weight")) {
    return static_cast<float>(activation_definition("prelu").parameter.default_value);
  }
  const float bias = head_bias(spec, name);
  return std::isnan(bias) ? 0.0F : bias;
}

}  // namespace

TensorShapes tensor_shapes(const ModelSpec& spec) {
  ShapeList list;
  const std::vector<StageShape> shapes = stage_shapes(spec);
  for (std::size_t i = 0; i < spec.stages.size(); ++i) {
    const StageSpec& stage = spec.stages[i];
    const int first = stage.from.front();
    const Channels in = first < 0 ? 3 : shapes[static_cast<std::size_t>(first)].channels;
    add_stage(list, concat("model.", i), spec.activation_of(stage), in, stage, shapes[i]);
  }
  add_head(list, spec, shapes);
  return list.take();
}

NamedTensors random_tensors(const ModelSpec& spec, std::uint64_t seed) {
  std::mt19937_64 generator(seed);
  NamedTensors tensors;
  for (const auto& [name, shape] : tensor_shapes(spec)) {
    TensorData tensor{DType::kF32, shape, nullptr};
    std::vector<float> values(tensor.element_count(), constant_of(spec, name));
    if (shape.size() == 4) {
      const auto fan_in = static_cast<double>(shape[1] * shape[2] * shape[3]);
      const double bound = 1.0 / std::sqrt(fan_in);
      // 53 random bits as a number in [0, 1): what distributions of the standard library make of a
      // generator differs from one library to the next.
      for (float& value : values) {
        const double unit = static_cast<double>(generator() >> 11U) * 0x1p-53;
        value = static_cast<float>(bound * (2 * unit - 1));
      }
    }
    std::vector<std::byte> bytes(tensor.byte_size());
    std::memcpy(bytes.data(), values.data(), bytes.size());
    static_cast<void>(tensors.add(name, make_tensor(DType::kF32, shape, std::move(bytes))));
  }
  return tensors;
}

}  // namespace gondola::nn
