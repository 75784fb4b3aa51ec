#include "yaml_options.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "gondola/config/yaml.hpp"
#include "gondola/core/error.hpp"
#include "gondola/core/text.hpp"

namespace gondola::app {
namespace {

// Options a file may set: by long name, without those that only make sense when typed.
std::vector<std::string> settable_keys(const CLI::App& command) {
  std::vector<std::string> keys;
  for (const CLI::Option* option : command.get_options()) {
    for (std::string name : option->get_lnames()) {
      if (name != "help" && name != "config") keys.push_back(std::move(name));
    }
    if (option->get_positional()) keys.push_back(option->get_name(true));
  }
  return keys;
}

bool is_path(const CLI::Option& option) {
  return option.get_type_name() == kFile || option.get_type_name() == kFolder;
}

std::string value_text(const config::Node& node, const CLI::Option& option,
                       const std::filesystem::path& folder) {
  const std::string text = node.as_string();
  const bool relative = is_path(option) && text != "-" && !text.empty();
  return relative ? (folder / text).lexically_normal().string() : text;
}

}  // namespace

void apply_option_file(CLI::App& command, const std::filesystem::path& path) {
  const config::Node root = config::load_yaml_file(path);
  const std::vector<std::string> keys = settable_keys(command);
  root.refuse_unknown_keys(keys);
  for (const config::Entry& entry : root.entries()) {
    CLI::Option* option = command.get_option_no_throw("--" + entry.key);
    if (option == nullptr) option = command.get_option_no_throw(entry.key);
    if (option == nullptr || option->count() > 0 || entry.value.is_null()) continue;
    try {
      if (option->get_expected_max() == 0) {
        // A flag's `--no-name` half sets the same variable to the opposite.
        option->add_result(
            option->get_flag_value(entry.key, entry.value.as_bool() ? "true" : "false"));
      } else if (entry.value.is_list()) {
        for (const config::Node& item : entry.value.items()) {
          option->add_result(value_text(item, *option, path.parent_path()));
        }
      } else {
        option->add_result(value_text(entry.value, *option, path.parent_path()));
      }
      option->run_callback();
    } catch (const CLI::Error& error) {
      throw ConfigError(concat(entry.value.where(), ": ", error.what()));
    }
  }
}

std::vector<std::pair<std::string, std::string>> option_values(const CLI::App& command) {
  std::vector<std::pair<std::string, std::string>> values;
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_lnames().empty()) continue;
    const std::string value =
        option->count() > 0 ? join(option->results(), ",") : option->get_default_str();
    if (!value.empty()) values.emplace_back(option->get_lnames().front(), value);
  }
  return values;
}

std::string to_option_file(const CLI::App& command) {
  const std::vector<std::string> keys = settable_keys(command);
  std::string yaml;
  for (const CLI::Option* option : command.get_options()) {
    if (option->count() == 0 || option->get_lnames().empty()) continue;
    const std::string& name = option->get_lnames().front();
    if (std::find(keys.begin(), keys.end(), name) == keys.end()) continue;
    if (option->get_expected_max() == 0) {
      yaml += concat(name, ": ", option->as<bool>() ? "true" : "false", "\n");
      continue;
    }
    std::vector<std::string> texts;
    for (std::string value : option->results()) {
      // A model may be a name or a file.
      if (is_path(*option) || std::filesystem::is_regular_file(value))
        value = std::filesystem::absolute(value).lexically_normal().string();
      // JSON strings are YAML strings, whatever is in them.
      texts.push_back(nlohmann::json(value).dump());
    }
    yaml += concat(name, ": ", texts.size() == 1 ? texts[0] : concat("[", join(texts, ", "), "]"),
                   "\n");
  }
  return yaml;
}

}  // namespace gondola::app
