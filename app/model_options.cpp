#include "model_options.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>

#include <opencv2/core/utility.hpp>

#include "gondola/config/yaml.hpp"
#include "gondola/core/cpus.hpp"
#include "gondola/core/error.hpp"
#include "gondola/core/text.hpp"
#include "programs.hpp"
#include "yaml_options.hpp"

namespace gondola::app {
namespace {

// A list of names, or a data.yaml whose `names` is a list or a map from number to name.
std::vector<std::string> read_names(const std::string& path) {
  const config::Node root = config::load_yaml_file(path);
  const config::Node names = root.is_map() && root.has("names") ? root.at("names") : root;
  std::vector<std::string> list;
  if (names.is_map()) {
    for (const config::Entry& entry : names.entries()) {
      if (entry.key != std::to_string(list.size())) {
        throw ConfigError(concat(entry.value.where(), ": names has key '", entry.key, "' where ",
                                 list.size(), " is due; number classes from 0"));
      }
      list.push_back(entry.value.as_string());
    }
  } else {
    for (const config::Node& item : names.items()) list.push_back(item.as_string());
  }
  return list;
}

}  // namespace

void add_model_options(CLI::App& command, ModelOptions& options, bool positional) {
  const std::string what =
      "Weights (.safetensors, .pt), a model YAML, or a name in the weights folders";
  if (positional) {
    command.add_option("model", options.model, what)->type_name("MODEL");
  } else {
    command.add_option("--model", options.model, what)
        ->type_name("NAME|FILE")
        ->capture_default_str();
  }
  command.add_option("--weights", options.weights, "Weights for a model YAML")->type_name(kFile);
  command
      .add_option("--activation", options.activation,
                  "Activation instead of the model's own: " + join(nn::activation_names(), ", ") +
                      "; a parameter as in leaky_relu(0.1)")
      ->type_name("NAME");
  command.add_flag("--force-activation", options.force_activation,
                   "Run weights with another activation than they were trained with");
  command
      .add_option("--names", options.names,
                  "Class names for weights that have none: a YAML or JSON list, or a data.yaml")
      ->type_name(kFile);
}

nn::WeightsFile load_model(const ModelOptions& options, Context& context) {
  nn::ModelRequest request;
  request.model = nn::find_model(options.model);
  request.weights = options.weights;
  if (!options.activation.empty()) request.activation = nn::parse_activation(options.activation);
  request.force_activation = options.force_activation;
  nn::WeightsFile weights = nn::resolve_model(request);
  nn::ModelSpec& spec = weights.description.spec;
  if (!options.names.empty()) {
    std::vector<std::string> names = read_names(options.names);
    if (static_cast<int>(names.size()) != spec.class_count) {
      throw ConfigError(concat(options.names, " has ", names.size(), " names, but ", spec.name,
                               " has ", spec.class_count, " classes"));
    }
    spec.class_names = std::move(names);
  }
  for (const std::string& note : weights.description.notes) {
    context.log->warn("{}: {}", options.model, note);
  }
  return weights;
}

std::vector<int> parse_classes(const std::vector<std::string>& words, const ClassNames& names,
                               int class_count, const std::string& owner) {
  std::vector<int> ids;
  for (const std::string& word : words) {
    if (const auto id = names.find(word)) {
      ids.push_back(*id);
      continue;
    }
    const auto number = parse_number<int>(word);
    if (number && *number >= 0 && *number < class_count) {
      ids.push_back(*number);
      continue;
    }
    if (names.empty()) {
      throw ConfigError(concat("--classes ", word, ": ", owner,
                               " has no class names; use numbers 0 to ", class_count - 1,
                               ", or name them with --names FILE"));
    }
    const auto nearest = nearest_name(word, names.names());
    throw ConfigError(concat("--classes ", word, ": ", owner, " has no such class",
                             nearest ? concat("; did you mean '", *nearest, "'?")
                                     : std::string("; gondola info lists them")));
  }
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

void use_threads(int threads, Context& context) {
  const int count = threads > 0 ? threads : usable_cpus();
  set_libtorch_threads(count);
  cv::setNumThreads(count);
  context.log->debug("{} threads", count);
}

}  // namespace gondola::app
