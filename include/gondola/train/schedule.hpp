#pragma once

#include <cstdint>

namespace gondola::train {

enum class ScheduleShape {
  kCosine,  ///< Loshchilov and Hutter 2017, SGDR, eq. 5, without restarts
  kLinear
};

struct ScheduleOptions {
  double learning_rate = 0.01;  ///< highest, > 0
  double final_share = 0.01;    ///< of learning_rate, at the end; 0..1
  ScheduleShape shape = ScheduleShape::kCosine;
  double warmup_share = 0;  ///< share of all steps, 0..1, over which the rates rise

  // Where the warm-up starts.
  double warmup_bias_rate = 0.0;  ///< learning rate of biases
  double warmup_momentum = 0.8;
  double momentum = 0.937;  ///< after the warm-up
};

/// What one optimizer step uses.
struct StepRates {
  double weights = 0;  ///< learning rate of everything but biases
  double biases = 0;
  double momentum = 0;
};

/// @param step   from 0
/// @param steps  of the whole run, > 0
StepRates rates_at(const ScheduleOptions& options, std::int64_t step, std::int64_t steps);

}  // namespace gondola::train
