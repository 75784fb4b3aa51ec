#include "gondola/train/bce.hpp"

#include <algorithm>
#include <cmath>

namespace gondola::train {

ScalarLoss binary_cross_entropy(float logit, float target) {
  // -t log(s) - (1 - t) log(1 - s), s = 1 / (1 + e^-x), rearranged so that e only gets negative
  // powers.
  const float decay = std::exp(-std::fabs(logit));
  const float sigmoid = logit >= 0 ? 1.0F / (1.0F + decay) : decay / (1.0F + decay);
  return {std::max(logit, 0.0F) - logit * target + std::log1p(decay), sigmoid - target};
}

}  // namespace gondola::train
