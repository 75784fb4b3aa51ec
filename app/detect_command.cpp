#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <spdlog/fmt/fmt.h>

#include "command.hpp"
#include "detector_options.hpp"
#include "gondola/core/error.hpp"
#include "gondola/core/text.hpp"
#include "gondola/media/image_source.hpp"
#include "gondola/media/sources.hpp"
#include "gondola/pipeline/detect_loop.hpp"
#include "gondola/pipeline/detection_sinks.hpp"
#include "interrupt.hpp"
#include "libtorch.hpp"
#include "model_options.hpp"
#include "progress_bar.hpp"
#include "yaml_options.hpp"

namespace gondola::app {
namespace {

struct DetectOptions {
  std::vector<std::string> sources;
  ModelOptions model;
  DetectorFlags detector;

  std::string out;
  std::string json;
  std::string jsonl;
  std::string csv;
  std::string txt;
  std::string coco;
  std::optional<bool> save;
  bool show = false;
};

constexpr const char* kDefaultOut = "gondola-out";

void add_options(CLI::App& command, DetectOptions& options) {
  command
      .add_option("SOURCE", options.sources, "Pictures, folders, quoted globs, .txt lists of paths")
      ->type_name(kFile);

  add_model_options(command, options.model, /*positional=*/false);
  add_detector_options(command, options.detector);

  command
      .add_option("--out", options.out,
                  fmt::format("Folder for annotated pictures; default {}", kDefaultOut))
      ->type_name(kFolder);
  // Bound directly, CLI11 would take an optional for a counter and set it to 0.
  command.add_flag_function(
      "--save,!--no-save", [&options](std::int64_t count) { options.save = count > 0; },
      "Annotated pictures; default: yes, unless only other results are asked for");
  command.add_flag("--show", options.show, "Show each picture in a window (q ends)");
  command.add_option("--json", options.json, "All detections as one JSON document")
      ->type_name(kFile);
  command.add_option("--jsonl", options.jsonl, "One JSON object per picture and line")
      ->type_name(kFile);
  command.add_option("--csv", options.csv, "One row per detection")->type_name(kFile);
  command.add_option("--txt", options.txt, "YOLO text, one file per picture")->type_name(kFolder);
  command.add_option("--coco", options.coco, "COCO results list")->type_name(kFile);
  command.footer(concat(
      "A FILE of - is standard output. ", kCommonHelp,
      "\nExample: gondola detect photos/ --model yolov8n.pt --conf 0.3 --json found.json --save"));
}

// Annotated pictures are the result for people: they are made unless the user asked for others
// only.
bool wants_pictures(const DetectOptions& options) {
  if (options.save) return *options.save;
  const bool other_results = !options.json.empty() || !options.jsonl.empty() ||
                             !options.csv.empty() || !options.txt.empty() ||
                             !options.coco.empty() || options.show;
  return !options.out.empty() || !other_results;
}

std::string picture_folder(const DetectOptions& options) {
  return options.out.empty() ? kDefaultOut : options.out;
}

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

/// Whether there is a display to open a window on.
bool display_available() { return is_set("DISPLAY") || is_set("WAYLAND_DISPLAY"); }

std::string needs_libtorch(const DetectOptions& options) {
  const std::string flag =
      options.show && display_available() ? "--show" : libtorch_flag(options.detector);
  return flag.empty() ? flag : "detect " + flag;
}

std::vector<std::unique_ptr<pipeline::DetectionSink>> make_sinks(const DetectOptions& options,
                                                                 const detect::Detector& detector,
                                                                 Context& context) {
  std::vector<std::unique_ptr<pipeline::DetectionSink>> sinks;
  const ClassNames& names = detector.class_names();
  const std::string& model = detector.model_name();
  if (!options.json.empty()) sinks.push_back(pipeline::make_json_sink(options.json, model, names));
  if (!options.jsonl.empty()) {
    sinks.push_back(pipeline::make_jsonl_sink(options.jsonl, model, names));
  }
  if (!options.csv.empty()) sinks.push_back(pipeline::make_csv_sink(options.csv, names));
  if (!options.txt.empty()) sinks.push_back(pipeline::make_txt_sink(options.txt));
  if (!options.coco.empty()) {
    sinks.push_back(pipeline::make_coco_sink(options.coco, pipeline::coco_options_for(names)));
  }
  if (wants_pictures(options)) {
    sinks.push_back(pipeline::make_picture_sink(picture_folder(options), names));
  }
  if (options.show) {
    if (display_available()) {
      sinks.push_back(make_window_sink(names));
    } else {
      context.log->warn("--show: there is no display (DISPLAY is not set); going on without");
    }
  }
  return sinks;
}

std::string label_counts(const pipeline::LoopSummary& summary, const ClassNames& names) {
  std::vector<std::pair<std::int64_t, std::string>> counts;
  for (std::size_t i = 0; i < summary.detections_per_class.size(); ++i) {
    const std::int64_t count = summary.detections_per_class[i];
    if (count > 0) counts.emplace_back(-count, names.name(static_cast<int>(i)));
  }
  std::sort(counts.begin(), counts.end());
  std::vector<std::string> texts;
  texts.reserve(counts.size());
  for (const auto& [count, name] : counts) texts.push_back(fmt::format("{} {}", name, -count));
  return join(texts, ", ");
}

void log_summary(const pipeline::LoopSummary& summary, const detect::Detector& detector,
                 Context& context) {
  const std::string labels = label_counts(summary, detector.class_names());
  std::string line =
      fmt::format("{} {}, {} {}{}", summary.frames, summary.frames == 1 ? "picture" : "pictures",
                  summary.detections(), summary.detections() == 1 ? "detection" : "detections",
                  labels.empty() ? "" : fmt::format(" ({})", labels));
  if (summary.frames > 0) {
    const auto frames = static_cast<double>(summary.frames);
    const pipeline::LoopTimes& ms = summary.times_ms;
    line += fmt::format(
        "; per picture {:.1f} ms read, {:.1f} ms preprocess, {:.1f} ms network, {:.1f} ms "
        "postprocess, {:.1f} ms write",
        ms.read / frames, ms.detect.preprocess / frames, ms.detect.network / frames,
        ms.detect.postprocess / frames, ms.write / frames);
  }
  context.log->info(line);
  if (!summary.failures.empty()) {
    context.log->error("{} of {} pictures could not be read", summary.failures.size(),
                       summary.failures.size() + static_cast<std::size_t>(summary.frames));
  }
}

int run_detect(const DetectOptions& options, Context& context) {
  if (options.sources.empty()) {
    throw ConfigError("no SOURCE given; name pictures, folders or globs (gondola detect --help)");
  }
  const media::SourceList sources = media::resolve_sources(options.sources);
  if (sources.skipped > 0)
    context.log->info("skipped {} files that are no pictures", sources.skipped);
  const std::unique_ptr<media::FrameSource> source = media::open_sources(sources);

  if (wants_pictures(options)) media::check_output_folder(sources, picture_folder(options));

  use_threads(options.detector.threads, context);
  const nn::WeightsFile weights = load_model(options.model, context);
  const nn::ModelSpec& spec = weights.description.spec;
  require_weights(weights, options.model.model);
  if (spec.class_names.empty()) {
    context.log->warn("{} has no class names; labels are class0 to class{} (--names FILE)",
                      options.model.model, spec.class_count - 1);
  }
  detect::Detector detector =
      make_detector(weights, options.detector, detector_options(options.detector, weights));
  context.log->debug("{}: {} classes, {}, input {}, score above {}; {}", detector.model_name(),
                     spec.class_count, to_string(spec.activation), options.detector.imgsz,
                     *detector.options().score_threshold, detector.runtime());
  const auto sinks = make_sinks(options, detector, context);

  const std::size_t total = source->size_hint().value_or(0);
  ProgressBar progress(context.log_options, total);
  pipeline::LoopCallbacks callbacks;
  callbacks.on_progress = [&](const pipeline::LoopProgress& now) {
    progress.update(static_cast<std::size_t>(now.done + now.failed));
  };
  callbacks.on_failure = [&](const pipeline::FrameFailure& failure) {
    progress.clear();
    context.log->error(failure.reason);
  };
  const Interrupt interrupt;
  callbacks.stop_requested = [&] { return interrupt.requested(); };

  pipeline::LoopOptions loop;
  loop.batch = options.detector.batch;
  const pipeline::LoopSummary summary =
      pipeline::run_detection(*source, detector, sinks, loop, callbacks);
  progress.clear();
  log_summary(summary, detector, context);
  if (wants_pictures(options)) {
    context.log->info("annotated pictures are in {}", picture_folder(options));
  }
  if (summary.stopped) {
    context.log->warn("stopped after {} of {} pictures", summary.frames, total);
  }
  return summary.failures.empty() && !summary.stopped ? 0 : 1;
}

}  // namespace

Command add_detect_command(CLI::App& app) {
  auto options = std::make_shared<DetectOptions>();
  CLI::App* parser = app.add_subcommand("detect", "Find objects in pictures");
  add_options(*parser, *options);
  return {parser, [options](Context& context) { return run_detect(*options, context); },
          [options] { return needs_libtorch(*options); }};
}

}  // namespace gondola::app
