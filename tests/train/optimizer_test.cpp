#include "gondola/train/optimizer.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "gondola/core/error.hpp"
#include "train/tiny_network.hpp"

namespace gondola::train {
namespace {

using test::tiny_network;

void set_gradients(const nn::Network& network, double value) {
  for (at::Tensor& parameter : network->parameters()) {
    parameter.mutable_grad() = at::full_like(parameter, value);
  }
}

float first_weight(const nn::Network& network) {
  return network->named_parameters()["model.0.conv.weight"].flatten()[0].item<float>();
}

float first_bias(const nn::Network& network) {
  return network->named_parameters()["model.0.bn.bias"][0].item<float>();
}

TEST(Optimizer, SgdTakesNesterovStepsWithDecayOnWeightsOnly) {
  const nn::Network network = tiny_network();
  OptimizerOptions options;
  options.weight_decay = 0.1;
  options.clip_norm = 0;
  Optimizer optimizer(network, options);
  double weight = first_weight(network);
  double bias = first_bias(network);
  double weight_velocity = 0;
  double bias_velocity = 0;
  for (const double gradient : {0.5, -0.2, 0.3}) {
    set_gradients(network, gradient);
    optimizer.step({0.1, 0.4, 0.9}, 1);
    // v <- m v + g; p <- p - lr (g + m v)
    const double g = gradient + 0.1 * weight;
    weight_velocity = 0.9 * weight_velocity + g;
    weight -= 0.1 * (g + 0.9 * weight_velocity);
    bias_velocity = 0.9 * bias_velocity + gradient;
    bias -= 0.4 * (gradient + 0.9 * bias_velocity);
    EXPECT_NEAR(first_weight(network), weight, 1e-6);
    EXPECT_NEAR(first_bias(network), bias, 1e-6);
  }
}

TEST(Optimizer, AdamWNormalisesGradientsAndDecaysApart) {
  const nn::Network network = tiny_network();
  OptimizerOptions options;
  options.kind = OptimizerKind::kAdamW;
  options.weight_decay = 0.1;
  options.clip_norm = 0;
  Optimizer optimizer(network, options);
  double weight = first_weight(network);
  double m = 0;
  double v = 0;
  int t = 0;
  for (const double gradient : {0.5, -0.2, 0.3}) {
    set_gradients(network, gradient);
    optimizer.step({0.01, 0.01, 0.9}, 1);
    ++t;
    m = 0.9 * m + 0.1 * gradient;
    v = 0.999 * v + 0.001 * gradient * gradient;
    weight -= 0.01 * 0.1 * weight;
    weight -=
        0.01 * (m / (1 - std::pow(0.9, t))) / (std::sqrt(v / (1 - std::pow(0.999, t))) + 1e-8);
    EXPECT_NEAR(first_weight(network), weight, 1e-6);
  }
}

TEST(Optimizer, ClipsTheGradientsLengthAndClearsThem) {
  const nn::Network network = tiny_network();
  OptimizerOptions options;
  options.weight_decay = 0;
  options.clip_norm = 2;
  Optimizer optimizer(network, options);
  set_gradients(network, 1);
  std::int64_t count = 0;
  for (const at::Tensor& parameter : network->parameters()) count += parameter.numel();
  const double norm = optimizer.gradient_norm();
  EXPECT_NEAR(norm, std::sqrt(static_cast<double>(count)), 1e-3);
  const double before = first_bias(network);
  optimizer.step({1, 1, 0}, norm);
  // Every gradient of 1 becomes 2 / norm.
  EXPECT_NEAR(first_bias(network), before - 2 / norm, 1e-6);
  EXPECT_EQ(optimizer.gradient_norm(), 0);
}

TEST(Optimizer, TellsGradientsThatAreNotFinite) {
  const nn::Network network = tiny_network();
  Optimizer optimizer(network, {});
  set_gradients(network, 1);
  network->parameters()[3].mutable_grad().fill_(std::nan(""));
  EXPECT_FALSE(std::isfinite(optimizer.gradient_norm()));
}

TEST(Optimizer, LeavesFrozenParametersAlone) {
  const nn::Network network = tiny_network();
  network->named_parameters()["model.0.conv.weight"].set_requires_grad(false);
  Optimizer optimizer(network, {});
  set_gradients(network, 1);
  const float before = first_weight(network);
  optimizer.step({0.1, 0.1, 0.9}, 1);
  EXPECT_EQ(first_weight(network), before);
}

TEST(Optimizer, GoesOnFromItsStateBitByBit) {
  for (const OptimizerKind kind : {OptimizerKind::kSgd, OptimizerKind::kAdamW}) {
    OptimizerOptions options;
    options.kind = kind;
    const nn::Network straight = tiny_network();
    Optimizer one(straight, options);
    const nn::Network broken = tiny_network();
    Optimizer first_half(broken, options);
    for (int i = 0; i < 3; ++i) {
      set_gradients(straight, 0.1 * i);
      one.step({0.01, 0.02, 0.5 + 0.1 * i}, 1);
      set_gradients(broken, 0.1 * i);
      first_half.step({0.01, 0.02, 0.5 + 0.1 * i}, 1);
    }
    Optimizer second_half(broken, options);
    second_half.load_state(first_half.state(), "state");
    for (int i = 3; i < 6; ++i) {
      set_gradients(straight, 0.1 * i);
      one.step({0.01, 0.02, 0.9}, 1);
      set_gradients(broken, 0.1 * i);
      second_half.step({0.01, 0.02, 0.9}, 1);
    }
    EXPECT_TRUE(test::same_tensors(straight, broken));
  }
}

TEST(Optimizer, RefusesTheStateOfAnotherKind) {
  const nn::Network network = tiny_network();
  OptimizerOptions adamw;
  adamw.kind = OptimizerKind::kAdamW;
  const Optimizer sgd(network, {});
  try {
    Optimizer(network, adamw).load_state(sgd.state(), "run/checkpoint.safetensors");
    FAIL();
  } catch (const WeightsError& error) {
    EXPECT_NE(std::string(error.what()).find("run/checkpoint.safetensors: no optimizer state"),
              std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace gondola::train
