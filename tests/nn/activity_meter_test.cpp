#include "gondola/nn/activity_meter.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "gondola/nn/load_network.hpp"

namespace gondola::nn {
namespace {

// A 1x1 convolution of the image with relu, and a head behind it.
Network one_layer_network() {
  const ModelSpec spec = parse_model_spec(R"(
classes: 1
activation: relu
backbone:
  - {block: conv, id: a, channels: 8, kernel: 1}
head: {from: [a], strides: [1], reg_max: 2}
)",
                                          "m.yaml");
  Network network(spec);
  initialize_parameters(network, 0);
  network->eval();
  const at::NoGradGuard no_grad;
  auto parameters = network->named_parameters();
  parameters["model.0.conv.weight"].zero_();
  parameters["model.0.bn.bias"].zero_();
  // Channel 0 passes red on, channel 1 is negative wherever there is any red, the others are zero.
  parameters["model.0.conv.weight"][0][0] = 1.0;
  parameters["model.0.conv.weight"][1][0] = -1.0;
  return network;
}

TEST(ActivityMeter, FindsDeadChannelsSparsityAndRange) {
  const at::NoGradGuard no_grad;
  Network network = one_layer_network();
  const double scale = 1 / std::sqrt(1 + 1e-3);  // batch norm's epsilon
  ActivityMeter meter(network);
  at::Tensor image = at::zeros({1, 3, 2, 2});
  image[0][0][0][0] = 0.5;
  network->forward(image);
  image.zero_();
  image[0][0][1][1] = 1.0;
  network->forward(image);

  const std::vector<LayerActivity> rows = meter.activities();
  ASSERT_FALSE(rows.empty());
  const LayerActivity& row = rows.front();
  EXPECT_EQ(row.path, "model.0");
  EXPECT_EQ(row.activation, "relu");
  EXPECT_EQ(row.channels, 8);
  EXPECT_EQ(row.dead_channels, 7);
  // Two images of 8 channels of 4 values: 64, of which two are not zero.
  EXPECT_DOUBLE_EQ(row.zero_share, 62.0 / 64);
  EXPECT_EQ(row.minimum, 0);
  EXPECT_NEAR(row.maximum, scale, 1e-6);
  EXPECT_NEAR(row.mean, 1.5 * scale / 64, 1e-6);
  EXPECT_EQ(row.non_finite, 0);
}

TEST(ActivityMeter, CountsExplodedValuesApart) {
  const at::NoGradGuard no_grad;
  Network network = one_layer_network();
  ActivityMeter meter(network);
  at::Tensor image = at::ones({1, 3, 2, 2});
  image[0][0][0][0] = std::numeric_limits<float>::infinity();
  network->forward(image);
  const LayerActivity row = meter.activities().front();
  EXPECT_GE(row.non_finite, 1);
  EXPECT_LT(row.maximum, 2);
}

TEST(ActivityMeter, StopsObservingWhenItEnds) {
  const at::NoGradGuard no_grad;
  Network network = one_layer_network();
  { const ActivityMeter meter(network); }
  network->forward(at::ones({1, 3, 2, 2}));  // would call into the destroyed meter
  EXPECT_TRUE(ActivityMeter(network).activities().empty());
}

}  // namespace
}  // namespace gondola::nn
