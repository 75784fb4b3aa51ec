#include "gondola/train/schedule.hpp"

#include <algorithm>
#include <cmath>

namespace gondola::train {
namespace {

constexpr double kPi = 3.14159265358979323846;

double between(double from, double to, double share) { return from + (to - from) * share; }

}  // namespace

StepRates rates_at(const ScheduleOptions& options, std::int64_t step, std::int64_t steps) {
  const double done = std::clamp(static_cast<double>(step) / static_cast<double>(steps), 0.0, 1.0);
  const double left =
      options.shape == ScheduleShape::kCosine ? (1 + std::cos(kPi * done)) / 2 : 1 - done;
  const double rate = options.learning_rate * between(options.final_share, 1, left);
  if (done >= options.warmup_share) return {rate, rate, options.momentum};
  const double warm = done / options.warmup_share;
  return {between(0, rate, warm), between(options.warmup_bias_rate, rate, warm),
          between(options.warmup_momentum, options.momentum, warm)};
}

}  // namespace gondola::train
