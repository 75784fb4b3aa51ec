#include "gondola/train/schedule.hpp"

#include <gtest/gtest.h>

namespace gondola::train {
namespace {

TEST(Schedule, CosineIsHighestAtTheStartHalfwayInTheMiddleAndTheShareAtTheEnd) {
  ScheduleOptions options;
  options.learning_rate = 0.2;
  options.final_share = 0.1;
  EXPECT_NEAR(rates_at(options, 0, 100).weights, 0.2, 1e-12);
  // Half way between 0.02 and 0.2.
  EXPECT_NEAR(rates_at(options, 50, 100).weights, 0.11, 1e-12);
  EXPECT_NEAR(rates_at(options, 100, 100).weights, 0.02, 1e-12);
  // cos(pi / 3) = 1/2, so three quarters of the way are left.
  EXPECT_NEAR(rates_at(options, 100, 300).weights, 0.02 + 0.18 * 0.75, 1e-12);
}

TEST(Schedule, LinearFallsByEqualSteps) {
  ScheduleOptions options;
  options.shape = ScheduleShape::kLinear;
  options.learning_rate = 1;
  options.final_share = 0;
  EXPECT_NEAR(rates_at(options, 25, 100).weights, 0.75, 1e-12);
  EXPECT_NEAR(rates_at(options, 90, 100).weights, 0.10, 1e-12);
}

TEST(Schedule, WarmUpRaisesWeightsFromZeroAndBiasesFromTheirOwnRate) {
  ScheduleOptions options;
  options.shape = ScheduleShape::kLinear;
  options.learning_rate = 1;
  options.final_share = 1;
  options.warmup_share = 0.2;
  options.warmup_bias_rate = 3;
  options.warmup_momentum = 0.5;
  options.momentum = 0.9;
  const StepRates start = rates_at(options, 0, 100);
  EXPECT_EQ(start.weights, 0);
  EXPECT_EQ(start.biases, 3);
  EXPECT_EQ(start.momentum, 0.5);
  const StepRates middle = rates_at(options, 10, 100);
  EXPECT_NEAR(middle.weights, 0.5, 1e-12);
  EXPECT_NEAR(middle.biases, 2, 1e-12);
  EXPECT_NEAR(middle.momentum, 0.7, 1e-12);
  const StepRates after = rates_at(options, 20, 100);
  EXPECT_EQ(after.weights, 1);
  EXPECT_EQ(after.biases, 1);
  EXPECT_EQ(after.momentum, 0.9);
}

}  // namespace
}  // namespace gondola::train
