#pragma once

#include <vector>

#include <ATen/ATen.h>

#include "gondola/nn/model_spec.hpp"

namespace gondola::nn {

/// Centres of all cells of all levels, in the order levels, rows, columns.
struct AnchorPoints {
  at::Tensor centers;  ///< [A, 2] x, y in cells of the level: column + 0.5, row + 0.5
  at::Tensor strides;  ///< [A, 1] input pixels per cell
};

/// @param logits  one map per level, [N, C, H_l, W_l]; only sizes, type and device are used
AnchorPoints make_anchor_points(const std::vector<at::Tensor>& logits,
                                const std::vector<int>& strides);

/// Turns the head's logits into boxes and scores, all cells, differentiably.
///
/// A side's distance is the expectation of its distribution over 0..reg_max-1 cells (Li et al.
/// 2020, Generalized Focal Loss, eq. 5); the box is the anchor point minus and plus the distances,
/// times the stride.
///
/// @param logits  one map per level, [N, 4 * reg_max + nc, H_l, W_l], finest level first
/// @return [N, 4 + nc, A]: rows cx, cy, w, h in network-input pixels, then nc scores in 0..1
/// Throws c10::Error when a shape disagrees with the head (message names level and shapes).
at::Tensor decode(const std::vector<at::Tensor>& logits, const HeadSpec& head);

}  // namespace gondola::nn
