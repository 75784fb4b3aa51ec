#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include <ATen/ATen.h>

#include "gondola/core/labelled_box.hpp"
#include "gondola/nn/model_spec.hpp"
#include "gondola/train/assigner.hpp"

namespace gondola::train {

struct LossOptions {
  // How much each part counts.
  float box_gain = 7.5F;
  float class_gain = 0.5F;
  float dfl_gain = 1.5F;
  AssignerOptions assigner;
};

/// The parts of a batch's loss, with their gains, per unit of assigned quality.
struct LossParts {
  double box = 0;             ///< 1 - CIoU
  double classification = 0;  ///< binary cross entropy on the assigned qualities
  double dfl = 0;             ///< distribution focal loss

  double total() const { return box + classification + dfl; }
};

struct DetectionLoss {
  LossParts parts;
  std::size_t assigned = 0;  ///< anchor points that are to find an object

  /// Derivative of N * total() by each level's logits, in their shape and type: of the sum over the
  /// pictures, so that a batch's step grows with its size (linear scaling, Goyal et al. 2017).
  std::vector<at::Tensor> gradients;
};

/// What the loss of a batch is measured against.
struct BatchTotals {
  double pictures = 0;
  double quality = 0;  ///< of all assignments together
};

/// Turns the totals of a part of a batch into those of the whole, for a batch that several
/// processes share: the losses and gradients of the parts then add up to the batch's.
using WholeBatch = std::function<BatchTotals(const BatchTotals& part)>;

/// The loss of a batch and its gradient, both in closed form: nothing is recorded for automatic
/// differentiation. Computed on the CPU, pictures in parallel, whatever the logits' device; the
/// result does not depend on the number of threads.
///
/// @param logits  one map per level as Network::forward() gives them, [N, 4 * reg_max + nc, H, W]
/// @param labels  per picture, in input pixels; crowd is not learned
/// @param whole   called once; empty when the logits are those of the whole batch
DetectionLoss detection_loss(const std::vector<at::Tensor>& logits, const nn::HeadSpec& head,
                             const std::vector<std::vector<LabelledBox>>& labels,
                             const LossOptions& options = {}, const WholeBatch& whole = {});

}  // namespace gondola::train
