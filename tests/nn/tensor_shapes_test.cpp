#include "gondola/nn/tensor_shapes.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "gondola/nn/load_network.hpp"

namespace gondola::nn {
namespace {

TensorShapes shapes_of(const Network& network) {
  TensorShapes shapes;
  for (const auto& [name, tensor] : extract_tensors(network)) shapes.emplace(name, tensor.shape);
  return shapes;
}

// The modules are the reference: they are what loads the weights of the original.
TEST(TensorShapes, AreThoseOfTheModulesForEveryBuiltInModel) {
  for (const auto& [name, yaml] : builtin_model_yamls()) {
    const ModelSpec spec = parse_model_spec(yaml, name);
    EXPECT_EQ(tensor_shapes(spec), shapes_of(Network(spec))) << name;
  }
}

TEST(TensorShapes, PreluHasSlopesWhereTheStageOrTheHeadSaysSo) {
  const ModelSpec spec = parse_model_spec(R"(
name: mixed
classes: 3
activation: relu
backbone:
  - {block: conv, channels: 16, stride: 2, activation: prelu}
  - {block: c3k2, id: deep, channels: 128, repeats: 2, c3k: true, shortcut: true}
  - {block: conv, channels: 128, stride: 2}
  - {block: c2psa, id: out, channels: 128, repeats: 1}
head: {from: [deep, out], strides: [2, 4], reg_max: 4, depthwise_class_branch: true, activation: prelu}
)",
                                          "mixed.yaml");
  const TensorShapes shapes = tensor_shapes(spec);
  EXPECT_EQ(shapes, shapes_of(Network(spec)));
  EXPECT_EQ(shapes.at("model.0.act.weight"), (std::vector<std::int64_t>{16}));
  EXPECT_EQ(shapes.count("model.1.cv1.act.weight"), 0U);
}

TEST(RandomTensors, FitTheNetworkAndFollowTheSeed) {
  const ModelSpec spec = parse_model_spec(builtin_model_yamls().front().second, "first");
  const NamedTensors tensors = random_tensors(spec, 7);
  Network network(spec);
  load_tensors(network, tensors, "random");
  const auto first = to_float32(*tensors.find("model.0.conv.weight"));
  EXPECT_EQ(to_float32(*random_tensors(spec, 7).find("model.0.conv.weight")), first);
  EXPECT_NE(to_float32(*random_tensors(spec, 8).find("model.0.conv.weight")), first);
  // Uniform within +-1/sqrt(3 * 3 * 3): nothing beyond, something near, mean about 0.
  const float bound = 1 / std::sqrt(27.0F);
  float sum = 0;
  float largest = 0;
  for (const float value : first) {
    sum += value;
    largest = std::max(largest, std::abs(value));
  }
  EXPECT_LE(largest, bound);
  EXPECT_GT(largest, 0.95F * bound);
  EXPECT_LT(std::abs(sum) / static_cast<float>(first.size()), 0.1F * bound);
}

}  // namespace
}  // namespace gondola::nn
