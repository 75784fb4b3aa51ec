#include "gondola/nn/activation.hpp"

#include <cmath>
#include <functional>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gondola/config/yaml.hpp"
#include "gondola/core/error.hpp"
#include "gondola/nn/layers.hpp"

namespace gondola::nn {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

ActivationSpec from_yaml(const std::string& text) {
  return parse_activation(config::parse_yaml(text, "model.yaml").at("activation"));
}

template <typename Call>
std::string message_of(const Call& call) {
  try {
    call();
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no ConfigError";
}

TEST(Activation, RegistryHasTheDocumentedNames) {
  EXPECT_THAT(activation_names(),
              ElementsAre("silu", "relu", "leaky_relu", "prelu", "gelu", "hardswish", "mish", "elu",
                          "tanh", "sigmoid", "identity"));
}

TEST(Activation, EveryNameComputesItsClosedForm) {
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

TEST(Activation, ParameterReachesTheFunction) {
  const at::NoGradGuard no_grad;
  Activation leaky(make_activation_spec("leaky_relu", 0.2), 1);
  EXPECT_FLOAT_EQ(leaky->forward(at::full({1, 1, 1, 1}, -5.0)).item<float>(), -1.0F);
  Activation elu(make_activation_spec("elu", 2.0), 1);
  EXPECT_NEAR(elu->forward(at::full({1, 1, 1, 1}, -1.0)).item<float>(), 2 * (std::exp(-1.0) - 1),
              1e-6);
}

TEST(Activation, PreluLearnsOneSlopePerChannel) {
  Activation prelu(make_activation_spec("prelu", 0.3), 4);
  ASSERT_EQ(prelu->parameters().size(), 1U);
  EXPECT_EQ(prelu->named_parameters()["weight"].sizes(), at::IntArrayRef({4}));
  EXPECT_EQ(Activation(make_activation_spec("relu"), 4)->parameters().size(), 0U);
}

TEST(Activation, ReadsScalarAndMapFromYaml) {
  EXPECT_EQ(from_yaml("activation: relu"), make_activation_spec("relu"));
  EXPECT_EQ(from_yaml("activation: leaky_relu"), make_activation_spec("leaky_relu", 0.01));
  EXPECT_EQ(from_yaml("activation: {name: leaky_relu, slope: 0.1}"),
            make_activation_spec("leaky_relu", 0.1));
  EXPECT_EQ(from_yaml("activation: leaky_relu(slope=0.1)"),
            make_activation_spec("leaky_relu", 0.1));
}

TEST(Activation, TextAndYamlReadBack) {
  for (const std::string& name : activation_names()) {
    const ActivationSpec spec = make_activation_spec(name);
    EXPECT_EQ(parse_activation(to_string(spec)), spec);
    EXPECT_EQ(from_yaml("activation: " + to_yaml(spec)), spec);
  }
  const ActivationSpec awkward = make_activation_spec("elu", 1.0 / 3);
  EXPECT_EQ(parse_activation(to_string(awkward)), awkward);
}

TEST(Activation, UnknownNameListsTheKnownOnes) {
  const std::string message = message_of([] { from_yaml("name: x\nactivation: swish6"); });
  EXPECT_THAT(message, StartsWith("model.yaml:2: unknown activation 'swish6'"));
  EXPECT_THAT(message, HasSubstr("silu, relu, leaky_relu"));
}

TEST(Activation, RefusesWrongParameters) {
  EXPECT_THAT(message_of([] { make_activation_spec("relu", 0.1); }), HasSubstr("no parameter"));
  EXPECT_THAT(message_of([] { make_activation_spec("leaky_relu", 1.5); }),
              HasSubstr("slope = 1.5; expected a number from 0 to 1"));
  EXPECT_THAT(message_of([] { make_activation_spec("leaky_relu", std::nan("")); }),
              HasSubstr("slope = nan"));
  EXPECT_THAT(message_of([] { from_yaml("activation: {name: silu, slope: 1}"); }),
              StartsWith("model.yaml:1: unknown key 'slope'"));
  EXPECT_THAT(message_of([] { parse_activation(std::string("leaky_relu(slope=x)")); }),
              HasSubstr("'x' is not a number"));
}

TEST(Activation, KnowsPyTorchClasses) {
  EXPECT_EQ(activation_from_torch_class("torch.nn.modules.activation.SiLU", std::nullopt),
            make_activation_spec("silu"));
  EXPECT_EQ(activation_from_torch_class("torch.nn.modules.activation.LeakyReLU", 0.1),
            make_activation_spec("leaky_relu", 0.1));
  EXPECT_EQ(activation_from_torch_class("torch.nn.modules.activation.Softplus", std::nullopt),
            std::nullopt);
}

}  // namespace
}  // namespace gondola::nn
