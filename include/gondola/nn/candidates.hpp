#pragma once

#include <cstddef>
#include <vector>

#include "gondola/core/detection.hpp"

namespace gondola::nn {

/// One level of the head's output for one image: plain memory, whoever computed it.
///
/// Cells lie row by row, and the numbers of a cell side by side, because what is decoded of a cell
/// is decoded together. The two pointers may point into one block or into two.
struct LevelLogits {
  /// 4 * reg_max floats per cell: the bins of the distances left, top, right, bottom.
  const float* boxes = nullptr;
  const float* classes = nullptr;  ///< class_count floats per cell

  int height = 0;  ///< cells
  int width = 0;
  int stride = 0;  ///< input pixels per cell

  std::ptrdiff_t box_step = 0;    ///< floats from one cell's boxes to the next cell's
  std::ptrdiff_t class_step = 0;  ///< floats from one cell's classes to the next cell's
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
/// columns (then classes). The same numbers as decode() of the LibTorch network within float
/// rounding, but scores and distances are computed only where something was found.
///
/// With one label per cell, the best class is taken first and the filter on classes after it.
/// NaN logits give no candidate. Thread-safe: no state.
std::vector<Detection> select_candidates(const std::vector<LevelLogits>& levels,
                                         const CandidateOptions& options);

}  // namespace gondola::nn
