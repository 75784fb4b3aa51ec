#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "command.hpp"
#include "gondola/detect/detector.hpp"
#include "gondola/nn/model_file.hpp"

namespace gondola::app {

/// The options of every command that looks for objects in pictures, as they are typed.
struct DetectorFlags {
  std::optional<float> conf;
  std::optional<float> iou;
  std::size_t max_det = 0;
  int imgsz = 640;
  std::vector<std::string> classes;
  bool agnostic = false;
  std::string nms = "greedy";
  bool multi_label = false;
  int tile = 0;
  float tile_overlap = 0.2F;
  std::string precision = "auto";
  std::string device = "cpu";
  std::string runtime = "engine";
  int threads = 0;
  int batch = 1;
};

/// Adds them; what `flags` holds is the command's default.
void add_detector_options(CLI::App& command, DetectorFlags& flags);

/// The options for a model. Throws ConfigError for a class it does not have and a precision that is
/// not there.
detect::DetectorOptions detector_options(const DetectorFlags& flags,
                                         const nn::WeightsFile& weights);

/// The detector on what the flags ask for: the engine, or LibTorch, which a GPU always takes.
detect::Detector make_detector(const nn::WeightsFile& weights, const DetectorFlags& flags,
                               const detect::DetectorOptions& options);

/// The flag that takes LibTorch, such as "--device cuda"; empty when none does.
std::string libtorch_flag(const DetectorFlags& flags);

/// Throws ConfigError when a model, named so on the command line, came without weights.
void require_weights(const nn::WeightsFile& weights, const std::string& name);

}  // namespace gondola::app
