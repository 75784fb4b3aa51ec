#pragma once

namespace gondola::train {

/// Distribution focal loss of one side's distance (Li et al. 2020, Generalized Focal Loss, eq. 6):
/// cross entropy that pulls the distribution's mass to the two bins beside the target,
///   DFL = -((y_{i+1} - y) log S_i + (y - y_i) log S_{i+1}).
///
/// @param probabilities  [bins] softmax of the logits
/// @param bins           at least 2
/// @param target         distance in cells, 0..bins - 1
/// @param weight         factor on the loss's gradient
/// @param gradient       [bins], by the logits; added to
/// @return the loss, without the weight
float distribution_focal_loss(const float* probabilities, int bins, float target, float weight,
                              float* gradient);

}  // namespace gondola::train
