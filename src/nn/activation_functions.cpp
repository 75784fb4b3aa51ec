#include "activation_functions.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "gondola/core/error.hpp"

namespace gondola::nn {
namespace {

using at::Tensor;

struct ActivationFunction {
  std::string_view name;
  Tensor (*apply)(const Tensor& input, double parameter, const Tensor& slopes);
};

// How every activation of the registry in activation_registry.cpp is computed.
constexpr std::array kFunctions = {
    ActivationFunction{"silu", [](const Tensor& x, double, const Tensor&) { return at::silu(x); }},
    ActivationFunction{"relu", [](const Tensor& x, double, const Tensor&) { return at::relu(x); }},
    ActivationFunction{"leaky_relu", [](const Tensor& x, double slope,
                                        const Tensor&) { return at::leaky_relu(x, slope); }},
    ActivationFunction{"prelu",
                       [](const Tensor& x, double, const Tensor& slopes) {
                         return at::prelu(x, slopes.to(x.scalar_type()));
                       }},
    ActivationFunction{"gelu", [](const Tensor& x, double, const Tensor&) { return at::gelu(x); }},
    ActivationFunction{"hardswish",
                       [](const Tensor& x, double, const Tensor&) { return at::hardswish(x); }},
    ActivationFunction{"mish",
                       [](const Tensor& x, double, const Tensor&) {
                         // LibTorch 1.13 has no mish of bfloat16 on the CPU.
                         return at::mish(x.to(at::kFloat)).to(x.scalar_type());
                       }},
    ActivationFunction{
        "elu", [](const Tensor& x, double alpha, const Tensor&) { return at::elu(x, alpha); }},
    ActivationFunction{"tanh", [](const Tensor& x, double, const Tensor&) { return at::tanh(x); }},
    ActivationFunction{"sigmoid",
                       [](const Tensor& x, double, const Tensor&) { return at::sigmoid(x); }},
    ActivationFunction{"identity", [](const Tensor& x, double, const Tensor&) { return x; }},
};

}  // namespace

at::Tensor apply_activation(const ActivationSpec& spec, const at::Tensor& input,
                            const at::Tensor& slopes) {
  const auto* found = std::find_if(kFunctions.begin(), kFunctions.end(), [&](const auto& function) {
    return function.name == spec.name;
  });
  GONDOLA_EXPECTS(found != kFunctions.end(), "activation '", spec.name, "' has no function");
  return found->apply(input, spec.parameter.value_or(0), slopes);
}

}  // namespace gondola::nn
