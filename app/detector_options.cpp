#include "detector_options.hpp"

#include "gondola/core/error.hpp"
#include "gondola/core/text.hpp"
#include "model_options.hpp"
#include "programs.hpp"

namespace gondola::app {
namespace {

engine::Precision precision_of(const std::string& name, const nn::WeightsFile& weights) {
  const bool quantised = weights.quantization.has_value();
  if (name == "int8" && !quantised) {
    throw ConfigError(concat("--precision int8: ", weights.description.spec.name,
                             " is not quantised; make an int8 file with gondola quantize"));
  }
  // Of float weights fp32 alone is sure to keep their accuracy; bf16 is there to be asked for.
  const bool int8_runs = engine::precision_problem(engine::Precision::kInt8).empty();
  if (name == "int8" || (name == "auto" && quantised && int8_runs)) {
    return engine::Precision::kInt8;
  }
  return name == "bf16" ? engine::Precision::kBFloat16 : engine::Precision::kFloat32;
}

void add_network_options(CLI::App& command, DetectorFlags& flags) {
  command.add_option("--imgsz", flags.imgsz, "Side of the square network input in pixels")
      ->type_name("N")
      ->capture_default_str();
  command
      .add_option("--precision", flags.precision,
                  "fp32, bf16, int8 (of quantised models), or auto: int8 for those, else fp32")
      ->check(plain(CLI::IsMember({"fp32", "bf16", "int8", "auto"})))
      ->type_name("TYPE")
      ->capture_default_str();
  command
      .add_option("--runtime", flags.runtime,
                  "What runs the network: engine, or libtorch to compare it with")
      ->check(plain(CLI::IsMember({"engine", "libtorch"})))
      ->type_name("NAME")
      ->capture_default_str();
  command.add_option("--device", flags.device, "cpu, or cuda or cuda:N, which libtorch runs")
      ->type_name("DEVICE")
      ->capture_default_str();
  command
      .add_option("--threads", flags.threads,
                  "Threads of the network; 0 = the CPUs this process may use")
      ->check(plain(CLI::Range(0, 1024)))
      ->type_name("N")
      ->capture_default_str();
  command.add_option("--batch", flags.batch, "Pictures per pass of the network")
      ->check(plain(CLI::Range(1, 1024)))
      ->type_name("N")
      ->capture_default_str();
}

void add_selection_options(CLI::App& command, DetectorFlags& flags) {
  const std::string conf_default =
      flags.conf ? concat(*flags.conf) : std::string("the model's calibrated one, else 0.25");
  command.add_option("--conf", flags.conf, concat("Least score, 0..1; default: ", conf_default))
      ->check(plain(CLI::Range(0.0, 1.0)))
      ->type_name("SCORE");
  command
      .add_option("--iou", flags.iou,
                  "Overlap above which the lesser box goes, 0..1; default: the model's own, else "
                  "0.7")
      ->check(plain(CLI::Range(0.0, 1.0)))
      ->type_name("IOU");
  command.add_option("--max-det", flags.max_det, "Most detections per picture; 0 = no limit")
      ->type_name("N")
      ->capture_default_str();
  command.add_option("--classes", flags.classes, "Only these classes: names or numbers, a,b,...")
      ->delimiter(',')
      ->type_name("A,B");
  command.add_flag("--agnostic", flags.agnostic, "Boxes of different classes compete too");
  command
      .add_option("--nms", flags.nms,
                  "What becomes of overlapping boxes: " + join(nms_method_names(), ", "))
      ->check(plain(CLI::IsMember(nms_method_names())))
      ->type_name("METHOD")
      ->capture_default_str();
  command.add_flag("--multi-label,!--no-multi-label", flags.multi_label,
                   concat("All classes above --conf for one box, not only the best; default: ",
                          flags.multi_label ? "yes" : "no"));
  command
      .add_option("--tile", flags.tile,
                  "Look at large pictures in tiles of N pixels; 0 = as a whole")
      ->check(plain(CLI::Range(0, 65536)))
      ->type_name("N")
      ->capture_default_str();
  command.add_option("--tile-overlap", flags.tile_overlap, "Share that tiles overlap, 0..0.9")
      ->check(plain(CLI::Range(0.0, 0.9)))
      ->type_name("SHARE")
      ->capture_default_str();
}

}  // namespace

void add_detector_options(CLI::App& command, DetectorFlags& flags) {
  add_network_options(command, flags);
  add_selection_options(command, flags);
}

detect::DetectorOptions detector_options(const DetectorFlags& flags,
                                         const nn::WeightsFile& weights) {
  const nn::ModelSpec& spec = weights.description.spec;
  detect::DetectorOptions detector;
  detector.image_size = flags.imgsz;
  detector.score_threshold = flags.conf;
  detector.nms.method = nms_method_from_name(flags.nms).value();
  detector.iou_threshold = flags.iou;
  detector.nms.class_agnostic = flags.agnostic;
  detector.nms.max_detections = flags.max_det;
  detector.multi_label = flags.multi_label;
  detector.classes =
      parse_classes(flags.classes, ClassNames(spec.class_names), spec.class_count, spec.name);
  detector.tiles.size = flags.tile;
  detector.tiles.overlap = flags.tile_overlap;
  detector.max_batch = flags.batch;
  detector.precision = precision_of(flags.precision, weights);
  detector.threads = flags.threads;
  detector.device = flags.device;
  return detector;
}

std::string libtorch_flag(const DetectorFlags& flags) {
  if (flags.runtime == "libtorch") return "--runtime libtorch";
  return flags.device == "cpu" ? std::string() : "--device " + flags.device;
}

detect::Detector make_detector(const nn::WeightsFile& weights, const DetectorFlags& flags,
                               const detect::DetectorOptions& options) {
  if (libtorch_flag(flags).empty()) return detect::Detector(weights, options);
  return {weights.description, make_libtorch_runner(weights, options), options};
}

void require_weights(const nn::WeightsFile& weights, const std::string& name) {
  if (!weights.tensors.empty()) return;
  std::vector<std::string> folders;
  for (const auto& folder : nn::weights_folders()) folders.push_back(folder.string());
  throw ConfigError(concat("--model ", name,
                           ": only the structure of this model is known, there are no weights of "
                           "that name in ",
                           join(folders, ", "),
                           "; name a weights file (.safetensors, .pt), or add --weights FILE"));
}

}  // namespace gondola::app
