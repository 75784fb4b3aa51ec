#include <cmath>
#include <functional>
#include <map>

#include <gtest/gtest.h>

#include "gondola/nn/activation.hpp"
#include "gondola/nn/layers.hpp"

namespace gondola::nn {
namespace {

TEST(ActivationFunction, EveryNameComputesItsClosedForm) {
  const std::map<std::string, std::function<double(double)>> formulas = {
      {"silu", [](double x) { return x / (1 + std::exp(-x)); }},
      {"relu", [](double x) { return x > 0 ? x : 0; }},
      {"leaky_relu", [](double x) { return x > 0 ? x : 0.01 * x; }},
      {"prelu", [](double x) { return x > 0 ? x : 0.25 * x; }},
      {"gelu", [](double x) { return 0.5 * x * (1 + std::erf(x / std::sqrt(2.0))); }},
      {"hardswish", [](double x) { return x * std::min(std::max(x + 3, 0.0), 6.0) / 6; }},
      {"mish", [](double x) { return x * std::tanh(std::log1p(std::exp(x))); }},
      {"elu", [](double x) { return x > 0 ? x : std::exp(x) - 1; }},
      {"tanh", [](double x) { return std::tanh(x); }},
      {"sigmoid", [](double x) { return 1 / (1 + std::exp(-x)); }},
      {"identity", [](double x) { return x; }},
  };
  const std::vector<float> points = {-8, -3.5F, -3, -1, -0.25F, 0, 0.5F, 1, 3, 7};
  const at::NoGradGuard no_grad;
  for (const std::string& name : activation_names()) {
    ASSERT_EQ(formulas.count(name), 1U) << name << " has no reference in this test";
    Activation activation(make_activation_spec(name), 1);
    const at::Tensor input = at::tensor(points).view({1, 1, 1, -1});
    const at::Tensor output = activation->forward(input).contiguous();
    for (std::size_t i = 0; i < points.size(); ++i) {
      EXPECT_NEAR(output.data_ptr<float>()[i], formulas.at(name)(points[i]), 2e-6)
          << name << " at " << points[i];
    }
  }
}

TEST(ActivationFunction, ParameterReachesTheFunction) {
  const at::NoGradGuard no_grad;
  Activation leaky(make_activation_spec("leaky_relu", 0.2), 1);
  EXPECT_FLOAT_EQ(leaky->forward(at::full({1, 1, 1, 1}, -5.0)).item<float>(), -1.0F);
  Activation elu(make_activation_spec("elu", 2.0), 1);
  EXPECT_NEAR(elu->forward(at::full({1, 1, 1, 1}, -1.0)).item<float>(), 2 * (std::exp(-1.0) - 1),
              1e-6);
}

TEST(ActivationFunction, PreluLearnsOneSlopePerChannel) {
  Activation prelu(make_activation_spec("prelu", 0.3), 4);
  ASSERT_EQ(prelu->parameters().size(), 1U);
  EXPECT_EQ(prelu->named_parameters()["weight"].sizes(), at::IntArrayRef({4}));
  EXPECT_EQ(Activation(make_activation_spec("relu"), 4)->parameters().size(), 0U);
}

}  // namespace
}  // namespace gondola::nn
