#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <ATen/ATen.h>
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include "gondola/nn/activation.hpp"

namespace gondola::nn {

/// What one layer did in one forward pass: the material of `gondola info`.
struct LayerRun {
  const std::string& path;           ///< module path, such as `model.4.m.0.cv1`
  const std::string& kind;           ///< such as `conv 3x3/2`
  const ActivationSpec* activation;  ///< null where the layer has none
  at::Tensor output;                 ///< [N, C, H, W], after the activation
  std::int64_t parameters;           ///< learned numbers, batch norm's scale and shift included
  std::int64_t multiply_adds;        ///< for the whole batch
};

using LayerObserver = std::function<void(const LayerRun&)>;

/// Base of the layers that do the arithmetic. Reports each run to an observer when there is one.
/// Not thread-safe while an observer is set.
class Layer : public torch::nn::Module {
 public:
  /// Starts (or with an empty function stops) reporting, under the given module path.
  void observe(std::string path, LayerObserver observer);

 protected:
  bool observed() const { return static_cast<bool>(observer_); }
  void report(const std::string& kind, const ActivationSpec* activation, const at::Tensor& output,
              std::int64_t multiply_adds, std::int64_t parameters = 0) const;

 private:
  std::string path_;
  LayerObserver observer_;
};

/// Convolution without the random initialisation that torch::nn::Conv2d insists on: most networks
/// are built to be loaded, and filling 68 million weights twice is felt at every start.
/// Weights are uninitialised memory until loaded or until initialize_parameters().
struct Conv2dOptions {
  Conv2dOptions(std::int64_t in, std::int64_t out, std::int64_t kernel_size)
      : in_channels(in), out_channels(out), kernel(kernel_size) {}

  std::int64_t in_channels;
  std::int64_t out_channels;
  std::int64_t kernel;  ///< square; odd kernels are padded to keep the size at stride 1
  std::int64_t stride = 1;
  std::int64_t groups = 1;  ///< in_channels for a depthwise convolution
  bool bias = true;
};

class Conv2dImpl : public Layer {
 public:
  explicit Conv2dImpl(Conv2dOptions options);

  /// [N, in, H, W] to [N, out, ceil(H / stride), ceil(W / stride)].
  at::Tensor forward(const at::Tensor& input);

  std::int64_t multiply_adds(const at::Tensor& output) const;
  std::string describe() const;

  const Conv2dOptions options;
  at::Tensor weight;  ///< [out, in / groups, kernel, kernel]
  at::Tensor bias;    ///< [out]; undefined without bias
};
TORCH_MODULE(Conv2d);

/// Batch normalisation over channels (Ioffe and Szegedy 2015). Starts as the identity.
class BatchNorm2dImpl : public torch::nn::Module {
 public:
  BatchNorm2dImpl(std::int64_t channels, double epsilon, double momentum = 0.03);

  at::Tensor forward(const at::Tensor& input);

  const double epsilon;
  const double momentum;
  at::Tensor weight;        ///< scale, [C]
  at::Tensor bias;          ///< shift, [C]
  at::Tensor running_mean;  ///< [C], buffer
  at::Tensor running_var;   ///< [C], buffer
};
TORCH_MODULE(BatchNorm2d);

/// The registry's function as a module; only prelu has a parameter, `weight` [C].
class ActivationImpl : public torch::nn::Module {
 public:
  ActivationImpl(ActivationSpec spec, std::int64_t channels);

  at::Tensor forward(const at::Tensor& input);

  const ActivationSpec spec;
  at::Tensor weight;  ///< prelu: learned slope per channel; undefined otherwise
};
TORCH_MODULE(Activation);

/// What every convolution block of one stage shares.
struct BlockContext {
  ActivationSpec activation;
  double batch_norm_epsilon = 1e-3;
};

struct ConvBlockOptions {
  ConvBlockOptions(std::int64_t in, std::int64_t out, std::int64_t kernel_size = 1,
                   std::int64_t stride_size = 1)
      : in_channels(in), out_channels(out), kernel(kernel_size), stride(stride_size) {}

  std::int64_t in_channels;
  std::int64_t out_channels;
  std::int64_t kernel;
  std::int64_t stride;
  std::int64_t groups = 1;
  bool activated = true;  ///< false: convolution and batch norm alone
};

/// Convolution, batch norm, activation; children `conv`, `bn`, `act`.
class ConvBlockImpl : public Layer {
 public:
  ConvBlockImpl(const ConvBlockOptions& options, const BlockContext& context);

  at::Tensor forward(const at::Tensor& input);

  /// Folds batch norm into the convolution: fewer operations, for inference only. The module's
  /// parameters change names (`bn` goes, `conv.bias` comes), so load weights before, not after.
  void fuse();

  const ConvBlockOptions options;
  Conv2d conv{nullptr};
  BatchNorm2d bn{nullptr};  ///< null once fused
  Activation act{nullptr};  ///< null when not activated
};
TORCH_MODULE(ConvBlock);

}  // namespace gondola::nn
