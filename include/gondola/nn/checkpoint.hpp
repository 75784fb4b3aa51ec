#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "gondola/nn/pickle.hpp"
#include "gondola/nn/tensor_data.hpp"

namespace gondola::nn {

/// An activation module of the checkpoint.
struct CheckpointActivation {
  std::string class_name;                    ///< such as "torch.nn.modules.activation.SiLU"
  std::map<std::string, double> attributes;  ///< numbers such as "negative_slope"
  std::size_t uses = 0;                      ///< how many modules have it as their `act`
};

/// One layer of the model's sequence, model.<index>.
struct CheckpointLayer {
  std::string class_name;  ///< such as "ultralytics.nn.modules.block.C2f"
  std::vector<int> from;   ///< layers it takes its input from; -1 is the one before. May be empty.
};

/// What an Ultralytics detection checkpoint (.pt), or a bare state_dict, says about itself.
///
/// All text is valid UTF-8. Of a bare state_dict only `tensors` is known.
struct Checkpoint {
  std::string model_class;  ///< "ultralytics.nn.tasks.DetectionModel"; empty: bare state_dict
  std::vector<std::string> class_names;  ///< index = class id
  std::vector<float> strides;            ///< input pixels per cell of each level: 8, 16, 32
  std::optional<int> reg_max;            ///< bins per box side of the head's distribution, 16
  std::vector<CheckpointLayer> layers;   ///< model.0, model.1, ...
  /// Distinct activations, most used first; identities are left out. Usually exactly one.
  std::vector<CheckpointActivation> activations;
  std::optional<double> batch_norm_eps;  ///< the same in every batch norm; nothing: none, or fused

  std::string
      yaml_file;      ///< model configuration it was built from, such as "yolov8n.yaml"; or empty
  std::string scale;  ///< "n", "s", "m", "l", "x" of that configuration; or empty

  std::string date;     ///< when it was saved, ISO 8601; or empty
  std::string version;  ///< of the program that saved it; or empty
  std::string licence;  ///< as the file states it; or empty
  std::map<std::string, std::string>
      training;  ///< training arguments that are plain values, as text

  /// The state_dict: contiguous, named by module path such as "model.0.conv.weight". Tensors that
  /// share a storage in the file share its bytes here.
  NamedTensors tensors;
};

/// Bounds on what a file can make the reader allocate. The defaults fit every model of the family
/// many times over.
struct CheckpointLimits {
  std::size_t max_pickle_bytes = std::size_t{32} << 20;  ///< of data.pkl, uncompressed
  /// Of all tensor storages that are read, uncompressed.
  std::uint64_t max_tensor_bytes = std::uint64_t{4} << 30;
  /// Of one tensor that has more elements than its storage (stride 0, overlapping strides). All
  /// copies made to bring strided tensors into order may take 4 times the storages and this.
  std::uint64_t max_expanded_bytes = std::uint64_t{16} << 20;
  PickleLimits pickle;
};

/// Reads a PyTorch checkpoint of an Ultralytics detection model (v8, 11), or of a bare state_dict:
/// a zip archive (stored or deflated) that holds <prefix>/data.pkl and <prefix>/data/<key>.
///
/// Nothing in the file is executed. The averaged weights (`ema`) are taken where there are any,
/// else `model`, as Ultralytics does. Storages are read only when a tensor of the state_dict needs
/// them; an optimizer's state costs nothing.
///
/// Throws: IoError when the file cannot be opened or read; WeightsError, one line naming the file,
/// the entry or tensor, what was expected and the way out, when it is damaged, lies about its
/// sizes, exceeds the limits, or is another kind of file (TorchScript, the format before
/// PyTorch 1.6, another task than detection, another family of models).
Checkpoint read_checkpoint(const std::filesystem::path& path, const CheckpointLimits& limits = {});

/// The same for a file that is already in memory; nothing keeps a pointer to its bytes.
/// `source_name` stands for the path in messages.
Checkpoint parse_checkpoint(const std::byte* bytes, std::size_t size,
                            const std::string& source_name, const CheckpointLimits& limits = {});

}  // namespace gondola::nn
