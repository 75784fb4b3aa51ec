#include "gondola/engine/calibrator.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "gondola/core/cpus.hpp"
#include "gondola/core/error.hpp"
#include "gondola/nn/quantization.hpp"
#include "graph.hpp"
#include "plan.hpp"

namespace gondola::engine {
namespace {

// Values kept of each tensor and picture. A few hundred pictures give some 100,000 of each.
constexpr std::size_t kSamplesPerPicture = 512;

/// What was seen of one tensor.
struct TensorStatistics {
  float low = std::numeric_limits<float>::max();
  float high = std::numeric_limits<float>::lowest();
  std::vector<float> samples;
  std::vector<double> channel_sums;  ///< per logical channel
  double pixels = 0;
};

// 8 bits that hold low..high and represent 0 exactly, as borders and ReLU need.
nn::TensorQuantization quantization_of(float low, float high) {
  low = std::min(low, 0.0F);
  high = std::max(high, 0.0F);
  nn::TensorQuantization q;
  q.scale = std::max((high - low) / 255, std::numeric_limits<float>::min());
  q.zero_point = static_cast<int>(std::clamp(std::nearbyint(-low / q.scale), 0.0F, 255.0F));
  return q;
}

double mean_squared_error(const std::vector<float>& samples, const nn::TensorQuantization& q) {
  double sum = 0;
  for (const float value : samples) {
    const float stored = std::clamp(
        std::nearbyint(value / q.scale) + static_cast<float>(q.zero_point), 0.0F, 255.0F);
    const double error = (stored - static_cast<float>(q.zero_point)) * q.scale - value;
    sum += error * error;
  }
  return sum / static_cast<double>(std::max<std::size_t>(1, samples.size()));
}

// The range, of all that the methods propose, with the least squared error on the samples.
RangeChoice choose_range(const std::string& name, const TensorStatistics& statistics) {
  std::vector<float> sorted = statistics.samples;
  std::sort(sorted.begin(), sorted.end());
  const auto quantile = [&](double share) {
    const double place = share * static_cast<double>(sorted.size() - 1);
    return sorted[static_cast<std::size_t>(std::lround(place))];
  };

  std::vector<RangeChoice> proposals;
  proposals.push_back({name, "min-max", statistics.low, statistics.high, 0});
  for (const double percent : {99.9, 99.99}) {
    proposals.push_back({name, concat("percentile ", percent), quantile(1 - percent / 100),
                         quantile(percent / 100), 0});
  }
  for (int step = 19; step >= 4; --step) {
    const float share = static_cast<float>(step) / 20;
    proposals.push_back(
        {name, concat("mse ", share), statistics.low * share, statistics.high * share, 0});
    // Many activations have a fixed, small minimum that is worth its few steps.
    proposals.push_back(
        {name, concat("mse ", share, " above"), statistics.low, statistics.high * share, 0});
  }

  double power = 0;
  for (const float value : sorted) power += static_cast<double>(value) * value;
  power /= static_cast<double>(sorted.size());
  RangeChoice best;
  double least = std::numeric_limits<double>::max();
  for (const RangeChoice& proposal : proposals) {
    const double error =
        mean_squared_error(statistics.samples, quantization_of(proposal.low, proposal.high));
    if (error >= least) continue;
    least = error;
    best = proposal;
  }
  best.relative_error = power > 0 ? std::sqrt(least / power) : 0;
  return best;
}

}  // namespace

class Calibrator::Implementation {
 public:
  Implementation(const nn::WeightsFile& weights, const EngineOptions& options)
      : description_(weights.description),
        graph_(checked_graph(weights, options)),
        statistics_(graph_.tensors.size()) {
    // Step by step on one thread: every result is looked at before its memory is used again.
    PlanOptions plan_options;
    plan_ = make_plan(graph_, plan_options);
    for (const ChannelRun& run : graph_.input.runs) {
      statistics_[static_cast<std::size_t>(run.tensor)].channel_sums.resize(3);
    }
  }

  void add(const std::uint8_t* bgr, std::ptrdiff_t row_bytes) {
    plan_.clear_input_border();
    general_kernels().pack_rows(bgr, row_bytes, plan_.input, 0, plan_.input.height);
    look_at(graph_.input, plan_.input);
    for (std::size_t i = 0; i < plan_.steps.size(); ++i) {
      plan_.steps[i].run(0);
      const Operation& operation = graph_.operations[i];
      const bool new_numbers = operation.kind == OperationKind::kConvolution ||
                               operation.kind == OperationKind::kDepthwise ||
                               operation.kind == OperationKind::kAttention;
      if (new_numbers) look_at(operation.output, plan_.steps[i].output);
    }
    ++pictures_;
  }

  std::size_t pictures() const { return pictures_; }

  std::vector<RangeChoice> ranges() const {
    GONDOLA_EXPECTS(pictures_ > 0, "calibration without pictures");
    std::vector<RangeChoice> choices;
    for (std::size_t i = 1; i < statistics_.size(); ++i) {
      choices.push_back(choose_range(graph_.tensors[i], statistics_[i]));
    }
    return choices;
  }

  std::vector<std::string> layers() const {
    std::vector<std::string> names;
    for (const Operation& operation : graph_.operations) {
      if (operation.kind == OperationKind::kConvolution) names.push_back(operation.name);
    }
    return names;
  }

  nn::WeightsFile quantized(const std::vector<nn::KeptLayer>& kept) const {
    nn::WeightsFile result;
    result.description = description_;
    result.quantization.emplace();
    result.quantization->kept = kept;
    for (const RangeChoice& choice : ranges()) {
      result.quantization->tensors[choice.tensor] = quantization_of(choice.low, choice.high);
    }
    for (const Operation& operation : graph_.operations) {
      if (operation.weights == nullptr) continue;
      add_layer(operation, *result.quantization, result.tensors);
    }
    return result;
  }

 private:
  static Graph checked_graph(const nn::WeightsFile& weights, const EngineOptions& options) {
    nn::check_image_size(options.image_height, weights.description.spec);
    nn::check_image_size(options.image_width, weights.description.spec);
    return build_graph(weights, options.image_height, options.image_width);
  }

  void look_at(const Value& value, const MapView& view) {
    TensorStatistics& seen = statistics_[static_cast<std::size_t>(value.runs.front().tensor)];
    const int channels = value.channels();
    seen.channel_sums.resize(static_cast<std::size_t>(channels));
    seen.pixels += static_cast<double>(value.height) * value.width;
    // Every stride-th value, beginning elsewhere in each picture.
    const std::size_t values = static_cast<std::size_t>(value.height) *
                               static_cast<std::size_t>(value.width) *
                               static_cast<std::size_t>(channels);
    const std::size_t stride = std::max<std::size_t>(1, values / kSamplesPerPicture) | 1;
    std::size_t until_sample = pictures_ * 7919 % stride;
    for (int y = 0; y < value.height; ++y) {
      for (int x = 0; x < value.width; ++x) {
        const auto* pixel = reinterpret_cast<const float*>(view.row(y) + x * view.pixel_bytes);
        std::size_t channel = 0;
        for (const ChannelRun& run : value.runs) {
          const float* from = pixel + run.memory - value.memory_first();
          for (int i = 0; i < run.count; ++i, ++channel) {
            seen.low = std::min(seen.low, from[i]);
            seen.high = std::max(seen.high, from[i]);
            seen.channel_sums[channel] += from[i];
            if (until_sample-- == 0) {
              seen.samples.push_back(from[i]);
              until_sample = stride - 1;
            }
          }
        }
      }
    }
  }

  // Tensors of one convolution, named as LibTorch's fused network names them.
  void add_layer(const Operation& operation, const nn::Quantization& quantization,
                 nn::NamedTensors& tensors) const {
    const ConvolutionWeights& weights = *operation.weights;
    const auto outputs = static_cast<std::int64_t>(weights.bias.size());
    const bool depthwise = operation.kind == OperationKind::kDepthwise;
    const std::int64_t inputs = depthwise ? 1 : operation.input.channels();
    const std::vector<std::int64_t> shape{outputs, inputs, operation.kernel, operation.kernel};
    std::vector<float> kernels = weights.kernels;
    std::vector<float> bias = weights.bias;
    std::vector<float> scales;
    const bool keep =
        std::any_of(quantization.kept.begin(), quantization.kept.end(),
                    [&](const nn::KeptLayer& layer) { return layer.name == operation.name; });
    if (!depthwise && !keep) {
      std::vector<double> means;
      for (const ChannelRun& run : operation.input.runs) {
        const auto tensor = static_cast<std::size_t>(run.tensor);
        const TensorStatistics& seen = statistics_[tensor];
        const float scale =
            tensor == 0 ? 1.0F / 255.0F : quantization.tensors.at(graph_.tensors[tensor]).scale;
        const auto first = static_cast<std::size_t>(run.first);
        for (std::size_t i = 0; i < static_cast<std::size_t>(run.count); ++i) {
          scales.push_back(scale);
          means.push_back(seen.channel_sums[first + i] / seen.pixels);
        }
      }
      const std::size_t row = kernels.size() / bias.size();
      const std::size_t taps = row / scales.size();
      std::vector<float> rounded(row);
      for (std::size_t o = 0; o < bias.size(); ++o) {
        float* exact = kernels.data() + o * row;
        for (std::size_t i = 0; i < row; ++i) rounded[i] = exact[i] * scales[i / taps];
        const float step = nn::round_to_int8(rounded.data(), row);
        double shift = 0;
        for (std::size_t i = 0; i < row; ++i) {
          // As decode_int8() computes it, to the last bit.
          const float weight = rounded[i] * (step / scales[i / taps]);
          shift += (static_cast<double>(weight) - exact[i]) * means[i / taps];
          exact[i] = weight;
        }
        bias[o] -= static_cast<float>(shift);
      }
    }
    const std::string& layer = operation.parameters;
    const auto add = [&](const std::string& name, nn::TensorData tensor) {
      static_cast<void>(tensors.add(name, std::move(tensor)));
    };
    add(layer + ".weight", nn::make_float32(shape, kernels));
    add(layer + ".bias", nn::make_float32({outputs}, bias));
    if (!scales.empty()) {
      add(layer + ".input_scale",
          nn::make_float32({static_cast<std::int64_t>(scales.size())}, scales));
    }
    if (!weights.slopes.empty()) {
      add(operation.name + ".act.weight", nn::make_float32({outputs}, weights.slopes));
    }
  }

  nn::ModelDescription description_;
  Graph graph_;
  Plan plan_;
  std::vector<TensorStatistics> statistics_;
  std::size_t pictures_ = 0;
};

Calibrator::Calibrator(const nn::WeightsFile& weights, const EngineOptions& options)
    : implementation_(std::make_unique<Implementation>(weights, options)) {}
Calibrator::~Calibrator() = default;

void Calibrator::add(const std::uint8_t* bgr, std::ptrdiff_t row_bytes) {
  implementation_->add(bgr, row_bytes);
}
std::size_t Calibrator::pictures() const { return implementation_->pictures(); }
nn::WeightsFile Calibrator::quantized(const std::vector<nn::KeptLayer>& kept) const {
  return implementation_->quantized(kept);
}
std::vector<RangeChoice> Calibrator::ranges() const { return implementation_->ranges(); }
std::vector<std::string> Calibrator::layers() const { return implementation_->layers(); }

}  // namespace gondola::engine
