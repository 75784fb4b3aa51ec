#include "gondola/nn/model_spec.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <ostream>
#include <sstream>
#include <tuple>
#include <utility>

#include "gondola/config/yaml.hpp"
#include "gondola/core/error.hpp"
#include "gondola/core/text.hpp"

namespace gondola::nn {
namespace {

constexpr int kMaxChannels = 65536;
constexpr int kMaxClasses = 100000;

struct BlockDefinition {
  BlockKind kind;
  const char* name;
  bool has_channels;
  std::vector<std::string> keys;  ///< beside block, id, from
};

const std::vector<BlockDefinition>& block_definitions() {
  static const std::vector<BlockDefinition> definitions = {
      {BlockKind::kConv, "conv", true, {"channels", "kernel", "stride", "activation"}},
      {BlockKind::kC2f,
       "c2f",
       true,
       {"channels", "repeats", "shortcut", "expansion", "activation"}},
      {BlockKind::kC3k2,
       "c3k2",
       true,
       {"channels", "repeats", "shortcut", "expansion", "c3k", "activation"}},
      {BlockKind::kSppf, "sppf", true, {"channels", "kernel", "activation"}},
      {BlockKind::kC2psa, "c2psa", true, {"channels", "repeats", "activation"}},
      {BlockKind::kUpsample, "upsample", false, {"factor"}},
      {BlockKind::kConcat, "concat", false, {}},
  };
  return definitions;
}

const BlockDefinition& block_definition(BlockKind kind) {
  const auto& all = block_definitions();
  return *std::find_if(all.begin(), all.end(), [&](const auto& d) { return d.kind == kind; });
}

const BlockDefinition& parse_block(const config::Node& node) {
  const std::string name = node.as_string();
  std::vector<std::string> names;
  for (const BlockDefinition& definition : block_definitions()) {
    if (definition.name == name) return definition;
    names.emplace_back(definition.name);
  }
  throw ConfigError(
      concat(node.where(), ": unknown block '", name, "'; known: ", join(names, ", ")));
}

// Scaled channel counts are multiples of eight, as in the Ultralytics family.
int scaled_channels(const ModelSpec& spec, int channels) {
  const double scaled = std::min(channels, spec.max_channels) * spec.width_scale;
  return static_cast<int>(std::ceil(scaled / 8.0)) * 8;
}

int scaled_repeats(const ModelSpec& spec, int repeats) {
  if (repeats <= 1) return repeats;
  return std::max(1, static_cast<int>(std::nearbyint(repeats * spec.depth_scale)));
}

// Reads one model YAML. Keeps the node of every stage until the end, so that faults that only show
// in the whole network still name the line they come from.
class SpecReader {
 public:
  explicit SpecReader(const config::Node& root) : root_(root) {}

  ModelSpec read() {
    root_.refuse_unknown_keys({"name", "classes", "scale", "activation", "batch_norm_epsilon",
                               "backbone", "neck", "head"});
    if (const auto name = root_.find("name")) spec_.name = name->as_string();
    read_classes(root_.at("classes"));
    if (const auto scale = root_.find("scale")) read_scale(*scale);
    if (const auto activation = root_.find("activation")) {
      spec_.activation = parse_activation(*activation);
    }
    if (const auto epsilon = root_.find("batch_norm_epsilon")) {
      spec_.batch_norm_epsilon = epsilon->as_double(config::between(1e-12, 1.0));
    }
    read_stages(root_.at("backbone"));
    spec_.backbone_stages = static_cast<int>(spec_.stages.size());
    if (const auto neck = root_.find("neck")) read_stages(*neck);
    read_head(root_.at("head"));
    return std::move(spec_);
  }

 private:
  void read_classes(const config::Node& node) {
    if (node.is_scalar()) {
      spec_.class_count = node.as_int(1, kMaxClasses);
      return;
    }
    for (const config::Node& item : node.items()) spec_.class_names.push_back(item.as_string());
    if (spec_.class_names.empty()) {
      throw ConfigError(concat(node.where(), ": classes is empty; name at least one"));
    }
    std::vector<std::string> sorted = spec_.class_names;
    std::sort(sorted.begin(), sorted.end());
    const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
    if (twice != sorted.end()) {
      throw ConfigError(concat(node.where(), ": class '", *twice, "' is named twice"));
    }
    spec_.class_count = static_cast<int>(spec_.class_names.size());
  }

  void read_scale(const config::Node& node) {
    node.refuse_unknown_keys({"depth", "width", "max_channels"});
    if (const auto depth = node.find("depth"))
      spec_.depth_scale = depth->as_double(config::between(0.01, 16));
    if (const auto width = node.find("width"))
      spec_.width_scale = width->as_double(config::between(0.01, 16));
    if (const auto cap = node.find("max_channels"))
      spec_.max_channels = cap->as_int(8, kMaxChannels);
  }

  void read_stages(const config::Node& list) {
    for (const config::Node& node : list.items()) {
      spec_.stages.push_back(read_stage(node));
      add_shape(node);
    }
  }

  StageSpec read_stage(const config::Node& node) {
    const BlockDefinition& definition = parse_block(node.at("block"));
    std::vector<std::string> keys = {"block", "id", "from"};
    keys.insert(keys.end(), definition.keys.begin(), definition.keys.end());
    node.refuse_unknown_keys(keys);

    StageSpec stage;
    stage.block = definition.kind;
    if (stage.block == BlockKind::kSppf) stage.kernel = 5;
    if (stage.block == BlockKind::kC3k2) stage.shortcut = true;
    if (const auto id = node.find("id")) {
      stage.id = id->as_string();
      const int number = static_cast<int>(spec_.stages.size());
      if (!ids_.emplace(stage.id, number).second) {
        throw ConfigError(concat(id->where(), ": id '", stage.id, "' is already taken"));
      }
    }
    stage.from = read_from(node);
    if (definition.has_channels) stage.channels = node.at("channels").as_int(1, kMaxChannels);
    if (const auto repeats = node.find("repeats")) stage.repeats = repeats->as_int(1, 1000);
    if (const auto stride = node.find("stride")) stage.stride = stride->as_int(1, 2);
    if (const auto shortcut = node.find("shortcut")) stage.shortcut = shortcut->as_bool();
    if (const auto c3k = node.find("c3k")) stage.c3k = c3k->as_bool();
    if (const auto factor = node.find("factor")) stage.factor = factor->as_int(2, 8);
    if (const auto expansion = node.find("expansion")) {
      stage.expansion = expansion->as_double(config::between(0.01, 4));
    }
    if (const auto kernel = node.find("kernel")) {
      stage.kernel = kernel->as_int(1, 31);
      if (stage.kernel % 2 == 0) {
        throw ConfigError(concat(kernel->where(), ": kernel = ", stage.kernel,
                                 "; expected an odd number, so that the output keeps its place"));
      }
    }
    if (const auto activation = node.find("activation")) {
      stage.activation = parse_activation(*activation);
    }
    return stage;
  }

  std::vector<int> read_from(const config::Node& node) {
    const auto from = node.find("from");
    if (!from) return {static_cast<int>(spec_.stages.size()) - 1};
    if (!from->is_list()) return {read_reference(*from)};
    std::vector<int> numbers;
    for (const config::Node& item : from->items()) numbers.push_back(read_reference(item));
    if (numbers.empty()) throw ConfigError(concat(from->where(), ": from is empty"));
    return numbers;
  }

  // An id, `previous`, or a stage number.
  int read_reference(const config::Node& node) {
    const int count = static_cast<int>(spec_.stages.size());
    const std::string text = node.as_string();
    if (text == "previous") return count - 1;
    const auto id = ids_.find(text);
    if (id != ids_.end() && id->second < count) return id->second;
    const bool is_number =
        !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
    if (is_number) return node.as_int(0, count - 1);
    throw ConfigError(concat(node.where(), ": from '", text,
                             "' is not an earlier stage; use previous, a stage number, or an id",
                             ids_.empty() ? "" : concat(" (", id_list(), ")")));
  }

  std::string id_list() const {
    std::vector<std::string> names;
    for (const auto& [id, number] : ids_) names.push_back(id);
    return join(names, ", ");
  }

  // Works out the newest stage's channels and stride, and refuses what cannot be joined.
  void add_shape(const config::Node& node) {
    const StageSpec& stage = spec_.stages.back();
    if (stage.from.size() != 1 && stage.block != BlockKind::kConcat) {
      throw ConfigError(concat(node.where(), ": ", to_string(stage.block),
                               " takes one input, from names ", stage.from.size()));
    }
    if (stage.block == BlockKind::kConcat && stage.from.size() < 2) {
      throw ConfigError(concat(node.where(), ": concat needs two inputs or more, for example ",
                               "from: [previous, p4]"));
    }
    if (stage.block == BlockKind::kConcat && stage.from.front() < 0) {
      throw ConfigError(
          concat(node.where(), ": concat joins the image with itself; start with another block"));
    }
    std::vector<int> strides;
    for (const int from : stage.from) strides.push_back(from < 0 ? 1 : shape(from).stride);
    if (std::any_of(strides.begin(), strides.end(), [&](int s) { return s != strides[0]; })) {
      throw ConfigError(concat(node.where(), ": concat joins maps of strides ",
                               join_numbers(strides, "/"), "; they must be equal"));
    }
    if (stage.block == BlockKind::kUpsample && strides[0] % stage.factor != 0) {
      throw ConfigError(concat(node.where(), ": upsample by ", stage.factor, " of a map of stride ",
                               strides[0], " would be finer than the image"));
    }
    shapes_ = stage_shapes(spec_);
    if (stage.block == BlockKind::kC2f || stage.block == BlockKind::kC3k2) {
      // Units of c3k2 halve the hidden channels once more.
      const int least = stage.block == BlockKind::kC3k2 ? 2 : 1;
      const int hidden = static_cast<int>(shapes_.back().channels * stage.expansion);
      if (hidden < least) {
        throw ConfigError(concat(node.where(), ": expansion ", stage.expansion, " leaves ", hidden,
                                 " of ", shapes_.back().channels, " channels inside; at least ",
                                 least, " are needed"));
      }
    }
    if (stage.block == BlockKind::kC2psa) {
      const int in = stage.from[0] < 0 ? 3 : shape(stage.from[0]).channels;
      const int out = shapes_.back().channels;
      if (in != out || out % 128 != 0) {
        throw ConfigError(concat(node.where(),
                                 ": c2psa keeps its channels, a multiple of 128: got ", in,
                                 " in and ", out, " out after scaling"));
      }
    }
  }

  void read_head(const config::Node& node) {
    node.refuse_unknown_keys(
        {"from", "strides", "reg_max", "depthwise_class_branch", "activation"});
    HeadSpec& head = spec_.head;
    for (const config::Node& item : node.at("from").items()) {
      head.from.push_back(read_reference(item));
    }
    for (const config::Node& item : node.at("strides").items()) {
      head.strides.push_back(item.as_int(1, 1024));
    }
    if (head.from.empty() || head.from.size() != head.strides.size()) {
      throw ConfigError(concat(node.where(), ": head has ", head.from.size(), " levels and ",
                               head.strides.size(), " strides; name one stride per level"));
    }
    std::vector<int> real;
    for (const int from : head.from) real.push_back(from < 0 ? 1 : shape(from).stride);
    if (real != head.strides) {
      throw ConfigError(concat(node.at("strides").where(), ": strides are declared as ",
                               join_numbers(head.strides, "/"),
                               " but the stages named by from have ", join_numbers(real, "/")));
    }
    if (!std::is_sorted(real.begin(), real.end()) ||
        std::adjacent_find(real.begin(), real.end()) != real.end()) {
      throw ConfigError(concat(node.at("strides").where(), ": strides are ",
                               join_numbers(real, "/"),
                               "; list levels from the finest to the coarsest"));
    }
    if (const auto reg_max = node.find("reg_max")) head.reg_max = reg_max->as_int(2, 64);
    if (const auto depthwise = node.find("depthwise_class_branch")) {
      head.depthwise_class_branch = depthwise->as_bool();
    }
    if (const auto activation = node.find("activation")) {
      head.activation = parse_activation(*activation);
    }
  }

  const StageShape& shape(int stage) const { return shapes_[static_cast<std::size_t>(stage)]; }

  const config::Node& root_;
  ModelSpec spec_;
  std::vector<StageShape> shapes_;
  std::map<std::string, int> ids_;
};

// A double-quoted YAML scalar; bytes outside ASCII stay as they are (UTF-8).
std::string yaml_quoted(const std::string& text) {
  std::ostringstream out;
  out << '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out << '\\' << c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      constexpr const char* kHex = "0123456789abcdef";
      out << "\\x" << kHex[(c >> 4) & 15] << kHex[c & 15];
    } else {
      out << c;
    }
  }
  out << '"';
  return out.str();
}

const char* yes_no(bool value) { return value ? "true" : "false"; }

// A stage's references to earlier ones, by id where they have one.
std::string reference(const ModelSpec& spec, int stage) {
  const std::string& id = spec.stages[static_cast<std::size_t>(stage)].id;
  return id.empty() ? std::to_string(stage) : yaml_quoted(id);
}

std::string stage_yaml(const ModelSpec& spec, std::size_t number) {
  const StageSpec& stage = spec.stages[number];
  const BlockDefinition& definition = block_definition(stage.block);
  const auto has = [&](const char* key) {
    return std::find(definition.keys.begin(), definition.keys.end(), key) != definition.keys.end();
  };
  std::ostringstream out;
  out.precision(17);
  out << "  - {block: " << definition.name;
  if (!stage.id.empty()) out << ", id: " << yaml_quoted(stage.id);
  const int previous = static_cast<int>(number) - 1;
  if (stage.from != std::vector<int>{previous}) {
    std::vector<std::string> names;
    for (const int from : stage.from) {
      names.push_back(from == previous ? "previous" : reference(spec, from));
    }
    out << ", from: [" << join(names, ", ") << "]";
  }
  if (has("channels")) out << ", channels: " << stage.channels;
  if (has("repeats")) out << ", repeats: " << stage.repeats;
  if (has("kernel")) out << ", kernel: " << stage.kernel;
  if (has("stride")) out << ", stride: " << stage.stride;
  if (has("shortcut")) out << ", shortcut: " << yes_no(stage.shortcut);
  if (has("c3k")) out << ", c3k: " << yes_no(stage.c3k);
  if (has("expansion")) out << ", expansion: " << stage.expansion;
  if (has("factor")) out << ", factor: " << stage.factor;
  if (stage.activation) out << ", activation: " << to_yaml(*stage.activation);
  out << "}\n";
  return out.str();
}

auto structure_of(const StageSpec& s) {
  return std::tie(s.block, s.from, s.channels, s.repeats, s.kernel, s.stride, s.shortcut, s.c3k,
                  s.expansion, s.factor);
}

auto structure_of(const HeadSpec& h) {
  return std::tie(h.from, h.strides, h.reg_max, h.depthwise_class_branch);
}

}  // namespace

const ActivationSpec& ModelSpec::activation_of(const StageSpec& stage) const {
  return stage.activation ? *stage.activation : activation;
}

const ActivationSpec& ModelSpec::head_activation() const {
  return head.activation ? *head.activation : activation;
}

int ModelSpec::max_stride() const {
  // Not the head's alone: a backbone may go down further than its levels.
  int largest = 1;
  for (const StageShape& shape : stage_shapes(*this)) largest = std::max(largest, shape.stride);
  return largest;
}

std::string to_string(BlockKind kind) { return block_definition(kind).name; }

ModelSpec parse_model_spec(const std::string& yaml, const std::string& source_name) {
  const config::Node root = config::parse_yaml(yaml, source_name);
  return SpecReader(root).read();
}

ModelSpec load_model_spec(const std::filesystem::path& path) {
  const config::Node root = config::load_yaml_file(path);
  ModelSpec spec = SpecReader(root).read();
  if (spec.name.empty()) spec.name = path.stem().string();
  return spec;
}

std::vector<StageShape> stage_shapes(const ModelSpec& spec) {
  std::vector<StageShape> shapes;
  for (const StageSpec& stage : spec.stages) {
    StageShape shape;
    const auto input = [&](int from) {
      return from < 0 ? StageShape{3, 1, 1} : shapes[static_cast<std::size_t>(from)];
    };
    const StageShape first = input(stage.from.front());
    shape.stride = first.stride;
    shape.repeats = scaled_repeats(spec, stage.repeats);
    switch (stage.block) {
      case BlockKind::kConv:
        shape.channels = scaled_channels(spec, stage.channels);
        shape.stride = first.stride * stage.stride;
        break;
      case BlockKind::kC2f:
      case BlockKind::kC3k2:
      case BlockKind::kSppf:
      case BlockKind::kC2psa:
        shape.channels = scaled_channels(spec, stage.channels);
        break;
      case BlockKind::kUpsample:
        shape.channels = first.channels;
        shape.stride = first.stride / stage.factor;
        break;
      case BlockKind::kConcat:
        for (const int from : stage.from) shape.channels += input(from).channels;
        break;
    }
    shapes.push_back(shape);
  }
  return shapes;
}

void check_image_size(int image_size, const ModelSpec& spec) {
  const int stride = spec.max_stride();
  if (image_size > 0 && image_size % stride == 0) return;
  const int below = image_size / stride * stride;
  throw ConfigError(
      concat("image size ", image_size, " is not a positive multiple of ", stride,
             ", the largest stride of ", spec.name, "; use ",
             below > 0 ? concat(below, " or ", below + stride) : concat(stride, " or more"),
             " (--imgsz)"));
}

std::string to_yaml(const ModelSpec& spec) {
  std::ostringstream out;
  out.precision(17);
  out << "name: " << yaml_quoted(spec.name) << "\n";
  if (spec.class_names.empty()) {
    out << "classes: " << spec.class_count << "\n";
  } else {
    std::vector<std::string> names;
    for (const std::string& name : spec.class_names) names.push_back(yaml_quoted(name));
    out << "classes: [" << join(names, ", ") << "]\n";
  }
  out << "scale: {depth: " << spec.depth_scale << ", width: " << spec.width_scale
      << ", max_channels: " << spec.max_channels << "}\n";
  out << "activation: " << to_yaml(spec.activation) << "\n";
  out << "batch_norm_epsilon: " << spec.batch_norm_epsilon << "\n";
  out << "backbone:\n";
  for (std::size_t i = 0; i < spec.stages.size(); ++i) {
    if (static_cast<int>(i) == spec.backbone_stages) out << "neck:\n";
    out << stage_yaml(spec, i);
  }
  std::vector<std::string> levels;
  for (const int from : spec.head.from) levels.push_back(reference(spec, from));
  out << "head:\n  from: [" << join(levels, ", ") << "]\n"
      << "  strides: "
      << "[" << join_numbers(spec.head.strides, ", ") << "]\n"
      << "  reg_max: " << spec.head.reg_max << "\n"
      << "  depthwise_class_branch: " << yes_no(spec.head.depthwise_class_branch) << "\n";
  if (spec.head.activation) out << "  activation: " << to_yaml(*spec.head.activation) << "\n";
  return out.str();
}

bool same_structure(const ModelSpec& a, const ModelSpec& b) {
  return std::tie(a.class_count, a.depth_scale, a.width_scale, a.max_channels) ==
             std::tie(b.class_count, b.depth_scale, b.width_scale, b.max_channels) &&
         structure_of(a.head) == structure_of(b.head) &&
         std::equal(a.stages.begin(), a.stages.end(), b.stages.begin(), b.stages.end(),
                    [](const StageSpec& x, const StageSpec& y) {
                      return structure_of(x) == structure_of(y);
                    });
}

bool operator==(const ModelSpec& a, const ModelSpec& b) {
  return same_structure(a, b) &&
         std::tie(a.name, a.class_names, a.activation, a.batch_norm_epsilon, a.backbone_stages,
                  a.head.activation) == std::tie(b.name, b.class_names, b.activation,
                                                 b.batch_norm_epsilon, b.backbone_stages,
                                                 b.head.activation) &&
         std::equal(a.stages.begin(), a.stages.end(), b.stages.begin(), b.stages.end(),
                    [](const StageSpec& x, const StageSpec& y) {
                      return x.id == y.id && x.activation == y.activation;
                    });
}

}  // namespace gondola::nn
