#include <algorithm>
#include <array>
#include <charconv>
#include <ostream>
#include <string_view>

#include <ATen/ATen.h>

#include "activation_registry.hpp"
#include "gondola/config/yaml.hpp"
#include "gondola/core/error.hpp"
#include "gondola/core/text.hpp"
#include "gondola/nn/activation.hpp"

namespace gondola::nn {
namespace {

// The one place where an activation is made known: its row says how it is called, what number it
// has, which PyTorch module it answers to, and how it is computed.
constexpr std::array kRegistry = {
    ActivationDefinition{
        "silu",
        "SiLU",
        {},
        [](const at::Tensor& x, double, const at::Tensor&) { return at::silu(x); }},
    ActivationDefinition{
        "relu",
        "ReLU",
        {},
        [](const at::Tensor& x, double, const at::Tensor&) { return at::relu(x); }},
    ActivationDefinition{"leaky_relu",
                         "LeakyReLU",
                         {"slope", "negative_slope", 0.01, 0.0, 1.0},
                         [](const at::Tensor& x, double slope, const at::Tensor&) {
                           return at::leaky_relu(x, slope);
                         }},
    ActivationDefinition{"prelu",
                         "PReLU",
                         {"slope", "init", 0.25, 0.0, 1.0, true},
                         [](const at::Tensor& x, double, const at::Tensor& slopes) {
                           return at::prelu(x, slopes.to(x.scalar_type()));
                         }},
    ActivationDefinition{
        "gelu",
        "GELU",
        {},
        [](const at::Tensor& x, double, const at::Tensor&) { return at::gelu(x); }},
    ActivationDefinition{
        "hardswish",
        "Hardswish",
        {},
        [](const at::Tensor& x, double, const at::Tensor&) { return at::hardswish(x); }},
    ActivationDefinition{"mish",
                         "Mish",
                         {},
                         [](const at::Tensor& x, double, const at::Tensor&) {
                           // LibTorch 1.13 has no mish of bfloat16 on the CPU.
                           return at::mish(x.to(at::kFloat)).to(x.scalar_type());
                         }},
    ActivationDefinition{
        "elu",
        "ELU",
        {"alpha", "alpha", 1.0, 0.0, 10.0},
        [](const at::Tensor& x, double alpha, const at::Tensor&) { return at::elu(x, alpha); }},
    ActivationDefinition{
        "tanh",
        "Tanh",
        {},
        [](const at::Tensor& x, double, const at::Tensor&) { return at::tanh(x); }},
    ActivationDefinition{
        "sigmoid",
        "Sigmoid",
        {},
        [](const at::Tensor& x, double, const at::Tensor&) { return at::sigmoid(x); }},
    ActivationDefinition{"identity",
                         "Identity",
                         {},
                         [](const at::Tensor& x, double, const at::Tensor&) { return x; }},
};

const ActivationDefinition* find_definition(std::string_view name) {
  const auto* found = std::find_if(kRegistry.begin(), kRegistry.end(),
                                   [&](const auto& definition) { return definition.name == name; });
  return found == kRegistry.end() ? nullptr : found;
}

// The shortest text that reads back as the same number.
std::string number_text(double value) {
  std::array<char, 32> buffer{};
  const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return {buffer.data(), result.ptr};
}

}  // namespace

const ActivationDefinition& activation_definition(const std::string& name) {
  const ActivationDefinition* definition = find_definition(name);
  GONDOLA_EXPECTS(definition != nullptr, "activation '", name, "' is not in the registry");
  return *definition;
}

std::vector<std::string> activation_names() {
  std::vector<std::string> names;
  for (const auto& definition : kRegistry) names.emplace_back(definition.name);
  return names;
}

ActivationSpec make_activation_spec(const std::string& name, std::optional<double> parameter) {
  const ActivationDefinition* definition = find_definition(name);
  if (definition == nullptr) {
    throw ConfigError(
        concat("unknown activation '", name, "'; known: ", join(activation_names(), ", ")));
  }
  const ActivationParameter& known = definition->parameter;
  if (known.name.empty()) {
    if (parameter) throw ConfigError(concat("activation '", name, "' takes no parameter"));
    return {name, std::nullopt};
  }
  const double value = parameter.value_or(known.default_value);
  if (!(value >= known.minimum && value <= known.maximum)) {
    throw ConfigError(concat("activation '", name, "': ", known.name, " = ", value,
                             "; expected a number from ", known.minimum, " to ", known.maximum));
  }
  return {name, value};
}

ActivationSpec parse_activation(const std::string& text) {
  const std::string trimmed(trim(text));
  const auto open = trimmed.find('(');
  if (open == std::string::npos) return make_activation_spec(trimmed);
  const std::string name = trimmed.substr(0, open);
  const ActivationDefinition* definition = find_definition(name);
  if (definition == nullptr || trimmed.back() != ')') return make_activation_spec(trimmed);
  std::string argument = trimmed.substr(open + 1, trimmed.size() - open - 2);
  const std::string key = concat(definition->parameter.name, "=");
  if (argument.rfind(key, 0) == 0) argument.erase(0, key.size());
  const std::optional<double> value = parse_number<double>(argument);
  if (!value) {
    throw ConfigError(concat("activation '", trimmed, "': '", argument,
                             "' is not a number; write for example leaky_relu(slope=0.1)"));
  }
  return make_activation_spec(name, value);
}

ActivationSpec parse_activation(const config::Node& node) {
  const auto located = [&](const auto& make) {
    try {
      return make();
    } catch (const ConfigError& error) {
      throw ConfigError(concat(node.where(), ": ", error.what()));
    }
  };
  if (!node.is_map()) {
    const std::string text = node.as_string();
    return located([&] { return parse_activation(text); });
  }
  const std::string name = node.at("name").as_string();
  const ActivationDefinition* definition = find_definition(name);
  std::vector<std::string> keys = {"name"};
  std::optional<double> parameter;
  if (definition != nullptr && !definition->parameter.name.empty()) {
    keys.emplace_back(definition->parameter.name);
    if (const auto value = node.find(definition->parameter.name)) parameter = value->as_double();
  }
  // An unknown name is the fault to report, not the keys that would have gone with it.
  if (definition != nullptr) node.refuse_unknown_keys(keys);
  return located([&] { return make_activation_spec(name, parameter); });
}

std::optional<ActivationSpec> activation_from_torch_class(const std::string& torch_class,
                                                          std::optional<double> parameter) {
  const std::string class_name = torch_class.substr(torch_class.rfind('.') + 1);
  for (const auto& definition : kRegistry) {
    if (definition.torch_class != class_name) continue;
    const bool takes_parameter = !definition.parameter.name.empty();
    return make_activation_spec(std::string(definition.name),
                                takes_parameter ? parameter : std::nullopt);
  }
  return std::nullopt;
}

std::string to_string(const ActivationSpec& spec) {
  if (!spec.parameter) return spec.name;
  return concat(spec.name, "(", activation_definition(spec.name).parameter.name, "=",
                number_text(*spec.parameter), ")");
}

std::string to_yaml(const ActivationSpec& spec) {
  if (!spec.parameter) return spec.name;
  return concat("{name: ", spec.name, ", ", activation_definition(spec.name).parameter.name, ": ",
                number_text(*spec.parameter), "}");
}

std::ostream& operator<<(std::ostream& out, const ActivationSpec& spec) {
  return out << to_string(spec);
}

}  // namespace gondola::nn
