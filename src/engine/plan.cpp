#include "plan.hpp"

#include <algorithm>
#include <cstring>
#include <map>
#include <optional>
#include <utility>

#include "attention.hpp"
#include "convolution.hpp"
#include "gondola/core/error.hpp"
#include "memory_plan.hpp"
#include "tile_choice.hpp"
#include "winograd.hpp"

namespace gondola::engine {
namespace {

// A share of rows of a map, of all threads' the member's.
std::pair<int, int> share(int rows, int member, int threads) {
  return {rows * member / threads, rows * (member + 1) / threads};
}

class Planner {
 public:
  Planner(const Graph& graph, const PlanOptions& options)
      : graph_(graph), options_(options), operations_(graph.operations), maps_(graph.maps) {}

  Plan make() {
    choose_types();
    insert_conversions();
    keep_results();
    place_maps();
    for (const Operation& operation : operations_) add_steps(operation);
    plan_.input = view(graph_.input);
    plan_.clear_input_border = [fill = border_filler(graph_.input, 1)] { fill(0); };
    for (const LevelValues& level : graph_.levels) {
      plan_.levels.push_back({view(level.boxes), view(level.classes), level.stride});
    }
    for (const Value& kept : kept_) plan_.kept.push_back(view(kept));
    return std::move(plan_);
  }

 private:
  // ---- types ----

  MapType wide_type() const {
    return options_.precision == Precision::kInt8 && kernels_for(MapType::kBFloat16) == nullptr
               ? MapType::kFloat32
               : MapType::kBFloat16;
  }

  // The type a convolution wants to read.
  MapType type_of(const Operation& operation) const {
    switch (options_.precision) {
      case Precision::kFloat32:
        return MapType::kFloat32;
      case Precision::kBFloat16:
        return MapType::kBFloat16;
      case Precision::kInt8:
        break;
    }
    const std::vector<nn::KeptLayer>& kept = options_.quantization->kept;
    const bool keep = std::any_of(kept.begin(), kept.end(), [&](const nn::KeptLayer& layer) {
      return layer.name == operation.name;
    });
    return keep ? wide_type() : MapType::kUint8;
  }

  // A map has the narrowest type that any of the convolutions reading it wants; the head's last
  // maps and attention's are float32.
  void choose_types() {
    std::vector<std::optional<MapType>> types(maps_.size());
    for (const Operation& operation : operations_) {
      if (operation.kind != OperationKind::kConvolution) continue;
      std::optional<MapType>& type = types[static_cast<std::size_t>(operation.input.map)];
      const MapType wanted = type_of(operation);
      if (!type || element_bytes(wanted) < element_bytes(*type)) type = wanted;
    }
    for (const Operation& operation : operations_) {
      if (operation.kind != OperationKind::kAttention) continue;
      types[static_cast<std::size_t>(operation.input.map)] = MapType::kFloat32;
      types[static_cast<std::size_t>(operation.residual->map)] = MapType::kFloat32;
    }
    for (const LevelValues& level : graph_.levels) {
      types[static_cast<std::size_t>(level.boxes.map)] = MapType::kFloat32;
      types[static_cast<std::size_t>(level.classes.map)] = MapType::kFloat32;
    }
    const MapType usual = options_.precision == Precision::kFloat32 ? MapType::kFloat32
                          : options_.precision == Precision::kInt8  ? MapType::kUint8
                                                                    : MapType::kBFloat16;
    for (const std::optional<MapType>& type : types) types_.push_back(type.value_or(usual));
  }

  // Where an operation wants another type than its map has, it reads a converted copy.
  void insert_conversions() {
    std::vector<Operation> all;
    for (Operation& operation : operations_) {
      if (operation.kind == OperationKind::kConvolution) {
        operation.input = converted(operation.input, type_of(operation), operation.kernel / 2, all);
        if (operation.residual) {
          const MapType output = types_[static_cast<std::size_t>(operation.output.map)];
          operation.residual = converted(*operation.residual, output, 0, all);
        }
      }
      all.push_back(operation);
    }
    operations_ = std::move(all);
  }

  Value converted(const Value& value, MapType type, int border, std::vector<Operation>& all) {
    if (types_[static_cast<std::size_t>(value.map)] == type) return value;
    return copied(value, type, border, " converted", all);
  }

  Value copied(const Value& value, MapType type, int border, const char* what,
               std::vector<Operation>& all) {
    Operation copy;
    copy.kind = OperationKind::kCopy;
    copy.name = graph_.tensors[static_cast<std::size_t>(value.runs.front().tensor)] + what;
    copy.input = value;
    copy.output = value;
    const int first = value.memory_first();
    const MapSpec& source = maps_[static_cast<std::size_t>(value.map)];
    maps_.push_back(
        {value.height, value.width,
         source.channels < kChannelAlignment ? source.channels : value.memory_last() - first,
         border});
    types_.push_back(type);
    copy.output.map = static_cast<int>(maps_.size()) - 1;
    for (ChannelRun& run : copy.output.runs) run.memory -= first;
    all.push_back(copy);
    return all.back().output;
  }

  // Copies, because the map of a result has its readers' type and border. After everything else, so
  // that the result's memory is not taken before.
  void keep_results() {
    for (const Value& value : graph_.kept)
      kept_.push_back(copied(value, MapType::kFloat32, 0, " kept", operations_));
  }

  // ---- memory ----

  void place_maps() {
    std::vector<Lifetime> lives(maps_.size());
    for (std::size_t i = 0; i < maps_.size(); ++i) {
      const MapSpec& map = maps_[i];
      lives[i].bytes = static_cast<std::size_t>(map.height + 2 * map.border) *
                       static_cast<std::size_t>(map.width + 2 * map.border) *
                       static_cast<std::size_t>(map.channels) * element_bytes(types_[i]);
      lives[i].first = static_cast<int>(operations_.size());
      lives[i].last = -1;
    }
    const auto use = [&](const Value& value, int when) {
      Lifetime& life = lives[static_cast<std::size_t>(value.map)];
      life.first = std::min(life.first, when);
      life.last = std::max(life.last, when);
    };
    for (std::size_t i = 0; i < operations_.size(); ++i) {
      const int when = static_cast<int>(i);
      use(operations_[i].input, when);
      use(operations_[i].output, when);
      if (operations_[i].residual) use(*operations_[i].residual, when);
    }
    // The picture waits from before the first step, the results until the next picture.
    use(graph_.input, -1);
    for (const LevelValues& level : graph_.levels) {
      use(level.boxes, static_cast<int>(operations_.size()));
      use(level.classes, static_cast<int>(operations_.size()));
    }
    for (const Value& kept : kept_) use(kept, static_cast<int>(operations_.size()));
    const MemoryPlan memory = plan_memory(lives);
    plan_.memory = AlignedBuffer(memory.bytes);
    offsets_ = memory.offsets;
  }

  nn::TensorQuantization quantization_of(int tensor) const {
    const std::string& name = graph_.tensors[static_cast<std::size_t>(tensor)];
    if (name == "images") return {1.0F / 255.0F, 0};
    const auto found = options_.quantization->tensors.find(name);
    if (found == options_.quantization->tensors.end()) {
      throw WeightsError(concat("the quantisation does not know the result of ", name,
                                "; quantise the model again"));
    }
    return found->second;
  }

  // All memory channels that a value spans.
  MapView view(const Value& value) const {
    const auto map = static_cast<std::size_t>(value.map);
    const MapSpec& spec = maps_[map];
    const auto bytes = static_cast<std::ptrdiff_t>(element_bytes(types_[map]));
    MapView result;
    result.type = types_[map];
    result.height = spec.height;
    result.width = spec.width;
    result.pixel_bytes = spec.channels * bytes;
    result.row_bytes = (spec.width + 2 * spec.border) * result.pixel_bytes;
    result.data = plan_.memory.data() + offsets_[map] +
                  spec.border * (result.row_bytes + result.pixel_bytes) +
                  value.memory_first() * bytes;
    result.channels = spec.channels < kChannelAlignment
                          ? spec.channels
                          : value.memory_last() - value.memory_first();
    if (result.type == MapType::kUint8) {
      const nn::TensorQuantization q = quantization_of(value.runs.front().tensor);
      result.scale = q.scale;
      result.zero_point = static_cast<float>(q.zero_point);
    }
    return result;
  }

  // One run of a value, as a value.
  static Value run_of(const Value& value, std::size_t index) {
    Value result = value;
    result.runs = {value.runs[index]};
    return result;
  }

  // ---- steps ----

  // Fills the border around a member's share of the rows of a value, with what stands for 0.
  std::function<void(int)> border_filler(const Value& value, int threads) const {
    const int border = maps_[static_cast<std::size_t>(value.map)].border;
    if (border == 0) return [](int) {};
    std::vector<MapView> views;
    for (std::size_t i = 0; i < value.runs.size(); ++i) views.push_back(view(run_of(value, i)));
    return [views, border, threads](int member) {
      for (const MapView& map : views) {
        const auto bytes = static_cast<std::size_t>(map.channels) * element_bytes(map.type);
        const int zero = static_cast<int>(map.zero_point);
        const auto [first, last] = share(map.height + 2 * border, member, threads);
        for (int y = first - border; y < last - border; ++y) {
          const bool inside = y >= 0 && y < map.height;
          for (int x = -border; x < map.width + border; ++x) {
            if (inside && x == 0) x = map.width;
            std::memset(map.row(y) + x * map.pixel_bytes, zero, bytes);
          }
        }
      }
    };
  }

  void add_step(const Operation& operation, std::function<void(int)> work) {
    plan_.steps.push_back({operation.name, operation.multiply_adds, view(operation.output),
                           [fill = border_filler(operation.output, options_.threads),
                            work = std::move(work)](int member) {
                             fill(member);
                             work(member);
                           }});
  }

  void add_steps(const Operation& operation) {
    switch (operation.kind) {
      case OperationKind::kConvolution:
        return add_convolution(operation);
      case OperationKind::kDepthwise:
        return add_depthwise(operation);
      case OperationKind::kMaxPool:
        return add_by_rows(operation, view(operation.input).height,
                           [pool = general_kernels().max_pool, from = view(operation.input),
                            to = view(operation.output), size = operation.kernel](
                               int first, int last) { pool(from, to, size, first, last); });
      case OperationKind::kUpsample:
        return add_upsample(operation);
      case OperationKind::kCopy:
        return add_copy(operation);
      case OperationKind::kAttention: {
        auto attention = std::make_shared<Attention>(
            operation, whole(operation.input), view(*operation.residual), view(operation.output),
            general_kernels(), options_.threads);
        return add_step(operation, [attention](int member) { attention->run(member); });
      }
    }
  }

  // The map from its first channel on.
  MapView whole(const Value& value) const {
    Value all = value;
    all.runs = {
        {0, maps_[static_cast<std::size_t>(value.map)].channels, value.runs.front().tensor, 0}};
    return view(all);
  }

  void add_by_rows(const Operation& operation, int rows, std::function<void(int, int)> work) {
    add_step(operation, [work = std::move(work), rows, threads = options_.threads](int member) {
      const auto [first, last] = share(rows, member, threads);
      work(first, last);
    });
  }

  void add_convolution(const Operation& operation) {
    ConvolutionMaps maps;
    maps.input = view(operation.input);
    maps.output = view(operation.output);
    if (operation.residual) maps.residual = view(*operation.residual);
    if (maps.input.type == MapType::kUint8) {
      for (const ChannelRun& run : operation.input.runs) {
        maps.input_channels.insert(maps.input_channels.end(), static_cast<std::size_t>(run.count),
                                   quantization_of(run.tensor));
      }
    }
    if (WinogradConvolution::fits(operation, maps.input, maps.output)) {
      auto convolution =
          std::make_shared<WinogradConvolution>(operation, maps.input, maps.output, maps.residual,
                                                *kernels_for(maps.input.type), options_.threads);
      plan_.weight_bytes += convolution->weight_bytes();
      return add_step(operation, [convolution](int member) { convolution->run(member); });
    }
    auto convolution = std::make_shared<Convolution>(operation, maps, *kernels_for(maps.input.type),
                                                     options_.threads);
    plan_.weight_bytes += convolution->weight_bytes();
    add_step(operation, [convolution](int member) { convolution->run(member); });
  }

  void add_depthwise(const Operation& operation) {
    struct Constants {
      std::vector<DepthwiseArguments> runs;
      std::vector<AlignedBuffer> buffers;
    };
    auto constants = std::make_shared<Constants>();
    const KernelSet& kernels = general_kernels();
    const TileActivationChoice activation = choose_activation(operation.activation, kernels);
    const int taps = operation.kernel * operation.kernel;
    std::size_t channel = 0;
    GONDOLA_EXPECTS(operation.input.runs.size() == operation.output.runs.size(), operation.name,
                    ": runs of input and output differ");
    for (std::size_t i = 0; i < operation.input.runs.size(); ++i) {
      DepthwiseArguments arguments;
      arguments.input = view(run_of(operation.input, i));
      arguments.output = view(run_of(operation.output, i));
      arguments.kernel = operation.kernel;
      arguments.activation = activation.activation;
      arguments.activate = activation.activate;
      arguments.activation_parameter = activation.parameter;
      const auto lanes = static_cast<std::size_t>(arguments.output.channels);
      AlignedBuffer buffer((static_cast<std::size_t>(taps) + 2) * lanes * sizeof(float));
      auto* weights = reinterpret_cast<float*>(buffer.data());
      float* bias = weights + static_cast<std::size_t>(taps) * lanes;
      float* slope = bias + lanes;
      for (std::size_t c = 0; c < static_cast<std::size_t>(operation.input.runs[i].count); ++c) {
        for (std::size_t t = 0; t < static_cast<std::size_t>(taps); ++t) {
          weights[t * lanes + c] =
              operation.weights->kernels[(channel + c) * static_cast<std::size_t>(taps) + t];
        }
        bias[c] = operation.weights->bias[channel + c];
        slope[c] = operation.weights->slopes.empty() ? activation.slope
                                                     : operation.weights->slopes[channel + c];
      }
      channel += static_cast<std::size_t>(operation.input.runs[i].count);
      arguments.weights = weights;
      arguments.bias = bias;
      arguments.slope = slope;
      plan_.weight_bytes += buffer.size();
      constants->runs.push_back(arguments);
      constants->buffers.push_back(std::move(buffer));
    }
    add_by_rows(operation, operation.output.height,
                [constants, depthwise = kernels.depthwise](int first, int last) {
                  for (const DepthwiseArguments& run : constants->runs) depthwise(run, first, last);
                });
  }

  // Each channel run with its own quantisation.
  std::vector<std::pair<MapView, MapView>> run_pairs(const Operation& operation) const {
    std::vector<std::pair<MapView, MapView>> pairs;
    for (std::size_t i = 0; i < operation.input.runs.size(); ++i) {
      pairs.emplace_back(view(run_of(operation.input, i)), view(run_of(operation.output, i)));
    }
    return pairs;
  }

  void add_copy(const Operation& operation) {
    add_by_rows(
        operation, operation.output.height,
        [pairs = run_pairs(operation), convert = general_kernels().convert](int first, int last) {
          for (const auto& [from, to] : pairs) convert(from, to, first, last);
        });
  }

  void add_upsample(const Operation& operation) {
    add_by_rows(operation, operation.output.height,
                [pairs = run_pairs(operation), convert = general_kernels().convert,
                 factor = operation.factor](int first, int last) {
                  for (const auto& [from, to] : pairs) {
                    for (int y = first; y < last; ++y) {
                      // Every factor-th pixel of the output's row, once for each shift.
                      MapView source = from;
                      source.data = from.row(y / factor);
                      MapView target = to;
                      target.pixel_bytes = factor * to.pixel_bytes;
                      for (int shift = 0; shift < factor; ++shift) {
                        target.data = to.row(y) + shift * to.pixel_bytes;
                        convert(source, target, 0, 1);
                      }
                    }
                  }
                });
  }

  const Graph& graph_;
  const PlanOptions& options_;
  std::vector<Operation> operations_;
  std::vector<MapSpec> maps_;
  std::vector<MapType> types_;
  std::vector<std::size_t> offsets_;
  std::vector<Value> kept_;
  Plan plan_;
};

}  // namespace

const KernelSet* kernels_for(MapType input) {
  switch (input) {
    case MapType::kFloat32:
      return &general_kernels();
    case MapType::kBFloat16:
      return avx512_bfloat16_kernels();
    case MapType::kUint8:
      return avx512_uint8_kernels();
  }
  return nullptr;
}

const KernelSet& general_kernels() {
  if (const KernelSet* kernels = avx512_kernels()) return *kernels;
  if (const KernelSet* kernels = avx2_kernels()) return *kernels;
  return portable_kernels();
}

Plan make_plan(const Graph& graph, const PlanOptions& options) {
  GONDOLA_EXPECTS(options.precision != Precision::kInt8 || options.quantization != nullptr,
                  "int8 without a quantisation");
  return Planner(graph, options).make();
}

}  // namespace gondola::engine
