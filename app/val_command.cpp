#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

#include "command.hpp"
#include "data_issues.hpp"
#include "detector_options.hpp"
#include "evaluation_report.hpp"
#include "gondola/core/atomic_file.hpp"
#include "gondola/core/error.hpp"
#include "gondola/core/text.hpp"
#include "gondola/data/dataset.hpp"
#include "gondola/data/detection_files.hpp"
#include "gondola/eval/evaluation.hpp"
#include "gondola/media/sources.hpp"
#include "gondola/pipeline/detect_loop.hpp"
#include "gondola/pipeline/detection_sinks.hpp"
#include "interrupt.hpp"
#include "model_options.hpp"
#include "progress_bar.hpp"
#include "tracking_report.hpp"
#include "yaml_options.hpp"

namespace gondola::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr float kDefaultConfidence = 0.25F;

struct ValOptions {
  ModelOptions model;
  DetectorFlags detector;
  std::string data;
  std::string split = "val";
  std::string labels;
  std::optional<double> label_min_score;
  bool single_class = false;
  std::string detections;
  std::vector<std::string> tracks;  ///< truth and results, or empty
  std::optional<float> count_conf;
  std::string json;
  std::string plots;
  bool store_conf = false;
};

/// What is to be evaluated, wherever the detections are from.
struct Measurement {
  std::vector<eval::ImageEvaluation> images;
  ClassNames names;
  int class_count = 0;
  float confidence = kDefaultConfidence;  ///< of the counts and the confusion matrix
  Json origin;                            ///< what was measured and how, for --json
  bool complete = true;                   ///< no picture had to be left out
};

void add_options(CLI::App& command, ValOptions& options) {
  // The field's habits for measuring: keep nearly everything, and every class of a box.
  options.detector.conf = 0.001F;
  options.detector.multi_label = true;

  add_model_options(command, options.model, /*positional=*/false);
  command
      .add_option("--data,--gt", options.data,
                  "Truth: data.yaml, a folder, COCO JSON, VOC XML; with --detections also a CSV")
      ->type_name(kFile);
  command.add_option("--split", options.split, "Part of the data set: train, val, test, or all")
      ->type_name("NAME")
      ->capture_default_str();
  command.add_option("--labels", options.labels, "Folder of the YOLO labels beside images; labels")
      ->type_name("NAME");
  command
      .add_option("--label-min-score", options.label_min_score,
                  "Least score of labels that have one, such as pseudo labels, 0..1")
      ->check(plain(CLI::Range(0.0, 1.0)))
      ->type_name("SCORE");
  command.add_flag("--single-class", options.single_class,
                   "Measure finding alone: all labels and detections are one class");
  command
      .add_option(
          "--detections", options.detections,
          "Measure these instead of a model's: COCO results, our own JSON(L) or CSV, or any "
          "CSV with image_name,x1,y1,x2,y2,class,score")
      ->type_name(kFile);
  command
      .add_option("--tracks", options.tracks,
                  "Measure tracking instead: truth and results in the MOTChallenge format "
                  "(frame,id,left,top,width,height,conf,class)")
      ->expected(2)
      ->type_name("TRUTH RESULTS");
  add_detector_options(command, options.detector);
  command
      .add_option("--count-conf", options.count_conf,
                  "Score above which things are counted, 0..1; default: the model's calibrated "
                  "one, else 0.25")
      ->check(plain(CLI::Range(0.0, 1.0)))
      ->type_name("SCORE");
  command.add_option("--json", options.json, "Everything that was measured, as JSON")
      ->type_name(kFile);
  command.add_option("--plots", options.plots, "Folder for curves and the confusion matrix")
      ->type_name(kFolder);
  command.add_flag("--store-conf", options.store_conf,
                   "Write the confidence that counts best into the weights file");
  command.footer(
      concat("A FILE of - is standard output. ", kCommonHelp,
             "\nExample: gondola val --model best.safetensors --data data.yaml --plots "
             "plots --store-conf\n         gondola val --gt truth.csv --detections "
             "found.csv --max-det 300\n         gondola val --tracks clip.gt.txt tracks.txt"));
}

/// Refuses --store-conf where there is no file of ours to store it in, before the long work.
void check_storable(const ValOptions& options) {
  if (!options.store_conf) return;
  if (!options.detections.empty()) {
    throw ConfigError("--store-conf: detections from a file have no weights to store it in");
  }
  if (!options.model.weights.empty() || !options.model.activation.empty()) {
    throw ConfigError(
        "--store-conf: with --weights or --activation the model is not what a file holds; convert "
        "it first (gondola convert) and name that file");
  }
  const std::filesystem::path path = nn::find_model(options.model.model);
  if (path.extension() != ".safetensors") {
    throw ConfigError(concat("--store-conf: ", path.string(),
                             " is not .safetensors; convert it first (gondola convert)"));
  }
}

void store_confidence(const std::string& model, float confidence) {
  const std::filesystem::path path = nn::find_model(model);
  nn::WeightsFile weights = nn::read_weights(path);
  weights.description.score_threshold = confidence;
  nn::write_weights(path, weights);
}

bool is_table(const std::string& path) {
  return std::filesystem::path(path).extension() == ".csv" &&
         std::filesystem::is_regular_file(path);
}

data::Dataset load_truth(const ValOptions& options, Context& context) {
  if (is_table(options.data)) {
    data::Dataset dataset = data::read_truth_table(options.data);
    if (options.single_class) {
      dataset.names = ClassNames({"object"});
      for (data::LabelledImage& image : dataset.images) {
        for (LabelledBox& label : image.labels) label.class_id = 0;
      }
    }
    return dataset;
  }
  data::DatasetOptions wanted;
  if (options.split != "all") wanted.split = options.split;
  wanted.labels = options.labels;
  if (options.label_min_score) wanted.label_min_score = *options.label_min_score;
  wanted.single_class = options.single_class;
  data::Dataset dataset = data::load_dataset(options.data, wanted);
  log_issues(dataset, "labels", context);
  return dataset;
}

Json data_json(const ValOptions& options) {
  Json json = {{"path", options.data}};
  if (!is_table(options.data)) json["split"] = options.split;
  if (!options.labels.empty()) json["labels"] = options.labels;
  if (options.label_min_score) json["label_min_score"] = *options.label_min_score;
  json["single_class"] = options.single_class;
  return json;
}

/// Leaves only objects and detections of these classes; all if there are none.
void keep_classes(std::vector<eval::ImageEvaluation>& images, const std::vector<int>& ids) {
  if (ids.empty()) return;
  const auto drop_others = [&](auto& boxes) {
    boxes.erase(std::remove_if(boxes.begin(), boxes.end(),
                               [&](const auto& box) {
                                 return !std::binary_search(ids.begin(), ids.end(), box.class_id);
                               }),
                boxes.end());
  };
  for (eval::ImageEvaluation& image : images) {
    drop_others(image.truth);
    drop_others(image.detections);
  }
}

/// The data set's class of each class of the model; nothing for those it does not have.
using ClassMap = std::vector<std::optional<int>>;

/// Classes mean the same by name where both sides have names, else by place.
ClassMap map_classes(const nn::ModelSpec& spec, const data::Dataset& dataset, bool single_class,
                     Context& context) {
  const auto count = static_cast<std::size_t>(spec.class_count);
  if (single_class) return ClassMap(count, 0);
  ClassMap map(count);
  if (!data::has_class_names(dataset) || spec.class_names.empty()) {
    if (dataset.names.size() > count) {
      throw ConfigError(concat("the labels have ", dataset.names.size(), " classes, but ",
                               spec.name, " finds ", spec.class_count,
                               "; --single-class measures finding alone"));
    }
    for (std::size_t i = 0; i < count; ++i) map[i] = static_cast<int>(i);
    return map;
  }
  std::vector<std::string> extra;
  for (std::size_t i = 0; i < count; ++i) {
    map[i] = dataset.names.find(spec.class_names[i]);
    if (!map[i]) extra.push_back(spec.class_names[i]);
  }
  if (extra.size() == count) {
    throw ConfigError(concat(spec.name, " finds ", printable(join(spec.class_names, ", ")),
                             ", but the labels are of ",
                             printable(join(dataset.names.names(), ", ")),
                             "; name its classes as the labels do (--names FILE), or measure "
                             "finding alone (--single-class)"));
  }
  if (!extra.empty()) {
    context.log->info("the labels do not know these classes of {}, which are left out: {}",
                      spec.name, printable(join(extra, ", "), 200));
  }
  return map;
}

/// Puts what is found where it is compared.
class EvaluationSink : public pipeline::DetectionSink {
 public:
  EvaluationSink(const std::vector<data::LabelledImage>& pictures, ClassMap classes)
      : classes_(std::move(classes)), found_(pictures.size()) {
    for (std::size_t i = 0; i < pictures.size(); ++i) places_.emplace(pictures[i].path, i);
  }

  void write(const pipeline::FrameDetections& result) override {
    std::vector<Detection>& found = found_.at(places_.at(result.frame.source)).emplace();
    for (Detection detection : result.detections) {
      const std::optional<int> id = classes_.at(static_cast<std::size_t>(detection.class_id));
      if (!id) continue;
      detection.class_id = *id;
      found.push_back(detection);
    }
  }

  void finish() override {}

  /// By picture; nothing for those that were not looked at.
  const std::vector<std::optional<std::vector<Detection>>>& found() const { return found_; }

 private:
  ClassMap classes_;
  std::unordered_map<std::string, std::size_t> places_;
  std::vector<std::optional<std::vector<Detection>>> found_;
};

std::unique_ptr<media::FrameSource> open_pictures(const data::Dataset& dataset) {
  media::SourceList sources;
  for (const data::LabelledImage& image : dataset.images) {
    sources.items.push_back({media::SourceKind::kImage, image.path});
  }
  return media::open_sources(sources);
}

pipeline::LoopSummary run_model(const data::Dataset& dataset, detect::Detector& detector,
                                const std::vector<std::unique_ptr<pipeline::DetectionSink>>& sinks,
                                int batch, Context& context) {
  ProgressBar progress(context.log_options, dataset.images.size());
  const Interrupt interrupt;
  pipeline::LoopCallbacks callbacks;
  callbacks.on_progress = [&](const pipeline::LoopProgress& now) {
    progress.update(static_cast<std::size_t>(now.done + now.failed));
  };
  callbacks.on_failure = [&](const pipeline::FrameFailure& failure) {
    progress.clear();
    context.log->error("{}; left out", failure.reason);
  };
  callbacks.stop_requested = [&] { return interrupt.requested(); };
  pipeline::LoopOptions loop;
  loop.batch = batch;
  const auto source = open_pictures(dataset);
  return run_detection(*source, detector, sinks, loop, callbacks);
}

/// Ids in the data set's terms of the classes of the model that --classes names.
std::vector<int> wanted_classes(const std::vector<int>& model_ids, const ClassMap& map) {
  std::vector<int> ids;
  for (const int id : model_ids) {
    if (const auto mapped = map[static_cast<std::size_t>(id)]) ids.push_back(*mapped);
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

/// Nothing when the user stopped it.
std::optional<Measurement> measure_model(const ValOptions& options, Context& context) {
  if (is_table(options.data)) {
    throw ConfigError(concat("--data ", options.data, " holds boxes but no pictures to look at; ",
                             "name a data set, or add --detections FILE"));
  }
  check_storable(options);
  use_threads(options.detector.threads, context);
  const nn::WeightsFile weights = load_model(options.model, context);
  require_weights(weights, options.model.model);
  const nn::ModelSpec& spec = weights.description.spec;
  const data::Dataset dataset = load_truth(options, context);
  const ClassMap map = map_classes(spec, dataset, options.single_class, context);

  detect::DetectorOptions detector_settings = detector_options(options.detector, weights);
  // Candidates that will count as one class compete as one.
  if (options.single_class) detector_settings.nms.class_agnostic = true;
  detect::Detector detector = make_detector(weights, options.detector, detector_settings);
  std::vector<std::unique_ptr<pipeline::DetectionSink>> sinks;
  auto collector = std::make_unique<EvaluationSink>(dataset.images, map);
  const EvaluationSink& collected = *collector;
  sinks.push_back(std::move(collector));
  const pipeline::LoopSummary summary =
      run_model(dataset, detector, sinks, options.detector.batch, context);
  if (summary.stopped) {
    context.log->warn("stopped after {} of {} pictures; nothing was measured", summary.frames,
                      dataset.images.size());
    return std::nullopt;
  }
  const double pictures = std::max<double>(1, static_cast<double>(summary.frames));
  context.log->info("{} pictures in {:.1f} s; per picture {:.1f} ms network, {:.1f} ms all",
                    summary.frames, summary.wall_s, summary.times_ms.detect.network / pictures,
                    1e3 * summary.wall_s / pictures);

  Measurement result;
  for (std::size_t i = 0; i < dataset.images.size(); ++i) {
    const auto& found = collected.found()[i];
    if (found) result.images.push_back({dataset.images[i].labels, *found});
  }
  result.complete = result.images.size() == dataset.images.size();
  if (data::has_class_names(dataset)) {
    result.names = dataset.names;
    result.class_count = static_cast<int>(dataset.names.size());
  } else {
    result.names = ClassNames(spec.class_names);
    result.class_count = spec.class_count;
  }
  keep_classes(result.images, wanted_classes(detector_settings.classes, map));
  result.confidence = weights.description.score_threshold.value_or(kDefaultConfidence);
  result.origin = {{"model", spec.name},
                   {"data", data_json(options)},
                   {"imgsz", options.detector.imgsz},
                   {"conf", *options.detector.conf},
                   {"iou", detector.options().nms.iou_threshold},
                   {"max_det", options.detector.max_det},
                   {"multi_label", options.detector.multi_label},
                   {"nms", options.detector.nms},
                   {"tile", options.detector.tile}};
  return result;
}

void log_unknown(const data::AssignedDetections& assigned, const std::string& path,
                 Context& context) {
  if (!assigned.unknown_images.empty()) {
    context.log->warn("{}: {} pictures are not in the data set, such as {}; left out", path,
                      assigned.unknown_images.size(), assigned.unknown_images.front());
  }
  if (!assigned.unknown_classes.empty()) {
    context.log->warn("{}: the labels do not know these classes, which are left out: {}", path,
                      printable(join(assigned.unknown_classes, ", "), 200));
  }
}

/// The highest scores above the threshold.
std::vector<Detection> best_of(std::vector<Detection> detections, float threshold,
                               std::size_t max_det) {
  detections.erase(
      std::remove_if(detections.begin(), detections.end(),
                     [&](const Detection& detection) { return detection.score <= threshold; }),
      detections.end());
  std::stable_sort(detections.begin(), detections.end(),
                   [](const Detection& a, const Detection& b) { return a.score > b.score; });
  if (max_det > 0 && detections.size() > max_det) detections.resize(max_det);
  return detections;
}

Measurement measure_file(const ValOptions& options, Context& context) {
  check_storable(options);
  data::DetectionFile file = data::read_detections(options.detections);
  data::Dataset dataset = load_truth(options, context);
  // A list of COCO results for labels in another format, which do not tell the category ids.
  if (dataset.category_ids.empty()) {
    dataset.category_ids = pipeline::coco_options_for(dataset.names).category_ids;
  }
  if (options.single_class) {
    for (data::FileClass& one : file.classes) one = {dataset.names.name(0), 0};
    file.ids_are_categories = false;
  }
  const data::AssignedDetections assigned = assign_detections(file, dataset);
  log_unknown(assigned, options.detections, context);

  Measurement result;
  for (std::size_t i = 0; i < dataset.images.size(); ++i) {
    result.images.push_back(
        {dataset.images[i].labels, best_of(assigned.per_image[i], options.detector.conf.value_or(0),
                                           options.detector.max_det)});
  }
  result.names = dataset.names;
  result.class_count = static_cast<int>(dataset.names.size());
  keep_classes(result.images, parse_classes(options.detector.classes, dataset.names,
                                            result.class_count, options.data));
  result.origin = {{"detections", options.detections},
                   {"data", data_json(options)},
                   {"max_det", options.detector.max_det}};
  return result;
}

void write_json(const std::string& path, std::optional<AtomicFile>& file, const Json& json) {
  const std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (path == "-") {
    std::cout << text << '\n' << std::flush;
  } else {
    file->stream() << text << '\n';
    file->commit();
  }
}

int run_tracks(const ValOptions& options) {
  if (!options.data.empty() || !options.detections.empty()) {
    throw ConfigError(
        "--tracks names truth and results itself; leave --data, --gt and --detections out");
  }
  if (!options.plots.empty() || options.store_conf) {
    throw ConfigError("--tracks: there are no --plots and no confidence to store of tracks");
  }
  std::optional<AtomicFile> json_file;
  if (!options.json.empty() && options.json != "-") json_file.emplace(options.json);
  const eval::TrackingEvaluation result = measure_tracks(options.tracks[0], options.tracks[1]);
  if (options.json != "-") fmt::print("{}\n", tracking_text(result));
  if (!options.json.empty()) {
    Json json = {{"schema", "gondola.tracking/1"},
                 {"truth_file", options.tracks[0]},
                 {"results_file", options.tracks[1]}};
    json.update(tracking_json(result));
    write_json(options.json, json_file, json);
  }
  return 0;
}

int run_val(const ValOptions& options, Context& context) {
  if (!options.tracks.empty()) return run_tracks(options);
  if (options.data.empty()) {
    throw ConfigError("no data set given; name it with --data or --gt (gondola val --help)");
  }
  std::optional<AtomicFile> json_file;
  if (!options.json.empty() && options.json != "-") json_file.emplace(options.json);

  std::optional<Measurement> measurement =
      options.detections.empty() ? measure_model(options, context) : measure_file(options, context);
  if (!measurement) return 1;
  eval::EvaluationOptions settings;
  settings.confidence = options.count_conf.value_or(measurement->confidence);
  const eval::Evaluation result =
      eval::evaluate(measurement->images, measurement->class_count, settings);
  if (!result.any_size()) {
    context.log->warn("there is not one object in the labels; only counting can be measured");
  }

  if (options.json != "-") fmt::print("{}\n", evaluation_text(result, measurement->names));
  if (!options.json.empty()) {
    Json json = {{"schema", "gondola.eval/1"}};
    json.update(measurement->origin);
    json.update(evaluation_json(result, measurement->names));
    write_json(options.json, json_file, json);
  }
  if (!options.plots.empty()) {
    write_evaluation_plots(options.plots, result, measurement->names);
    context.log->info("curves are in {}", options.plots);
  }
  if (options.store_conf) {
    if (!result.any_size()) throw ConfigError("--store-conf: there are no objects to calibrate on");
    store_confidence(options.model.model, result.counting.best.confidence);
    context.log->info("{}: gondola.conf is now {:.4f}", options.model.model,
                      result.counting.best.confidence);
  }
  return measurement->complete ? 0 : 1;
}

}  // namespace

Command add_val_command(CLI::App& app) {
  auto options = std::make_shared<ValOptions>();
  CLI::App* parser = app.add_subcommand("val", "Measure a model, or given detections");
  add_options(*parser, *options);
  return {parser, [options](Context& context) { return run_val(*options, context); },
          [options] {
            const std::string flag = libtorch_flag(options->detector);
            return flag.empty() ? Need{} : Need{Program::kLibTorch, "val " + flag};
          }};
}

}  // namespace gondola::app
