#include "batch_norm_activation.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include "batch_norm_kernels.hpp"

namespace gondola::nn {
namespace {

std::optional<FusedActivation> fused_activation(const std::string& name) {
  if (name == "silu") return FusedActivation::kSilu;
  if (name == "relu") return FusedActivation::kRelu;
  if (name == "leaky_relu") return FusedActivation::kLeakyRelu;
  if (name == "hardswish") return FusedActivation::kHardswish;
  if (name == "identity") return FusedActivation::kIdentity;
  return std::nullopt;
}

ElementType element_type(const at::Tensor& tensor) {
  return tensor.scalar_type() == at::kFloat ? ElementType::kFloat32 : ElementType::kBFloat16;
}

std::int64_t row_count(const at::Tensor& map) { return map.size(0) * map.size(2) * map.size(3); }

// Whether pixels follow each other at one distance, channels side by side. Channel slices of a
// channels-last map, as a split hands them back, are such rows too.
bool is_rows(const at::Tensor& map) {
  const std::int64_t step = map.stride(3);
  return map.stride(1) == 1 && map.stride(2) == step * map.size(3) &&
         map.stride(0) == step * map.size(3) * map.size(2);
}

at::Tensor as_rows(const at::Tensor& map) {
  return is_rows(map) ? map : map.contiguous(at::MemoryFormat::ChannelsLast);
}

ChannelRows rows_of(const at::Tensor& map) { return {map.data_ptr(), map.stride(3)}; }

// Two sums per channel over all rows. Each thread's share is added in the order of the shares, so
// that the same number of threads gives the same bits.
struct ChannelSums {
  std::vector<double> first;
  std::vector<double> second;
};

template <typename AddRows>
ChannelSums sum_over_rows(std::int64_t rows, std::int64_t channels, const AddRows& add_rows) {
  const auto width = static_cast<std::size_t>(channels);
  constexpr std::int64_t kLeastRows = 512;  // below it a thread's start costs more than it saves
  const std::int64_t shares =
      std::max<std::int64_t>(1, std::min<std::int64_t>(at::get_num_threads(), rows / kLeastRows));
  std::vector<ChannelSums> partial(static_cast<std::size_t>(shares));
  at::parallel_for(0, shares, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t share = begin; share < end; ++share) {
      ChannelSums& sums = partial[static_cast<std::size_t>(share)];
      sums.first.assign(width, 0);
      sums.second.assign(width, 0);
      add_rows(rows * share / shares, rows * (share + 1) / shares, sums.first.data(),
               sums.second.data());
    }
  });
  for (std::size_t share = 1; share < partial.size(); ++share) {
    for (std::size_t c = 0; c < width; ++c) {
      partial[0].first[c] += partial[share].first[c];
      partial[0].second[c] += partial[share].second[c];
    }
  }
  return std::move(partial[0]);
}

template <typename Body>
void for_rows(std::int64_t rows, std::int64_t channels, const Body& body) {
  // 32k elements are some 10 microseconds of work.
  const std::int64_t grain = std::max<std::int64_t>(1, 32768 / channels);
  at::parallel_for(0, rows, grain, body);
}

NormedMap describe(const at::Tensor& input, FusedActivation activation, double slope,
                   const at::Tensor& mean, const at::Tensor& inverse_deviation,
                   const at::Tensor& scale, const at::Tensor& shift) {
  NormedMap map;
  map.type = element_type(input);
  map.activation = activation;
  map.slope = static_cast<float>(slope);
  map.channels = input.size(1);
  map.mean = mean.data_ptr<float>();
  map.inverse_deviation = inverse_deviation.data_ptr<float>();
  map.scale = scale.data_ptr<float>();
  map.shift = shift.data_ptr<float>();
  return map;
}

class Operation : public torch::autograd::Function<Operation> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& given,
                            const at::Tensor& scale, const at::Tensor& shift,
                            at::Tensor running_mean, at::Tensor running_var, double epsilon,
                            double momentum, std::int64_t activation, double slope) {
    const at::Tensor input = as_rows(given);
    const std::int64_t rows = row_count(input);
    const std::int64_t channels = input.size(1);
    const ChannelRows input_rows = rows_of(input);

    const ChannelSums sums = sum_over_rows(
        rows, channels, [&](std::int64_t first, std::int64_t last, double* sum, double* squares) {
          add_moments(element_type(input), input_rows, channels, first, last, sum, squares);
        });
    const at::Tensor mean = at::empty({channels}, scale.options());
    const at::Tensor inverse_deviation = at::empty({channels}, scale.options());
    const auto count = static_cast<double>(rows);
    for (std::int64_t c = 0; c < channels; ++c) {
      const auto i = static_cast<std::size_t>(c);
      const double average = sums.first[i] / count;
      const double variance = std::max(0.0, sums.second[i] / count - average * average);
      mean.data_ptr<float>()[c] = static_cast<float>(average);
      inverse_deviation.data_ptr<float>()[c] =
          static_cast<float>(1.0 / std::sqrt(variance + epsilon));
      float& kept_mean = running_mean.data_ptr<float>()[c];
      float& kept_variance = running_var.data_ptr<float>()[c];
      kept_mean += static_cast<float>(momentum * (average - kept_mean));
      kept_variance +=
          static_cast<float>(momentum * (variance * count / (count - 1) - kept_variance));
    }

    const at::Tensor output =
        at::empty(input.sizes(), input.options().memory_format(at::MemoryFormat::ChannelsLast));
    const NormedMap map = describe(input, static_cast<FusedActivation>(activation), slope, mean,
                                   inverse_deviation, scale, shift);
    for_rows(rows, channels, [&](std::int64_t first, std::int64_t last) {
      normalize_and_activate(map, input_rows, first, last, output.data_ptr());
    });
    context->save_for_backward({input, scale, shift, mean, inverse_deviation});
    context->saved_data["activation"] = activation;
    context->saved_data["slope"] = slope;
    return output;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor& input = saved[0];
    const std::int64_t rows = row_count(input);
    const std::int64_t channels = input.size(1);
    const NormedMap map =
        describe(input, static_cast<FusedActivation>(context->saved_data["activation"].toInt()),
                 context->saved_data["slope"].toDouble(), saved[3], saved[4], saved[1], saved[2]);
    const ChannelRows input_rows = rows_of(input);
    const at::Tensor output_gradient = as_rows(gradients[0].to(input.scalar_type()));
    const ChannelRows gradient_rows = rows_of(output_gradient);

    const ChannelSums sums = sum_over_rows(
        rows, channels, [&](std::int64_t first, std::int64_t last, double* shift, double* scale) {
          add_parameter_gradients(map, input_rows, gradient_rows, first, last, shift, scale);
        });
    const at::Tensor scale_gradient = at::empty({channels}, saved[1].options());
    const at::Tensor shift_gradient = at::empty({channels}, saved[1].options());
    std::vector<float> mean_gradient(static_cast<std::size_t>(channels));
    std::vector<float> mean_projection(static_cast<std::size_t>(channels));
    for (std::int64_t c = 0; c < channels; ++c) {
      const auto i = static_cast<std::size_t>(c);
      shift_gradient.data_ptr<float>()[c] = static_cast<float>(sums.first[i]);
      scale_gradient.data_ptr<float>()[c] = static_cast<float>(sums.second[i]);
      mean_gradient[i] = static_cast<float>(sums.first[i] / static_cast<double>(rows));
      mean_projection[i] = static_cast<float>(sums.second[i] / static_cast<double>(rows));
    }

    const at::Tensor result =
        at::empty(input.sizes(), input.options().memory_format(at::MemoryFormat::ChannelsLast));
    for_rows(rows, channels, [&](std::int64_t first, std::int64_t last) {
      input_gradient(map, input_rows, gradient_rows, mean_gradient.data(), mean_projection.data(),
                     first, last, result.data_ptr());
    });
    const at::Tensor none;
    return {result, scale_gradient, shift_gradient, none, none, none, none, none, none};
  }
};

}  // namespace

bool can_fuse_batch_norm(const at::Tensor& input) {
  return input.device().is_cpu() &&
         (input.scalar_type() == at::kFloat || input.scalar_type() == at::kBFloat16) &&
         row_count(input) > 1;
}

bool can_fuse_activation(const ActivationSpec& activation) {
  return fused_activation(activation.name).has_value();
}

at::Tensor batch_norm_activation(const at::Tensor& input, BatchNorm2dImpl& norm,
                                 const ActivationSpec& activation) {
  return Operation::apply(input, norm.weight, norm.bias, norm.running_mean, norm.running_var,
                          norm.epsilon, norm.momentum,
                          static_cast<std::int64_t>(fused_activation(activation.name).value()),
                          activation.parameter.value_or(0));
}

}  // namespace gondola::nn
