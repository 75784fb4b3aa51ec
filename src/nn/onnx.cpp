#include "gondola/nn/onnx.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "gondola/core/atomic_file.hpp"
#include "gondola/core/error.hpp"
#include "onnx_graph.hpp"

namespace gondola::nn {
namespace {

using Shape = std::vector<std::int64_t>;

// Hands out the file's tensors, each checked against what the network expects at its place.
class TensorReader {
 public:
  TensorReader(const WeightsFile& weights, const std::string& source_name)
      : tensors_(weights.tensors), source_name_(source_name) {
    for (const auto& [name, tensor] : tensors_) {
      if (tensor.dtype == DType::kI8 || tensor.dtype == DType::kU8) {
        refuse_quantised(concat(name, " is ", name_of(tensor.dtype)));
      }
    }
    if (weights.quantization) refuse_quantised("quantised for the engine");
  }

  std::vector<float> read(const std::string& name, const Shape& shape) {
    const TensorData* tensor = tensors_.find(name);
    if (tensor == nullptr) throw WeightsError(concat(source_name_, ": ", name, " is missing"));
    if (tensor->shape != shape) {
      throw WeightsError(concat(source_name_, ": ", name, " is ", to_string(tensor->shape),
                                ", not ", to_string(shape)));
    }
    std::vector<float> values = to_float32(*tensor);
    const bool finite =
        std::all_of(values.begin(), values.end(), [](float v) { return std::isfinite(v); });
    if (!finite) {
      throw WeightsError(concat(source_name_, ": ", name, " has NaN or infinite values"));
    }
    ++used_;
    return values;
  }

  // Each tensor is read once, so what was not counted belongs to another network.
  void expect_all_used() const {
    if (used_ == tensors_.size()) return;
    throw WeightsError(concat(source_name_, ": ", tensors_.size() - used_, " of its ",
                              tensors_.size(), " tensors are not the network's"));
  }

 private:
  [[noreturn]] void refuse_quantised(const std::string& what) const {
    throw WeightsError(concat(source_name_, ": ", what,
                              ", which cannot be written as ONNX; convert the file that it was "
                              "quantised from"));
  }

  const NamedTensors& tensors_;
  const std::string& source_name_;
  std::size_t used_ = 0;
};

OnnxValue times(OnnxGraph& graph, const std::string& path, const OnnxValue& x, const OnnxValue& y) {
  return graph.combine("Mul", path, x, y);
}

OnnxValue times(OnnxGraph& graph, const std::string& path, const OnnxValue& x, double factor) {
  const auto value = static_cast<float>(factor);
  return times(graph, path, x, graph.add_constant(path + "/factor", {1}, {value}));
}

OnnxValue unary(OnnxGraph& graph, const std::string& op, const std::string& path,
                const OnnxValue& x, const std::vector<OnnxAttribute>& attributes = {}) {
  return graph.add(op, path, {x}, x.shape, attributes);
}

// An activation of the registry in operators that operator set 12 has; prelu is not here because
// its slopes are weights.
struct ActivationForm {
  std::string_view name;
  OnnxValue (*apply)(OnnxGraph& graph, const std::string& path, const OnnxValue& x,
                     double parameter);
};

constexpr std::array kActivationForms = {
    ActivationForm{"silu", [](OnnxGraph& g, const std::string& path, const OnnxValue& x,
                              double) { return times(g, path, x, unary(g, "Sigmoid", path, x)); }},
    ActivationForm{"relu", [](OnnxGraph& g, const std::string& path, const OnnxValue& x,
                              double) { return unary(g, "Relu", path, x); }},
    ActivationForm{"leaky_relu",
                   [](OnnxGraph& g, const std::string& path, const OnnxValue& x, double slope) {
                     return unary(g, "LeakyRelu", path, x, {{"alpha", static_cast<float>(slope)}});
                   }},
    ActivationForm{
        "gelu",
        [](OnnxGraph& g, const std::string& path, const OnnxValue& x, double) {
          // x / 2 * (1 + erf(x / sqrt(2)))
          const OnnxValue erf = unary(g, "Erf", path, times(g, path, x, 1 / std::sqrt(2.0)));
          const OnnxValue one = g.add_constant(path + "/one", {1}, {1.0F});
          return times(g, path, times(g, path, x, 0.5), g.combine("Add", path, erf, one));
        }},
    ActivationForm{"hardswish",
                   [](OnnxGraph& g, const std::string& path, const OnnxValue& x, double) {
                     return times(g, path, x,
                                  unary(g, "HardSigmoid", path, x,
                                        {{"alpha", 1.0F / 6.0F}, {"beta", 0.5F}}));
                   }},
    ActivationForm{"mish",
                   [](OnnxGraph& g, const std::string& path, const OnnxValue& x, double) {
                     return times(g, path, x,
                                  unary(g, "Tanh", path, unary(g, "Softplus", path, x)));
                   }},
    ActivationForm{"elu",
                   [](OnnxGraph& g, const std::string& path, const OnnxValue& x, double alpha) {
                     return unary(g, "Elu", path, x, {{"alpha", static_cast<float>(alpha)}});
                   }},
    ActivationForm{"tanh", [](OnnxGraph& g, const std::string& path, const OnnxValue& x,
                              double) { return unary(g, "Tanh", path, x); }},
    ActivationForm{"sigmoid", [](OnnxGraph& g, const std::string& path, const OnnxValue& x,
                                 double) { return unary(g, "Sigmoid", path, x); }},
    ActivationForm{"identity",
                   [](OnnxGraph&, const std::string&, const OnnxValue& x, double) { return x; }},
};

struct Convolution {
  std::int64_t out_channels = 0;
  std::int64_t kernel = 1;
  std::int64_t stride = 1;
  std::int64_t groups = 1;
};

// Walks a ModelSpec as NetworkImpl does, module by module and by the same paths, and writes what
// each does into a graph. Maps are [N, C, H, W].
class NetworkWriter {
 public:
  NetworkWriter(const WeightsFile& weights, const std::string& source_name)
      : spec_(weights.description.spec), tensors_(weights, source_name) {}

  onnx::GraphProto write(const OnnxOptions& options) {
    const OnnxValue images =
        graph_.add_input("images", {options.batch, 3, options.image_height, options.image_width});
    const std::vector<StageShape> shapes = stage_shapes(spec_);
    std::vector<OnnxValue> outputs;
    for (std::size_t i = 0; i < spec_.stages.size(); ++i) {
      std::vector<OnnxValue> inputs;
      for (const int from : spec_.stages[i].from) {
        inputs.push_back(from < 0 ? images : outputs[static_cast<std::size_t>(from)]);
      }
      outputs.push_back(stage(concat("model.", i), spec_.stages[i], shapes[i], inputs));
    }
    std::vector<OnnxValue> levels;
    for (const int from : spec_.head.from) {
      levels.push_back(outputs[static_cast<std::size_t>(from)]);
    }
    const OnnxValue detections = head(concat("model.", spec_.stages.size()), levels);
    tensors_.expect_all_used();
    return graph_.finish(spec_.name, "output0", detections.shape);
  }

 private:
  OnnxValue stage(const std::string& path, const StageSpec& stage, const StageShape& shape,
                  const std::vector<OnnxValue>& inputs) {
    activation_ = &spec_.activation_of(stage);
    const OnnxValue& input = inputs.front();
    switch (stage.block) {
      case BlockKind::kConv:
        return conv_block(path, input, {shape.channels, stage.kernel, stage.stride});
      case BlockKind::kC2f:
      case BlockKind::kC3k2:
        return c2f(path, input, stage, shape);
      case BlockKind::kSppf:
        return sppf(path, input, shape.channels, stage.kernel);
      case BlockKind::kC2psa:
        return c2psa(path, input, shape.repeats);
      case BlockKind::kUpsample:
        return upsample(path, input, stage.factor);
      case BlockKind::kConcat:
        return graph_.concat(path, inputs, 1);
    }
    GONDOLA_EXPECTS(false, path, ": unknown block kind");
    return input;
  }

  OnnxValue convolve(const std::string& path, const OnnxValue& input, const Convolution& conv,
                     const std::vector<float>& weight, const std::vector<float>& bias) {
    const std::int64_t padding = conv.kernel / 2;
    const auto side = [&](std::int64_t size) {
      return (size + 2 * padding - conv.kernel) / conv.stride + 1;
    };
    const OnnxValue weights =
        graph_.add_constant(path + ".weight", weight_shape(input, conv), weight);
    const OnnxValue biases = graph_.add_constant(path + ".bias", {conv.out_channels}, bias);
    return graph_.add(
        "Conv", path, {input, weights, biases},
        {input.shape[0], conv.out_channels, side(input.shape[2]), side(input.shape[3])},
        {{"dilations", Shape{1, 1}},
         {"group", conv.groups},
         {"kernel_shape", Shape{conv.kernel, conv.kernel}},
         {"pads", Shape{padding, padding, padding, padding}},
         {"strides", Shape{conv.stride, conv.stride}}});
  }

  static Shape weight_shape(const OnnxValue& input, const Convolution& conv) {
    return {conv.out_channels, input.shape[1] / conv.groups, conv.kernel, conv.kernel};
  }

  // Convolution with the batch norm folded into it: bn(conv(x)) = scale * conv(x) + shift with
  // scale = gamma / sqrt(var + eps) and shift = beta - mean * scale.
  OnnxValue norm_block(const std::string& path, const OnnxValue& input, const Convolution& conv) {
    const Shape channels{conv.out_channels};
    std::vector<float> weight = tensors_.read(path + ".conv.weight", weight_shape(input, conv));
    const std::vector<float> gamma = tensors_.read(path + ".bn.weight", channels);
    const std::vector<float> beta = tensors_.read(path + ".bn.bias", channels);
    const std::vector<float> mean = tensors_.read(path + ".bn.running_mean", channels);
    const std::vector<float> variance = tensors_.read(path + ".bn.running_var", channels);
    const std::size_t per_channel = weight.size() / gamma.size();
    std::vector<float> bias(gamma.size());
    for (std::size_t c = 0; c < gamma.size(); ++c) {
      const double scale = gamma[c] / std::sqrt(variance[c] + spec_.batch_norm_epsilon);
      bias[c] = static_cast<float>(beta[c] - mean[c] * scale);
      for (std::size_t i = c * per_channel; i < (c + 1) * per_channel; ++i) {
        weight[i] = static_cast<float>(weight[i] * scale);
      }
    }
    return convolve(path + ".conv", input, conv, weight, bias);
  }

  OnnxValue conv_block(const std::string& path, const OnnxValue& input, const Convolution& conv) {
    return activate(path + ".act", norm_block(path, input, conv));
  }

  OnnxValue activate(const std::string& path, const OnnxValue& x) {
    if (activation_->name == "prelu") {
      const std::int64_t channels = x.shape[1];
      const OnnxValue slopes = graph_.add_constant(path + ".weight", {channels, 1, 1},
                                                   tensors_.read(path + ".weight", {channels}));
      return graph_.combine("PRelu", path, x, slopes);
    }
    const auto* form =
        std::find_if(kActivationForms.begin(), kActivationForms.end(),
                     [&](const ActivationForm& known) { return known.name == activation_->name; });
    GONDOLA_EXPECTS(form != kActivationForms.end(), "activation '", activation_->name,
                    "' has no ONNX form");
    return form->apply(graph_, path, x, activation_->parameter.value_or(0));
  }

  OnnxValue bottleneck(const std::string& path, const OnnxValue& input, bool shortcut,
                       double expansion) {
    const std::int64_t channels = input.shape[1];
    const auto hidden = static_cast<std::int64_t>(static_cast<double>(channels) * expansion);
    const OnnxValue narrow = conv_block(path + ".cv1", input, {hidden, 3});
    const OnnxValue output = conv_block(path + ".cv2", narrow, {channels, 3});
    return shortcut ? graph_.combine("Add", path, input, output) : output;
  }

  OnnxValue c3k(const std::string& path, const OnnxValue& input, bool shortcut) {
    const std::int64_t channels = input.shape[1];
    OnnxValue deep = conv_block(path + ".cv1", input, {channels / 2});
    for (int i = 0; i < 2; ++i) deep = bottleneck(concat(path, ".m.", i), deep, shortcut, 1.0);
    const OnnxValue direct = conv_block(path + ".cv2", input, {channels / 2});
    return conv_block(path + ".cv3", graph_.concat(path, {deep, direct}, 1), {channels});
  }

  OnnxValue c2f(const std::string& path, const OnnxValue& input, const StageSpec& stage,
                const StageShape& shape) {
    const auto hidden =
        static_cast<std::int64_t>(static_cast<double>(shape.channels) * stage.expansion);
    const OnnxValue wide = conv_block(path + ".cv1", input, {2 * hidden});
    std::vector<OnnxValue> parts = graph_.split(path, wide, 1, {hidden, hidden});
    for (int i = 0; i < shape.repeats; ++i) {
      const std::string unit = concat(path, ".m.", i);
      if (stage.block == BlockKind::kC3k2 && stage.c3k) {
        parts.push_back(c3k(unit, parts.back(), stage.shortcut));
      } else {
        const double expansion = stage.block == BlockKind::kC3k2 ? 0.5 : 1.0;
        parts.push_back(bottleneck(unit, parts.back(), stage.shortcut, expansion));
      }
    }
    return conv_block(path + ".cv2", graph_.concat(path, parts, 1), {shape.channels});
  }

  OnnxValue sppf(const std::string& path, const OnnxValue& input, std::int64_t out_channels,
                 std::int64_t kernel) {
    std::vector<OnnxValue> parts = {conv_block(path + ".cv1", input, {input.shape[1] / 2})};
    const std::int64_t padding = kernel / 2;
    for (int i = 0; i < 3; ++i) {
      parts.push_back(unary(graph_, "MaxPool", path, parts.back(),
                            {{"kernel_shape", Shape{kernel, kernel}},
                             {"pads", Shape{padding, padding, padding, padding}},
                             {"strides", Shape{1, 1}}}));
    }
    return conv_block(path + ".cv2", graph_.concat(path, parts, 1), {out_channels});
  }

  OnnxValue attention(const std::string& path, const OnnxValue& input) {
    constexpr std::int64_t kHeadChannels = 64;
    constexpr std::int64_t kKeyChannels = kHeadChannels / 2;
    const std::int64_t batch = input.shape[0];
    const std::int64_t channels = input.shape[1];
    const std::int64_t heads = channels / kHeadChannels;
    const std::int64_t positions = input.shape[2] * input.shape[3];
    const OnnxValue qkv = norm_block(path + ".qkv", input, {channels + 2 * kKeyChannels * heads});
    const std::vector<OnnxValue> parts = graph_.split(
        path,
        graph_.reshape(path, qkv, {batch, heads, 2 * kKeyChannels + kHeadChannels, positions}), 2,
        {kKeyChannels, kKeyChannels, kHeadChannels});
    const OnnxValue& key = parts[1];
    const OnnxValue& value = parts[2];
    const OnnxValue query = graph_.transpose(path, parts[0], {0, 1, 3, 2});
    const Shape square{batch, heads, positions, positions};
    const OnnxValue products = graph_.add("MatMul", path, {query, key}, square);
    const OnnxValue scaled = times(graph_, path, products, 1 / std::sqrt(1.0 * kKeyChannels));
    const OnnxValue weights = unary(graph_, "Softmax", path, scaled, {{"axis", std::int64_t{3}}});
    const OnnxValue mixed = graph_.add(
        "MatMul", path, {value, graph_.transpose(path, weights, {0, 1, 3, 2})}, value.shape);
    const OnnxValue position_code =
        norm_block(path + ".pe", graph_.reshape(path, value, input.shape),
                   {channels, 3, 1, /*groups=*/channels});
    const OnnxValue sum =
        graph_.combine("Add", path, graph_.reshape(path, mixed, input.shape), position_code);
    return norm_block(path + ".proj", sum, {channels});
  }

  OnnxValue c2psa(const std::string& path, const OnnxValue& input, int repeats) {
    const std::int64_t channels = input.shape[1];
    const std::int64_t hidden = channels / 2;
    std::vector<OnnxValue> halves =
        graph_.split(path, conv_block(path + ".cv1", input, {channels}), 1, {hidden, hidden});
    for (int i = 0; i < repeats; ++i) {
      const std::string unit = concat(path, ".m.", i);
      const OnnxValue attended =
          graph_.combine("Add", unit, halves[1], attention(unit + ".attn", halves[1]));
      const OnnxValue wide = conv_block(unit + ".ffn.0", attended, {2 * hidden});
      halves[1] =
          graph_.combine("Add", unit, attended, norm_block(unit + ".ffn.1", wide, {hidden}));
    }
    return conv_block(path + ".cv2", graph_.concat(path, halves, 1), {channels});
  }

  OnnxValue upsample(const std::string& path, const OnnxValue& input, std::int64_t factor) {
    const auto scale = static_cast<float>(factor);
    const OnnxValue scales = graph_.add_constant(path + "/scales", {4}, {1.0F, 1.0F, scale, scale});
    const OnnxValue region = graph_.add_constant(path + "/region", {0}, {});  // unused when nearest
    return graph_.add(
        "Resize", path, {input, region, scales},
        {input.shape[0], input.shape[1], input.shape[2] * factor, input.shape[3] * factor},
        {{"coordinate_transformation_mode", std::string("asymmetric")},
         {"mode", std::string("nearest")},
         {"nearest_mode", std::string("floor")}});
  }

  // A branch's last convolution, which has no batch norm and no activation.
  OnnxValue last_convolution(const std::string& path, const OnnxValue& input,
                             std::int64_t out_channels) {
    const Convolution conv{out_channels};
    const std::vector<float> weight = tensors_.read(path + ".weight", weight_shape(input, conv));
    return convolve(path, input, conv, weight, tensors_.read(path + ".bias", {out_channels}));
  }

  OnnxValue box_branch(const std::string& path, const OnnxValue& input, std::int64_t width) {
    OnnxValue map = input;
    for (int i = 0; i < 2; ++i) map = conv_block(concat(path, ".", i), map, {width, 3});
    return last_convolution(path + ".2", map, 4 * std::int64_t{spec_.head.reg_max});
  }

  OnnxValue class_branch(const std::string& path, const OnnxValue& input, std::int64_t width) {
    OnnxValue map = input;
    for (int i = 0; i < 2; ++i) {
      const std::string child = concat(path, ".", i);
      if (spec_.head.depthwise_class_branch) {
        const std::int64_t channels = map.shape[1];
        map = conv_block(child + ".0", map, {channels, 3, 1, /*groups=*/channels});
        map = conv_block(child + ".1", map, {width});
      } else {
        map = conv_block(child, map, {width, 3});
      }
    }
    return last_convolution(path + ".2", map, spec_.class_count);
  }

  OnnxValue head(const std::string& path, const std::vector<OnnxValue>& levels) {
    activation_ = &spec_.head_activation();
    const std::int64_t finest = levels.front().shape[1];
    const std::int64_t box_width =
        std::max({std::int64_t{16}, finest / 4, 4 * std::int64_t{spec_.head.reg_max}});
    const std::int64_t class_width =
        std::max(finest, std::min<std::int64_t>(spec_.class_count, 100));
    std::vector<OnnxValue> boxes;
    std::vector<OnnxValue> classes;
    for (std::size_t level = 0; level < levels.size(); ++level) {
      boxes.push_back(flat(box_branch(concat(path, ".cv2.", level), levels[level], box_width)));
      classes.push_back(
          flat(class_branch(concat(path, ".cv3.", level), levels[level], class_width)));
    }
    const OnnxValue scores =
        unary(graph_, "Sigmoid", path, graph_.concat(path, classes, 2));  // [N, nc, A]
    const OnnxValue decoded = decode(path, graph_.concat(path, boxes, 2), levels);
    return graph_.concat(path, {decoded, scores}, 1);
  }

  // [N, C, H, W] as [N, C, H * W].
  OnnxValue flat(const OnnxValue& map) {
    return graph_.reshape(map.name, map, {map.shape[0], map.shape[1], map.shape[2] * map.shape[3]});
  }

  // What nn::decode() does to the boxes: [N, 4 * reg_max, A] to [N, 4, A].
  OnnxValue decode(const std::string& path, const OnnxValue& bins,
                   const std::vector<OnnxValue>& levels) {
    const std::string dfl = path + ".dfl";
    const std::int64_t batch = bins.shape[0];
    const std::int64_t reg_max = spec_.head.reg_max;
    const std::int64_t cells = bins.shape[2];
    // This operator set's softmax is along the last axis; the expectation over the bins, a weighted
    // sum, is a 1x1 convolution of channels.
    const OnnxValue sides = graph_.reshape(dfl, bins, {batch, 4, reg_max, cells});
    const OnnxValue shares =
        unary(graph_, "Softmax", dfl, graph_.transpose(dfl, sides, {0, 3, 1, 2}),
              {{"axis", std::int64_t{3}}});
    std::vector<float> bin_values;
    for (std::int64_t bin = 0; bin < reg_max; ++bin) bin_values.push_back(static_cast<float>(bin));
    const OnnxValue expected =
        convolve(dfl, graph_.transpose(dfl, shares, {0, 3, 2, 1}), {1}, bin_values, {0.0F});
    const std::vector<OnnxValue> distances = graph_.split(
        path, graph_.reshape(dfl, expected, {batch, 4, cells}), 1, {2, 2});  // [N, 2, A] each

    // OpenCV 4.6 can multiply all pictures of a batch by one constant, but not add one to all.
    const OnnxValue center =
        cell_constant(path + "/centers", levels, batch, 2, [](const Cell& cell) {
          return std::vector<float>{static_cast<float>(cell.column) + 0.5F,
                                    static_cast<float>(cell.row) + 0.5F};
        });
    const OnnxValue stride = cell_constant(path + "/strides", levels, 1, 4, [](const Cell& cell) {
      return std::vector<float>(4, static_cast<float>(cell.stride));
    });
    const OnnxValue top_left = graph_.combine("Sub", path, center, distances[0]);
    const OnnxValue bottom_right = graph_.combine("Add", path, center, distances[1]);
    const OnnxValue middle =
        times(graph_, path, graph_.combine("Add", path, top_left, bottom_right), 0.5);
    const OnnxValue size = graph_.combine("Sub", path, bottom_right, top_left);
    return times(graph_, path, graph_.concat(path, {middle, size}, 1), stride);
  }

  struct Cell {
    std::int64_t row = 0;
    std::int64_t column = 0;
    int stride = 0;
  };

  // [copies, rows, A]: the column of every cell, levels after each other.
  template <typename Column>
  OnnxValue cell_constant(const std::string& name, const std::vector<OnnxValue>& levels,
                          std::int64_t copies, std::int64_t rows, const Column& column_of) {
    std::vector<std::vector<float>> columns;
    for (std::size_t level = 0; level < levels.size(); ++level) {
      for (std::int64_t row = 0; row < levels[level].shape[2]; ++row) {
        for (std::int64_t column = 0; column < levels[level].shape[3]; ++column) {
          columns.push_back(column_of(Cell{row, column, spec_.head.strides[level]}));
        }
      }
    }
    std::vector<float> values;
    for (std::int64_t copy = 0; copy < copies; ++copy) {
      for (std::int64_t row = 0; row < rows; ++row) {
        for (const auto& column : columns) values.push_back(column[static_cast<std::size_t>(row)]);
      }
    }
    return graph_.add_constant(name, {copies, rows, static_cast<std::int64_t>(columns.size())},
                               values);
  }

  const ModelSpec& spec_;
  TensorReader tensors_;
  OnnxGraph graph_;
  const ActivationSpec* activation_ = nullptr;  ///< of the stage that is being written
};

}  // namespace

void write_onnx(const std::filesystem::path& path, const WeightsFile& weights,
                const std::string& source_name, const OnnxOptions& options) {
  GONDOLA_EXPECTS(options.batch >= 1, "write_onnx: batch = ", options.batch);
  check_image_size(options.image_height, weights.description.spec);
  check_image_size(options.image_width, weights.description.spec);

  constexpr int kIrVersion = 7;
  constexpr int kOperatorSet = 12;
  onnx::ModelProto model;
  model.set_ir_version(kIrVersion);
  model.set_producer_name("gondola");
  model.add_opset_import()->set_version(kOperatorSet);
  *model.mutable_graph() = NetworkWriter(weights, source_name).write(options);
  for (const auto& [key, value] : to_metadata(weights.description)) {
    onnx::StringStringEntryProto& property = *model.add_metadata_props();
    property.set_key(key);
    property.set_value(value);
  }
  AtomicFile file(path);
  model.SerializeToOstream(&file.stream());
  file.commit();
}

}  // namespace gondola::nn
