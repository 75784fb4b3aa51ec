#pragma once

#include <vector>

#include "gondola/core/detection.hpp"

namespace gondola::nn {

/// One level of the head's output for one image: plain memory, whoever computed it.
struct LevelLogits {
  const float* data = nullptr;  ///< [4 * reg_max + class_count][height][width], contiguous
  int height = 0;               ///< cells
  int width = 0;
  int stride = 0;  ///< input pixels per cell
};

struct CandidateOptions {
  int class_count = 0;
  int reg_max = 16;
  float score_threshold = 0.25F;  ///< 0..1; only scores above it become candidates
  /// One candidate for every class above the threshold instead of the best class alone: a little
  /// more recall when measuring, double labels when looking.
  bool multi_label = false;
  std::vector<int> classes;  ///< keep these class ids only; empty keeps all
};

/// Boxes of the cells whose score passes, in network-input pixels, in the order levels, rows,
/// columns (then classes). The same numbers as decode() within float rounding, but distances are
/// computed only where something was found.
///
/// With one label per cell, the best class is taken first and the filter on classes after it.
/// NaN logits give no candidate. Thread-safe: no state.
std::vector<Detection> select_candidates(const std::vector<LevelLogits>& levels,
                                         const CandidateOptions& options);

}  // namespace gondola::nn
