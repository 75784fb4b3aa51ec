#include "gondola/detect/detector.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <opencv2/imgproc.hpp>

#include "gondola/core/box_iou.hpp"
#include "gondola/core/error.hpp"
#include "gondola/media/read_image.hpp"
#include "support/shared_data.hpp"

namespace gondola::detect {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

std::filesystem::path weights(const std::string& file) {
  return test::shared_dir() / "weights" / file;
}

cv::Mat bus() { return media::read_image((test::shared_dir() / "golden/bus.jpg").string()); }

std::vector<Detection> golden_detections(const std::string& file) {
  const auto document =
      nlohmann::json::parse(test::read_text(test::shared_dir() / "golden" / file));
  std::vector<Detection> detections;
  for (const auto& item : document.at("detections")) {
    const auto box = item.at("xyxy").get<std::vector<float>>();
    detections.push_back({Box{box[0], box[1], box[2], box[3]}, item.at("conf").get<float>(),
                          item.at("cls").get<int>()});
  }
  return detections;
}

float largest_shift(const Box& a, const Box& b) {
  return std::max(
      {std::abs(a.x1 - b.x1), std::abs(a.y1 - b.y1), std::abs(a.x2 - b.x2), std::abs(a.y2 - b.y2)});
}

// How many of `expected` have a partner of their own in `found`.
std::size_t count_matched(const std::vector<Detection>& expected, std::vector<Detection> found) {
  std::size_t matched = 0;
  for (const Detection& want : expected) {
    const auto partner = std::find_if(found.begin(), found.end(), [&](const Detection& have) {
      return have.class_id == want.class_id && std::abs(have.score - want.score) <= 1e-3F &&
             iou(have.box, want.box) > 0.98F;
    });
    if (partner == found.end()) continue;
    found.erase(partner);
    ++matched;
  }
  return matched;
}

class DetectorOnBus : public testing::Test {
 protected:
  void SetUp() override {
    GONDOLA_REQUIRE_SHARED("golden/bus.jpg");
    GONDOLA_REQUIRE_SHARED("weights/yolov8n.pt");
    GONDOLA_REQUIRE_SHARED("weights/yolov8n.safetensors");
  }
};

TEST_F(DetectorOnBus, FindsTheGoldenDetections) {
  const auto expected = golden_detections("yolov8n_bus_dets_conf025.json");
  ASSERT_EQ(expected.size(), 5U);
  std::vector<std::vector<Detection>> found;
  for (const char* file : {"yolov8n.pt", "yolov8n.safetensors"}) {
    DetectorOptions options;
    options.score_threshold = 0.25F;
    const Detector detector(weights(file), options);
    found.push_back(detector.detect(bus()));
    ASSERT_EQ(found.back().size(), expected.size()) << file;
    for (std::size_t i = 0; i < expected.size(); ++i) {
      EXPECT_EQ(found.back()[i].class_id, expected[i].class_id) << file;
      EXPECT_NEAR(found.back()[i].score, expected[i].score, 1e-3) << file;
      EXPECT_LE(largest_shift(found.back()[i].box, expected[i].box), 0.5F) << file;
    }
  }
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_LE(largest_shift(found[0][i].box, found[1][i].box), 0.02F);
  }
}

TEST_F(DetectorOnBus, FindsTheGoldenListsAtALowThreshold) {
  for (const bool multi_label : {false, true}) {
    const std::string file = multi_label ? "yolov8n_bus_dets_conf0001_multilabel.json"
                                         : "yolov8n_bus_dets_conf0001.json";
    const auto expected = golden_detections(file);
    ASSERT_GT(expected.size(), 200U);
    DetectorOptions options;
    options.score_threshold = 0.001F;
    options.nms.max_detections = 300;
    options.multi_label = multi_label;
    const auto found = Detector(weights("yolov8n.pt"), options).detect(bus());
    EXPECT_LE(found.size(), 300U);
    // The reference tells classes apart by moving boxes 7680 pixels per class, which rounds their
    // corners: a pair at the very threshold may fall the other way.
    EXPECT_NEAR(static_cast<double>(found.size()), static_cast<double>(expected.size()), 2) << file;
    EXPECT_GE(count_matched(expected, found), (expected.size() * 99 + 99) / 100) << file;
  }
}

TEST_F(DetectorOnBus, ABatchGivesWhatSinglePicturesGive) {
  const cv::Mat whole = bus();
  cv::Mat small;
  cv::resize(whole, small, cv::Size(), 0.5, 0.4);
  const std::vector<cv::Mat> images = {whole, whole(cv::Rect(0, 200, 500, 700)), small};
  DetectorOptions options;
  options.max_batch = 2;  // two pictures, then one
  Detector detector(weights("yolov8n.safetensors"), options);
  const auto batch = detector.detect_batch(images);
  ASSERT_EQ(batch.size(), images.size());
  for (std::size_t i = 0; i < images.size(); ++i) {
    const auto single = detector.detect(images[i]);
    EXPECT_EQ(batch[i].image, (Size{images[i].cols, images[i].rows}));
    ASSERT_EQ(batch[i].detections.size(), single.size());
    EXPECT_FALSE(single.empty());
    for (std::size_t k = 0; k < single.size(); ++k) {
      EXPECT_LE(largest_shift(batch[i].detections[k].box, single[k].box), 0.05F);
    }
    EXPECT_GT(batch[i].times_ms.network, 0);
  }
  EXPECT_TRUE(detector.detect_batch({}).empty());
}

TEST_F(DetectorOnBus, TilesFindEveryCopyOnceInALargePicture) {
  // Four buses with a grey street between them; tiles of 700 pixels cut through all of them.
  constexpr int kStreet = 90;
  const cv::Mat one = bus();
  cv::Mat square(2 * one.rows + kStreet, 2 * one.cols + kStreet, CV_8UC3,
                 cv::Scalar(114, 114, 114));
  for (const int x : {0, one.cols + kStreet}) {
    for (const int y : {0, one.rows + kStreet}) {
      one.copyTo(square(cv::Rect(x, y, one.cols, one.rows)));
    }
  }
  DetectorOptions options;
  options.tiles.size = 700;
  options.tiles.overlap = 0.3F;
  const auto found = Detector(weights("yolov8n.safetensors"), options).detect(square);
  const auto expected = golden_detections("yolov8n_bus_dets_conf025.json");
  for (const float dx : {0.0F, 810.0F + kStreet}) {
    for (const float dy : {0.0F, 1080.0F + kStreet}) {
      for (const Detection& want : expected) {
        const Box box{want.box.x1 + dx, want.box.y1 + dy, want.box.x2 + dx, want.box.y2 + dy};
        if (want.score < 0.5F) continue;
        const auto copies = std::count_if(found.begin(), found.end(), [&](const Detection& have) {
          return have.class_id == want.class_id && have.score > 0.5F && iou(have.box, box) > 0.6F;
        });
        EXPECT_EQ(copies, 1) << want << " moved by " << dx << ", " << dy;
      }
    }
  }
}

TEST_F(DetectorOnBus, KeepsOnlyTheClassesAskedFor) {
  DetectorOptions options;
  options.classes = {5};
  const auto found = Detector(weights("yolov8n.pt"), options).detect(bus());
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].class_id, 5);
}

TEST_F(DetectorOnBus, MayBeUsedFromSeveralThreads) {
  const Detector detector(weights("yolov8n.safetensors"));
  const cv::Mat image = bus();
  const auto expected = detector.detect(image);
  std::vector<std::vector<Detection>> found(3);
  std::vector<std::thread> threads;
  for (auto& result : found) threads.emplace_back([&] { result = detector.detect(image); });
  for (std::thread& thread : threads) thread.join();
  for (const auto& result : found) {
    ASSERT_EQ(result.size(), expected.size());
    for (std::size_t i = 0; i < result.size(); ++i) {
      EXPECT_LE(largest_shift(result[i].box, expected[i].box), 0.05F);
    }
  }
}

TEST_F(DetectorOnBus, BFloat16StaysClose) {
  DetectorOptions options;
  options.precision = engine::Precision::kBFloat16;
  const std::string problem = engine::precision_problem(options.precision);
  if (!problem.empty()) GTEST_SKIP() << problem;
  const auto found = Detector(weights("yolov8n.safetensors"), options).detect(bus());
  const auto expected = golden_detections("yolov8n_bus_dets_conf025.json");
  for (const Detection& want : expected) {
    if (want.score < 0.5F) continue;
    EXPECT_TRUE(std::any_of(found.begin(), found.end(), [&](const Detection& have) {
      return have.class_id == want.class_id && iou(have.box, want.box) > 0.9F &&
             std::abs(have.score - want.score) < 0.05F;
    })) << want;
  }
}

TEST_F(DetectorOnBus, KnowsItsModel) {
  const Detector detector(weights("yolov8n.pt"));
  EXPECT_EQ(detector.model_name(), "yolov8n");
  EXPECT_EQ(detector.class_names().name(0), "person");
  EXPECT_FLOAT_EQ(*detector.options().score_threshold, 0.25F);
  const Detector unnamed(weights("yolov8n.safetensors"));
  EXPECT_EQ(unnamed.class_names().size(), 80U);
  EXPECT_EQ(unnamed.class_names().name(5), "class5");
}

// Options are checked against the model alone; random weights will do.
nn::WeightsFile untrained() {
  nn::WeightsFile file;
  file.description.spec = nn::load_model_spec(test::source_dir() / "configs/models/shelf-n.yaml");
  return file;
}

std::string fault_of(const DetectorOptions& options) {
  try {
    Detector detector(untrained(), options);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no ConfigError";
}

TEST(Detector, NamesOptionsThatDoNotFitTheModel) {
  DetectorOptions options;
  options.image_size = 650;
  EXPECT_EQ(fault_of(options),
            "image size 650 is not a positive multiple of 32, the largest stride of shelf-n; use "
            "640 or 672 (--imgsz)");
  options.image_size = -16;
  EXPECT_THAT(fault_of(options), HasSubstr("use 32 or more"));
  options = {};
  options.classes = {2};
  EXPECT_THAT(fault_of(options), HasSubstr("class 2 does not exist: shelf-n has classes 0 to 1"));
  options = {};
  options.score_threshold = 1.5F;
  EXPECT_THAT(fault_of(options), HasSubstr("outside 0..1"));
  options = {};
  options.tiles.size = 1;
  EXPECT_THAT(fault_of(options), HasSubstr("tile 1 is below 64 pixels"));
  options = {};
  options.max_batch = 0;
  EXPECT_THAT(fault_of(options), HasSubstr("batch 0"));
  options = {};
  options.device = "cuda:1";
  EXPECT_THAT(fault_of(options), HasSubstr("device 'cuda:1': the engine runs on the CPU; use "
                                           "--device cpu, or LibTorch (--runtime libtorch"));
}

TEST(Detector, TakesTheModelsOwnThreshold) {
  nn::WeightsFile calibrated = untrained();
  calibrated.description.score_threshold = 0.4F;
  EXPECT_FLOAT_EQ(*Detector(calibrated).options().score_threshold, 0.4F);
  DetectorOptions options;
  options.score_threshold = 0.1F;
  EXPECT_FLOAT_EQ(*Detector(calibrated, options).options().score_threshold, 0.1F);
}

TEST(Detector, RefusesPicturesThatAreNotBgr) {
  DetectorOptions options;
  options.image_size = 64;
  const Detector detector(untrained(), options);
  EXPECT_THROW(detector.detect(cv::Mat(32, 32, CV_8UC1)), ContractViolation);
  EXPECT_THROW(detector.detect(cv::Mat()), ContractViolation);
}

TEST(Detector, EveryPictureSizeIsTaken) {
  DetectorOptions options;
  options.image_size = 64;
  options.score_threshold = 0.0F;
  options.nms.max_detections = 20;
  const Detector detector(untrained(), options);
  for (const cv::Size size : {cv::Size(1, 1), cv::Size(3000, 1), cv::Size(1, 3000),
                              cv::Size(64, 64), cv::Size(777, 333)}) {
    const cv::Mat image(size, CV_8UC3, cv::Scalar(90, 120, 200));
    for (const Detection& found : detector.detect(image)) {
      EXPECT_GE(found.box.x1, 0);
      EXPECT_GE(found.box.y1, 0);
      EXPECT_LE(found.box.x2, static_cast<float>(size.width));
      EXPECT_LE(found.box.y2, static_cast<float>(size.height));
    }
  }
}

TEST(Detector, SeveralEnginesFindWhatOneFinds) {
  DetectorOptions options;
  options.image_size = 64;
  options.score_threshold = 0.0F;
  options.nms.max_detections = 20;
  options.threads = 1;
  const Detector one(untrained(), options);
  options.threads = 7;
  options.engines = 3;
  const Detector several(untrained(), options);
  EXPECT_EQ(one.parallel_networks(), 1);
  EXPECT_EQ(several.parallel_networks(), 3);
  EXPECT_THAT(several.runtime(), EndsWith("3 threads, 3 side by side"));

  std::vector<cv::Mat> pictures;
  for (int i = 0; i < 24; ++i)
    pictures.emplace_back(50 + i, 90, CV_8UC3, cv::Scalar(10 * i, 200 - 5 * i, 90));
  std::vector<std::vector<Detection>> found(pictures.size());
  std::vector<std::thread> threads;
  for (std::size_t first = 0; first < 6; ++first) {
    threads.emplace_back([&, first] {
      for (std::size_t i = first; i < pictures.size(); i += 6)
        found[i] = several.detect(pictures[i]);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    const std::vector<Detection> expected = one.detect(pictures[i]);
    ASSERT_EQ(found[i].size(), expected.size());
    for (std::size_t k = 0; k < expected.size(); ++k)
      EXPECT_LE(largest_shift(found[i][k].box, expected[k].box), 0.01F) << i;
  }
  options.engines = 0;
  EXPECT_THAT(fault_of(options), HasSubstr("engines 0"));
}

/// Gives every picture one certain box of class 1, in the first cell of each level's last row, and
/// keeps the pictures.
class ScriptedRunner : public NetworkRunner {
 public:
  explicit ScriptedRunner(const nn::ModelSpec& spec, std::vector<cv::Mat>& seen)
      : spec_(spec), seen_(seen) {}

  Times run(const std::vector<cv::Mat>& pictures, const Consumer& consume) override {
    const int step = 4 * spec_.head.reg_max;
    for (std::size_t i = 0; i < pictures.size(); ++i) {
      seen_.push_back(pictures[i].clone());
      const int stride = spec_.head.strides.front();
      const int side = pictures[i].rows / stride;
      const auto cells = static_cast<std::size_t>(side * side);
      std::vector<float> boxes(cells * static_cast<std::size_t>(step), -50.0F);
      std::vector<float> classes(cells * 2, -50.0F);
      const std::size_t cell = static_cast<std::size_t>((side - 1) * side);
      // Distances in cells: left 0, top 1, right 2, bottom 0.
      const std::array distances = {0, 1, 2, 0};
      for (std::size_t k = 0; k < distances.size(); ++k) {
        boxes[cell * static_cast<std::size_t>(step) +
              k * static_cast<std::size_t>(spec_.head.reg_max) +
              static_cast<std::size_t>(distances[k])] = 50.0F;
      }
      classes[cell * 2 + 1] = 3.0F;
      consume(i, {{boxes.data(), classes.data(), side, side, stride, step, 2}});
    }
    return {1.0 * static_cast<double>(pictures.size()), 2.0 * static_cast<double>(pictures.size())};
  }

  std::string description() const override { return "script"; }

 private:
  const nn::ModelSpec spec_;
  std::vector<cv::Mat>& seen_;
};

TEST(Detector, TakesAnyRunner) {
  const nn::ModelDescription model = untrained().description;
  DetectorOptions options;
  options.image_size = 64;
  std::vector<cv::Mat> seen;
  Detector detector(model, std::make_unique<ScriptedRunner>(model.spec, seen), options);
  EXPECT_EQ(detector.runtime(), "script");

  // 128 x 128 pixels are halved, so every box is doubled on its way back.
  const std::vector<cv::Mat> images(3, cv::Mat(128, 128, CV_8UC3, cv::Scalar(1, 2, 3)));
  const auto found = detector.detect_batch(images);
  ASSERT_EQ(seen.size(), 3U);
  EXPECT_EQ(seen[0].size(), cv::Size(64, 64));
  EXPECT_EQ(seen[2].at<cv::Vec3b>(10, 10), cv::Vec3b(1, 2, 3));
  const auto stride = static_cast<float>(model.spec.head.strides.front());
  for (const auto& one : found) {
    ASSERT_EQ(one.detections.size(), 1U);
    const Detection& detection = one.detections.front();
    EXPECT_EQ(detection.class_id, 1);
    EXPECT_NEAR(detection.score, 1 / (1 + std::exp(-3.0)), 1e-6);
    // The anchor point is half a cell from the left and the bottom.
    EXPECT_NEAR(detection.box.x1, 2 * 0.5F * stride, 1e-3);
    EXPECT_NEAR(detection.box.y1, 128 - 2 * 1.5F * stride, 1e-3);
    EXPECT_NEAR(detection.box.x2, 2 * 2.5F * stride, 1e-3);
    EXPECT_NEAR(detection.box.y2, 128 - 2 * 0.5F * stride, 1e-3);
    EXPECT_NEAR(one.times_ms.network, 2, 1e-9);
    EXPECT_GE(one.times_ms.preprocess, 1);
  }
}

}  // namespace
}  // namespace gondola::detect
