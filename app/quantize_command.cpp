#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

#include "command.hpp"
#include "gondola/core/atomic_file.hpp"
#include "gondola/core/error.hpp"
#include "gondola/data/dataset.hpp"
#include "gondola/detect/detector.hpp"
#include "gondola/engine/calibrator.hpp"
#include "gondola/eval/evaluation.hpp"
#include "gondola/media/letterbox_image.hpp"
#include "gondola/media/sources.hpp"
#include "model_options.hpp"
#include "progress_bar.hpp"
#include "yaml_options.hpp"

namespace gondola::app {
namespace {

// Below this many detections per picture the network does not see what it was trained for.
constexpr double kFewDetections = 0.2;

// Keeping a layer wider must gain as much average precision; less is chance.
constexpr double kLeastGain = 5e-4;

// Scores down to which the float network's detections are the truth that int8 must find again.
constexpr float kTruthScore = 0.25F;

struct QuantizeOptions {
  ModelOptions model;
  std::vector<std::string> data;
  std::string output;
  std::string report;
  int imgsz = 640;
  std::size_t pictures = 300;
  std::size_t check_pictures = 32;
  double tolerance = 0.01;
  std::size_t max_kept = 8;
  int threads = 0;
};

std::vector<std::filesystem::path> pictures_of_dataset(const std::string& path) {
  data::DatasetOptions options;
  options.split.clear();
  std::vector<std::filesystem::path> pictures;
  for (const data::LabelledImage& image : data::load_dataset(path, options).images) {
    pictures.emplace_back(image.path);
  }
  return pictures;
}

// Evenly spread over the list, so that a sorted folder is seen whole.
template <typename Item>
std::vector<Item> spread(const std::vector<Item>& items, std::size_t count) {
  if (items.size() <= count) return items;
  std::vector<Item> chosen;
  for (std::size_t i = 0; i < count; ++i) chosen.push_back(items[i * items.size() / count]);
  return chosen;
}

media::SourceList find_pictures(const std::vector<std::string>& data) {
  if (data.size() == 1 && std::filesystem::path(data.front()).extension() == ".yaml") {
    media::SourceList list;
    for (const auto& picture : pictures_of_dataset(data.front())) {
      list.items.push_back({media::SourceKind::kImage, picture.string()});
    }
    return list;
  }
  return media::resolve_sources(data);
}

// The pictures as the network gets them. What cannot be read is named and left out.
std::vector<cv::Mat> load_letterboxed(const media::SourceList& list, int size, Context& context) {
  std::vector<cv::Mat> pictures;
  const auto source = media::open_sources(list);
  ProgressBar progress(context.log_options, list.items.size());
  while (true) {
    try {
      const auto frame = source->next();
      if (!frame) break;
      pictures.push_back(media::letterbox_image(frame->image, Size{size, size}).image);
      progress.update(pictures.size());
    } catch (const media::FrameError& error) {
      progress.clear();
      context.log->error("{}; left out", error.what());
    }
  }
  if (pictures.empty()) throw IoError("--data: none of the pictures can be read");
  return pictures;
}

using Found = std::vector<std::vector<Detection>>;

Found detect_all(const nn::WeightsFile& weights, engine::Precision precision,
                 const std::vector<cv::Mat>& pictures, const QuantizeOptions& options) {
  detect::DetectorOptions settings;
  settings.image_size = options.imgsz;
  settings.score_threshold = 0.01F;
  settings.precision = precision;
  settings.threads = options.threads;
  const detect::Detector detector(weights, settings);
  Found found;
  for (const cv::Mat& picture : pictures) found.push_back(detector.detect(picture));
  return found;
}

// How well detections agree with the float network's: its confident ones are the truth.
class Agreement {
 public:
  Agreement(const Found& reference, int class_count, float least_score)
      : class_count_(class_count) {
    for (const std::vector<Detection>& detections : reference) {
      std::vector<LabelledBox> truth;
      for (const Detection& detection : detections) {
        if (detection.score > least_score) truth.push_back({detection.box, detection.class_id});
      }
      objects_ += truth.size();
      truth_.push_back(std::move(truth));
    }
  }

  std::size_t objects() const { return objects_; }

  /// Average precision over IoU 0.50 to 0.95.
  double of(const Found& found) const {
    std::vector<eval::ImageEvaluation> images;
    for (std::size_t i = 0; i < found.size(); ++i) images.push_back({truth_[i], found[i]});
    const eval::Evaluation result = eval::evaluate(images, class_count_, {});
    return result.any_size() ? result.any_size()->precision.mean() : 1;
  }

 private:
  int class_count_;
  std::size_t objects_ = 0;
  std::vector<std::vector<LabelledBox>> truth_;
};

// The layers that lose most in 8 bits, one after another, until what is left to lose is within the
// tolerance when they are kept wider.
std::vector<nn::KeptLayer> sensitive_layers(nn::WeightsFile quantized,
                                            const std::vector<std::string>& layers,
                                            const Agreement& agreement,
                                            const std::vector<cv::Mat>& pictures,
                                            const QuantizeOptions& options, Context& context) {
  const auto measure = [&](const std::vector<nn::KeptLayer>& kept) {
    quantized.quantization->kept = kept;
    return agreement.of(detect_all(quantized, engine::Precision::kInt8, pictures, options));
  };
  double reached = measure({});
  context.log->info("int8 agrees with float by AP {:.4f} on {} pictures", reached, pictures.size());
  if (reached >= 1 - options.tolerance) return {};

  std::vector<nn::KeptLayer> costs;
  {
    ProgressBar progress(context.log_options, layers.size());
    for (const std::string& layer : layers) {
      costs.push_back({layer, measure({{layer, 0}}) - reached});
      progress.update(costs.size());
    }
  }
  std::stable_sort(costs.begin(), costs.end(),
                   [](const auto& a, const auto& b) { return a.cost > b.cost; });
  std::vector<nn::KeptLayer> kept;
  for (const nn::KeptLayer& candidate : costs) {
    if (reached >= 1 - options.tolerance || kept.size() == options.max_kept) break;
    if (candidate.cost < kLeastGain) break;
    std::vector<nn::KeptLayer> more = kept;
    more.push_back(candidate);
    const double now = measure(more);
    if (now < reached + kLeastGain) continue;
    context.log->info("{} stays wider: alone it costs AP {:.4f} in 8 bits; now {:.4f}",
                      candidate.name, candidate.cost, now);
    kept = std::move(more);
    reached = now;
  }
  return kept;
}

void write_report(const std::string& path, const nn::WeightsFile& quantized,
                  const std::vector<engine::RangeChoice>& ranges) {
  nlohmann::ordered_json report;
  for (const engine::RangeChoice& range : ranges) {
    report["tensors"].push_back({{"name", range.tensor},
                                 {"method", range.method},
                                 {"low", range.low},
                                 {"high", range.high},
                                 {"relative_error", range.relative_error}});
  }
  report["kept"] = nlohmann::ordered_json::array();
  for (const nn::KeptLayer& layer : quantized.quantization->kept) {
    report["kept"].push_back({{"name", layer.name}, {"ap_cost", layer.cost}});
  }
  write_file(path, report.dump(1) + "\n");
}

int run_quantize(const QuantizeOptions& options, Context& context) {
  if (options.data.empty()) {
    throw ConfigError("quantize needs --data: pictures like those that the model will see");
  }
  if (std::filesystem::path(options.output).extension() != ".safetensors") {
    throw ConfigError(concat("--out ", options.output, ": name it .safetensors"));
  }
  if (const std::string problem = engine::precision_problem(engine::Precision::kInt8);
      !problem.empty()) {
    throw ConfigError("quantize: " + problem);
  }
  use_threads(options.threads, context);
  const nn::WeightsFile weights = load_model(options.model, context);
  if (weights.tensors.empty()) {
    throw ConfigError(concat(options.model.model,
                             " is a model without weights; add --weights "
                             "FILE"));
  }
  if (weights.quantization) {
    throw ConfigError(concat(options.model.model,
                             " is quantised already; start from the float "
                             "weights"));
  }
  media::SourceList list = find_pictures(options.data);
  list.items = spread(list.items, options.pictures);
  const std::vector<cv::Mat> pictures = load_letterboxed(list, options.imgsz, context);
  if (pictures.size() < 50) {
    context.log->warn("{} pictures are few to calibrate with; some hundred are better",
                      pictures.size());
  }

  engine::EngineOptions engine_options;
  engine_options.image_height = options.imgsz;
  engine_options.image_width = options.imgsz;
  engine::Calibrator calibrator(weights, engine_options);
  {
    ProgressBar progress(context.log_options, pictures.size());
    for (const cv::Mat& picture : pictures) {
      calibrator.add(picture.data, static_cast<std::ptrdiff_t>(picture.step));
      progress.update(calibrator.pictures());
    }
  }
  nn::WeightsFile quantized = calibrator.quantized();

  const std::vector<cv::Mat> checked = spread(pictures, options.check_pictures);
  const Found reference = detect_all(weights, engine::Precision::kFloat32, checked, options);
  const float conf = weights.description.score_threshold.value_or(kTruthScore);
  const Agreement agreement(reference, weights.description.spec.class_count, conf);
  if (static_cast<double>(agreement.objects()) <
      kFewDetections * static_cast<double>(checked.size())) {
    context.log->warn(
        "the model finds {} objects in {} of these pictures: they are not of the kind it was "
        "trained for, so the ranges found on them are not those of its use; calibrate on "
        "pictures from where it will look",
        agreement.objects(), checked.size());
  }
  if (agreement.objects() > 0) {
    quantized = calibrator.quantized(
        sensitive_layers(quantized, calibrator.layers(), agreement, checked, options, context));
  }
  nn::write_weights(options.output, quantized);
  if (!options.report.empty()) write_report(options.report, quantized, calibrator.ranges());
  context.log->info("{}: int8, calibrated on {} pictures, {} of {} layers wider, {:.1f} MB",
                    options.output, pictures.size(), quantized.quantization->kept.size(),
                    calibrator.layers().size(),
                    static_cast<double>(std::filesystem::file_size(options.output)) / 1e6);
  return 0;
}

}  // namespace

Command add_quantize_command(CLI::App& app) {
  auto options = std::make_shared<QuantizeOptions>();
  CLI::App* parser =
      app.add_subcommand("quantize", "Make an int8 model, calibrated on your pictures");
  add_model_options(*parser, options->model, /*positional=*/false);
  parser
      ->add_option("--data", options->data,
                   "Pictures like those of the use, labels not needed: folders, files, globs, or "
                   "a data.yaml")
      ->type_name("SOURCE");
  parser->add_option("--out", options->output, "The int8 model to write (.safetensors)")
      ->type_name(kFile)
      ->required();
  parser->add_option("--imgsz", options->imgsz, "Side of the square network input in pixels")
      ->type_name("N")
      ->capture_default_str();
  parser->add_option("--pictures", options->pictures, "Most pictures to calibrate with")
      ->check(plain(CLI::Range(1, 100000)))
      ->type_name("N")
      ->capture_default_str();
  parser
      ->add_option("--check-pictures", options->check_pictures,
                   "Pictures on which int8 is compared with float to find sensitive layers")
      ->check(plain(CLI::Range(1, 100000)))
      ->type_name("N")
      ->capture_default_str();
  parser
      ->add_option("--tolerance", options->tolerance,
                   "Agreement with float, as AP, that may be lost before layers are kept wider")
      ->check(plain(CLI::Range(0.0, 1.0)))
      ->type_name("AP")
      ->capture_default_str();
  parser->add_option("--max-kept", options->max_kept, "Most layers to keep wider")
      ->type_name("N")
      ->capture_default_str();
  parser->add_option("--threads", options->threads, "0 = the CPUs this process may use")
      ->check(plain(CLI::Range(0, 1024)))
      ->type_name("N")
      ->capture_default_str();
  parser->add_option("--report", options->report, "Ranges and layers kept wider, as JSON")
      ->type_name(kFile);
  parser->footer(concat(kCommonHelp,
                        "\nExample: gondola quantize --model shelf-n --data shelf-pictures/ --out "
                        "shelf-n.int8.safetensors"));
  Command command;
  command.parser = parser;
  command.run = [options](Context& context) { return run_quantize(*options, context); };
  return command;
}

}  // namespace gondola::app
