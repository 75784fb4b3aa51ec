#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

namespace gondola::config {
class Node;
}  // namespace gondola::config

namespace gondola::nn {

/// An activation by name, as written in a model YAML: `silu`, or `{name: leaky_relu, slope: 0.1}`.
struct ActivationSpec {
  std::string name = "silu";
  /// The activation's one number where it has one (leaky_relu: slope, elu: alpha, prelu: initial
  /// slope); nothing means its default. Use make_activation_spec() to have it checked and filled
  /// in.
  std::optional<double> parameter;

  friend bool operator==(const ActivationSpec& a, const ActivationSpec& b) {
    return a.name == b.name && a.parameter == b.parameter;
  }
  friend bool operator!=(const ActivationSpec& a, const ActivationSpec& b) { return !(a == b); }
};

/// `silu`, `leaky_relu(slope=0.1)`: for people.
std::string to_string(const ActivationSpec& spec);
std::ostream& operator<<(std::ostream& out, const ActivationSpec& spec);

/// `silu`, `{name: leaky_relu, slope: 0.1}`: for a model YAML.
std::string to_yaml(const ActivationSpec& spec);

/// Every known name, in the order of the registry (src/nn/activation_registry.cpp).
std::vector<std::string> activation_names();

/// Checks a name and its parameter and fills in the default parameter.
///
/// Throws ConfigError for an unknown name (lists the known ones), a parameter where there is none,
/// or one out of range.
ActivationSpec make_activation_spec(const std::string& name,
                                    std::optional<double> parameter = std::nullopt);

/// Reads `silu`, `leaky_relu(0.1)` or `leaky_relu(slope=0.1)`, as typed on a command line.
/// Throws ConfigError like make_activation_spec().
ActivationSpec parse_activation(const std::string& text);

/// Reads a YAML scalar (as parse_activation()) or a map with `name` and the parameter's own key.
/// Throws ConfigError that starts with the node's file and line.
ActivationSpec parse_activation(const config::Node& node);

/// The activation that a PyTorch module class stands for, such as
/// "torch.nn.modules.activation.SiLU".
///
/// @param parameter  the module's own number where it has one (negative_slope, alpha)
/// @return nothing for a class that is not in the registry
std::optional<ActivationSpec> activation_from_torch_class(const std::string& torch_class,
                                                          std::optional<double> parameter);

}  // namespace gondola::nn
