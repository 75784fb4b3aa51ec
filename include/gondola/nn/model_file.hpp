#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "gondola/nn/model_spec.hpp"
#include "gondola/nn/quantization.hpp"
#include "gondola/nn/tensor_data.hpp"

namespace gondola::nn {

/// What a weights file says about the network it belongs to.
struct ModelDescription {
  ModelSpec spec;  ///< structure, classes and the activations the weights were trained with
  std::optional<float> score_threshold;  ///< calibrated on the training data; 0..1
  /// Overlap above which NMS takes two boxes for one, for what the model is made for; 0..1.
  std::optional<float> iou_threshold;
  std::string licence;   ///< empty when the file does not say
  std::string training;  ///< record of the training as JSON text; may be empty
  /// What had to be assumed because the file does not say it, one sentence each.
  std::vector<std::string> notes;
};

/// A weights file in memory (or mapped): complete in itself.
struct WeightsFile {
  ModelDescription description;
  NamedTensors tensors;  ///< named by module path; extras such as counters already left out
  std::optional<Quantization> quantization;  ///< of files made by `gondola quantize`
};

/// Reads weights of any known format, told by content: Gondola's own .safetensors, foreign
/// .safetensors that follow the Ultralytics names, Ultralytics checkpoints (.pt).
///
/// Foreign files do not carry their network's description. It is recognised among the built-in
/// models by comparing every tensor's name and shape.
///
/// Throws IoError when the file cannot be read, WeightsError when it is damaged or its tensors are
/// those of no known model (names the nearest and the first differences).
WeightsFile read_weights(const std::filesystem::path& path);

/// What a description is in a file: keys `gondola.*` and their texts (DESIGN.md, section 3).
std::map<std::string, std::string> to_metadata(const ModelDescription& description);

/// Writes Gondola's own format: .safetensors with gondola.* metadata (DESIGN.md, section 3).
/// Temporary file, then rename. Throws IoError.
void write_weights(const std::filesystem::path& path, const WeightsFile& weights);

/// The same values in another type; integer tensors are left as they are.
/// Requires: dtype is kF32, kF16 or kBF16.
NamedTensors convert_tensors(const NamedTensors& tensors, DType dtype);

/// What a user names when asking for a model.
struct ModelRequest {
  std::filesystem::path model;               ///< a weights file or a model YAML
  std::filesystem::path weights;             ///< weights for a model YAML; empty for none
  std::optional<ActivationSpec> activation;  ///< for the whole network, instead of the model's own
  /// Run weights with another activation than they were trained with. Accuracy collapses.
  bool force_activation = false;
};

/// The description that a request comes down to, and the tensors if there are any.
///
/// Throws as load_model_spec() and read_weights(), and WeightsError when weights do not fit the
/// YAML, or were trained with another activation and force_activation is off.
WeightsFile resolve_model(const ModelRequest& request);

/// Folders to look model names up in: $GONDOLA_WEIGHTS if set, then the installed weights folder,
/// then the source tree's.
std::vector<std::filesystem::path> weights_folders();

/// Turns `--model NAME|FILE` into a path: an existing file as it is, else NAME.safetensors in
/// weights_folders(), else the model YAML of that name, which has no weights. Throws ConfigError
/// that lists where it looked and the nearest name.
std::filesystem::path find_model(const std::string& name_or_file);

}  // namespace gondola::nn
