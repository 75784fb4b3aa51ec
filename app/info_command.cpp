#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

#include "command.hpp"
#include "gondola/core/error.hpp"
#include "gondola/core/text.hpp"
#include "gondola/detect/activity.hpp"
#include "gondola/media/sources.hpp"
#include "gondola/nn/model_summary.hpp"
#include "model_options.hpp"
#include "table.hpp"
#include "yaml_options.hpp"

namespace gondola::app {
namespace {

struct InfoOptions {
  ModelOptions model;
  std::vector<std::string> pictures;
  int imgsz = 640;
  bool json = false;
  int threads = 0;
};

constexpr const char* kDiagnosis =
    "dead: channels that no picture ever made positive; with relu they learn no more (many: try "
    "leaky_relu, a\nlower learning rate). zeros: share of exact zeros, which int8 kernels and "
    "pruning can use. Values that grow\nfrom layer to layer, or are not finite, are exploding: "
    "lower the learning rate, check batch norm.";

double gflops(std::int64_t multiply_adds) { return 2e-9 * static_cast<double>(multiply_adds); }

nlohmann::json json_or_text(const std::string& text) {
  if (text.empty()) return nullptr;
  nlohmann::json parsed = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  return parsed.is_discarded() ? nlohmann::json(text) : parsed;
}

nlohmann::json description_json(const nn::WeightsFile& weights) {
  const nn::ModelDescription& description = weights.description;
  const nn::ModelSpec& spec = description.spec;
  nlohmann::json out;
  out["schema"] = "gondola.info/1";
  out["model"] = spec.name;
  out["has_weights"] = !weights.tensors.empty();
  out["activation"] = to_string(spec.activation);
  out["strides"] = spec.head.strides;
  out["class_count"] = spec.class_count;
  out["classes"] = spec.class_names;
  out["conf"] = description.score_threshold ? nlohmann::json(*description.score_threshold)
                                            : nlohmann::json(nullptr);
  out["iou"] = description.iou_threshold ? nlohmann::json(*description.iou_threshold)
                                         : nlohmann::json(nullptr);
  out["licence"] =
      description.licence.empty() ? nlohmann::json(nullptr) : nlohmann::json(description.licence);
  out["training"] = json_or_text(description.training);
  return out;
}

nlohmann::json layers_json(const nn::ModelSummary& summary) {
  nlohmann::json layers = nlohmann::json::array();
  for (const nn::LayerSummary& layer : summary.layers) {
    layers.push_back({{"path", layer.path},
                      {"kind", layer.kind},
                      {"activation", layer.activation.empty() ? nlohmann::json(nullptr)
                                                              : nlohmann::json(layer.activation)},
                      {"output", layer.output},
                      {"parameters", layer.parameters},
                      {"flops", 2 * layer.multiply_adds}});
  }
  return layers;
}

nlohmann::json activity_json(const std::vector<nn::LayerActivity>& rows) {
  nlohmann::json out = nlohmann::json::array();
  for (const nn::LayerActivity& row : rows) {
    out.push_back({{"path", row.path},
                   {"activation", row.activation},
                   {"channels", row.channels},
                   {"dead_channels", row.dead_channels},
                   {"zero_share", row.zero_share},
                   {"min", row.minimum},
                   {"max", row.maximum},
                   {"mean", row.mean},
                   {"std", row.standard_deviation},
                   {"non_finite", row.non_finite}});
  }
  return out;
}

void print_json(const nlohmann::json& document) {
  fmt::print("{}\n", document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
}

// Class names on lines of readable length.
void print_classes(const nn::ModelSpec& spec) {
  if (spec.class_names.empty()) {
    fmt::print("classes     {}, without names\n", spec.class_count);
    return;
  }
  fmt::print("classes     {}:", spec.class_count);
  std::size_t column = 16;
  for (std::size_t i = 0; i < spec.class_names.size(); ++i) {
    const std::string text =
        fmt::format(" {} {}{}", i, spec.class_names[i], i + 1 < spec.class_names.size() ? "," : "");
    if (column + text.size() > 100) {
      fmt::print("\n           ");
      column = 11;
    }
    fmt::print("{}", text);
    column += text.size();
  }
  fmt::print("\n");
}

// The training record, one line per fact; nested arguments would fill pages and stay in --json.
void print_training(const std::string& training) {
  if (training.empty()) {
    fmt::print("training    no record\n");
    return;
  }
  const nlohmann::json record = json_or_text(training);
  if (!record.is_object()) {
    fmt::print("training    {}\n", training);
    return;
  }
  std::vector<std::string> facts;
  for (const auto& [key, value] : record.items()) {
    if (value.is_structured()) {
      facts.push_back(fmt::format("{} ({} values, see --json)", key, value.size()));
    } else {
      facts.push_back(
          fmt::format("{} {}", key, value.is_string() ? value.get<std::string>() : value.dump()));
    }
  }
  fmt::print("training    {}\n", join(facts, ", "));
}

void print_description(const nn::WeightsFile& weights) {
  const nn::ModelDescription& description = weights.description;
  const nn::ModelSpec& spec = description.spec;
  fmt::print("model       {}{}\n", spec.name, weights.tensors.empty() ? " (no weights)" : "");
  fmt::print("activation  {}\n", to_string(spec.activation));
  fmt::print("strides     {}\n", join_numbers(spec.head.strides, ", "));
  print_classes(spec);
  fmt::print("conf        {}\n", description.score_threshold
                                     ? fmt::format("{:.3f}", *description.score_threshold)
                                     : "not calibrated (0.25 is used)");
  if (description.iou_threshold) fmt::print("iou         {:.2f}\n", *description.iou_threshold);
  if (weights.quantization) {
    fmt::print("int8        {} results with ranges, {} layers wider\n",
               weights.quantization->tensors.size(), weights.quantization->kept.size());
  }
  fmt::print("licence     {}\n",
             description.licence.empty() ? "not stated in the file" : description.licence);
  print_training(description.training);
}

void print_layers(const nn::ModelSummary& summary) {
  Table table({{"layer", Align::kLeft},
               {"kind", Align::kLeft},
               {"output", Align::kRight},
               {"parameters", Align::kRight},
               {"MFLOPs", Align::kRight},
               {"activation", Align::kLeft}});
  for (const nn::LayerSummary& layer : summary.layers) {
    table.add({layer.path, layer.kind, join_numbers(layer.output, "x"),
               std::to_string(layer.parameters),
               fmt::format("{:.1f}", 1e3 * gflops(layer.multiply_adds)), layer.activation});
  }
  fmt::print("\n{}\n", table.text());
  fmt::print("total at {}x{}: {} layers, {} parameters, {:.2f} GFLOPs\n", summary.input.width,
             summary.input.height, summary.layers.size(), summary.parameters,
             gflops(summary.multiply_adds));
}

void print_activities(const std::vector<nn::LayerActivity>& rows, std::size_t pictures) {
  Table table({{"layer", Align::kLeft},
               {"activation", Align::kLeft},
               {"channels", Align::kRight},
               {"dead", Align::kRight},
               {"zeros", Align::kRight},
               {"min", Align::kRight},
               {"max", Align::kRight},
               {"mean", Align::kRight},
               {"std", Align::kRight},
               {"not finite", Align::kRight}});
  std::int64_t channels = 0;
  std::int64_t dead = 0;
  for (const nn::LayerActivity& row : rows) {
    channels += row.channels;
    dead += row.dead_channels;
    table.add({row.path, row.activation, std::to_string(row.channels),
               std::to_string(row.dead_channels), fmt::format("{:.1f}%", 100 * row.zero_share),
               fmt::format("{:.3g}", row.minimum), fmt::format("{:.3g}", row.maximum),
               fmt::format("{:.3g}", row.mean), fmt::format("{:.3g}", row.standard_deviation),
               std::to_string(row.non_finite)});
  }
  fmt::print("\n{}\n", table.text());
  fmt::print("{} of {} channels were never positive in {} {}\n\n{}\n", dead, channels, pictures,
             pictures == 1 ? "picture" : "pictures", kDiagnosis);
}

int run_info(const InfoOptions& options, Context& context) {
  use_threads(options.threads, context);
  const nn::WeightsFile weights = load_model(options.model, context);
  if (!options.pictures.empty()) {
    if (weights.tensors.empty()) {
      throw ConfigError(concat("--activations: ", options.model.model,
                               " has no weights, so its activations mean nothing; name a weights "
                               "file"));
    }
    const media::SourceList sources = media::resolve_sources(options.pictures);
    const auto pictures = media::open_sources(sources);
    const auto rows = detect::measure_activity(weights, *pictures, options.imgsz);
    if (options.json) {
      nlohmann::json document = description_json(weights);
      document["pictures"] = sources.items.size();
      document["activations"] = activity_json(rows);
      print_json(document);
    } else {
      print_description(weights);
      print_activities(rows, sources.items.size());
    }
    return 0;
  }

  nn::check_image_size(options.imgsz, weights.description.spec);
  const nn::ModelSummary summary = nn::summarize(weights, Size{options.imgsz, options.imgsz});
  if (options.json) {
    nlohmann::json document = description_json(weights);
    document["input"] = {summary.input.width, summary.input.height};
    document["parameters"] = summary.parameters;
    document["flops"] = 2 * summary.multiply_adds;
    document["layers"] = layers_json(summary);
    print_json(document);
  } else {
    print_description(weights);
    print_layers(summary);
  }
  return 0;
}

}  // namespace

Command add_info_command(CLI::App& app) {
  auto options = std::make_shared<InfoOptions>();
  CLI::App* parser = app.add_subcommand("info", kInfoDescription);
  add_model_options(*parser, options->model, /*positional=*/true);
  parser
      ->add_option("--activations", options->pictures,
                   "Run these pictures and show what each activation gives: zeros, dead channels, "
                   "ranges")
      ->type_name("IMAGE...");
  parser->add_option("--imgsz", options->imgsz, "Side of the square network input in pixels")
      ->type_name("N")
      ->capture_default_str();
  parser->add_flag("--json", options->json, "JSON instead of tables, on standard output");
  parser->add_option("--threads", options->threads, "Threads; 0 = the CPUs this process may use")
      ->check(plain(CLI::Range(0, 1024)))
      ->type_name("N")
      ->capture_default_str();
  parser->footer(
      concat(kCommonHelp, "\nExample: gondola info yolov8n.pt --activations photos/*.jpg"));
  return {parser, [options](Context& context) { return run_info(*options, context); }};
}

}  // namespace gondola::app
