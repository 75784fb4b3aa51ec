#include "gondola/nn/checkpoint.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <string_view>
#include <utility>

#include "checkpoint_tensors.hpp"
#include "gondola/core/error.hpp"
#include "gondola/core/text.hpp"
#include "mapped_file.hpp"
#include "text.hpp"
#include "zip_archive.hpp"

namespace gondola::nn {
namespace {

using Entries = std::vector<std::pair<ValueId, ValueId>>;

/// More than any network nests its modules; a module that contains itself meets this bound.
constexpr int kMaxModuleDepth = 64;

/// Bound on what the reader looks at and keeps: entries of dictionaries, and bytes of text. A
/// checkpoint takes some 10^5; a pickle that names the same module over and over could take any.
constexpr std::uint64_t kMaxSteps = 20'000'000;

/// What keeping one more item costs beside its text.
constexpr std::uint64_t kStepsPerItem = 64;

constexpr std::size_t kMaxLevels = 64;  ///< of strides, and of inputs to one layer

struct OtherTask {
  std::string_view model_class;
  std::string_view task;
};

/// Models of the family that are not plain detection, by the last part of their class name.
constexpr std::array<OtherTask, 8> kOtherTasks = {
    {{"SegmentationModel", "segmentation"},
     {"PoseModel", "pose estimation"},
     {"ClassificationModel", "classification"},
     {"OBBModel", "oriented box detection"},
     {"WorldModel", "open-vocabulary detection"},
     {"YOLOEModel", "open-vocabulary detection"},
     {"YOLOESegModel", "open-vocabulary segmentation"},
     {"RTDETRDetectionModel", "transformer (RT-DETR) detection"}}};

std::string_view last_part(std::string_view text, char separator) {
  return text.substr(text.rfind(separator) + 1);
}

/// The module whose tensors' names begin with `path`: "model.0" for "model.0.".
std::string_view module_name(std::string_view path) { return path.substr(0, path.rfind('.')); }

std::string to_text(double value) {
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  return {buffer.data(), end};
}

/// Reads what a checkpoint's pickle describes, within kMaxSteps.
class CheckpointReader {
 public:
  CheckpointReader(const PickleGraph& graph, CheckpointTensors& tensors,
                   const std::string& source_name)
      : graph_(graph), tensors_(tensors), source_name_(source_name) {}

  Checkpoint read() {
    ValueId model = graph_.root();
    const Entries* top = entries_of(model);
    if (top != nullptr) {
      const ValueId averaged = find(*top, "ema");
      const bool has_averaged = averaged != kNoValue && graph_.get<PickleNone>(averaged) == nullptr;
      const ValueId chosen = has_averaged ? averaged : find(*top, "model");
      if (chosen != kNoValue) model = chosen;
      read_facts(*top);
    }
    if (const Entries* entries = entries_of(model)) {
      read_state_dict(*entries);
    } else {
      read_model(model);
    }
    sort_activations();
    return std::move(checkpoint_);
  }

 private:
  /// What is read of one module's state, found in one pass over it.
  struct Module {
    std::string class_name;
    const Entries* parameters = nullptr;
    const Entries* buffers = nullptr;
    const Entries* modules = nullptr;
    const Entries* attributes = nullptr;
    std::set<std::string_view> unsaved_buffers;
  };

  template <typename... Parts>
  [[noreturn]] void fail(const Parts&... parts) const {
    throw WeightsError(concat(source_name_, ": ", parts...));
  }

  // Values

  void charge(std::uint64_t steps) {
    if (steps > kMaxSteps - steps_) {
      fail("describes far more than a model holds; the file is damaged or made to harm");
    }
    steps_ += steps;
  }

  void charge_item(std::size_t text_size) { charge(kStepsPerItem + text_size); }

  /// Entries of a dict or an OrderedDict; null for anything else. An OrderedDict that was given its
  /// entries as an argument, as Python 2 did, is something else: better refused than taken for
  /// empty.
  const Entries* entries_of(ValueId id) const {
    if (const auto* dict = graph_.get<PickleDict>(id)) return &dict->entries;
    const auto* object = graph_.get<PickleObject>(id);
    const auto* type = object == nullptr ? nullptr : graph_.get<PickleGlobal>(object->callable);
    const auto* arguments =
        object == nullptr ? nullptr : graph_.get<PickleTuple>(object->arguments);
    const bool ordered = type != nullptr && type->module == "collections" &&
                         type->name == "OrderedDict" && arguments != nullptr &&
                         arguments->items.empty();
    return ordered ? &object->entries : nullptr;
  }

  std::optional<std::string_view> text_of(ValueId id) const {
    const auto* string = graph_.get<PickleString>(id);
    return string == nullptr ? std::nullopt : std::optional(string->text);
  }

  std::string keep(std::string_view text) {
    charge_item(text.size());
    return to_utf8(text);
  }

  std::optional<double> number_of(ValueId id) const {
    if (const auto* real = graph_.get<double>(id)) return *real;
    if (const auto* integer = graph_.get<std::int64_t>(id)) return static_cast<double>(*integer);
    if (const auto* flag = graph_.get<bool>(id)) return *flag ? 1.0 : 0.0;
    return std::nullopt;
  }

  /// The value of a key, kNoValue when it is not there. The last one counts, as in Python.
  ValueId find(const Entries& entries, std::string_view key) {
    charge(entries.size());
    for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
      if (text_of(entry->first) == key) return entry->second;
    }
    return kNoValue;
  }

  const std::vector<ValueId>* items_of(ValueId id) const {
    if (const auto* list = graph_.get<PickleList>(id)) return &list->items;
    if (const auto* tuple = graph_.get<PickleTuple>(id)) return &tuple->items;
    return nullptr;
  }

  /// Items of a set: made by the EMPTY_SET opcode, or recorded as set([...]).
  const std::vector<ValueId>* set_items(ValueId id) const {
    if (const auto* set = graph_.get<PickleSet>(id)) return &set->items;
    const auto* object = graph_.get<PickleObject>(id);
    const auto* arguments =
        object == nullptr ? nullptr : graph_.get<PickleTuple>(object->arguments);
    return arguments != nullptr && arguments->items.size() == 1 ? items_of(arguments->items[0])
                                                                : nullptr;
  }

  std::string class_name(const PickleObject& object) {
    const auto* type = graph_.get<PickleGlobal>(object.callable);
    if (type == nullptr) return "";
    return keep(concat(type->module, ".", type->name));
  }

  // Models

  void read_model(ValueId id) {
    const auto* object = graph_.get<PickleObject>(id);
    if (object == nullptr) {
      fail("holds ", describe(graph_, id),
           "; expected an Ultralytics checkpoint with 'model' or 'ema', or a state_dict");
    }
    checkpoint_.model_class = class_name(*object);
    check_model_class();
    const Module model = open_module(id, "model");
    read_model_attributes(*model.attributes);
    read_module(model, "", 0);
    check_head();
  }

  void check_model_class() const {
    const std::string& name = checkpoint_.model_class;
    const std::string_view type = last_part(name, '.');
    if (starts_with(name, "models.")) {
      fail("is a checkpoint of a YOLOv5-style repository (", in_quotes(name),
           "); supported are Ultralytics detection checkpoints of YOLOv8 and YOLO11");
    }
    for (const OtherTask& other : kOtherTasks) {
      if (type == other.model_class) {
        fail("is a model for ", other.task, " (", in_quotes(name),
             "); only detection models are supported");
      }
    }
    if (!starts_with(name, "ultralytics.") || type != "DetectionModel") {
      fail("is a model of class ", in_quotes(name),
           "; expected ultralytics.nn.tasks.DetectionModel, or a state_dict");
    }
  }

  void check_head() const {
    if (checkpoint_.layers.empty()) fail("the model has no layers; expected them in 'model'");
    const std::string& head = checkpoint_.layers.back().class_name;
    if (last_part(head, '.') != "Detect") {
      fail("the model's head is ", in_quotes(head),
           "; supported is Detect, the head of YOLOv8 and YOLO11 detection models");
    }
  }

  void read_model_attributes(const Entries& attributes) {
    read_class_names(find(attributes, "names"));
    read_strides(find(attributes, "stride"));
    if (const Entries* yaml = entries_of(find(attributes, "yaml"))) {
      checkpoint_.yaml_file = last_part(text_or_empty(*yaml, "yaml_file"), '/');
      checkpoint_.scale = text_or_empty(*yaml, "scale");
    }
    if (checkpoint_.training.empty()) read_training(find(attributes, "args"));
  }

  std::string text_or_empty(const Entries& entries, std::string_view key) {
    const std::optional<std::string_view> text = text_of(find(entries, key));
    return text ? keep(*text) : "";
  }

  void read_class_names(ValueId id) {
    if (id == kNoValue) return;
    std::vector<std::string>& names = checkpoint_.class_names;
    if (const std::vector<ValueId>* items = items_of(id)) {
      for (const ValueId item : *items) {
        const std::optional<std::string_view> name = text_of(item);
        if (!name) {
          fail("class ", names.size(), " is ", describe(graph_, item), "; expected a name");
        }
        names.push_back(keep(*name));
      }
      return;
    }
    const Entries* entries = entries_of(id);
    if (entries == nullptr) {
      fail("class names are ", describe(graph_, id), "; expected a list or dict of names");
    }
    charge(kStepsPerItem * entries->size());
    std::vector<std::optional<std::string>> by_index(entries->size());
    for (const auto& [key, value] : *entries) {
      const auto* index = graph_.get<std::int64_t>(key);
      const std::optional<std::string_view> name = text_of(value);
      if (index == nullptr || *index < 0 || *index >= static_cast<std::int64_t>(by_index.size()) ||
          !name || by_index[static_cast<std::size_t>(*index)]) {
        fail("class names are damaged; expected a dict of ", by_index.size(),
             " names with keys 0 to ", by_index.size() - 1);
      }
      by_index[static_cast<std::size_t>(*index)] = keep(*name);
    }
    for (std::optional<std::string>& name : by_index) names.push_back(std::move(*name));
  }

  void read_strides(ValueId id) {
    if (id == kNoValue || !tensors_.is_tensor(id)) return;
    const TensorData strides = tensors_.load(id, "stride");
    if (strides.element_count() > kMaxLevels) {
      fail("stride has ", strides.element_count(), " values; expected one for each level");
    }
    checkpoint_.strides = to_float32(strides);
  }

  void read_facts(const Entries& top) {
    checkpoint_.date = text_or_empty(top, "date");
    checkpoint_.version = text_or_empty(top, "version");
    checkpoint_.licence = text_or_empty(top, "license");
    read_training(find(top, "train_args"));
  }

  /// Arguments as a dict, or as an object whose attributes they are.
  void read_training(ValueId id) {
    const Entries* arguments = entries_of(id);
    const auto* object = graph_.get<PickleObject>(id);
    if (arguments == nullptr && object != nullptr) arguments = entries_of(object->state);
    if (arguments == nullptr) return;
    for (const auto& [key, value] : *arguments) {
      charge(1);
      const std::optional<std::string_view> name = text_of(key);
      const std::optional<std::string> text = plain_text(value);
      if (name && text) checkpoint_.training[keep(*name)] = *text;
    }
  }

  std::optional<std::string> plain_text(ValueId id) {
    if (const std::optional<std::string_view> text = text_of(id)) return keep(*text);
    if (const auto* flag = graph_.get<bool>(id)) return *flag ? "true" : "false";
    if (const auto* integer = graph_.get<std::int64_t>(id)) return std::to_string(*integer);
    if (const auto* real = graph_.get<double>(id)) return to_text(*real);
    return std::nullopt;
  }

  // Modules

  Module open_module(ValueId id, const std::string& path) {
    const auto* object = graph_.get<PickleObject>(id);
    if (object == nullptr) {
      fail("module ", in_quotes(path), " is ", describe(graph_, id), "; expected a network module");
    }
    Module module;
    module.class_name = class_name(*object);
    module.attributes = required_entries(object->state, path, "state");
    charge(module.attributes->size());
    for (const auto& [key, value] : *module.attributes) {
      const std::optional<std::string_view> name = text_of(key);
      if (name == "_parameters") module.parameters = required_entries(value, path, *name);
      if (name == "_buffers") module.buffers = required_entries(value, path, *name);
      if (name == "_modules") module.modules = required_entries(value, path, *name);
      if (name == "_non_persistent_buffers_set") collect_unsaved(value, module);
    }
    return module;
  }

  const Entries* required_entries(ValueId id, const std::string& path,
                                  std::string_view what) const {
    const Entries* entries = entries_of(id);
    if (entries == nullptr) {
      fail("module ", in_quotes(path), " has ", describe(graph_, id), " as its ", what,
           "; expected a dict");
    }
    return entries;
  }

  void collect_unsaved(ValueId id, Module& module) {
    const std::vector<ValueId>* items = set_items(id);
    if (items == nullptr) return;
    for (const ValueId item : *items) {
      charge(kStepsPerItem);
      if (const std::optional<std::string_view> name = text_of(item)) {
        module.unsaved_buffers.insert(*name);
      }
    }
  }

  /// Adds the tensors of a module and of all below it, in the order of a state_dict.
  void read_module(const Module& module, const std::string& path, int depth) {
    if (depth > kMaxModuleDepth) {
      fail("modules are nested more than ", kMaxModuleDepth,
           " deep, or a module contains itself; the file is damaged");
    }
    if (module.parameters != nullptr) add_tensors(*module.parameters, path, {});
    if (module.buffers != nullptr) add_tensors(*module.buffers, path, module.unsaved_buffers);
    if (starts_with(module.class_name, "torch.nn.modules.batchnorm."))
      read_batch_norm(module, path);
    if (module.modules == nullptr) return;
    const bool is_sequence = path == "model.";
    for (const auto& [key, value] : *module.modules) {
      charge(1);
      const std::optional<std::string_view> name = text_of(key);
      if (!name)
        fail("module ", in_quotes(module_name(path)),
             " has a part without a name; the file is damaged");
      if (graph_.get<PickleNone>(value) != nullptr) continue;
      const std::string child_path = path + keep(*name);
      charge_item(child_path.size());
      const Module child = open_module(value, child_path);
      if (name == "act") count_activation(child);
      if (is_sequence) read_layer(child);
      read_module(child, child_path + ".", depth + 1);
    }
  }

  void add_tensors(const Entries& entries, const std::string& path,
                   const std::set<std::string_view>& left_out) {
    for (const auto& [key, value] : entries) {
      charge(1);
      const std::optional<std::string_view> key_text = text_of(key);
      if (!key_text)
        fail("a tensor of ", in_quotes(module_name(path)), " has no name; the file is damaged");
      if (graph_.get<PickleNone>(value) != nullptr || left_out.count(*key_text) != 0) continue;
      charge_item(path.size());
      std::string name = path + keep(*key_text);
      TensorData tensor = tensors_.load(value, name);
      if (!checkpoint_.tensors.add(name, std::move(tensor))) {
        fail("tensor ", in_quotes(name), " is there twice; the file is damaged");
      }
    }
  }

  void read_state_dict(const Entries& entries) {
    for (const auto& [key, value] : entries) {
      charge(1);
      if (!text_of(key) || !tensors_.is_tensor(value)) {
        fail("holds a dict in which ", describe_key(key), " is ", describe(graph_, value),
             "; expected an Ultralytics checkpoint with 'model' or 'ema', or a state_dict of "
             "tensors "
             "only");
      }
    }
    if (entries.empty()) fail("holds an empty dict; expected a model or a state_dict");
    add_tensors(entries, "", {});
  }

  std::string describe_key(ValueId id) const {
    const std::optional<std::string_view> text = text_of(id);
    return text ? in_quotes(*text) : describe(graph_, id);
  }

  void read_layer(const Module& module) {
    CheckpointLayer layer;
    layer.class_name = module.class_name;
    charge_item(layer.class_name.size());
    const ValueId from = find(*module.attributes, "f");
    if (const auto* single = graph_.get<std::int64_t>(from)) {
      layer.from.push_back(layer_index(*single));
    } else if (const std::vector<ValueId>* items = items_of(from)) {
      if (items->size() > kMaxLevels) {
        fail("layer ", checkpoint_.layers.size(), " takes ", items->size(), " inputs; expected at ",
             "most ", kMaxLevels);
      }
      for (const ValueId item : *items) {
        const auto* index = graph_.get<std::int64_t>(item);
        if (index != nullptr) layer.from.push_back(layer_index(*index));
      }
    }
    if (const auto* bins = graph_.get<std::int64_t>(find(*module.attributes, "reg_max"))) {
      if (*bins < 1 || *bins > 1024) {
        fail("the head's reg_max is ", *bins, "; expected 1 to 1024, usually 16");
      }
      checkpoint_.reg_max = static_cast<int>(*bins);
    }
    checkpoint_.layers.push_back(std::move(layer));
  }

  int layer_index(std::int64_t index) const {
    constexpr std::int64_t kMaxIndex = 1'000'000;
    if (index < -kMaxIndex || index > kMaxIndex) {
      fail("layer ", checkpoint_.layers.size(), " takes its input from ", index,
           ", which is no layer; the file is damaged");
    }
    return static_cast<int>(index);
  }

  void read_batch_norm(const Module& module, const std::string& path) {
    const std::optional<double> eps = number_of(find(*module.attributes, "eps"));
    if (!eps || !(*eps > 0)) {
      fail("batch norm ", in_quotes(module_name(path)), " has no eps above 0; the file is damaged");
    }
    if (checkpoint_.batch_norm_eps && *checkpoint_.batch_norm_eps != *eps) {
      fail("batch norm ", in_quotes(module_name(path)), " has eps ", *eps, ", others have ",
           *checkpoint_.batch_norm_eps, "; one value for the whole model is supported");
    }
    checkpoint_.batch_norm_eps = eps;
  }

  void count_activation(const Module& module) {
    if (ends_with(module.class_name, ".Identity")) return;
    CheckpointActivation activation;
    activation.class_name = module.class_name;
    for (const auto& [key, value] : *module.attributes) {
      charge(1);
      const std::optional<std::string_view> name = text_of(key);
      const std::optional<double> number = number_of(value);
      if (name && number && !starts_with(*name, "_") && name != "training" && name != "inplace") {
        activation.attributes[keep(*name)] = *number;
      }
    }
    std::vector<CheckpointActivation>& known = checkpoint_.activations;
    auto same = std::find_if(known.begin(), known.end(), [&](const CheckpointActivation& other) {
      return other.class_name == activation.class_name && other.attributes == activation.attributes;
    });
    charge(known.size());
    if (same == known.end()) same = known.insert(known.end(), std::move(activation));
    ++same->uses;
  }

  void sort_activations() {
    std::stable_sort(checkpoint_.activations.begin(), checkpoint_.activations.end(),
                     [](const auto& a, const auto& b) { return a.uses > b.uses; });
  }

  const PickleGraph& graph_;
  CheckpointTensors& tensors_;
  const std::string& source_name_;
  Checkpoint checkpoint_;
  std::uint64_t steps_ = 0;
};

/// Throws when the first bytes are not those of a zip archive.
void check_magic(const std::byte* bytes, std::size_t size, const std::string& source_name) {
  using namespace std::string_view_literals;
  constexpr std::size_t kMagicBytes = 16;
  const std::string_view head(reinterpret_cast<const char*>(bytes), std::min(size, kMagicBytes));
  // The pickled number 0x1950a86a20f9469cfc6c, with which torch.save began before PyTorch 1.6.
  constexpr std::string_view kLegacyMagic = "\x8A\x0A\x6C\xFC\x9C\x46\xF9\x20\x6A\xA8\x50\x19"sv;
  if (head.find(kLegacyMagic) != std::string_view::npos) {
    throw WeightsError(concat(source_name,
                              ": was saved in the format of PyTorch before 1.6; load it in "
                              "Python and save it again with torch.save"));
  }
  if (!starts_with(head, "PK\x03\x04"sv)) {
    throw WeightsError(concat(source_name,
                              ": not a PyTorch checkpoint; expected a zip archive as torch.save "
                              "writes it"));
  }
}

Checkpoint read_archive(const ZipArchive& archive, const std::string& source_name,
                        const CheckpointLimits& limits) {
  constexpr std::string_view kPickle = "data.pkl";
  const std::vector<std::string> names = archive.names();
  std::vector<std::string> prefixes;
  bool torch_script = false;
  for (const std::string& name : names) {
    if (last_part(name, '/') == kPickle) {
      prefixes.push_back(name.substr(0, name.size() - kPickle.size()));
    }
    if (last_part(name, '/') == "constants.pkl") torch_script = true;
  }
  if (torch_script) {
    throw WeightsError(concat(source_name,
                              ": is a TorchScript archive, a program rather than weights; use the "
                              "checkpoint (.pt) that it was exported from"));
  }
  if (prefixes.size() != 1) {
    throw WeightsError(concat(source_name, ": holds ", prefixes.size(),
                              " entries data.pkl; expected one, as in a PyTorch checkpoint"));
  }
  const std::string& prefix = prefixes.front();
  const std::string byte_order_name = prefix + "byteorder";
  if (archive.contains(byte_order_name)) {
    constexpr std::uint64_t kLongest = 16;
    const std::vector<char> order = archive.read(byte_order_name, kLongest);
    if (const std::string_view text(order.data(), order.size()); text != "little") {
      throw WeightsError(concat(source_name, ": byte order is ", in_quotes(text),
                                "; expected 'little': save the file again on another machine"));
    }
  }
  const std::string pickle_name = prefix + std::string(kPickle);
  const PickleGraph graph = parse_pickle(archive.read(pickle_name, limits.max_pickle_bytes),
                                         source_name + ": " + pickle_name, limits.pickle);
  CheckpointTensors tensors(graph, archive, prefix, source_name, limits);
  return CheckpointReader(graph, tensors, source_name).read();
}

}  // namespace

Checkpoint read_checkpoint(const std::filesystem::path& path, const CheckpointLimits& limits) {
  {
    const FileBytes file = map_file(path);
    check_magic(file.data.get(), file.size, path.string());
  }
  return read_archive(ZipArchive::open(path), path.string(), limits);
}

Checkpoint parse_checkpoint(const std::byte* bytes, std::size_t size,
                            const std::string& source_name, const CheckpointLimits& limits) {
  check_magic(bytes, size, source_name);
  return read_archive(ZipArchive::from_memory(bytes, size, source_name), source_name, limits);
}

}  // namespace gondola::nn
