#include "gondola/detect/activity.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gondola/core/error.hpp"
#include "gondola/media/image_source.hpp"
#include "support/shared_data.hpp"

namespace gondola::detect {
namespace {

std::vector<nn::LayerActivity> activity_of_bus(const std::string& activation) {
  nn::ModelRequest request;
  request.model = test::shared_dir() / "weights/yolov8n.pt";
  request.activation = nn::make_activation_spec(activation);
  request.force_activation = true;
  media::ImageSource pictures({(test::shared_dir() / "golden/bus.jpg").string()});
  return measure_activity(nn::resolve_model(request), pictures, 320);
}

TEST(Activity, SiluHasNoZerosReluMany) {
  GONDOLA_REQUIRE_SHARED("weights/yolov8n.pt");
  GONDOLA_REQUIRE_SHARED("golden/bus.jpg");
  const auto silu = activity_of_bus("silu");
  const auto relu = activity_of_bus("relu");
  ASSERT_EQ(silu.size(), 57U);  // the activated convolutions of yolov8n
  ASSERT_EQ(relu.size(), silu.size());
  EXPECT_EQ(silu.front().path, "model.0");
  EXPECT_EQ(silu.front().channels, 16);
  EXPECT_LT(silu.front().zero_share, 0.01);
  // SiLU's least value is -0.2785, at x = -1.2785.
  for (const auto& layer : silu) EXPECT_GE(layer.minimum, -0.2785) << layer.path;
  EXPECT_GT(relu.front().zero_share, 0.2);
  for (const auto& layer : relu) EXPECT_EQ(layer.minimum, 0) << layer.path;
}

TEST(Activity, RefusesAnImageSizeOffTheStride) {
  nn::WeightsFile untrained;
  untrained.description.spec =
      nn::load_model_spec(test::source_dir() / "configs/models/shelf-n.yaml");
  media::ImageSource none({});
  EXPECT_THROW(measure_activity(untrained, none, 100), ConfigError);
}

}  // namespace
}  // namespace gondola::detect
