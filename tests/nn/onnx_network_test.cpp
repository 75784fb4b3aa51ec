#include <utility>

#include <gtest/gtest.h>

#include "gondola/core/error.hpp"
#include "gondola/nn/decode.hpp"
#include "gondola/nn/load_network.hpp"
#include "onnx_models.hpp"

namespace gondola::nn {
namespace {

// Largest difference over boxes (pixels) and over scores.
std::pair<double, double> difference(const at::Tensor& a, const at::Tensor& b) {
  const at::Tensor all = (a - b).abs();
  return {all.slice(1, 0, 4).max().item<double>(), all.slice(1, 4).max().item<double>()};
}

// The exported file in OpenCV against the same weights in LibTorch, batch norms unfolded, computed
// in double. Random networks amplify rounding as they please, so the yardstick is LibTorch's own
// error in float32.
void expect_agreement(const ModelSpec& spec, int height, int width) {
  const WeightsFile weights = random_weights(spec);
  cv::Mat images = random_images(1, height, width);
  const cv::Mat exported = run_in_opencv(weights, images);

  const at::NoGradGuard no_grad;
  Network network = build_network(weights, "test");
  const at::Tensor input = at::from_blob(images.data, {1, 3, height, width});
  const at::Tensor in_float = decode(network->forward(input), spec.head);
  network->to(at::kDouble);
  const at::Tensor exact = decode(network->forward(input.to(at::kDouble)), spec.head);
  ASSERT_EQ(exported.total(), static_cast<std::size_t>(exact.numel()));
  const at::Tensor found = at::from_blob(exported.data, exact.sizes());

  const auto [box_error, score_error] = difference(in_float, exact);
  const auto [box_difference, score_difference] = difference(found, exact);
  EXPECT_LE(box_difference, 8 * box_error + 1e-4) << "pixels";
  EXPECT_LE(score_difference, 8 * score_error + 1e-6);
  // The comparison means something: rounding is small, and the cells' scores are not all alike.
  EXPECT_LT(box_error, 0.05);
  EXPECT_LT(score_error, 1e-3);
  EXPECT_GT(exact.slice(1, 4).std().item<double>(), 100 * score_error);
}

class OnnxActivation : public testing::TestWithParam<std::string> {};

TEST_P(OnnxActivation, AgreesWithLibTorch) {
  ModelSpec spec = builtin_spec("shelf-n");
  spec.activation = make_activation_spec(GetParam());
  expect_agreement(spec, 64, 96);
}

INSTANTIATE_TEST_SUITE_P(All, OnnxActivation, testing::ValuesIn(activation_names()),
                         [](const auto& test) { return test.param; });

TEST(OnnxNetwork, Yolov8BlocksAgreeWithLibTorch) {
  expect_agreement(builtin_spec("yolov8n"), 96, 64);
}

// OpenCV 4.6 multiplies only matrices without batch or heads, so attention makes way for another
// block here; bench/peers compares it in ONNX Runtime.
TEST(OnnxNetwork, Yolo11BlocksButAttentionAgreeWithLibTorch) {
  ModelSpec spec = builtin_spec("yolo11n");
  StageSpec& attention = spec.stages[static_cast<std::size_t>(spec.backbone_stages) - 1];
  ASSERT_EQ(attention.block, BlockKind::kC2psa);
  attention.block = BlockKind::kC3k2;
  expect_agreement(spec, 96, 64);
}

TEST(OnnxNetwork, ParametersAndPlacesOfActivationsAreKept) {
  ModelSpec spec = builtin_spec("shelf-n");
  spec.activation = make_activation_spec("leaky_relu", 0.3);
  spec.stages.front().activation = make_activation_spec("elu", 0.5);
  spec.head.activation = make_activation_spec("relu");
  expect_agreement(spec, 64, 64);
}

}  // namespace
}  // namespace gondola::nn
