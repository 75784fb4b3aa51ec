#pragma once

#include <vector>

#include "gondola/core/labelled_box.hpp"

namespace gondola::train {

/// Task-aligned assignment: Feng et al. 2021, TOOD, section 3.2.
struct AssignerOptions {
  int top_k = 10;  ///< anchor points per object at most, > 0; more = more boxes learn, less apart
  float alpha = 0.5F;  ///< exponent of the score s in t = s^alpha u^beta
  float beta = 6.0F;   ///< exponent of the overlap u
};

/// One level's cells; anchor points are their centres.
struct AnchorGrid {
  int width = 0;  ///< cells
  int height = 0;
  int stride = 0;  ///< input pixels per cell
};

/// What the network said at every anchor point of one picture, in the order levels, rows, columns.
struct Predictions {
  const Box* boxes = nullptr;     ///< [A] input pixels
  const float* scores = nullptr;  ///< [A, class_count] after the sigmoid
  int class_count = 0;
};

/// One anchor point that is to find an object.
struct Assignment {
  int anchor = 0;     ///< index in the order of Predictions
  int label = 0;      ///< index of the object among the picture's labels
  float quality = 0;  ///< what its score should be, 0..1: the normalised alignment t
};

/// Chooses for each object the anchor points that should find it.
///
/// Candidates are the anchor points inside the object's box; an object too small to hold one gets
/// the nearest of the finest level. The top_k by alignment t = s^alpha u^beta are taken, s being
/// the score for the object's class and u the CIoU of the predicted box, at least 0; of equals the
/// first. An anchor point that several objects want goes to the one it overlaps most. An object's
/// alignments are then scaled so that their largest is its largest overlap (section 3.2,
/// "normalized t").
///
/// @param grids   finest first
/// @param labels  valid boxes in input pixels, no crowds
/// @return ordered by anchor, each anchor at most once
///
/// Thread-safe: no state.
std::vector<Assignment> assign(const std::vector<AnchorGrid>& grids, const Predictions& predictions,
                               const std::vector<LabelledBox>& labels,
                               const AssignerOptions& options = {});

}  // namespace gondola::train
