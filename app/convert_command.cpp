#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "command.hpp"
#include "gondola/core/error.hpp"
#include "gondola/nn/onnx.hpp"
#include "model_options.hpp"
#include "yaml_options.hpp"

namespace gondola::app {
namespace {

struct ConvertOptions {
  ModelOptions model;
  std::string output;
  std::string dtype = "keep";
  std::string licence;
  std::optional<float> conf;
  std::optional<float> iou;
  std::optional<int> imgsz;
  std::optional<int> batch;
};

// ONNX files have one size of input, and float32 weights; the other files have neither.
void check_combination(const ConvertOptions& options, bool to_onnx) {
  if (to_onnx && options.dtype != "keep" && options.dtype != "fp32") {
    throw ConfigError(concat("--dtype ", options.dtype, ": ONNX files are written in fp32"));
  }
  if (!to_onnx && (options.imgsz || options.batch)) {
    throw ConfigError(concat(options.imgsz ? "--imgsz" : "--batch",
                             " is for .onnx; other weights files take every size"));
  }
}

int run_convert(const ConvertOptions& options, Context& context) {
  if (options.model.model.empty() || options.output.empty()) {
    throw ConfigError("convert takes two files: gondola convert IN OUT");
  }
  const std::filesystem::path output = options.output;
  const bool to_onnx = output.extension() == ".onnx";
  if (!to_onnx && output.extension() != ".safetensors") {
    throw ConfigError(concat("cannot write ", options.output, ": name OUT .safetensors or .onnx"));
  }
  check_combination(options, to_onnx);
  nn::WeightsFile weights = load_model(options.model, context);
  if (weights.tensors.empty()) {
    throw ConfigError(
        concat(options.model.model, " is a model without weights; add --weights FILE"));
  }
  if (options.dtype == "fp32") weights.tensors = convert_tensors(weights.tensors, nn::DType::kF32);
  if (options.dtype == "fp16") weights.tensors = convert_tensors(weights.tensors, nn::DType::kF16);
  if (options.dtype == "bf16") weights.tensors = convert_tensors(weights.tensors, nn::DType::kBF16);
  if (!options.licence.empty()) weights.description.licence = options.licence;
  if (options.conf) weights.description.score_threshold = options.conf;
  if (options.iou) weights.description.iou_threshold = options.iou;
  if (to_onnx) {
    nn::OnnxOptions onnx;
    onnx.batch = options.batch.value_or(onnx.batch);
    onnx.image_width = options.imgsz.value_or(onnx.image_width);
    onnx.image_height = onnx.image_width;
    nn::write_onnx(output, weights, options.model.model, onnx);
  } else {
    nn::write_weights(output, weights);
  }
  if (weights.description.licence.empty()) {
    context.log->warn("{} does not state its licence; record it with --licence",
                      options.model.model);
  }
  const nn::ModelSpec& spec = weights.description.spec;
  context.log->info("{}: {}, {} classes, {}, {} tensors, {:.1f} MB", options.output, spec.name,
                    spec.class_count, to_string(spec.activation), weights.tensors.size(),
                    static_cast<double>(std::filesystem::file_size(output)) / 1e6);
  return 0;
}

}  // namespace

Command add_convert_command(CLI::App& app) {
  auto options = std::make_shared<ConvertOptions>();
  options->model.model.clear();
  CLI::App* parser = app.add_subcommand("convert", "Convert weights between file formats");
  parser->add_option("IN", options->model.model, "Weights: .pt, .safetensors")->type_name(kFile);
  parser->add_option("OUT", options->output, "File to write: .safetensors, .onnx")
      ->type_name(kFile);
  parser->add_option("--names", options->model.names, "Class names for weights that have none")
      ->type_name(kFile);
  parser->add_option("--weights", options->model.weights, "Weights for IN being a model YAML")
      ->type_name(kFile);
  parser
      ->add_option("--activation", options->model.activation,
                   "Activation, for weights that do not record it")
      ->type_name("NAME");
  parser->add_option("--dtype", options->dtype, "Type of the numbers: keep, fp32, fp16 or bf16")
      ->check(plain(CLI::IsMember({"keep", "fp32", "fp16", "bf16"})))
      ->type_name("TYPE")
      ->capture_default_str();
  parser
      ->add_option("--conf", options->conf,
                   "Least score of a detection, as the model's own default")
      ->check(plain(CLI::Range(0.0, 1.0)))
      ->type_name("SCORE");
  parser
      ->add_option("--iou", options->iou,
                   "Overlap above which NMS takes two boxes for one, as the model's own default")
      ->check(plain(CLI::Range(0.0, 1.0)))
      ->type_name("IOU");
  parser->add_option("--licence", options->licence, "Licence of the weights, to be recorded")
      ->type_name("TEXT");
  parser
      ->add_option("--imgsz", options->imgsz,
                   "Side of the square network input of an .onnx, in pixels; 640 if not given")
      ->type_name("N");
  parser->add_option("--batch", options->batch, "Pictures per run of an .onnx; 1 if not given")
      ->check(plain(CLI::Range(1, 4096)))
      ->type_name("N");
  parser->footer(concat(
      kCommonHelp, "\nExample: gondola convert yolov8n.pt yolov8n.safetensors --licence AGPL-3.0"));
  return {parser, [options](Context& context) { return run_convert(*options, context); }};
}

}  // namespace gondola::app
