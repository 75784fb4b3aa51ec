#pragma once

#include <string>
#include <string_view>

namespace gondola::nn {

/// The one number some activations have; no name means none.
struct ActivationParameter {
  std::string_view name;             ///< key in YAML and on the command line
  std::string_view torch_attribute;  ///< what the PyTorch module calls it
  double default_value = 0;
  double minimum = 0;
  double maximum = 0;
  bool learned_per_channel = false;  ///< the number is only where training starts
};

/// One row of the registry in activation_registry.cpp.
struct ActivationDefinition {
  std::string_view name;
  std::string_view torch_class;  ///< last part of the PyTorch module's class name
  ActivationParameter parameter;
};

/// Null for an unknown name.
const ActivationDefinition* find_activation(std::string_view name);

/// By the last part of a PyTorch module's class name; null for an unknown one.
const ActivationDefinition* find_torch_class(std::string_view class_name);

/// Requires: a name from make_activation_spec().
const ActivationDefinition& activation_definition(std::string_view name);

}  // namespace gondola::nn
