#include "graph.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <utility>

#include "gondola/core/error.hpp"
#include "gondola/core/text.hpp"

namespace gondola::engine {
namespace {

int aligned(int channels) {
  return (channels + kChannelAlignment - 1) / kChannelAlignment * kChannelAlignment;
}

struct ConvolutionOptions {
  int out_channels = 0;
  int kernel = 1;
  int stride = 1;
  bool depthwise = false;
  bool batch_norm = true;
  nn::ActivationSpec activation{"identity", std::nullopt};
};

/// Where to write: channels of a map from a certain one on.
struct Destination {
  int map = 0;
  int memory = 0;
};

class GraphBuilder {
 public:
  GraphBuilder(const nn::WeightsFile& weights, int height, int width)
      : weights_(weights), spec_(weights.description.spec), shapes_(nn::stage_shapes(spec_)) {
    graph_.tensors.push_back("images");
    graph_.maps.push_back({height, width, 4, 0});
    graph_.input = {0, height, width, {{0, 3, 0, 0}}};
    plan_joins();
  }

  Graph build(const std::vector<int>& kept_stages) {
    for (std::size_t i = 0; i < spec_.stages.size(); ++i) outputs_.push_back(stage(i));
    for (const int index : kept_stages)
      graph_.kept.push_back(outputs_[static_cast<std::size_t>(index)]);
    head();
    return std::move(graph_);
  }

 private:
  // ---- maps and values ----

  int add_map(int height, int width, int channels) {
    graph_.maps.push_back({height, width, channels, 0});
    return static_cast<int>(graph_.maps.size()) - 1;
  }

  int add_tensor(const std::string& name) {
    graph_.tensors.push_back(name);
    return static_cast<int>(graph_.tensors.size()) - 1;
  }

  static Value value_at(const Destination& at, int height, int width, const std::vector<int>& parts,
                        int tensor) {
    Value value{at.map, height, width, {}};
    int memory = at.memory;
    int first = 0;
    for (const int count : parts) {
      value.runs.push_back({memory, count, tensor, first});
      memory += aligned(count);
      first += count;
    }
    return value;
  }

  Destination own_map(int height, int width, int memory_channels) {
    return {add_map(height, width, memory_channels), 0};
  }

  static Value part(const Value& value, std::size_t first_run, std::size_t run_count) {
    Value result = value;
    result.runs.assign(value.runs.begin() + static_cast<std::ptrdiff_t>(first_run),
                       value.runs.begin() + static_cast<std::ptrdiff_t>(first_run + run_count));
    return result;
  }

  // The channels of each run: what a depthwise convolution, run by run, lays its output out in.
  static std::vector<int> parts_of(const Value& value) {
    std::vector<int> parts;
    for (const ChannelRun& run : value.runs) parts.push_back(run.count);
    return parts;
  }

  static Value joined(const std::vector<Value>& values) {
    Value result = values.front();
    for (std::size_t i = 1; i < values.size(); ++i) {
      result.runs.insert(result.runs.end(), values[i].runs.begin(), values[i].runs.end());
    }
    return result;
  }

  // ---- joins of stages ----

  struct Join {
    std::size_t stage;  ///< the concat
    int memory;         ///< channels before this input
  };

  int memory_channels(std::size_t index) const {
    const nn::StageSpec& stage = spec_.stages[index];
    if (stage.block == nn::BlockKind::kUpsample) {
      return memory_channels(static_cast<std::size_t>(stage.from.front()));
    }
    if (stage.block == nn::BlockKind::kConcat) {
      return std::accumulate(stage.from.begin(), stage.from.end(), 0, [&](int sum, int from) {
        return sum + memory_channels(static_cast<std::size_t>(from));
      });
    }
    return aligned(shapes_[index].channels);
  }

  void plan_joins() {
    joins_.resize(spec_.stages.size());
    for (std::size_t i = 0; i < spec_.stages.size(); ++i) {
      if (spec_.stages[i].block != nn::BlockKind::kConcat) continue;
      int memory = 0;
      for (const int from : spec_.stages[i].from) {
        auto& join = joins_[static_cast<std::size_t>(from)];
        if (!join) join = Join{i, memory};
        memory += memory_channels(static_cast<std::size_t>(from));
      }
    }
    destinations_.resize(spec_.stages.size());
  }

  int height_of(std::size_t stage) const { return graph_.input.height / shapes_[stage].stride; }
  int width_of(std::size_t stage) const { return graph_.input.width / shapes_[stage].stride; }

  Destination destination_of(std::size_t index) {
    std::optional<Destination>& known = destinations_[index];
    if (!known) {
      if (joins_[index]) {
        known = destination_of(joins_[index]->stage);
        known->memory += joins_[index]->memory;
      } else {
        known = own_map(height_of(index), width_of(index), memory_channels(index));
      }
    }
    return *known;
  }

  // ---- weights ----

  std::vector<float> numbers(const std::string& name, const std::vector<std::int64_t>& shape) {
    const nn::TensorData* tensor = weights_.tensors.find(name);
    if (tensor == nullptr) {
      throw WeightsError(concat(spec_.name, ": tensor ", name, " is missing"));
    }
    if (tensor->shape != shape) {
      throw WeightsError(concat(spec_.name, ": tensor ", name, " is ", nn::to_string(tensor->shape),
                                ", expected ", nn::to_string(shape)));
    }
    std::vector<float> values = nn::to_float32(*tensor);
    if (!std::all_of(values.begin(), values.end(), [](float v) { return std::isfinite(v); })) {
      throw WeightsError(concat(spec_.name, ": tensor ", name, " holds NaN or infinity"));
    }
    return values;
  }

  // Weights and bias of a convolution; with the batch norm's scale and shift folded in, in double.
  ConvolutionWeights folded_weights(const std::string& path, int in_channels,
                                    const ConvolutionOptions& options) {
    ConvolutionWeights weights;
    const std::int64_t out = options.out_channels;
    const std::int64_t in = options.depthwise ? 1 : in_channels;
    const std::vector<std::int64_t> shape{out, in, options.kernel, options.kernel};
    if (!options.batch_norm) {
      weights.kernels = numbers(path + ".weight", shape);
      weights.bias = numbers(path + ".bias", {out});
      return weights;
    }
    weights.kernels = numbers(path + ".conv.weight", shape);
    if (weights_.tensors.find(path + ".bn.weight") == nullptr) {
      // Folded before it was stored.
      weights.bias = numbers(path + ".conv.bias", {out});
    } else {
      const std::vector<float> scale = numbers(path + ".bn.weight", {out});
      const std::vector<float> shift = numbers(path + ".bn.bias", {out});
      const std::vector<float> mean = numbers(path + ".bn.running_mean", {out});
      const std::vector<float> variance = numbers(path + ".bn.running_var", {out});
      weights.bias.resize(static_cast<std::size_t>(out));
      const std::size_t each = weights.kernels.size() / static_cast<std::size_t>(out);
      for (std::size_t o = 0; o < weights.bias.size(); ++o) {
        const double factor =
            scale[o] / std::sqrt(static_cast<double>(variance[o]) + spec_.batch_norm_epsilon);
        for (std::size_t i = o * each; i < (o + 1) * each; ++i) {
          weights.kernels[i] = static_cast<float>(weights.kernels[i] * factor);
        }
        weights.bias[o] = static_cast<float>(shift[o] - mean[o] * factor);
      }
    }
    if (options.activation.name == "prelu") {
      weights.slopes = numbers(path + ".act.weight", {out});
    }
    return weights;
  }

  // ---- operations ----

  void want_border(int map, int border) {
    graph_.maps[static_cast<std::size_t>(map)].border =
        std::max(graph_.maps[static_cast<std::size_t>(map)].border, border);
  }

  // A convolution whose output channels are laid out in `parts`.
  Value convolution(const std::string& path, const Value& input, const ConvolutionOptions& options,
                    const Destination& to, const std::vector<int>& parts,
                    const std::optional<Value>& residual = std::nullopt) {
    Operation operation;
    operation.kind = options.depthwise ? OperationKind::kDepthwise : OperationKind::kConvolution;
    operation.name = path;
    operation.input = input;
    operation.output = value_at(to, input.height / options.stride, input.width / options.stride,
                                parts, add_tensor(path));
    operation.residual = residual;
    operation.activation = options.activation;
    operation.kernel = options.kernel;
    operation.stride = options.stride;
    operation.parameters = options.batch_norm ? path + ".conv" : path;
    operation.weights =
        std::make_shared<const ConvolutionWeights>(folded_weights(path, input.channels(), options));
    operation.multiply_adds = static_cast<std::int64_t>(operation.weights->kernels.size()) *
                              operation.output.height * operation.output.width;
    want_border(input.map, options.kernel / 2);
    graph_.operations.push_back(operation);
    return graph_.operations.back().output;
  }

  Value convolution(const std::string& path, const Value& input, const ConvolutionOptions& options,
                    const Destination& to, const std::optional<Value>& residual = std::nullopt) {
    return convolution(path, input, options, to, {options.out_channels}, residual);
  }

  Destination map_for(const Value& input, int stride, int channels) {
    return own_map(input.height / stride, input.width / stride, aligned(channels));
  }

  Destination map_like(const Value& value) {
    int channels = 0;
    for (const int count : parts_of(value)) channels += aligned(count);
    return own_map(value.height, value.width, channels);
  }

  static ConvolutionOptions block(int out_channels, int kernel,
                                  const nn::ActivationSpec& activation, int stride = 1) {
    ConvolutionOptions options;
    options.out_channels = out_channels;
    options.kernel = kernel;
    options.stride = stride;
    options.activation = activation;
    return options;
  }

  static ConvolutionOptions linear(int out_channels, int kernel = 1) {
    ConvolutionOptions options;
    options.out_channels = out_channels;
    options.kernel = kernel;
    return options;
  }

  Value bottleneck(const std::string& path, const Value& input, double expansion, bool shortcut,
                   const nn::ActivationSpec& activation, const Destination& to) {
    const int channels = input.channels();
    const int hidden = static_cast<int>(channels * expansion);
    const Value inner =
        convolution(path + ".cv1", input, block(hidden, 3, activation), map_for(input, 1, hidden));
    return convolution(path + ".cv2", inner, block(channels, 3, activation), to,
                       shortcut ? std::optional(input) : std::nullopt);
  }

  Value c3k(const std::string& path, const Value& input, bool shortcut,
            const nn::ActivationSpec& activation, const Destination& to) {
    const int channels = input.channels();
    const int hidden = channels / 2;
    const int map = add_map(input.height, input.width, 2 * aligned(hidden));
    Value deep =
        convolution(path + ".cv1", input, block(hidden, 1, activation), map_for(input, 1, hidden));
    for (int i = 0; i < 2; ++i) {
      const Destination next = i == 1 ? Destination{map, 0} : map_for(input, 1, hidden);
      deep = bottleneck(concat(path, ".m.", i), deep, 1.0, shortcut, activation, next);
    }
    const Value side = convolution(path + ".cv2", input, block(hidden, 1, activation),
                                   Destination{map, aligned(hidden)});
    return convolution(path + ".cv3", joined({deep, side}), block(channels, 1, activation), to);
  }

  Value c2f(const std::string& path, const Value& input, const nn::StageSpec& stage,
            const nn::StageShape& shape, const nn::ActivationSpec& activation,
            const Destination& to) {
    const int hidden = static_cast<int>(shape.channels * stage.expansion);
    const int map = add_map(input.height, input.width, (2 + shape.repeats) * aligned(hidden));
    const Value first = convolution(path + ".cv1", input, block(2 * hidden, 1, activation),
                                    Destination{map, 0}, {hidden, hidden});
    std::vector<Value> parts{first};
    Value last = part(first, 1, 1);
    for (int i = 0; i < shape.repeats; ++i) {
      const std::string unit = concat(path, ".m.", i);
      const Destination next{map, (2 + i) * aligned(hidden)};
      if (stage.block == nn::BlockKind::kC3k2 && stage.c3k) {
        last = c3k(unit, last, stage.shortcut, activation, next);
      } else {
        const double expansion = stage.block == nn::BlockKind::kC3k2 ? 0.5 : 1.0;
        last = bottleneck(unit, last, expansion, stage.shortcut, activation, next);
      }
      parts.push_back(last);
    }
    return convolution(path + ".cv2", joined(parts), block(shape.channels, 1, activation), to);
  }

  Value sppf(const std::string& path, const Value& input, const nn::StageSpec& stage, int channels,
             const nn::ActivationSpec& activation, const Destination& to) {
    const int hidden = input.channels() / 2;
    const int map = add_map(input.height, input.width, 4 * aligned(hidden));
    std::vector<Value> parts{
        convolution(path + ".cv1", input, block(hidden, 1, activation), Destination{map, 0})};
    for (int i = 1; i <= 3; ++i) {
      Operation pool;
      pool.kind = OperationKind::kMaxPool;
      pool.name = concat(path, " pool ", i);
      pool.input = parts.back();
      pool.kernel = stage.kernel;
      pool.output = parts.back();
      for (ChannelRun& run : pool.output.runs) run.memory += aligned(hidden);
      graph_.operations.push_back(pool);
      parts.push_back(pool.output);
    }
    return convolution(path + ".cv2", joined(parts), block(channels, 1, activation), to);
  }

  Value attention(const std::string& path, const Value& input, const Destination& to,
                  const Value& skip) {
    constexpr int kHeadChannels = 64;
    const int channels = input.channels();
    AttentionShape shape;
    shape.heads = channels / kHeadChannels;
    shape.head_channels = channels / shape.heads;
    shape.key_channels = shape.head_channels / 2;

    // Query, key and value of each head in turn.
    std::vector<int> parts;
    int memory_channels = 0;
    for (int head = 0; head < shape.heads; ++head) {
      for (const int count : {shape.key_channels, shape.key_channels, shape.head_channels}) {
        parts.push_back(count);
        memory_channels += aligned(count);
      }
    }
    const int out = shape.heads * (2 * shape.key_channels + shape.head_channels);
    const Value qkv = convolution(path + ".qkv", input, linear(out),
                                  own_map(input.height, input.width, memory_channels), parts);

    Value values = qkv;
    values.runs.clear();
    std::vector<int> value_parts;
    for (int head = 0; head < shape.heads; ++head) {
      values.runs.push_back(qkv.runs[static_cast<std::size_t>(3 * head + 2)]);
      value_parts.push_back(shape.head_channels);
    }
    ConvolutionOptions position = linear(channels, 3);
    position.depthwise = true;
    const Value code =
        convolution(path + ".pe", values, position,
                    own_map(input.height, input.width, shape.heads * aligned(shape.head_channels)),
                    value_parts);

    Operation mix;
    mix.kind = OperationKind::kAttention;
    mix.name = path + " attention";
    mix.input = qkv;
    mix.residual = code;
    mix.output =
        value_at(own_map(input.height, input.width, shape.heads * aligned(shape.head_channels)),
                 input.height, input.width, value_parts, add_tensor(mix.name));
    mix.attention = shape;
    const std::int64_t positions = static_cast<std::int64_t>(input.height) * input.width;
    mix.multiply_adds =
        shape.heads * positions * positions * (shape.key_channels + shape.head_channels);
    graph_.operations.push_back(mix);
    const Value mixed = graph_.operations.back().output;
    return convolution(path + ".proj", mixed, linear(channels), to, skip);
  }

  Value c2psa(const std::string& path, const Value& input, const nn::StageShape& shape,
              const nn::ActivationSpec& activation, const Destination& to) {
    const int hidden = shape.channels / 2;
    const int width = aligned(hidden);
    const int map = add_map(input.height, input.width, 3 * width);
    // In memory: the half that attention changes, the half that stays, the changed one. So what is
    // joined lies side by side.
    Value first = convolution(path + ".cv1", input, block(2 * hidden, 1, activation),
                              Destination{map, 0}, {hidden, hidden});
    std::swap(first.runs[0].memory, first.runs[1].memory);
    graph_.operations.back().output = first;
    Value changed = part(first, 1, 1);
    for (int i = 0; i < shape.repeats; ++i) {
      const std::string unit = concat(path, ".m.", i);
      const Value attended = attention(unit + ".attn", changed, map_for(input, 1, hidden), changed);
      const Value wide = convolution(unit + ".ffn.0", attended, block(2 * hidden, 1, activation),
                                     map_for(input, 1, 2 * hidden));
      const Destination next =
          i + 1 == shape.repeats ? Destination{map, 2 * width} : map_for(input, 1, hidden);
      changed = convolution(unit + ".ffn.1", wide, linear(hidden), next, attended);
    }
    return convolution(path + ".cv2", joined({part(first, 0, 1), changed}),
                       block(shape.channels, 1, activation), to);
  }

  Value stage(std::size_t index) {
    const nn::StageSpec& stage = spec_.stages[index];
    const nn::StageShape& shape = shapes_[index];
    const nn::ActivationSpec& activation = spec_.activation_of(stage);
    const std::string path = concat("model.", index);
    std::vector<Value> inputs;
    for (const int from : stage.from) {
      inputs.push_back(from < 0 ? graph_.input : outputs_[static_cast<std::size_t>(from)]);
    }
    const Value& input = inputs.front();
    const Destination to = destination_of(index);
    switch (stage.block) {
      case nn::BlockKind::kConv:
        return convolution(path, input,
                           block(shape.channels, stage.kernel, activation, stage.stride), to);
      case nn::BlockKind::kC2f:
      case nn::BlockKind::kC3k2:
        return c2f(path, input, stage, shape, activation, to);
      case nn::BlockKind::kSppf:
        return sppf(path, input, stage, shape.channels, activation, to);
      case nn::BlockKind::kC2psa:
        return c2psa(path, input, shape, activation, to);
      case nn::BlockKind::kUpsample:
        return moved(OperationKind::kUpsample, path + " upsample", input, to, stage.factor);
      case nn::BlockKind::kConcat:
        break;
    }
    // What is not in its place already, because it is joined elsewhere too, is copied there.
    std::vector<Value> parts;
    int memory = to.memory;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const Destination place{to.map, memory};
      memory += memory_channels(static_cast<std::size_t>(stage.from[i]));
      const bool in_place = inputs[i].map == place.map && inputs[i].memory_first() == place.memory;
      parts.push_back(in_place ? inputs[i]
                               : moved(OperationKind::kCopy, path + " copy", inputs[i], place, 1));
    }
    return joined(parts);
  }

  // The same channels in another map, enlarged or as they are.
  Value moved(OperationKind kind, const std::string& name, const Value& input,
              const Destination& to, int factor) {
    Operation operation;
    operation.kind = kind;
    operation.name = name;
    operation.input = input;
    operation.factor = factor;
    operation.output = input;
    operation.output.map = to.map;
    operation.output.height *= factor;
    operation.output.width *= factor;
    for (ChannelRun& run : operation.output.runs) {
      run.memory += to.memory - input.memory_first();
    }
    graph_.operations.push_back(operation);
    return graph_.operations.back().output;
  }

  void head() {
    const nn::ActivationSpec& activation = spec_.head_activation();
    const std::string path = concat("model.", spec_.stages.size());
    std::vector<Value> inputs;
    for (const int from : spec_.head.from) {
      inputs.push_back(outputs_[static_cast<std::size_t>(from)]);
    }
    const int first = inputs.front().channels();
    const int bins = 4 * spec_.head.reg_max;
    const int box_channels = std::max({16, first / 4, bins});
    const int class_channels = std::max(first, std::min(spec_.class_count, 100));
    for (std::size_t level = 0; level < inputs.size(); ++level) {
      const Value& input = inputs[level];
      LevelValues values;
      values.stride = spec_.head.strides[level];

      const std::string boxes = concat(path, ".cv2.", level);
      Value deep = convolution(boxes + ".0", input, block(box_channels, 3, activation),
                               map_for(input, 1, box_channels));
      deep = convolution(boxes + ".1", deep, block(box_channels, 3, activation),
                         map_for(input, 1, box_channels));
      ConvolutionOptions last = linear(bins);
      last.batch_norm = false;
      values.boxes = convolution(boxes + ".2", deep, last, map_for(input, 1, bins));

      const std::string classes = concat(path, ".cv3.", level);
      deep = input;
      for (const int i : {0, 1}) {
        std::string unit = concat(classes, ".", i);
        if (spec_.head.depthwise_class_branch) {
          ConvolutionOptions depthwise = block(deep.channels(), 3, activation);
          depthwise.depthwise = true;
          deep = convolution(unit + ".0", deep, depthwise, map_like(deep), parts_of(deep));
          deep = convolution(unit + ".1", deep, block(class_channels, 1, activation),
                             map_for(input, 1, class_channels));
        } else {
          deep = convolution(unit, deep, block(class_channels, 3, activation),
                             map_for(input, 1, class_channels));
        }
      }
      last.out_channels = spec_.class_count;
      values.classes =
          convolution(classes + ".2", deep, last, map_for(input, 1, spec_.class_count));
      graph_.levels.push_back(values);
    }
  }

  const nn::WeightsFile& weights_;
  const nn::ModelSpec& spec_;
  std::vector<nn::StageShape> shapes_;
  std::vector<std::optional<Join>> joins_;
  std::vector<std::optional<Destination>> destinations_;
  std::vector<Value> outputs_;
  Graph graph_;
};

}  // namespace

int Value::channels() const {
  return std::accumulate(runs.begin(), runs.end(), 0,
                         [](int sum, const ChannelRun& run) { return sum + run.count; });
}

int Value::memory_first() const {
  return std::min_element(runs.begin(), runs.end(),
                          [](const auto& a, const auto& b) { return a.memory < b.memory; })
      ->memory;
}

int Value::memory_last() const {
  int last = 0;
  for (const ChannelRun& run : runs) last = std::max(last, run.memory + aligned(run.count));
  return last;
}

Graph build_graph(const nn::WeightsFile& weights, int image_height, int image_width,
                  const std::vector<int>& kept_stages) {
  return GraphBuilder(weights, image_height, image_width).build(kept_stages);
}

}  // namespace gondola::engine
