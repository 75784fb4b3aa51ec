#include "plan.hpp"

#include <string>
#include <tuple>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/random_network.hpp"
#include "engine/reference_network.hpp"
#include "gondola/core/error.hpp"
#include "gondola/engine/calibrator.hpp"
#include "gondola/engine/engine.hpp"

// Whole networks against plain loops in double.

namespace gondola::engine {
namespace {

using test::largest_difference;
using test::largest_size;
using test::root_mean_square_difference;

std::vector<double> engine_logits(const nn::WeightsFile& weights,
                                  const std::vector<std::uint8_t>& bgr, int height, int width,
                                  Precision precision = Precision::kFloat32, int threads = 1) {
  EngineOptions options;
  options.image_height = height;
  options.image_width = width;
  options.precision = precision;
  options.threads = threads;
  Engine engine(weights, options);
  engine.set_picture(bgr.data(), 3 * width);
  engine.run();
  return test::flattened(engine.logits(), weights.description.spec);
}

// What a plan can do wrong beside arithmetic: every block, stages joined twice and out of order, a
// join of joins that is enlarged, widths that are no multiples of 16 or even odd, kernels of 1, 5
// and 7, levels that read a join, one stage of another activation.
const char* const kCrossed = R"(
name: crossed
classes: 3
activation: {name: leaky_relu, slope: 0.1}
backbone:
  - {block: conv, channels: 8, kernel: 7, stride: 2}
  - {block: conv, id: a, channels: 24, kernel: 5, stride: 2, activation: tanh}
  - {block: c2f, id: b, channels: 40, repeats: 2, expansion: 0.33, shortcut: true}
  - {block: conv, channels: 24, kernel: 1, stride: 2}
  - {block: c3k2, id: c, channels: 24, repeats: 2, c3k: true, expansion: 0.6}
  - {block: c3k2, id: d, channels: 136, repeats: 1, c3k: false, shortcut: false}
  - {block: conv, from: d, channels: 128, kernel: 3, stride: 2}
  - {block: c2psa, channels: 128, repeats: 2}
  - {block: sppf, id: e, channels: 48, kernel: 3}
neck:
  - {block: upsample, factor: 2}
  - {block: concat, id: cd, from: [c, d, previous]}
  - {block: concat, id: dc, from: [d, cd, c, c]}
  - {block: upsample, factor: 2}
  - {block: concat, id: all, from: [b, previous, a]}
  - {block: conv, channels: 16, kernel: 1}
  - {block: upsample, from: e, factor: 4}
  - {block: concat, id: fine, from: [previous, 14]}
head:
  from: [fine, dc, e]
  strides: [4, 8, 16]
  reg_max: 5
  activation: {name: elu, alpha: 0.7}
)";

nn::WeightsFile crossed_network(std::uint64_t seed, bool depthwise = false) {
  nn::ModelSpec spec = nn::parse_model_spec(kCrossed, "crossed.yaml");
  spec.head.depthwise_class_branch = depthwise;
  return test::random_network(spec, seed);
}

// Sums of up to 2304 float32 products in another order, through some sixty layers: about 1e-6 of
// the largest number. Winograd's transforms lose one more digit.
constexpr double kFloat32Tolerance = 3e-5;

void expect_like_reference(const nn::WeightsFile& weights, int height, int width) {
  const std::vector<std::uint8_t> bgr = test::random_picture(height, width, 5);
  const std::vector<double> expected = test::reference_logits(weights, bgr, height, width);
  const std::vector<double> found = engine_logits(weights, bgr, height, width);
  ASSERT_EQ(found.size(), expected.size());
  const double size = largest_size(expected);
  // A network that ignores its picture would prove nothing.
  const std::vector<double> other =
      test::reference_logits(weights, test::random_picture(height, width, 6), height, width);
  ASSERT_GT(root_mean_square_difference(expected, other), 1e-3 * size);
  EXPECT_LT(largest_difference(found, expected), kFloat32Tolerance * size);
}

TEST(Plan, Yolov8nComputesWhatItsYamlSays) {
  expect_like_reference(test::random_network(test::builtin_spec("yolov8n", 80), 1), 64, 96);
}

TEST(Plan, Yolo11nComputesWhatItsYamlSays) {
  expect_like_reference(test::random_network(test::builtin_spec("yolo11n", 1), 2), 96, 64);
}

TEST(Plan, ShelfNetworkComputesWhatItsYamlSays) {
  expect_like_reference(test::random_network(test::builtin_spec("shelf-n", 2), 3), 160, 32);
}

TEST(Plan, CoarsestMapOfOnePixelIsAllBorder) {
  expect_like_reference(test::random_network(test::builtin_spec("yolov8n", 2), 4), 32, 32);
}

TEST(Plan, JoinsInAnyOrderAndOddWidthsComputeWhatTheirYamlSays) {
  expect_like_reference(crossed_network(5), 48, 80);
}

TEST(Plan, DepthwiseBranchMayReadAJoin) {
  expect_like_reference(crossed_network(6, /*depthwise=*/true), 32, 48);
}

class PlanActivation : public testing::TestWithParam<nn::ActivationSpec> {};

TEST_P(PlanActivation, RunsWholeNetworks) {
  expect_like_reference(test::random_network(test::builtin_spec("shelf-n", 2, GetParam()), 7), 64,
                        32);
  // Its depthwise convolutions are kernels of their own.
  expect_like_reference(test::random_network(test::builtin_spec("yolo11n", 2, GetParam()), 8), 32,
                        64);
}

std::vector<nn::ActivationSpec> all_activations() {
  std::vector<nn::ActivationSpec> all;
  for (const std::string& name : nn::activation_names()) {
    all.push_back(nn::make_activation_spec(name));
  }
  all.push_back(nn::make_activation_spec("leaky_relu", 0.3));
  all.push_back(nn::make_activation_spec("elu", 2.5));
  return all;
}

std::string test_name(const nn::ActivationSpec& spec, std::size_t index) {
  return spec.name + "_" + std::to_string(index);
}

INSTANTIATE_TEST_SUITE_P(, PlanActivation, testing::ValuesIn(all_activations()),
                         [](const auto& test) { return test_name(test.param, test.index); });

// ---- narrow precisions ----

// Engine and reference do not round alike for long: a sum in another order moves some number across
// a tie, and a few layers later every second number differs by a step. But their errors against
// exact arithmetic must be of one size, whereas a border, a zero point or a scale that is wrong is
// many steps.
void expect_error_of_rounding(const nn::WeightsFile& weights, int height, int width,
                              Precision precision) {
  if (!precision_problem(precision).empty()) GTEST_SKIP() << precision_problem(precision);
  const std::vector<std::uint8_t> bgr = test::random_picture(height, width, 9);
  const std::vector<double> exact = test::reference_logits(weights, bgr, height, width);
  const std::vector<double> rounded =
      test::reference_logits(weights, bgr, height, width, precision);
  const std::vector<double> found = engine_logits(weights, bgr, height, width, precision);
  const double rounding = root_mean_square_difference(rounded, exact);
  const double error = root_mean_square_difference(found, exact);
  EXPECT_LT(error, 1.4 * rounding) << to_string(precision);
  EXPECT_GT(error, 0.6 * rounding) << to_string(precision);
  EXPECT_EQ(engine_logits(weights, bgr, height, width, precision, 3), found);
}

nn::WeightsFile quantized(const nn::WeightsFile& weights, int height, int width) {
  EngineOptions options;
  options.image_height = height;
  options.image_width = width;
  Calibrator calibrator(weights, options);
  for (std::uint64_t seed = 20; seed < 28; ++seed) {
    calibrator.add(test::random_picture(height, width, seed).data(), 3 * width);
  }
  return calibrator.quantized();
}

TEST(PlanBFloat16, RoundsWhereItIsSaidTo) {
  const auto relu = nn::make_activation_spec("relu");
  expect_error_of_rounding(test::random_network(test::builtin_spec("yolov8n", 80, relu), 10), 64,
                           96, Precision::kBFloat16);
  expect_error_of_rounding(test::random_network(test::builtin_spec("yolov8n", 80), 10), 64, 96,
                           Precision::kBFloat16);
  expect_error_of_rounding(test::random_network(test::builtin_spec("yolo11n", 1), 11), 96, 64,
                           Precision::kBFloat16);
  expect_error_of_rounding(crossed_network(12, true), 48, 80, Precision::kBFloat16);
}

TEST(PlanInt8, RoundsWhereItIsSaidTo) {
  const auto relu = nn::make_activation_spec("relu");
  expect_error_of_rounding(
      quantized(test::random_network(test::builtin_spec("yolov8n", 80, relu), 13), 64, 96), 64, 96,
      Precision::kInt8);
  expect_error_of_rounding(
      quantized(test::random_network(test::builtin_spec("yolov8n", 80), 13), 64, 96), 64, 96,
      Precision::kInt8);
  expect_error_of_rounding(
      quantized(test::random_network(test::builtin_spec("yolo11n", 1), 14), 96, 64), 96, 64,
      Precision::kInt8);
  expect_error_of_rounding(quantized(crossed_network(15, true), 48, 80), 48, 80, Precision::kInt8);
}

// Sums of bytes are exact, so without a rough exponential hardly a number is near enough to a tie.
TEST(PlanInt8, RoundsToTheVerySameNumbers) {
  if (!precision_problem(Precision::kInt8).empty()) GTEST_SKIP();
  const nn::WeightsFile weights = quantized(crossed_network(15, true), 48, 80);
  const std::vector<std::uint8_t> bgr = test::random_picture(48, 80, 9);
  const std::vector<double> exact = test::reference_logits(weights, bgr, 48, 80);
  const std::vector<double> rounded =
      test::reference_logits(weights, bgr, 48, 80, Precision::kInt8);
  EXPECT_LT(
      root_mean_square_difference(engine_logits(weights, bgr, 48, 80, Precision::kInt8), rounded),
      0.05 * root_mean_square_difference(rounded, exact));
}

TEST_P(PlanActivation, RunsInNarrowPrecisions) {
  const nn::WeightsFile weights =
      test::random_network(test::builtin_spec("shelf-n", 2, GetParam()), 16);
  expect_error_of_rounding(weights, 64, 32, Precision::kBFloat16);
  expect_error_of_rounding(quantized(weights, 64, 32), 64, 32, Precision::kInt8);
}

TEST(PlanInt8, KeptLayersAreNotRounded) {
  if (!precision_problem(Precision::kInt8).empty()) GTEST_SKIP();
  const nn::WeightsFile weights = test::random_network(test::builtin_spec("yolo11n", 2), 17);
  nn::WeightsFile narrow = quantized(weights, 64, 64);
  const std::vector<std::uint8_t> bgr = test::random_picture(64, 64, 18);
  const std::vector<double> exact = test::reference_logits(weights, bgr, 64, 64);
  const auto error = [&](const std::vector<std::string>& kept) {
    narrow.quantization->kept.clear();
    for (const std::string& name : kept) narrow.quantization->kept.push_back({name, 0.01});
    return root_mean_square_difference(engine_logits(narrow, bgr, 64, 64, Precision::kInt8), exact);
  };
  std::vector<std::string> all;
  std::vector<std::string> head;
  for (const Operation& operation : build_graph(weights, 64, 64).operations) {
    if (operation.kind != OperationKind::kConvolution) continue;
    all.push_back(operation.name);
    if (operation.name.find("model.23.") == 0) head.push_back(operation.name);
  }
  const double none_kept = error({});
  EXPECT_LT(error(head), 0.95 * none_kept);
  // What remains is the error of the weights' 8 bits.
  EXPECT_LT(error(all), 0.5 * none_kept);
}

TEST(Plan, ThreadsDoNotChangeABit) {
  const nn::WeightsFile yolo11 = test::random_network(test::builtin_spec("yolo11n", 80), 19);
  const nn::WeightsFile crossed = crossed_network(20, true);
  for (const nn::WeightsFile* weights : {&yolo11, &crossed}) {
    const std::vector<std::uint8_t> bgr = test::random_picture(160, 96, 21);
    const std::vector<double> one = engine_logits(*weights, bgr, 160, 96);
    for (const int threads : {2, 3, 5}) {
      EXPECT_EQ(engine_logits(*weights, bgr, 160, 96, Precision::kFloat32, threads), one);
    }
  }
}

TEST(Plan, QuantisationThatLacksAResultIsRefused) {
  const nn::WeightsFile weights = crossed_network(22);
  nn::Quantization quantization;
  PlanOptions options;
  options.precision = Precision::kInt8;
  options.quantization = &quantization;
  if (!precision_problem(Precision::kInt8).empty()) GTEST_SKIP();
  try {
    make_plan(build_graph(weights, 48, 80), options);
    FAIL() << "no WeightsError";
  } catch (const WeightsError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("does not know the result of model.0"));
    EXPECT_THAT(error.what(), testing::HasSubstr("quantise the model again"));
  }
}

}  // namespace
}  // namespace gondola::engine
