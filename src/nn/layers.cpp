#include "gondola/nn/layers.hpp"

#include <cmath>
#include <utility>

#include "activation_functions.hpp"
#include "activation_registry.hpp"
#include "batch_norm_activation.hpp"
#include "gondola/core/error.hpp"

namespace gondola::nn {
namespace {

std::int64_t parameter_count(const torch::nn::Module& module) {
  std::int64_t count = 0;
  for (const at::Tensor& parameter : module.parameters()) count += parameter.numel();
  return count;
}

}  // namespace

void Layer::observe(std::string path, LayerObserver observer) {
  path_ = std::move(path);
  observer_ = std::move(observer);
}

void Layer::report(const std::string& kind, const ActivationSpec* activation,
                   const at::Tensor& output, std::int64_t multiply_adds,
                   std::int64_t parameters) const {
  observer_({path_, kind, activation, output, parameters, multiply_adds});
}

Conv2dImpl::Conv2dImpl(Conv2dOptions conv_options) : options(conv_options) {
  weight = register_parameter("weight",
                              at::empty({options.out_channels, options.in_channels / options.groups,
                                         options.kernel, options.kernel}));
  if (options.bias) bias = register_parameter("bias", at::empty({options.out_channels}));
}

at::Tensor Conv2dImpl::forward(const at::Tensor& input) {
  const std::int64_t padding = options.kernel / 2;
  // Weights stay float32 where the maps are bfloat16: training's small steps need their digits.
  const at::ScalarType type = input.scalar_type();
  at::Tensor output =
      at::conv2d(input, weight.to(type), bias.defined() ? bias.to(type) : bias,
                 {options.stride, options.stride}, {padding, padding}, {1, 1}, options.groups);
  if (observed()) {
    report(describe(), nullptr, output, multiply_adds(output), parameter_count(*this));
  }
  return output;
}

std::int64_t Conv2dImpl::multiply_adds(const at::Tensor& output) const {
  return output.numel() * (options.in_channels / options.groups) * options.kernel * options.kernel;
}

std::string Conv2dImpl::describe() const {
  std::string text =
      concat(options.groups == 1 ? "conv " : "depthwise ", options.kernel, "x", options.kernel);
  if (options.stride != 1) text += concat("/", options.stride);
  return text;
}

BatchNorm2dImpl::BatchNorm2dImpl(std::int64_t channels, double epsilon_value, double momentum_value)
    : epsilon(epsilon_value), momentum(momentum_value) {
  weight = register_parameter("weight", at::ones({channels}));
  bias = register_parameter("bias", at::zeros({channels}));
  running_mean = register_buffer("running_mean", at::zeros({channels}));
  running_var = register_buffer("running_var", at::ones({channels}));
}

at::Tensor BatchNorm2dImpl::forward(const at::Tensor& input) {
  return at::batch_norm(input, weight, bias, running_mean, running_var, is_training(), momentum,
                        epsilon, /*cudnn_enabled=*/true);
}

ActivationImpl::ActivationImpl(ActivationSpec activation, std::int64_t channels)
    : spec(std::move(activation)) {
  if (activation_definition(spec.name).parameter.learned_per_channel) {
    weight = register_parameter("weight", at::full({channels}, spec.parameter.value()));
  }
}

at::Tensor ActivationImpl::forward(const at::Tensor& input) {
  return apply_activation(spec, input, weight);
}

ConvBlockImpl::ConvBlockImpl(const ConvBlockOptions& block_options, const BlockContext& context)
    : options(block_options) {
  Conv2dOptions conv_options(options.in_channels, options.out_channels, options.kernel);
  conv_options.stride = options.stride;
  conv_options.groups = options.groups;
  conv_options.bias = false;
  conv = register_module("conv", Conv2d(conv_options));
  bn = register_module("bn", BatchNorm2d(options.out_channels, context.batch_norm_epsilon));
  if (options.activated) {
    act = register_module("act", Activation(context.activation, options.out_channels));
  }
}

at::Tensor ConvBlockImpl::forward(const at::Tensor& input) {
  at::Tensor output = conv->forward(input);
  if (bn && is_training() && can_fuse_batch_norm(output)) {
    const bool with_activation = act && can_fuse_activation(act->spec);
    output = batch_norm_activation(output, *bn,
                                   with_activation ? act->spec : ActivationSpec{"identity", {}});
    if (act && !with_activation) output = act->forward(output);
  } else {
    if (bn) output = bn->forward(output);
    if (act) output = act->forward(output);
  }
  if (observed())
    report(conv->describe(), act ? &act->spec : nullptr, output, conv->multiply_adds(output),
           parameter_count(*this));
  return output;
}

void ConvBlockImpl::fuse() {
  GONDOLA_EXPECTS(bn, "ConvBlock::fuse: already fused");
  // bn(conv(x)) = scale * conv(x) + (bias - mean * scale), scale = gamma / sqrt(var + eps); in
  // double, so that folding costs no accuracy of its own.
  const at::NoGradGuard no_grad;
  const at::Tensor scale =
      bn->weight.to(at::kDouble) / at::sqrt(bn->running_var.to(at::kDouble) + bn->epsilon);
  const at::Tensor shift = bn->bias.to(at::kDouble) - bn->running_mean.to(at::kDouble) * scale;
  Conv2dOptions fused_options = conv->options;
  fused_options.bias = true;
  Conv2d fused(fused_options);
  fused->weight.copy_(conv->weight.to(at::kDouble) * scale.view({-1, 1, 1, 1}));
  fused->bias.copy_(shift);
  conv = replace_module("conv", fused);
  unregister_module("bn");
  bn = nullptr;
}

}  // namespace gondola::nn
