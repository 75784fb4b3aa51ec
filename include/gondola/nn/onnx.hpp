#pragma once

#include <filesystem>
#include <string>

#include "gondola/nn/model_file.hpp"

namespace gondola::nn {

struct OnnxOptions {
  /// Pictures per run, >= 1; part of the file, as are the sides.
  int batch = 1;

  /// Of the network input, in pixels; multiples of the model's largest stride.
  int image_height = 640;
  int image_width = 640;
};

/// Writes a trained network as an ONNX model (operator set 12), for other programs to run.
///
/// Input `images` [batch, 3, H, W], RGB, 0..1; output `output0` [batch, 4 + classes, cells]: rows
/// cx, cy, w, h in input pixels, then scores in 0..1, as decode() gives them. Both float32, as are
/// all weights, whatever the file holds. Batch norms are folded into the convolutions, in double.
/// The model's properties are what a .safetensors file says about itself (to_metadata()).
///
/// Temporary file, then rename. Thread-safe: no state.
///
/// @param source_name  stands for the weights' file in messages
///
/// Requires: options.batch >= 1 (ContractViolation otherwise). Throws ConfigError for sides off the
/// stride; WeightsError when tensors are quantised, missing, misshapen, not finite or not the
/// network's; IoError when the file cannot be written.
void write_onnx(const std::filesystem::path& path, const WeightsFile& weights,
                const std::string& source_name, const OnnxOptions& options = {});

}  // namespace gondola::nn
