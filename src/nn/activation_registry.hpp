#pragma once

#include <string>
#include <string_view>

#include <ATen/ATen.h>

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

/// One row of the registry in activations.cpp.
struct ActivationDefinition {
  std::string_view name;
  std::string_view torch_class;  ///< last part of the PyTorch module's class name
  ActivationParameter parameter;
  /// @param weight  [C] slopes when parameter.learned_per_channel, else undefined
  at::Tensor (*apply)(const at::Tensor& input, double parameter, const at::Tensor& weight);
};

/// Requires: a name from make_activation_spec().
const ActivationDefinition& activation_definition(const std::string& name);

}  // namespace gondola::nn
