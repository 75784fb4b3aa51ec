#include "gondola/train/ema.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "train/tiny_network.hpp"

namespace gondola::train {
namespace {

TEST(ExponentialAverage, FollowsTheNetworkByTheRampedDecay) {
  const nn::Network network = test::tiny_network();
  EmaOptions options;
  options.decay = 0.9;
  options.ramp = 2;
  ExponentialAverage average(network, options);
  const auto value = [](const nn::Network& of) {
    return of->named_buffers()["model.0.bn.running_var"][0].item<float>();
  };
  EXPECT_EQ(value(average.network()), 1);
  double expected = 1;
  for (int t = 1; t <= 3; ++t) {
    {
      const at::NoGradGuard no_grad;
      network->named_buffers()["model.0.bn.running_var"].fill_(10.0 * t);
    }
    average.update(network);
    const double decay = 0.9 * (1 - std::exp(-t / 2.0));
    expected = decay * expected + (1 - decay) * 10 * t;
    EXPECT_NEAR(value(average.network()), expected, 1e-5);
  }
  EXPECT_EQ(average.updates(), 3);
}

TEST(ExponentialAverage, IsANetworkOfItsOwnInEvaluationMode) {
  nn::Network network = test::tiny_network();
  network->train();
  const ExponentialAverage average(network, {});
  EXPECT_TRUE(test::same_tensors(network, average.network()));
  EXPECT_FALSE(average.network()->is_training());
  for (const at::Tensor& parameter : average.network()->parameters()) {
    EXPECT_FALSE(parameter.requires_grad());
  }
  const at::NoGradGuard no_grad;
  network->parameters()[0].add_(1);
  EXPECT_FALSE(test::same_tensors(network, average.network()));
}

}  // namespace
}  // namespace gondola::train
