#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

#include "command.hpp"
#include "detector_options.hpp"
#include "gondola/core/atomic_file.hpp"
#include "gondola/core/error.hpp"
#include "gondola/core/text.hpp"
#include "gondola/detect/detector.hpp"
#include "gondola/engine/engine.hpp"
#include "gondola/media/read_image.hpp"
#include "model_options.hpp"
#include "table.hpp"
#include "yaml_options.hpp"

namespace gondola::app {
namespace {

using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

struct BenchOptions {
  ModelOptions model;
  std::vector<std::string> precisions;
  std::string picture;
  int imgsz = 640;
  int threads = 0;
  int batch = 1;
  int warmup = 5;
  int runs = 50;
  bool layers = false;
  std::string json;
};

/// Milliseconds of many runs.
class Times {
 public:
  void add(double milliseconds) { sorted_.push_back(milliseconds); }

  double at(double share) {
    std::sort(sorted_.begin(), sorted_.end());
    const double place = share * static_cast<double>(sorted_.size() - 1);
    return sorted_[static_cast<std::size_t>(place + 0.5)];
  }
  double median() { return at(0.5); }

  Json json() { return {{"median", median()}, {"p10", at(0.1)}, {"p90", at(0.9)}, {"min", at(0)}}; }

 private:
  std::vector<double> sorted_;
};

struct LayerTime {
  std::string name;
  std::int64_t multiply_adds = 0;
  double in_run_ms = 0;
  double alone_ms = 0;
};

/// What was measured of one precision. Stages are per picture, totals per batch.
struct Result {
  engine::Precision precision;
  Times preprocess;
  Times network;
  Times postprocess;
  Times total;
  std::size_t detections = 0;
  double alone_ms = 0;
  double giga_operations = 0;
  double map_megabytes = 0;
  double weight_megabytes = 0;
  double start_ms = 0;
  std::vector<LayerTime> layers;
};

// Something to look at when nothing is named: soft shapes, in the size of a camera's frame.
cv::Mat drawn_picture() {
  cv::Mat picture(720, 1280, CV_8UC3);
  for (int y = 0; y < picture.rows; ++y) {
    for (int x = 0; x < picture.cols; ++x) {
      const int block = (x / 80 + y / 120) % 5;
      picture.at<cv::Vec3b>(y, x) = cv::Vec3b(static_cast<unsigned char>(40 * block + x % 80 / 2),
                                              static_cast<unsigned char>(y * 255 / 720),
                                              static_cast<unsigned char>(x * 255 / 1280));
    }
  }
  return picture;
}

void measure_layers(const nn::WeightsFile& weights, const BenchOptions& options, Result& result) {
  engine::EngineOptions settings;
  settings.image_height = options.imgsz;
  settings.image_width = options.imgsz;
  settings.precision = result.precision;
  settings.threads = options.threads;
  engine::Engine engine(weights, settings);
  result.map_megabytes = static_cast<double>(engine.map_bytes()) / 1e6;
  result.weight_megabytes = static_cast<double>(engine.weight_bytes()) / 1e6;

  const std::vector<std::uint8_t> grey(
      static_cast<std::size_t>(options.imgsz) * static_cast<std::size_t>(options.imgsz) * 3, 114);
  std::vector<Times> times;
  constexpr int kRepeats = 15;
  for (int i = 0; i < kRepeats; ++i) {
    engine.set_picture(grey.data(), 3L * options.imgsz);
    const std::vector<engine::OperationTime> once = engine.run_timed();
    times.resize(once.size());
    for (std::size_t k = 0; k < once.size(); ++k) times[k].add(once[k].milliseconds);
  }
  const std::vector<engine::OperationTime> alone = engine.time_alone(kRepeats);
  for (std::size_t k = 0; k < alone.size(); ++k) {
    result.layers.push_back(
        {alone[k].name, alone[k].multiply_adds, times[k].median(), alone[k].milliseconds});
    result.alone_ms += alone[k].milliseconds;
    result.giga_operations += 2e-9 * static_cast<double>(alone[k].multiply_adds);
  }
}

Result measure(const nn::WeightsFile& weights, const cv::Mat& picture, engine::Precision precision,
               const BenchOptions& options) {
  Result result;
  result.precision = precision;
  detect::DetectorOptions settings;
  settings.image_size = options.imgsz;
  settings.precision = precision;
  settings.threads = options.threads;
  settings.max_batch = options.batch;
  const Clock::time_point start = Clock::now();
  detect::Detector detector(weights, settings);
  result.start_ms = std::chrono::duration<double, std::milli>(Clock::now() - start).count();

  const std::vector<cv::Mat> batch(static_cast<std::size_t>(options.batch), picture);
  for (int run = 0; run < options.warmup + options.runs; ++run) {
    const Clock::time_point begin = Clock::now();
    const std::vector<pipeline::ImageDetections> found = detector.detect_batch(batch);
    const std::chrono::duration<double, std::milli> elapsed = Clock::now() - begin;
    if (run < options.warmup) continue;
    result.total.add(elapsed.count());
    result.preprocess.add(found.front().times_ms.preprocess);
    result.network.add(found.front().times_ms.network);
    result.postprocess.add(found.front().times_ms.postprocess);
    result.detections = found.front().detections.size();
  }
  measure_layers(weights, options, result);
  return result;
}

std::vector<engine::Precision> chosen_precisions(const BenchOptions& options,
                                                 const nn::WeightsFile& weights, Context& context) {
  const std::vector<engine::Precision> all = {
      engine::Precision::kFloat32, engine::Precision::kBFloat16, engine::Precision::kInt8};
  std::vector<engine::Precision> chosen;
  for (const engine::Precision precision : all) {
    const std::string name = to_string(precision);
    const bool asked = std::find(options.precisions.begin(), options.precisions.end(), name) !=
                       options.precisions.end();
    std::string problem = engine::precision_problem(precision);
    if (problem.empty() && precision == engine::Precision::kInt8 && !weights.quantization) {
      problem = "the model is not quantised (gondola quantize)";
    }
    if (asked && !problem.empty()) throw ConfigError(concat("--precision ", name, ": ", problem));
    if (options.precisions.empty() && !problem.empty()) {
      context.log->info("{} left out: {}", name, problem);
    }
    if (asked || (options.precisions.empty() && problem.empty())) chosen.push_back(precision);
  }
  return chosen;
}

std::string milliseconds(double value) { return fmt::format("{:.2f}", value); }

std::string summary_table(std::vector<Result>& results, const BenchOptions& options) {
  Table table({{"precision"},
               {"network ms", Align::kRight},
               {"p10", Align::kRight},
               {"p90", Align::kRight},
               {"layers alone", Align::kRight},
               {"GFLOP/s", Align::kRight},
               {"pre ms", Align::kRight},
               {"post ms", Align::kRight},
               {"all ms", Align::kRight},
               {"pictures/s", Align::kRight},
               {"maps MB", Align::kRight},
               {"weights MB", Align::kRight}});
  for (Result& result : results) {
    table.add({to_string(result.precision), milliseconds(result.network.median()),
               milliseconds(result.network.at(0.1)), milliseconds(result.network.at(0.9)),
               milliseconds(result.alone_ms),
               fmt::format("{:.0f}", result.giga_operations / result.network.median() * 1e3),
               milliseconds(result.preprocess.median()), milliseconds(result.postprocess.median()),
               milliseconds(result.total.median()),
               fmt::format("{:.1f}", options.batch * 1e3 / result.total.median()),
               fmt::format("{:.1f}", result.map_megabytes),
               fmt::format("{:.1f}", result.weight_megabytes)});
  }
  return table.text();
}

std::string layer_table(const Result& result) {
  Table table(
      {{"layer"}, {"ms", Align::kRight}, {"alone ms", Align::kRight}, {"GFLOP/s", Align::kRight}});
  for (const LayerTime& layer : result.layers) {
    table.add({layer.name, fmt::format("{:.3f}", layer.in_run_ms),
               fmt::format("{:.3f}", layer.alone_ms),
               layer.multiply_adds == 0
                   ? std::string()
                   : fmt::format("{:.0f}", 2e-6 * static_cast<double>(layer.multiply_adds) /
                                               layer.in_run_ms)});
  }
  return table.text();
}

Json to_json(Result& result) {
  Json json = {{"precision", to_string(result.precision)},
               {"network_ms", result.network.json()},
               {"layers_alone_ms", result.alone_ms},
               {"preprocess_ms", result.preprocess.median()},
               {"postprocess_ms", result.postprocess.median()},
               {"all_ms", result.total.json()},
               {"start_ms", result.start_ms},
               {"detections", result.detections},
               {"gflop", result.giga_operations},
               {"map_megabytes", result.map_megabytes},
               {"weight_megabytes", result.weight_megabytes}};
  for (const LayerTime& layer : result.layers) {
    json["layers"].push_back({{"name", layer.name},
                              {"ms", layer.in_run_ms},
                              {"alone_ms", layer.alone_ms},
                              {"multiply_adds", layer.multiply_adds}});
  }
  return json;
}

int run_bench(const BenchOptions& options, Context& context) {
  const nn::WeightsFile weights = load_model(options.model, context);
  require_weights(weights, options.model.model);
  use_threads(options.threads, context);
  const cv::Mat picture =
      options.picture.empty() ? drawn_picture() : media::read_image(options.picture);
  std::vector<Result> results;
  for (const engine::Precision precision : chosen_precisions(options, weights, context)) {
    results.push_back(measure(weights, picture, precision, options));
  }
  const nn::ModelSpec& spec = weights.description.spec;
  const std::string title = fmt::format("{}, {}, {}x{}, batch {}, {} runs; milliseconds a picture",
                                        spec.name, to_string(spec.activation), options.imgsz,
                                        options.imgsz, options.batch, options.runs);
  std::string text = title + "\n" + summary_table(results, options) +
                     "\n(layers alone: each repeated by itself and added up)\n";
  if (options.layers) {
    for (const Result& result : results) {
      text += concat("\n", to_string(result.precision), "\n", layer_table(result), "\n");
    }
  }
  if (options.json != "-") std::cout << text;
  if (!options.json.empty()) {
    Json json = {{"model", spec.name},         {"activation", to_string(spec.activation)},
                 {"imgsz", options.imgsz},     {"batch", options.batch},
                 {"threads", options.threads}, {"runs", options.runs}};
    for (Result& result : results) json["results"].push_back(to_json(result));
    if (options.json == "-") {
      std::cout << json.dump(1) << '\n';
    } else {
      write_file(options.json, json.dump(1) + "\n");
    }
  }
  return 0;
}

}  // namespace

Command add_bench_command(CLI::App& app) {
  auto options = std::make_shared<BenchOptions>();
  CLI::App* parser = app.add_subcommand("bench", "Measure a model's speed on this machine");
  add_model_options(*parser, options->model, /*positional=*/false);
  parser
      ->add_option("--precision", options->precisions,
                   "fp32, bf16, int8; default: all that model and CPU have")
      ->delimiter(',')
      ->check(plain(CLI::IsMember({"fp32", "bf16", "int8"})))
      ->type_name("A,B");
  parser->add_option("--imgsz", options->imgsz, "Side of the square network input in pixels")
      ->type_name("N")
      ->capture_default_str();
  parser->add_option("--threads", options->threads, "0 = the CPUs this process may use")
      ->check(plain(CLI::Range(0, 1024)))
      ->type_name("N")
      ->capture_default_str();
  parser->add_option("--batch", options->batch, "Pictures a run")
      ->check(plain(CLI::Range(1, 1024)))
      ->type_name("N")
      ->capture_default_str();
  parser->add_option("--warmup", options->warmup, "Runs before measuring")
      ->check(plain(CLI::Range(0, 100000)))
      ->type_name("N")
      ->capture_default_str();
  parser->add_option("--runs", options->runs, "Runs to measure")
      ->check(plain(CLI::Range(1, 100000)))
      ->type_name("N")
      ->capture_default_str();
  parser->add_option("--picture", options->picture, "What to look at; default: a drawn pattern")
      ->type_name(kFile);
  parser->add_flag("--layers", options->layers, "Every layer's time too");
  parser->add_option("--json", options->json, "Everything that was measured; - is standard output")
      ->type_name(kFile);
  parser->footer(concat(kCommonHelp,
                        "\nExample: gondola bench --model shelf-n --precision fp32,bf16 "
                        "--threads 2 --layers"));
  Command command;
  command.parser = parser;
  command.run = [options](Context& context) { return run_bench(*options, context); };
  return command;
}

}  // namespace gondola::app
