#include "gondola/train/dfl.hpp"

#include <array>
#include <cmath>

#include <gtest/gtest.h>

namespace gondola::train {
namespace {

constexpr int kBins = 5;
using Bins = std::array<double, kBins>;

// -((y_{i+1} - y) log S_i + (y - y_i) log S_{i+1}) from logits, in double.
double reference(const Bins& logits, double target) {
  double sum = 0;
  for (const double logit : logits) sum += std::exp(logit);
  const int left = std::min(static_cast<int>(target), kBins - 2);
  const auto log_s = [&](int bin) { return logits[static_cast<std::size_t>(bin)] - std::log(sum); };
  return -((left + 1 - target) * log_s(left) + (target - left) * log_s(left + 1));
}

std::array<float, kBins> softmax(const Bins& logits) {
  double sum = 0;
  for (const double logit : logits) sum += std::exp(logit);
  std::array<float, kBins> probabilities{};
  for (std::size_t i = 0; i < kBins; ++i) {
    probabilities[i] = static_cast<float>(std::exp(logits[i]) / sum);
  }
  return probabilities;
}

TEST(DistributionFocalLoss, IsThePapersFormulaWithItsGradient) {
  const Bins logits = {0.3, -1.2, 2.0, 0.1, -0.4};
  const auto probabilities = softmax(logits);
  for (const double target : {0.0, 0.25, 1.0, 2.6, 3.99, 4.0}) {
    std::array<float, kBins> gradient{};
    const float weight = 2.0F;
    const float loss = distribution_focal_loss(probabilities.data(), kBins,
                                               static_cast<float>(target), weight, gradient.data());
    EXPECT_NEAR(loss, reference(logits, target), 1e-5) << target;
    for (std::size_t i = 0; i < kBins; ++i) {
      Bins higher = logits;
      Bins lower = logits;
      higher[i] += 1e-5;
      lower[i] -= 1e-5;
      const double slope = (reference(higher, target) - reference(lower, target)) / 2e-5;
      EXPECT_NEAR(gradient[i], weight * slope, 1e-4) << target << " bin " << i;
    }
  }
}

TEST(DistributionFocalLoss, IsZeroWhenAllMassIsOnTheTarget) {
  const std::array<float, 3> probabilities = {0, 1, 0};
  std::array<float, 3> gradient{};
  EXPECT_FLOAT_EQ(distribution_focal_loss(probabilities.data(), 3, 1.0F, 1, gradient.data()), 0);
  EXPECT_EQ(gradient, (std::array<float, 3>{0, 0, 0}));
}

TEST(DistributionFocalLoss, AddsToTheGradientAndSurvivesZeroProbability) {
  const std::array<float, 3> probabilities = {1, 0, 0};
  std::array<float, 3> gradient = {10, 10, 10};
  const float loss = distribution_focal_loss(probabilities.data(), 3, 2.0F, 1, gradient.data());
  EXPECT_TRUE(std::isfinite(loss));
  EXPECT_GT(loss, 80);
  EXPECT_EQ(gradient, (std::array<float, 3>{11, 10, 9}));
}

}  // namespace
}  // namespace gondola::train
