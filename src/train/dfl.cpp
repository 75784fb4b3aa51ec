#include "gondola/train/dfl.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace gondola::train {

float distribution_focal_loss(const float* probabilities, int bins, float target, float weight,
                              float* gradient) {
  const int left = std::min(static_cast<int>(target), bins - 2);
  const float right_share = target - static_cast<float>(left);
  const float left_share = 1.0F - right_share;
  for (int bin = 0; bin < bins; ++bin) gradient[bin] += weight * probabilities[bin];
  gradient[left] -= weight * left_share;
  gradient[left + 1] -= weight * right_share;
  // A probability that has underflowed to zero must not make an infinite loss.
  const auto log_of = [](float p) {
    return std::log(std::max(p, std::numeric_limits<float>::min()));
  };
  return -(left_share * log_of(probabilities[left]) +
           right_share * log_of(probabilities[left + 1]));
}

}  // namespace gondola::train
