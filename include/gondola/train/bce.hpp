#pragma once

namespace gondola::train {

/// A loss of one number and its derivative by that number.
struct ScalarLoss {
  float value = 0;
  float gradient = 0;
};

/// Binary cross entropy of sigmoid(logit) against a target in 0..1, which may lie between: the
/// quality of a box, as in Li et al. 2020, Generalized Focal Loss, eq. 4 without its modulating
/// factor. Finite for every finite logit.
ScalarLoss binary_cross_entropy(float logit, float target);

}  // namespace gondola::train
