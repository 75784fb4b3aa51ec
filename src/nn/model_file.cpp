#include "gondola/nn/model_file.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <map>
#include <utility>

#include <nlohmann/json.hpp>

#include "gondola/core/error.hpp"
#include "gondola/core/text.hpp"
#include "gondola/nn/checkpoint.hpp"
#include "gondola/nn/float16.hpp"
#include "gondola/nn/safetensors.hpp"
#include "gondola/nn/tensor_shapes.hpp"
#include "install_paths.hpp"

namespace gondola::nn {
namespace {

// Tensors that Ultralytics files carry and no network needs: a counter of batch norm, and the
// constants 0..15 that its DFL is computed with.
bool is_unused_extra(const std::string& name) {
  return ends_with(name, ".num_batches_tracked") || ends_with(name, ".dfl.conv.weight");
}

NamedTensors without_extras(const NamedTensors& tensors) {
  NamedTensors kept;
  for (const auto& [name, tensor] : tensors) {
    if (!is_unused_extra(name)) static_cast<void>(kept.add(name, tensor));
  }
  return kept;
}

TensorShapes shapes_of(const NamedTensors& tensors) {
  TensorShapes shapes;
  for (const auto& [name, tensor] : tensors) shapes.emplace(name, tensor.shape);
  return shapes;
}

// The first of the named tensors' first dimension, where there is one.
std::optional<std::int64_t> output_channels(const NamedTensors& tensors, const std::string& name) {
  const TensorData* tensor = tensors.find(name);
  if (tensor == nullptr || tensor->shape.empty()) return std::nullopt;
  return tensor->shape.front();
}

// Fits a built-in model's number of classes and bins to the file's head; nothing when the file has
// no head where this model has its own.
std::optional<ModelSpec> fitted_to_head(ModelSpec spec, const NamedTensors& tensors) {
  const std::string head = concat("model.", spec.stages.size());
  const auto classes = output_channels(tensors, head + ".cv3.0.2.weight");
  const auto box_outputs = output_channels(tensors, head + ".cv2.0.2.weight");
  if (!classes || !box_outputs || *classes < 1 || *box_outputs < 8 || *box_outputs % 4 != 0) {
    return std::nullopt;
  }
  if (*classes > 100000 || *box_outputs > 4 * 64) return std::nullopt;
  spec.class_count = static_cast<int>(*classes);
  spec.class_names.clear();
  spec.head.reg_max = static_cast<int>(*box_outputs / 4);
  return spec;
}

struct Difference {
  std::size_t count = 0;
  std::string first;
};

void note(Difference& difference, const std::string& text) {
  if (difference.count++ == 0) difference.first = text;
}

Difference compare(const TensorShapes& expected, const TensorShapes& found) {
  Difference difference;
  for (const auto& [name, shape] : expected) {
    const auto same = found.find(name);
    if (same == found.end()) {
      note(difference, concat(name, " is missing"));
    } else if (same->second != shape) {
      note(difference, concat(name, " is ", to_string(same->second), ", not ", to_string(shape)));
    }
  }
  for (const auto& [name, shape] : found) {
    if (expected.count(name) == 0) note(difference, concat(name, " is not in it"));
  }
  return difference;
}

// Finds the built-in model whose tensors are exactly the file's.
ModelSpec recognise(const NamedTensors& tensors, const std::string& source_name) {
  const TensorShapes found = shapes_of(tensors);
  std::optional<std::pair<std::string, Difference>> nearest;
  for (const auto& [name, yaml] : builtin_model_yamls()) {
    const auto spec = fitted_to_head(parse_model_spec(yaml, name), tensors);
    if (!spec) continue;
    // The stem tells most models apart without building them.
    const int stem = stage_shapes(*spec).front().channels;
    if (output_channels(tensors, "model.0.conv.weight") != stem) continue;
    const Difference difference = compare(tensor_shapes(*spec), found);
    if (difference.count == 0) return *spec;
    if (!nearest || difference.count < nearest->second.count) nearest.emplace(name, difference);
  }
  std::vector<std::string> known;
  for (const auto& [name, yaml] : builtin_model_yamls()) known.push_back(name);
  throw WeightsError(
      concat(source_name, ": its ", tensors.size(), " tensors are those of no known model (",
             join(known, ", "), ")",
             nearest ? concat("; nearest is ", nearest->first, ", which differs in ",
                              nearest->second.count, " tensors: ", nearest->second.first)
                     : std::string(),
             "; give its structure as a model YAML: --model FILE.yaml --weights FILE"));
}

std::vector<std::string> parse_class_names(const std::string& json, const std::string& where) {
  try {
    return nlohmann::json::parse(json).get<std::vector<std::string>>();
  } catch (const nlohmann::json::exception&) {
    throw WeightsError(concat(where, ": expected a JSON list of class names"));
  }
}

void set_class_names(ModelSpec& spec, std::vector<std::string> names, const std::string& where) {
  if (static_cast<int>(names.size()) != spec.class_count) {
    throw WeightsError(concat(where, " has ", names.size(), " class names, but the network has ",
                              spec.class_count, " classes"));
  }
  spec.class_names = std::move(names);
}

const std::string* find_value(const std::map<std::string, std::string>& metadata,
                              const std::string& key) {
  const auto found = metadata.find(key);
  return found == metadata.end() ? nullptr : &found->second;
}

// A file's content before anybody worked out which network it belongs to.
struct RawWeights {
  NamedTensors tensors;
  bool has_spec =
      false;  ///< description.spec is the file's own; otherwise only its parts below are
  ModelDescription description;
  std::optional<ActivationSpec> activation;
  std::vector<std::string> class_names;
  std::optional<double> batch_norm_epsilon;
  std::vector<float> strides;
  std::optional<Quantization> quantization;

  bool records_activation() const { return has_spec || activation.has_value(); }
};

// A number from 0 to 1 in a file's metadata; nothing where there is none.
std::optional<float> read_share(const std::map<std::string, std::string>& metadata,
                                const std::string& key, const std::string& source_name) {
  const std::string* text = find_value(metadata, key);
  if (text == nullptr) return std::nullopt;
  char* end = nullptr;
  const float value = std::strtof(text->c_str(), &end);
  if (end == text->c_str() || *end != '\0' || !(value >= 0 && value <= 1)) {
    throw WeightsError(concat(source_name, ": ", key, " = '", printable(*text),
                              "'; expected a number from 0 to 1"));
  }
  return value;
}

void read_own_description(RawWeights& raw, const std::map<std::string, std::string>& metadata,
                          const std::string& source_name) {
  ModelDescription& description = raw.description;
  try {
    description.spec =
        parse_model_spec(metadata.at("gondola.model"), source_name + " (gondola.model)");
  } catch (const ConfigError& error) {
    throw WeightsError(error.what());
  }
  raw.has_spec = true;
  if (const std::string* names = find_value(metadata, "gondola.classes")) {
    const std::string where = source_name + " (gondola.classes)";
    set_class_names(description.spec, parse_class_names(*names, where), where);
  }
  if (const std::string* activation = find_value(metadata, "gondola.activation")) {
    ActivationSpec recorded;
    try {
      recorded = parse_activation(*activation);
    } catch (const ConfigError& error) {
      throw WeightsError(concat(source_name, " (gondola.activation): ", error.what()));
    }
    if (recorded != description.spec.activation) {
      throw WeightsError(concat(source_name, ": gondola.activation is ", recorded,
                                " but gondola.model has ", description.spec.activation,
                                "; the file contradicts itself"));
    }
  }
  description.score_threshold = read_share(metadata, "gondola.conf", source_name);
  description.iou_threshold = read_share(metadata, "gondola.iou", source_name);
  if (const std::string* licence = find_value(metadata, "gondola.licence")) {
    description.licence = *licence;
  }
  if (const std::string* training = find_value(metadata, "gondola.training")) {
    description.training = *training;
  }
}

RawWeights read_raw_safetensors(const std::filesystem::path& path) {
  const SafetensorsFile file = read_safetensors(path);
  RawWeights raw;
  raw.tensors = without_extras(file.tensors);
  if (file.metadata.count("gondola.model") != 0) {
    read_own_description(raw, file.metadata, path.string());
    if (const std::string* text = find_value(file.metadata, "gondola.quantization")) {
      raw.quantization = parse_quantization(*text, path.string());
      raw.tensors = decode_int8(raw.tensors, path.string());
    }
  } else if (const std::string* torch_class = find_value(file.metadata, "act")) {
    // Some exporters write the PyTorch class of the activation under this key.
    raw.activation = activation_from_torch_class(*torch_class, std::nullopt);
  }
  return raw;
}

// The one activation of a checkpoint, as a registry entry.
std::optional<ActivationSpec> checkpoint_activation(const Checkpoint& checkpoint,
                                                    const std::string& source_name) {
  if (checkpoint.activations.empty()) return std::nullopt;
  if (checkpoint.activations.size() > 1) {
    std::vector<std::string> names;
    for (const auto& activation : checkpoint.activations) names.push_back(activation.class_name);
    throw WeightsError(concat(source_name, ": its layers use different activations (",
                              join(names, ", "),
                              "), which only Gondola's own weights files can describe"));
  }
  const CheckpointActivation& used = checkpoint.activations.front();
  std::optional<double> parameter;
  for (const char* attribute : {"negative_slope", "alpha"}) {
    const auto found = used.attributes.find(attribute);
    if (found != used.attributes.end()) parameter = found->second;
  }
  auto spec = activation_from_torch_class(used.class_name, parameter);
  if (!spec) {
    throw WeightsError(concat(source_name, ": activation ", used.class_name,
                              " is unknown; known: ", join(activation_names(), ", ")));
  }
  return spec;
}

std::string training_record(const Checkpoint& checkpoint) {
  nlohmann::json record;
  if (!checkpoint.date.empty()) record["date"] = checkpoint.date;
  if (!checkpoint.version.empty()) record["ultralytics"] = checkpoint.version;
  if (!checkpoint.training.empty()) record["arguments"] = checkpoint.training;
  return record.empty() ? std::string() : record.dump();
}

RawWeights read_raw_checkpoint(const std::filesystem::path& path) {
  const Checkpoint checkpoint = read_checkpoint(path);
  RawWeights raw;
  raw.tensors = without_extras(checkpoint.tensors);
  raw.class_names = checkpoint.class_names;
  raw.activation = checkpoint_activation(checkpoint, path.string());
  raw.batch_norm_epsilon = checkpoint.batch_norm_eps;
  raw.strides = checkpoint.strides;
  raw.description.licence = checkpoint.licence;
  raw.description.training = training_record(checkpoint);
  return raw;
}

// Which of the known formats a file is in: a zip archive starts with "PK". Whatever is called .pt
// goes to the checkpoint reader too, which knows the older formats of that name.
bool is_checkpoint(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::array<char, 2> start{};
  file.read(start.data(), start.size());
  return path.extension() == ".pt" || (start[0] == 'P' && start[1] == 'K');
}

RawWeights read_raw(const std::filesystem::path& path) {
  return is_checkpoint(path) ? read_raw_checkpoint(path) : read_raw_safetensors(path);
}

// Gives a structure (recognised, or from a model YAML) what a foreign file knows about itself.
void complete_spec(const RawWeights& raw, ModelSpec& spec, const std::string& source_name) {
  if (!raw.class_names.empty()) set_class_names(spec, raw.class_names, source_name);
  if (raw.batch_norm_epsilon) spec.batch_norm_epsilon = *raw.batch_norm_epsilon;
  const std::vector<float> declared(spec.head.strides.begin(), spec.head.strides.end());
  if (!raw.strides.empty() && raw.strides != declared) {
    throw WeightsError(
        concat(source_name, ": its tensors are those of ", spec.name, ", but its strides are not"));
  }
}

bool is_yaml(const std::filesystem::path& path) {
  return path.extension() == ".yaml" || path.extension() == ".yml";
}

std::vector<ActivationSpec> all_activations(const ModelSpec& spec) {
  std::vector<ActivationSpec> all;
  for (const StageSpec& stage : spec.stages) all.push_back(spec.activation_of(stage));
  all.push_back(spec.head_activation());
  return all;
}

// Weights only mean something under the activation they were trained with.
void check_activations(const ModelSpec& wanted, const ModelSpec& trained,
                       const std::string& source_name) {
  const std::vector<ActivationSpec> want = all_activations(wanted);
  const std::vector<ActivationSpec> have = all_activations(trained);
  for (std::size_t i = 0; i < want.size(); ++i) {
    if (want[i] == have[i]) continue;
    throw WeightsError(concat(
        source_name, ": trained with ", have[i], " but asked to run with ", want[i], " in ",
        i + 1 == want.size() ? std::string("the head") : concat("stage ", i),
        "; with another activation than in training, accuracy collapses: train with --activation ",
        want[i].name, ", or pass --force-activation to run it all the same"));
  }
}

void set_activation(ModelSpec& spec, const ActivationSpec& activation) {
  spec.activation = activation;
  for (StageSpec& stage : spec.stages) stage.activation.reset();
  spec.head.activation.reset();
}

// The network as it was trained: the file's own description, or else the built-in model that it is
// recognised as, with what the file knows about itself.
ModelSpec trained_spec(const RawWeights& raw, const std::string& source_name) {
  if (raw.has_spec) return raw.description.spec;
  ModelSpec spec = recognise(raw.tensors, source_name);
  complete_spec(raw, spec, source_name);
  if (raw.activation) set_activation(spec, *raw.activation);
  return spec;
}

WeightsFile with_spec(RawWeights raw, ModelSpec spec, bool activation_assumed) {
  if (activation_assumed) {
    raw.description.notes.push_back(concat("the file does not record its activation; assumed ",
                                           spec.activation, " (--activation NAME for another)"));
  }
  raw.description.spec = std::move(spec);
  return {std::move(raw.description), std::move(raw.tensors), std::move(raw.quantization)};
}

}  // namespace

WeightsFile read_weights(const std::filesystem::path& path) {
  RawWeights raw = read_raw(path);
  ModelSpec spec = trained_spec(raw, path.string());
  const bool assumed = !raw.records_activation();
  return with_spec(std::move(raw), std::move(spec), assumed);
}

std::map<std::string, std::string> to_metadata(const ModelDescription& description) {
  std::map<std::string, std::string> metadata = {
      {"gondola.model", to_yaml(description.spec)},
      {"gondola.activation", to_string(description.spec.activation)},
  };
  if (!description.spec.class_names.empty()) {
    metadata["gondola.classes"] = nlohmann::json(description.spec.class_names).dump();
  }
  if (description.score_threshold) {
    metadata["gondola.conf"] = nlohmann::json(*description.score_threshold).dump();
  }
  if (description.iou_threshold) {
    metadata["gondola.iou"] = nlohmann::json(*description.iou_threshold).dump();
  }
  if (!description.licence.empty()) metadata["gondola.licence"] = description.licence;
  if (!description.training.empty()) metadata["gondola.training"] = description.training;
  return metadata;
}

void write_weights(const std::filesystem::path& path, const WeightsFile& weights) {
  std::map<std::string, std::string> metadata = to_metadata(weights.description);
  metadata["format"] = "pt";
  if (!weights.quantization) return write_safetensors(path, metadata, weights.tensors);
  metadata["gondola.quantization"] = to_json(*weights.quantization);
  write_safetensors(path, metadata, encode_int8(weights.tensors));
}

WeightsFile resolve_model(const ModelRequest& request) {
  const bool from_yaml = is_yaml(request.model);
  if (!from_yaml && !request.weights.empty()) {
    throw ConfigError(concat("--weights ", request.weights.string(),
                             " goes with a model YAML, but --model ", request.model.string(),
                             " is a weights file itself"));
  }
  if (!from_yaml) {
    RawWeights raw = read_raw(request.model);
    const ModelSpec trained = trained_spec(raw, request.model.string());
    ModelSpec wanted = trained;
    if (request.activation) set_activation(wanted, *request.activation);
    const bool recorded = raw.records_activation();
    if (recorded && !request.force_activation) {
      check_activations(wanted, trained, request.model.string());
    }
    return with_spec(std::move(raw), std::move(wanted), !recorded && !request.activation);
  }

  ModelSpec spec = load_model_spec(request.model);
  if (request.activation) set_activation(spec, *request.activation);
  if (request.weights.empty()) {
    WeightsFile untrained;
    untrained.description.spec = std::move(spec);
    return untrained;
  }
  const std::string source_name = request.weights.string();
  RawWeights raw = read_raw(request.weights);
  const Difference difference = compare(tensor_shapes(spec), shapes_of(raw.tensors));
  if (difference.count != 0) {
    throw WeightsError(concat(source_name, " does not fit ", request.model.string(), ": ",
                              difference.count, " tensors differ: ", difference.first));
  }
  ModelSpec trained = raw.has_spec ? raw.description.spec : spec;
  if (raw.has_spec) raw.class_names = trained.class_names;
  complete_spec(raw, spec, source_name);
  if (!raw.has_spec && raw.activation) set_activation(trained, *raw.activation);
  if (!request.force_activation) check_activations(spec, trained, source_name);
  const bool assumed = !raw.records_activation();
  return with_spec(std::move(raw), std::move(spec), assumed);
}

std::vector<std::filesystem::path> weights_folders() {
  std::vector<std::filesystem::path> folders;
  if (const char* folder = std::getenv("GONDOLA_WEIGHTS")) folders.emplace_back(folder);
  folders.emplace_back(kInstalledWeightsFolder);
  folders.emplace_back(kSourceWeightsFolder);
  return folders;
}

std::filesystem::path find_model(const std::string& name_or_file) {
  std::error_code ignored;
  if (std::filesystem::is_regular_file(name_or_file, ignored)) return name_or_file;
  if (std::filesystem::is_directory(name_or_file, ignored)) {
    throw ConfigError(concat("model '", name_or_file, "' is a folder; name a file in it"));
  }
  const bool is_name = name_or_file.find('/') == std::string::npos &&
                       std::filesystem::path(name_or_file).extension().empty();
  if (!is_name) throw ConfigError(concat("model file '", name_or_file, "' does not exist"));

  std::vector<std::string> names;
  std::vector<std::string> places;
  const auto look_in = [&](const std::filesystem::path& folder, const std::string& extension) {
    places.push_back(folder.string());
    for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
      if (entry.path().extension() == extension) names.push_back(entry.path().stem().string());
    }
    const std::filesystem::path candidate = folder / (name_or_file + extension);
    return std::filesystem::is_regular_file(candidate, ignored) ? candidate
                                                                : std::filesystem::path();
  };
  for (const std::filesystem::path& folder : weights_folders()) {
    if (auto found = look_in(folder, ".safetensors"); !found.empty()) return found;
  }
  for (const char* folder : {kInstalledModelsFolder, kSourceModelsFolder}) {
    if (auto found = look_in(folder, ".yaml"); !found.empty()) return found;
  }
  const auto nearest = nearest_name(name_or_file, names);
  throw ConfigError(concat("model '", name_or_file, "' is neither a file nor a name in ",
                           join(places, ", "),
                           nearest ? concat(" (did you mean '", *nearest, "'?)") : std::string(),
                           "; give a weights file (.safetensors, .pt) with --model FILE"));
}

}  // namespace gondola::nn
