#include "data_yaml.hpp"

#include <cstddef>

#include "gondola/config/yaml.hpp"
#include "gondola/core/error.hpp"
#include "gondola/core/text.hpp"

namespace gondola::data {
namespace {

namespace fs = std::filesystem;

constexpr int kMostClasses = 10000;

ClassNames names_in_list(const config::Node& node) {
  std::vector<std::string> names;
  for (const config::Node& item : node.items()) names.push_back(item.as_string());
  return ClassNames(std::move(names));
}

/// A map from id to name, whose ids are 0 to n - 1 in any order.
ClassNames names_in_map(const config::Node& node) {
  const std::vector<config::Entry> entries = node.entries();
  std::vector<std::string> names(entries.size());
  std::vector<bool> given(entries.size());
  for (const config::Entry& entry : entries) {
    const auto id = parse_number<std::size_t>(entry.key);
    if (!id || *id >= names.size() || given[*id]) {
      throw ConfigError(concat(entry.value.where(), ": names has a key '", printable(entry.key),
                               "'; expected each of 0 to ", names.size() - 1, " once"));
    }
    given[*id] = true;
    names[*id] = entry.value.as_string();
  }
  return ClassNames(std::move(names));
}

ClassNames names_of(const config::Node& root) {
  ClassNames names;
  const auto node = root.find("names");
  if (node) names = node->is_map() ? names_in_map(*node) : names_in_list(*node);
  if (const auto count_node = root.find("nc")) {
    const auto count = static_cast<std::size_t>(count_node->as_int(1, kMostClasses));
    if (!node) return ClassNames(std::vector<std::string>(count));
    if (count != names.size()) {
      throw ConfigError(concat(count_node->where(), ": nc = ", count, ", but there are ",
                               names.size(), " names; leave nc out or make them agree"));
    }
  }
  return names;
}

std::vector<fs::path> entries_of(const config::Node& node) {
  if (!node.is_list()) return {node.as_string()};
  std::vector<fs::path> entries;
  for (const config::Node& item : node.items()) entries.emplace_back(item.as_string());
  return entries;
}

}  // namespace

DataYaml load_data_yaml(const fs::path& path) {
  const config::Node root = config::load_yaml_file(path);
  // The last line is what exporters add and what says nothing about where things are.
  root.refuse_unknown_keys(
      {"path", "train", "val", "test", "names", "nc", "labels", "label_min_score", "val_share",  //
       "download", "roboflow", "description", "license", "author", "date", "version", "url"});
  DataYaml yaml;
  yaml.root = path.parent_path();
  if (const auto node = root.find("path")) yaml.root /= node->as_string();
  for (const char* split : {"train", "val", "test"})
    if (const auto node = root.find(split)) yaml.splits.emplace(split, entries_of(*node));
  if (yaml.splits.empty()) {
    throw ConfigError(concat(path.string(),
                             ": there is no train, val or test; expected at least one, a folder of "
                             "pictures, a list of them (.txt) or a COCO JSON file"));
  }
  yaml.names = names_of(root);
  if (const auto node = root.find("labels")) yaml.labels = node->as_string();
  if (const auto node = root.find("label_min_score"))
    yaml.label_min_score = node->as_double(config::between(0, 1));
  if (const auto node = root.find("val_share"))
    yaml.val_share = node->as_double(config::between(0, 1));
  return yaml;
}

}  // namespace gondola::data
