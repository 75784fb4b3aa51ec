#include "gondola/detect/torch_runner.hpp"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <opencv2/imgproc.hpp>

#include "gondola/core/box_iou.hpp"
#include "gondola/core/error.hpp"
#include "gondola/media/read_image.hpp"
#include "support/shared_data.hpp"

namespace gondola::detect {
namespace {

using testing::HasSubstr;

float largest_shift(const Box& a, const Box& b) {
  return std::max(
      {std::abs(a.x1 - b.x1), std::abs(a.y1 - b.y1), std::abs(a.x2 - b.x2), std::abs(a.y2 - b.y2)});
}

Detector torch_detector(const nn::WeightsFile& weights, const DetectorOptions& options = {}) {
  return {weights.description, make_torch_runner(weights, options), options};
}

nn::WeightsFile untrained() {
  nn::WeightsFile file;
  file.description.spec = nn::load_model_spec(test::source_dir() / "configs/models/shelf-n.yaml");
  return file;
}

class TorchRunnerOnBus : public testing::Test {
 protected:
  void SetUp() override {
    GONDOLA_REQUIRE_SHARED("golden/bus.jpg");
    GONDOLA_REQUIRE_SHARED("weights/yolov8n.pt");
    weights_ = nn::read_weights(test::shared_dir() / "weights/yolov8n.pt");
    bus_ = media::read_image((test::shared_dir() / "golden/bus.jpg").string());
  }

  nn::WeightsFile weights_;
  cv::Mat bus_;
};

// The two share nothing but the weights, so each is the other's reference.
TEST_F(TorchRunnerOnBus, FindsWhatTheEngineFinds) {
  DetectorOptions options;
  options.score_threshold = 0.05F;
  const auto by_engine = Detector(weights_, options).detect(bus_);
  const auto by_torch = torch_detector(weights_, options).detect(bus_);
  ASSERT_GT(by_torch.size(), 5U);
  ASSERT_EQ(by_engine.size(), by_torch.size());
  for (std::size_t i = 0; i < by_torch.size(); ++i) {
    EXPECT_EQ(by_engine[i].class_id, by_torch[i].class_id);
    EXPECT_NEAR(by_engine[i].score, by_torch[i].score, 1e-4);
    EXPECT_LE(largest_shift(by_engine[i].box, by_torch[i].box), 0.05F);
  }
}

TEST_F(TorchRunnerOnBus, ABatchGivesWhatSinglePicturesGive) {
  cv::Mat small;
  cv::resize(bus_, small, cv::Size(), 0.5, 0.4);
  const std::vector<cv::Mat> images = {bus_, bus_(cv::Rect(0, 200, 500, 700)), small};
  Detector detector = torch_detector(weights_);
  const auto batch = detector.detect_batch(images);
  ASSERT_EQ(batch.size(), images.size());
  for (std::size_t i = 0; i < images.size(); ++i) {
    const auto single = detector.detect(images[i]);
    EXPECT_FALSE(single.empty());
    ASSERT_EQ(batch[i].detections.size(), single.size());
    for (std::size_t k = 0; k < single.size(); ++k) {
      EXPECT_LE(largest_shift(batch[i].detections[k].box, single[k].box), 0.05F);
    }
    EXPECT_GT(batch[i].times_ms.network, 0);
  }
}

TEST_F(TorchRunnerOnBus, BFloat16StaysClose) {
  DetectorOptions options;
  const auto exact = torch_detector(weights_, options).detect(bus_);
  options.precision = engine::Precision::kBFloat16;
  const auto found = torch_detector(weights_, options).detect(bus_);
  ASSERT_GE(exact.size(), 4U);
  for (const Detection& want : exact) {
    if (want.score < 0.5F) continue;
    EXPECT_TRUE(std::any_of(found.begin(), found.end(), [&](const Detection& have) {
      return have.class_id == want.class_id && iou(have.box, want.box) > 0.9F &&
             std::abs(have.score - want.score) < 0.05F;
    })) << want;
  }
}

TEST(TorchRunner, SaysWhatItIs) {
  DetectorOptions options;
  options.image_size = 64;
  EXPECT_EQ(torch_detector(untrained(), options).runtime(), "LibTorch, cpu, fp32");
}

TEST(TorchRunner, RunsTheEnginesRandomNumbersForAModelWithoutWeights) {
  DetectorOptions options;
  options.image_size = 64;
  options.score_threshold = 0.0F;
  options.nms.max_detections = 5;
  cv::Mat image(64, 64, CV_8UC3);
  cv::randu(image, 0, 256);
  const auto by_engine = Detector(untrained(), options).detect(image);
  const auto by_torch = torch_detector(untrained(), options).detect(image);
  ASSERT_EQ(by_engine.size(), 5U);
  ASSERT_EQ(by_torch.size(), 5U);
  for (std::size_t i = 0; i < by_torch.size(); ++i) {
    EXPECT_NEAR(by_engine[i].score, by_torch[i].score, 1e-5);
  }
}

std::string fault_of(const DetectorOptions& options) {
  try {
    make_torch_runner(untrained(), options);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no ConfigError";
}

TEST(TorchRunner, NamesOptionsThatItCannotServe) {
  DetectorOptions options;
  options.image_size = 650;
  EXPECT_THAT(fault_of(options), HasSubstr("use 640 or 672"));
  options = {};
  options.device = "tpu";
  EXPECT_THAT(fault_of(options), HasSubstr("device 'tpu' is unknown; use cpu, cuda or cuda:N"));
  options = {};
  options.precision = engine::Precision::kInt8;
  EXPECT_THAT(fault_of(options), HasSubstr("int8: LibTorch runs fp32 and bf16"));
}

}  // namespace
}  // namespace gondola::detect
