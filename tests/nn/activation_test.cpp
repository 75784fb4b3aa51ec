#include "gondola/nn/activation.hpp"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gondola/config/yaml.hpp"
#include "gondola/core/error.hpp"

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
