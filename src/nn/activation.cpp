#include "gondola/nn/activation.hpp"

#include <array>
#include <charconv>
#include <ostream>
#include <string_view>

#include "activation_registry.hpp"
#include "gondola/config/yaml.hpp"
#include "gondola/core/error.hpp"
#include "gondola/core/text.hpp"

namespace gondola::nn {
namespace {

// The shortest text that reads back as the same number.
std::string number_text(double value) {
  std::array<char, 32> buffer{};
  const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return {buffer.data(), result.ptr};
}

}  // namespace

ActivationSpec make_activation_spec(const std::string& name, std::optional<double> parameter) {
  const ActivationDefinition* definition = find_activation(name);
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
  const ActivationDefinition* definition = find_activation(name);
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
  const ActivationDefinition* definition = find_activation(name);
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
  const ActivationDefinition* definition = find_torch_class(class_name);
  if (definition == nullptr) return std::nullopt;
  const bool takes_parameter = !definition->parameter.name.empty();
  return make_activation_spec(std::string(definition->name),
                              takes_parameter ? parameter : std::nullopt);
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
