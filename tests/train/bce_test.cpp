#include "gondola/train/bce.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace gondola::train {
namespace {

// -t log(s) - (1 - t) log(1 - s) in double, as written in textbooks.
double reference(double logit, double target) {
  const double s = 1 / (1 + std::exp(-logit));
  return -target * std::log(s) - (1 - target) * std::log(1 - s);
}

TEST(BinaryCrossEntropy, IsTheTextbookFormula) {
  for (const double logit : {-8.0, -1.5, 0.0, 0.3, 7.0}) {
    for (const double target : {0.0, 0.25, 0.9, 1.0}) {
      const ScalarLoss loss =
          binary_cross_entropy(static_cast<float>(logit), static_cast<float>(target));
      EXPECT_NEAR(loss.value, reference(logit, target), 1e-5) << logit << ' ' << target;
      const double step = 1e-5;
      const double slope =
          (reference(logit + step, target) - reference(logit - step, target)) / (2 * step);
      EXPECT_NEAR(loss.gradient, slope, 1e-5) << logit << ' ' << target;
    }
  }
}

TEST(BinaryCrossEntropy, IsLowestAtTheTargetItself) {
  // The minimum over the logit lies at sigmoid(logit) = target = 0.25, so at logit = -log(3).
  EXPECT_NEAR(binary_cross_entropy(-std::log(3.0F), 0.25F).gradient, 0, 1e-6);
}

TEST(BinaryCrossEntropy, StaysFiniteForHugeLogits) {
  EXPECT_FLOAT_EQ(binary_cross_entropy(1000, 0).value, 1000);
  EXPECT_FLOAT_EQ(binary_cross_entropy(-1000, 1).value, 1000);
  EXPECT_FLOAT_EQ(binary_cross_entropy(1000, 1).value, 0);
  EXPECT_FLOAT_EQ(binary_cross_entropy(-1000, 1).gradient, -1);
}

}  // namespace
}  // namespace gondola::train
