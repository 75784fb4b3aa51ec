#include "yaml_options.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "gondola/config/yaml.hpp"
#include "gondola/core/error.hpp"

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

}  // namespace gondola::app
