#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "command.hpp"
#include "gondola/core/class_names.hpp"
#include "gondola/nn/model_file.hpp"

namespace gondola::app {

/// The options by which every command names a model.
struct ModelOptions {
  std::string model = "shelf-n";
  std::string weights;
  std::string activation;
  bool force_activation = false;
  std::string names;
};

/// @param positional  the model is the first argument instead of --model
void add_model_options(CLI::App& command, ModelOptions& options, bool positional);

/// Loads what was named, with class names from --names, and logs what had to be assumed.
nn::WeightsFile load_model(const ModelOptions& options, Context& context);

/// Class ids of `--classes`: names or numbers, ascending, each once.
///
/// @param owner  whose classes they are, for messages
/// Throws ConfigError that names the unknown class and the nearest known one.
std::vector<int> parse_classes(const std::vector<std::string>& words, const ClassNames& names,
                               int class_count, const std::string& owner);

/// Sets LibTorch's and OpenCV's threads: as asked, or for 0 the CPUs this process may use.
void use_threads(int threads, Context& context);

}  // namespace gondola::app
