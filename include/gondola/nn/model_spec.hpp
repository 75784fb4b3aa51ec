#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "gondola/nn/activation.hpp"

namespace gondola::nn {

enum class BlockKind { kConv, kC2f, kC3k2, kSppf, kC2psa, kUpsample, kConcat };

/// One stage of backbone or neck, as written in the model YAML, before scaling.
struct StageSpec {
  std::string id;  ///< name that later stages' `from` may use; may be empty
  BlockKind block = BlockKind::kConv;
  std::vector<int> from;   ///< stage numbers, all smaller than this stage's; -1 is the image
  int channels = 0;        ///< output channels before width scaling; unused by upsample and concat
  int repeats = 1;         ///< before depth scaling
  int kernel = 3;          ///< conv: 1, 3, ...; sppf: pooling window
  int stride = 1;          ///< conv only
  bool shortcut = false;   ///< c2f, c3k2: skip connections inside
  bool c3k = false;        ///< c3k2 only: C3k units instead of bottlenecks
  double expansion = 0.5;  ///< c2f, c3k2: hidden share of the channels
  int factor = 2;          ///< upsample only
  std::optional<ActivationSpec> activation;  ///< overrides the network's
};

/// The decoupled anchor-free head.
struct HeadSpec {
  std::vector<int> from;                ///< one stage number per level, finest first
  std::vector<int> strides;             ///< input pixels per cell, per level
  int reg_max = 16;                     ///< bins of the distance distribution per side (DFL)
  bool depthwise_class_branch = false;  ///< YOLO11's lighter class branch
  std::optional<ActivationSpec> activation;
};

/// A network's complete description: everything but the weights.
struct ModelSpec {
  std::string name;
  int class_count = 0;
  std::vector<std::string> class_names;  ///< empty when unnamed, else class_count of them
  double depth_scale = 1;
  double width_scale = 1;
  int max_channels = 1024;  ///< cap on channels before width scaling
  ActivationSpec activation;
  double batch_norm_epsilon = 1e-3;
  int backbone_stages = 0;  ///< the first stages are the backbone, the others the neck
  std::vector<StageSpec> stages;
  HeadSpec head;

  /// The activation of one stage (its own or the network's).
  const ActivationSpec& activation_of(const StageSpec& stage) const;
  const ActivationSpec& head_activation() const;

  /// Largest stride: input sides must be multiples of it.
  int max_stride() const;
};

/// What a stage is after scaling.
struct StageShape {
  int channels = 0;
  int stride = 1;  ///< input pixels per cell
  int repeats = 1;
};

/// Reads a model YAML; see configs/models/ for the format by example.
/// Throws IoError for a file that cannot be read, ConfigError (file:line first) for anything wrong
/// in it: unknown keys or blocks, a `from` that is not an earlier stage, levels whose real stride
/// is not the declared one.
ModelSpec load_model_spec(const std::filesystem::path& path);

/// The same from text; source_name stands for the file in messages.
ModelSpec parse_model_spec(const std::string& yaml, const std::string& source_name);

/// The inverse of parse_model_spec(): parse_model_spec(to_yaml(spec)) equals spec.
std::string to_yaml(const ModelSpec& spec);

/// Channels, stride and repeats of each stage after scaling. Requires a spec as parsed.
std::vector<StageShape> stage_shapes(const ModelSpec& spec);

/// Throws ConfigError, naming the sizes that fit, unless image_size (the side of a square network
/// input in pixels) is a positive multiple of the model's largest stride.
void check_image_size(int image_size, const ModelSpec& spec);

/// The name used in YAML: `conv`, `c2f`, ...
std::string to_string(BlockKind kind);

/// The model YAMLs of configs/models/, built into the program, as (name, text), by name.
std::vector<std::pair<std::string, std::string>> builtin_model_yamls();

/// Compares everything that shapes the tensors; names, classes' names and activations are left out.
bool same_structure(const ModelSpec& a, const ModelSpec& b);

bool operator==(const ModelSpec& a, const ModelSpec& b);

}  // namespace gondola::nn
