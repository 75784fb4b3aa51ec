#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <ATen/ATen.h>

#include "gondola/nn/network.hpp"
#include "gondola/nn/tensor_data.hpp"
#include "gondola/train/schedule.hpp"

namespace gondola::train {

enum class OptimizerKind {
  kSgd,   ///< with Nesterov momentum (Sutskever et al. 2013)
  kAdamW  ///< Loshchilov and Hutter 2019; momentum is its beta1
};

struct OptimizerOptions {
  OptimizerKind kind = OptimizerKind::kSgd;
  double weight_decay = 5e-4;  ///< >= 0; convolution weights only, not biases and batch norms
  double adam_beta2 = 0.999;   ///< 0..1, AdamW's
  double adam_epsilon = 1e-8;
  double clip_norm = 10;  ///< longest gradient of all parameters together; 0 = any
};

/// Moves a network's parameters against their gradients.
///
/// LibTorch has both algorithms; these keep their state as named tensors, so that a checkpoint is
/// one .safetensors file and a resumed run goes on bit by bit.
class Optimizer {
 public:
  /// Parameters that do not require gradients are left alone.
  Optimizer(const nn::Network& network, const OptimizerOptions& options);

  /// The length of all gradients together, before clipping: not finite if any number is not.
  double gradient_norm() const;

  /// One step; clears the gradients. @param norm  gradient_norm()
  void step(const StepRates& rates, double norm);

  /// Moments by parameter name and the number of steps: all that step() remembers.
  nn::NamedTensors state() const;

  /// Throws WeightsError when the tensors are not those of state() for this network and kind.
  void load_state(const nn::NamedTensors& state, const std::string& source_name);

 private:
  struct Slot {
    std::string name;
    at::Tensor parameter;
    at::Tensor momentum;  // SGD: velocity; AdamW: first moment
    at::Tensor variance;  // AdamW: second moment; else undefined
    bool is_bias = false;
    bool decays = false;
  };

  void step_sgd(Slot& slot, const at::Tensor& gradient, double rate, double momentum);
  void step_adamw(Slot& slot, const at::Tensor& gradient, double rate, double beta1);

  OptimizerOptions options_;
  std::vector<Slot> slots_;
  std::int64_t steps_ = 0;
  double beta1_product_ = 1;  // beta1 changes during warm-up, so its power is a product
};

}  // namespace gondola::train
