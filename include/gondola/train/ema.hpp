#pragma once

#include <cstdint>

#include "gondola/nn/network.hpp"

namespace gondola::train {

struct EmaOptions {
  double decay = 0.9999;  ///< how much of the average stays at each update, in the long run; 0..1
  double ramp =
      2000;  ///< updates over which the decay rises to it, > 0; small = forgets fast early
};

/// Running average of a network's weights (Polyak and Juditsky 1992): less noisy than the weights
/// of any one step, and what is measured and kept.
///
/// decay(t) = decay * (1 - exp(-t / ramp)), so that the first, bad weights are soon forgotten.
class ExponentialAverage {
 public:
  /// Starts as a copy.
  ExponentialAverage(const nn::Network& network, const EmaOptions& options);

  void update(const nn::Network& network);

  /// The averaged network, in evaluation mode.
  const nn::Network& network() const { return average_; }

  /// Number of updates so far: with the weights, all that update() remembers.
  std::int64_t updates() const { return updates_; }
  void set_updates(std::int64_t updates) { updates_ = updates; }

 private:
  EmaOptions options_;
  nn::Network average_;
  std::int64_t updates_ = 0;
};

}  // namespace gondola::train
