#include "gondola/engine/calibrator.hpp"

#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/random_network.hpp"
#include "engine/reference_network.hpp"
#include "gondola/core/error.hpp"
#include "gondola/nn/quantization.hpp"
#include "support/shared_data.hpp"

namespace gondola::engine {
namespace {

using test::root_mean_square_difference;

constexpr int kSide = 64;

EngineOptions sized(Precision precision) {
  EngineOptions options;
  options.image_height = kSide;
  options.image_width = kSide;
  options.precision = precision;
  options.threads = 1;
  return options;
}

std::vector<std::vector<std::uint8_t>> pictures(std::uint64_t first_seed, std::size_t count) {
  std::vector<std::vector<std::uint8_t>> all;
  for (std::size_t i = 0; i < count; ++i) {
    all.push_back(test::random_picture(kSide, kSide, first_seed + i));
  }
  return all;
}

nn::WeightsFile calibrated(const nn::WeightsFile& weights,
                           const std::vector<std::vector<std::uint8_t>>& seen) {
  Calibrator calibrator(weights, sized(Precision::kFloat32));
  for (const auto& bgr : seen) calibrator.add(bgr.data(), 3 * kSide);
  EXPECT_EQ(calibrator.pictures(), seen.size());
  return calibrator.quantized();
}

std::vector<double> logits_of(const nn::WeightsFile& weights, const std::vector<std::uint8_t>& bgr,
                              Precision precision) {
  Engine engine(weights, sized(precision));
  engine.set_picture(bgr.data(), 3 * kSide);
  engine.run();
  return test::flattened(engine.logits(), weights.description.spec);
}

nn::WeightsFile small_network(std::uint64_t seed,
                              const nn::ActivationSpec& activation = nn::ActivationSpec()) {
  return test::random_network(test::builtin_spec("shelf-n", 2, activation), seed);
}

TEST(Calibrator, Int8NetworkStaysNearTheFloatOne) {
  if (!precision_problem(Precision::kInt8).empty()) GTEST_SKIP();
  const nn::WeightsFile weights = small_network(1);
  const nn::WeightsFile narrow = calibrated(weights, pictures(100, 8));
  for (const auto& bgr : pictures(200, 3)) {  // others than it was calibrated on
    const std::vector<double> exact = logits_of(weights, bgr, Precision::kFloat32);
    double mean = 0;
    for (const double value : exact) mean += value / static_cast<double>(exact.size());
    const double spread =
        root_mean_square_difference(exact, std::vector<double>(exact.size(), mean));
    // A tensor whose largest number is some six times its root mean square has steps of 12 / 255 =
    // 5 % of that, errors of 1.4 %; weights the same. Of twenty-odd layers' errors, each is then
    // damped or doubled on its way: about sqrt(2 * 25) * 1.4 % = 10 % at most.
    EXPECT_LT(root_mean_square_difference(logits_of(narrow, bgr, Precision::kInt8), exact),
              0.1 * spread);
  }
}

TEST(Calibrator, FileOfItsWeightsRunsBitByBitTheSame) {
  if (!precision_problem(Precision::kInt8).empty()) GTEST_SKIP();
  const test::TempDir dir;
  for (const char* activation : {"silu", "prelu"}) {
    nn::WeightsFile narrow =
        calibrated(small_network(2, nn::make_activation_spec(activation)), pictures(100, 3));
    narrow.description.spec.name = "shelf-n";
    narrow.quantization->kept.push_back({"model.4.cv1", 0.02});
    nn::write_weights(dir / "narrow.safetensors", narrow);
    const nn::WeightsFile read = nn::read_weights(dir / "narrow.safetensors");
    ASSERT_TRUE(read.quantization);
    EXPECT_EQ(read.quantization->tensors.size(), narrow.quantization->tensors.size());
    for (const auto& bgr : pictures(200, 2)) {
      EXPECT_EQ(logits_of(read, bgr, Precision::kInt8), logits_of(narrow, bgr, Precision::kInt8));
    }
  }
}

TEST(Calibrator, QuantisedWeightsRunInFloatToo) {
  const nn::WeightsFile weights = small_network(3);
  const nn::WeightsFile narrow = calibrated(weights, pictures(100, 3));
  const auto bgr = pictures(200, 1).front();
  const std::vector<double> found = logits_of(narrow, bgr, Precision::kFloat32);
  const std::vector<double> expected = test::reference_logits(narrow, bgr, kSide, kSide);
  EXPECT_LT(test::largest_difference(found, expected), 3e-5 * test::largest_size(expected));
  // Rounded weights are others, but not by much.
  const std::vector<double> exact = logits_of(weights, bgr, Precision::kFloat32);
  EXPECT_GT(root_mean_square_difference(found, exact), 0);
  EXPECT_LT(root_mean_square_difference(found, exact), 0.02 * test::largest_size(exact));
}

// With the exact weights' biases, results are off by what rounding shifts their mean.
TEST(Calibrator, CorrectedBiasesBringMeansNearer) {
  if (!precision_problem(Precision::kInt8).empty()) GTEST_SKIP();
  const auto seen = pictures(100, 6);
  double corrected_error = 0;
  double uncorrected_error = 0;
  for (const std::uint64_t seed : {4, 5, 6}) {
    const nn::WeightsFile weights = small_network(seed, nn::make_activation_spec("relu"));
    const nn::WeightsFile corrected = calibrated(weights, seen);

    // The batch norms' own shifts, as the calibrator would have left them.
    nn::WeightsFile uncorrected = corrected;
    uncorrected.tensors = {};
    const double epsilon = weights.description.spec.batch_norm_epsilon;
    for (const auto& [name, tensor] : corrected.tensors) {
      nn::TensorData kept = tensor;
      const std::string suffix = ".conv.bias";
      if (name.size() > suffix.size() &&
          name.compare(name.size() - suffix.size(), suffix.size(), suffix) == 0) {
        const std::string path = name.substr(0, name.size() - suffix.size()) + ".bn.";
        const auto numbers = [&](const char* what) {
          return nn::to_float32(*weights.tensors.find(path + what));
        };
        std::vector<float> bias = numbers("bias");
        for (std::size_t i = 0; i < bias.size(); ++i) {
          bias[i] -= static_cast<float>(numbers("running_mean")[i] * numbers("weight")[i] /
                                        std::sqrt(numbers("running_var")[i] + epsilon));
        }
        kept = nn::make_float32(tensor.shape, bias);
      } else if (const nn::TensorData* own = weights.tensors.find(name);
                 own != nullptr && tensor.shape.size() == 1) {
        kept = *own;
      }
      ASSERT_TRUE(uncorrected.tensors.add(name, kept));
    }

    const auto mean_error = [&](const nn::WeightsFile& narrow) {
      const auto outputs = static_cast<std::size_t>(4 * weights.description.spec.head.reg_max +
                                                    weights.description.spec.class_count);
      std::vector<double> shift(outputs);
      for (const auto& bgr : seen) {
        const std::vector<double> exact = logits_of(weights, bgr, Precision::kFloat32);
        const std::vector<double> found = logits_of(narrow, bgr, Precision::kInt8);
        for (std::size_t i = 0; i < exact.size(); ++i) {
          shift[i % outputs] += (found[i] - exact[i]) / static_cast<double>(exact.size());
        }
      }
      return root_mean_square_difference(shift, std::vector<double>(outputs));
    };
    corrected_error += mean_error(corrected);
    uncorrected_error += mean_error(uncorrected);
  }
  EXPECT_LT(corrected_error, 0.9 * uncorrected_error);
}

TEST(Calibrator, RangesHoldZeroAndWhatWasSeen) {
  const nn::WeightsFile weights = small_network(7);
  Calibrator calibrator(weights, sized(Precision::kFloat32));
  for (const auto& bgr : pictures(100, 3)) calibrator.add(bgr.data(), 3 * kSide);
  const std::vector<RangeChoice> ranges = calibrator.ranges();
  const nn::WeightsFile narrow = calibrator.quantized();
  EXPECT_EQ(ranges.size(), narrow.quantization->tensors.size());
  for (const RangeChoice& range : ranges) {
    const nn::TensorQuantization q = narrow.quantization->tensors.at(range.tensor);
    EXPECT_GE(q.zero_point, 0);
    EXPECT_LE(q.zero_point, 255);
    EXPECT_FALSE(range.method.empty());
    // 8 bits hold any of these tensors within some per cent.
    EXPECT_GT(range.relative_error, 0) << range.tensor;
    EXPECT_LT(range.relative_error, 0.05) << range.tensor;
    const double low = -q.zero_point * static_cast<double>(q.scale);
    const double high = (255 - q.zero_point) * static_cast<double>(q.scale);
    EXPECT_NEAR(low, std::min(range.low, 0.0F), 0.51 * q.scale) << range.tensor;
    EXPECT_NEAR(high, std::max(range.high, 0.0F), 0.51 * q.scale) << range.tensor;
    // silu is never below -0.2785, where its derivative is 0.
    EXPECT_TRUE(range.tensor != "model.0" || range.low > -0.279F) << range.low;
  }
}

TEST(Calibrator, LayersAreTheDenseConvolutionsInRunningOrder) {
  const Calibrator calibrator(test::random_network(test::builtin_spec("yolo11n", 2), 8),
                              sized(Precision::kFloat32));
  const std::vector<std::string> layers = calibrator.layers();
  EXPECT_EQ(layers.front(), "model.0");
  EXPECT_EQ(layers.back(), "model.23.cv3.2.2");
  EXPECT_EQ(std::count(layers.begin(), layers.end(), "model.10.m.0.attn.qkv"), 1);
  EXPECT_EQ(std::count(layers.begin(), layers.end(), "model.10.m.0.attn.pe"), 0);
}

TEST(Calibrator, NothingSeenIsACallersBug) {
  const Calibrator calibrator(small_network(9), sized(Precision::kFloat32));
  EXPECT_EQ(calibrator.pictures(), 0U);
  EXPECT_THROW(calibrator.quantized(), ContractViolation);
  EXPECT_THROW(calibrator.ranges(), ContractViolation);
}

TEST(Calibrator, SizeOffTheStrideIsRefused) {
  EngineOptions options = sized(Precision::kFloat32);
  options.image_width = 72;
  EXPECT_THROW(Calibrator(small_network(10), options), ConfigError);
}

}  // namespace
}  // namespace gondola::engine
