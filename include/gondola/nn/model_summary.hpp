#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gondola/core/box.hpp"
#include "gondola/nn/model_file.hpp"

namespace gondola::nn {

/// One layer that does arithmetic or moves data.
struct LayerSummary {
  std::string path;                  ///< module path, such as `model.4.m.0.cv1`
  std::string kind;                  ///< such as `conv 3x3/2`
  std::string activation;            ///< as text with its parameter; empty where the layer has none
  std::vector<std::int64_t> output;  ///< [C, H, W]
  std::int64_t parameters = 0;
  std::int64_t multiply_adds = 0;  ///< for one image
};

struct ModelSummary {
  Size input;
  std::vector<LayerSummary> layers;  ///< in order of execution
  std::int64_t parameters = 0;       ///< learned numbers, batch norm's scale and shift included
  std::int64_t multiply_adds = 0;    ///< convolutions and attention; FLOPs are twice as many
};

/// Runs the network once on an empty picture of the given size and notes what each layer does.
/// Requires: both sides multiples of the model's largest stride.
ModelSummary summarize(const WeightsFile& weights, Size input);

}  // namespace gondola::nn
