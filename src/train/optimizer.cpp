#include "gondola/train/optimizer.hpp"

#include <cmath>

#include "gondola/core/error.hpp"
#include "gondola/core/text.hpp"
#include "gondola/nn/load_network.hpp"

namespace gondola::train {
namespace {

constexpr const char* kProgress = "progress";

}  // namespace

Optimizer::Optimizer(const nn::Network& network, const OptimizerOptions& options)
    : options_(options) {
  for (const auto& item : network->named_parameters()) {
    const at::Tensor& parameter = item.value();
    if (!parameter.requires_grad()) continue;
    Slot slot;
    slot.name = item.key();
    slot.parameter = parameter;
    slot.is_bias = ends_with(item.key(), ".bias");
    slot.decays = parameter.dim() > 1;
    slot.momentum = at::zeros_like(parameter);
    if (options_.kind == OptimizerKind::kAdamW) slot.variance = at::zeros_like(parameter);
    slots_.push_back(std::move(slot));
  }
}

double Optimizer::gradient_norm() const {
  std::vector<at::Tensor> norms;
  for (const Slot& slot : slots_) {
    if (slot.parameter.grad().defined()) norms.push_back(slot.parameter.grad().norm());
  }
  if (norms.empty()) return 0;
  return at::stack(norms).to(at::kDouble).norm().item<double>();
}

void Optimizer::step(const StepRates& rates, double norm) {
  const at::NoGradGuard no_grad;
  const double factor =
      options_.clip_norm > 0 && norm > options_.clip_norm ? options_.clip_norm / norm : 1.0;
  ++steps_;
  beta1_product_ *= rates.momentum;
  for (Slot& slot : slots_) {
    at::Tensor& gradient = slot.parameter.mutable_grad();
    if (!gradient.defined()) continue;
    if (factor != 1.0) gradient.mul_(factor);
    const double rate = slot.is_bias ? rates.biases : rates.weights;
    if (options_.kind == OptimizerKind::kSgd) {
      step_sgd(slot, gradient, rate, rates.momentum);
    } else {
      step_adamw(slot, gradient, rate, rates.momentum);
    }
    gradient.zero_();
  }
}

void Optimizer::step_sgd(Slot& slot, const at::Tensor& gradient, double rate, double momentum) {
  if (slot.decays) gradient.add_(slot.parameter, options_.weight_decay);
  slot.momentum.mul_(momentum).add_(gradient);
  gradient.add_(slot.momentum, momentum);
  slot.parameter.add_(gradient, -rate);
}

void Optimizer::step_adamw(Slot& slot, const at::Tensor& gradient, double rate, double beta1) {
  const double beta2 = options_.adam_beta2;
  if (slot.decays) slot.parameter.mul_(1 - rate * options_.weight_decay);
  slot.momentum.mul_(beta1).add_(gradient, 1 - beta1);
  slot.variance.mul_(beta2).addcmul_(gradient, gradient, 1 - beta2);
  const double variance_correction = 1 - std::pow(beta2, static_cast<double>(steps_));
  const at::Tensor deviation =
      slot.variance.sqrt().div_(std::sqrt(variance_correction)).add_(options_.adam_epsilon);
  slot.parameter.addcdiv_(slot.momentum, deviation, -rate / (1 - beta1_product_));
}

nn::NamedTensors Optimizer::state() const {
  nn::NamedTensors state;
  const auto add = [&state](const std::string& name, const at::Tensor& tensor) {
    GONDOLA_EXPECTS(state.add(name, nn::to_tensor_data(tensor)), "optimizer state ", name,
                    " twice");
  };
  add(kProgress, at::tensor({static_cast<double>(steps_), beta1_product_}, at::kDouble));
  for (const Slot& slot : slots_) {
    add(slot.name + ".momentum", slot.momentum);
    if (slot.variance.defined()) add(slot.name + ".variance", slot.variance);
  }
  return state;
}

void Optimizer::load_state(const nn::NamedTensors& state, const std::string& source_name) {
  const auto fetch = [&](const std::string& name, const at::Tensor& like) {
    const nn::TensorData* data = state.find(name);
    if (data == nullptr || at::IntArrayRef(data->shape) != like.sizes()) {
      throw WeightsError(concat(source_name, ": no optimizer state '", name, "' of shape ",
                                like.sizes(),
                                "; the checkpoint is of another network or optimizer"));
    }
    return nn::to_tensor(*data);
  };
  const at::NoGradGuard no_grad;
  const at::Tensor progress = fetch(kProgress, at::empty({2}));
  steps_ = static_cast<std::int64_t>(progress[0].item<double>());
  beta1_product_ = progress[1].item<double>();
  for (Slot& slot : slots_) {
    slot.momentum.copy_(fetch(slot.name + ".momentum", slot.momentum));
    if (slot.variance.defined()) slot.variance.copy_(fetch(slot.name + ".variance", slot.variance));
  }
}

}  // namespace gondola::train
