#include "activation_registry.hpp"

#include <algorithm>
#include <array>

#include "gondola/core/error.hpp"
#include "gondola/nn/activation.hpp"

namespace gondola::nn {
namespace {

// The one place where an activation is made known: its row says how it is called, what number it
// has, and which PyTorch module it answers to. LibTorch's function for it is in
// activation_functions.cpp, the engine's in src/engine.
constexpr std::array kRegistry = {
    ActivationDefinition{"silu", "SiLU", {}},
    ActivationDefinition{"relu", "ReLU", {}},
    ActivationDefinition{"leaky_relu", "LeakyReLU", {"slope", "negative_slope", 0.01, 0.0, 1.0}},
    ActivationDefinition{"prelu", "PReLU", {"slope", "init", 0.25, 0.0, 1.0, true}},
    ActivationDefinition{"gelu", "GELU", {}},
    ActivationDefinition{"hardswish", "Hardswish", {}},
    ActivationDefinition{"mish", "Mish", {}},
    ActivationDefinition{"elu", "ELU", {"alpha", "alpha", 1.0, 0.0, 10.0}},
    ActivationDefinition{"tanh", "Tanh", {}},
    ActivationDefinition{"sigmoid", "Sigmoid", {}},
    ActivationDefinition{"identity", "Identity", {}},
};

template <typename Predicate>
const ActivationDefinition* find_row(const Predicate& predicate) {
  const auto* found = std::find_if(kRegistry.begin(), kRegistry.end(), predicate);
  return found == kRegistry.end() ? nullptr : found;
}

}  // namespace

const ActivationDefinition* find_activation(std::string_view name) {
  return find_row([&](const auto& row) { return row.name == name; });
}

const ActivationDefinition* find_torch_class(std::string_view class_name) {
  return find_row([&](const auto& row) { return row.torch_class == class_name; });
}

const ActivationDefinition& activation_definition(std::string_view name) {
  const ActivationDefinition* definition = find_activation(name);
  GONDOLA_EXPECTS(definition != nullptr, "activation '", name, "' is not in the registry");
  return *definition;
}

std::vector<std::string> activation_names() {
  std::vector<std::string> names;
  for (const auto& definition : kRegistry) names.emplace_back(definition.name);
  return names;
}

}  // namespace gondola::nn
