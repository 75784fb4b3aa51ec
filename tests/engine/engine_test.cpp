#include "gondola/engine/engine.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/random_network.hpp"
#include "engine/reference_network.hpp"
#include "gondola/core/cpus.hpp"
#include "gondola/core/error.hpp"
#include "gondola/nn/quantization.hpp"

namespace gondola::engine {
namespace {

using testing::HasSubstr;

const char* const kTiny = R"(
name: tiny
classes: [bottle, can]
backbone:
  - {block: conv, id: a, channels: 8, stride: 2}
  - {block: conv, channels: 16, stride: 2}
  - {block: upsample, factor: 2}
  - {block: concat, id: b, from: [a, previous]}
head: {from: [b], strides: [2], reg_max: 4}
)";

nn::WeightsFile tiny_network() {
  return test::random_network(nn::parse_model_spec(kTiny, "tiny.yaml"), 1);
}

EngineOptions sized(int height, int width) {
  EngineOptions options;
  options.image_height = height;
  options.image_width = width;
  options.threads = 1;
  return options;
}

std::vector<double> logits_of(Engine& engine, const std::vector<std::uint8_t>& bgr,
                              std::ptrdiff_t row_bytes) {
  engine.set_picture(bgr.data(), row_bytes);
  engine.run();
  return test::flattened(engine.logits(), nn::parse_model_spec(kTiny, "tiny.yaml"));
}

template <typename Fault>
std::string fault_of(const nn::WeightsFile& weights, const EngineOptions& options) {
  try {
    const Engine engine(weights, options);
  } catch (const Fault& fault) {
    return fault.what();
  }
  return "nothing thrown";
}

// The tensors with one changed; left out when `change` says so.
template <typename Change>
nn::WeightsFile with_tensor(const std::string& name, const Change& change) {
  nn::WeightsFile weights = tiny_network();
  nn::NamedTensors tensors;
  for (const auto& [known, tensor] : weights.tensors) {
    std::optional<nn::TensorData> kept = tensor;
    if (known == name) kept = change(tensor);
    if (kept) static_cast<void>(tensors.add(known, *kept));
  }
  weights.tensors = tensors;
  return weights;
}

TEST(Engine, LevelsAreLaidOutAsTheHeadSays) {
  Engine engine(tiny_network(), sized(8, 12));
  ASSERT_EQ(engine.logits().size(), 1U);
  const nn::LevelLogits& level = engine.logits().front();
  EXPECT_EQ(level.height, 4);
  EXPECT_EQ(level.width, 6);
  EXPECT_EQ(level.stride, 2);
  EXPECT_GE(level.box_step, 16);
  EXPECT_GE(level.class_step, 2);
}

TEST(Engine, SamePictureGivesTheSameBits) {
  Engine engine(tiny_network(), sized(16, 24));
  const auto bgr = test::random_picture(16, 24, 2);
  const auto other = test::random_picture(16, 24, 3);
  const std::vector<double> first = logits_of(engine, bgr, 3 * 24);
  EXPECT_NE(logits_of(engine, other, 3 * 24), first);
  EXPECT_EQ(logits_of(engine, bgr, 3 * 24), first);
}

TEST(Engine, RowsMayLieApart) {
  Engine engine(tiny_network(), sized(16, 24));
  const auto bgr = test::random_picture(16, 24, 2);
  std::vector<std::uint8_t> apart;
  for (std::ptrdiff_t y = 0; y < 16; ++y) {
    apart.insert(apart.end(), bgr.begin() + y * 72, bgr.begin() + (y + 1) * 72);
    apart.insert(apart.end(), 13, 255);
  }
  EXPECT_EQ(logits_of(engine, apart, 72 + 13), logits_of(engine, bgr, 72));
}

TEST(Engine, ChannelsAreBlueGreenRed) {
  // A network of red alone: the first convolution reads channel 0 of red, green, blue.
  const nn::WeightsFile red = with_tensor("model.0.conv.weight", [](const nn::TensorData& tensor) {
    std::vector<float> values = nn::to_float32(tensor);
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i / 9 % 3 != 0) values[i] = 0;
    }
    return nn::make_float32(tensor.shape, values);
  });
  Engine engine(red, sized(8, 8));
  std::vector<std::uint8_t> bgr(8 * 8 * 3, 90);
  const std::vector<double> grey = logits_of(engine, bgr, 24);
  for (std::size_t i = 0; i < bgr.size(); i += 3) bgr[i] = bgr[i + 1] = 7;
  EXPECT_EQ(logits_of(engine, bgr, 24), grey);
  for (std::size_t i = 2; i < bgr.size(); i += 3) bgr[i] = 7;
  EXPECT_NE(logits_of(engine, bgr, 24), grey);
}

// Channel c of the cell (y, x) of a kept stage.
double value_of(const StageMap& map, int y, int x, std::size_t c) {
  return map.values[(static_cast<std::ptrdiff_t>(y) * map.width + x) * map.step + map.channels[c]];
}

TEST(Engine, KeepsTheResultsOfStages) {
  // The first convolution's channel 3 passes on the red of the pixel in the middle of its kernel.
  const nn::WeightsFile weights =
      with_tensor("model.0.conv.weight", [](const nn::TensorData& tensor) {
        std::vector<float> values = nn::to_float32(tensor);
        std::fill_n(values.begin() + 3 * 27, 27, 0.0F);
        values[3 * 27 + 4] = 1;
        return nn::make_float32(tensor.shape, values);
      });
  const auto bgr = test::random_picture(16, 24, 2);
  const auto number = [&](const char* name) {
    return static_cast<double>(nn::to_float32(*weights.tensors.find(name))[3]);
  };
  const nn::ModelSpec& spec = weights.description.spec;
  const auto expected = [&](int y, int x) {
    const double red = bgr[static_cast<std::size_t>((2 * y * 24 + 2 * x) * 3 + 2)] / 255.0;
    const double scale = number("model.0.bn.weight") /
                         std::sqrt(number("model.0.bn.running_var") + spec.batch_norm_epsilon);
    return test::reference_activation(
        spec.activation,
        (red - number("model.0.bn.running_mean")) * scale + number("model.0.bn.bias"));
  };
  EngineOptions plain = sized(16, 24);
  Engine without(weights, plain);
  const std::vector<double> logits = logits_of(without, bgr, 3 * 24);
  EXPECT_TRUE(without.stage_maps().empty());

  for (const Precision precision : {Precision::kFloat32, Precision::kBFloat16}) {
    if (!precision_problem(precision).empty()) continue;
    EngineOptions options = sized(16, 24);
    options.precision = precision;
    options.kept_stages = {0, 3, 1};
    Engine engine(weights, options);
    const std::vector<double> found = logits_of(engine, bgr, 3 * 24);
    if (precision == Precision::kFloat32) {
      EXPECT_EQ(found, logits);
    }
    ASSERT_EQ(engine.stage_maps().size(), 3U);
    const StageMap& first = engine.stage_maps()[0];
    const StageMap& join = engine.stage_maps()[1];
    const StageMap& second = engine.stage_maps()[2];
    EXPECT_EQ(first.height, 8);
    EXPECT_EQ(first.width, 12);
    ASSERT_EQ(first.channels.size(), 8U);
    EXPECT_EQ(second.height, 4);
    ASSERT_EQ(second.channels.size(), 16U);
    ASSERT_EQ(join.channels.size(), 24U);
    const double tolerance = precision == Precision::kFloat32 ? 1e-5 : 2e-2;
    for (int y = 0; y < 8; ++y) {
      for (int x = 0; x < 12; ++x) {
        EXPECT_NEAR(value_of(first, y, x, 3), expected(y, x), tolerance);
        // The join has the first stage and the second one, every cell of it four times.
        for (std::size_t c = 0; c < 8; ++c)
          EXPECT_EQ(value_of(join, y, x, c), value_of(first, y, x, c));
        for (std::size_t c = 0; c < 16; ++c)
          EXPECT_EQ(value_of(join, y, x, 8 + c), value_of(second, y / 2, x / 2, c));
      }
    }
  }
}

TEST(Engine, RefusesToKeepStagesThatItDoesNotHave) {
  EngineOptions options = sized(16, 24);
  options.kept_stages = {4};
  EXPECT_THAT(fault_of<ContractViolation>(tiny_network(), options), HasSubstr("stage 4 of 4"));
}

TEST(Engine, TimedRunComputesTheSameAndNamesEveryOperation) {
  EngineOptions options = sized(16, 24);
  options.threads = 2;
  Engine engine(tiny_network(), options);
  const auto bgr = test::random_picture(16, 24, 2);
  const std::vector<double> expected = logits_of(engine, bgr, 3 * 24);
  engine.set_picture(bgr.data(), 3 * 24);
  const std::vector<OperationTime> times = engine.run_timed();
  EXPECT_EQ(test::flattened(engine.logits(), nn::parse_model_spec(kTiny, "")), expected);
  ASSERT_EQ(times.size(), 9U);  // 2 of the backbone, 1 upsampling, 6 of the head
  EXPECT_EQ(times[0].name, "model.0");
  // 8 outputs of 3 x 3 x 3 at 8 x 12 pixels.
  EXPECT_EQ(times[0].multiply_adds, 8 * 27 * 8 * 12);
  for (const OperationTime& time : times) EXPECT_GE(time.milliseconds, 0) << time.name;
}

TEST(Engine, MovedEngineRuns) {
  Engine engine(tiny_network(), sized(16, 24));
  const auto bgr = test::random_picture(16, 24, 2);
  const std::vector<double> expected = logits_of(engine, bgr, 3 * 24);
  Engine moved = std::move(engine);
  EXPECT_EQ(logits_of(moved, bgr, 3 * 24), expected);
}

TEST(Engine, NoThreadsAskedForMeansAllOfThisProcess) {
  EngineOptions options = sized(8, 8);
  options.threads = 0;
  EXPECT_EQ(Engine(tiny_network(), options).options().threads, usable_cpus());
}

TEST(Engine, NarrowerNumbersTakeLessMemory) {
  const Engine full(tiny_network(), sized(64, 64));
  EXPECT_GT(full.map_bytes(), 64U * 64U * 4U);
  EXPECT_GT(full.weight_bytes(), 0U);
  if (!precision_problem(Precision::kBFloat16).empty()) GTEST_SKIP();
  EngineOptions options = sized(64, 64);
  options.precision = Precision::kBFloat16;
  const Engine half(tiny_network(), options);
  EXPECT_LT(half.map_bytes(), full.map_bytes());
  EXPECT_LT(half.weight_bytes(), full.weight_bytes());
}

TEST(EngineFaults, SizeOffTheStride) {
  EXPECT_THAT(fault_of<ConfigError>(tiny_network(), sized(8, 10)),
              HasSubstr("image size 10 is not a positive multiple of 4"));
  EXPECT_THAT(fault_of<ConfigError>(tiny_network(), sized(0, 8)), HasSubstr("image size 0"));
}

TEST(EngineFaults, StrideOfTheBackboneCountsEvenIfNoLevelHasIt) {
  // Its levels are at strides 8 and 16, but a stage between them is at 32.
  const nn::WeightsFile shelf = test::random_network(test::builtin_spec("shelf-n", 2), 1);
  EXPECT_THAT(fault_of<ConfigError>(shelf, sized(64, 80)),
              HasSubstr("image size 80 is not a positive multiple of 32"));
}

TEST(EngineFaults, NegativeThreads) {
  EngineOptions options = sized(8, 8);
  options.threads = -1;
  EXPECT_EQ(fault_of<ConfigError>(tiny_network(), options), "threads -1 is below 1 (--threads)");
}

TEST(EngineFaults, Int8OfAFloatNetwork) {
  if (!precision_problem(Precision::kInt8).empty()) GTEST_SKIP();
  EngineOptions options = sized(8, 8);
  options.precision = Precision::kInt8;
  EXPECT_EQ(fault_of<ConfigError>(tiny_network(), options),
            "precision int8: tiny is not quantised; make an int8 file with `gondola quantize`");
}

TEST(EngineFaults, PrecisionThatThisCpuLacks) {
  bool lacks_any = false;
  for (const Precision precision : {Precision::kBFloat16, Precision::kInt8}) {
    const std::string problem = precision_problem(precision);
    if (problem.empty()) continue;
    lacks_any = true;
    EngineOptions options = sized(8, 8);
    options.precision = precision;
    EXPECT_EQ(fault_of<ConfigError>(tiny_network(), options),
              "precision " + to_string(precision) + ": " + problem);
  }
  if (!lacks_any) GTEST_SKIP() << "this CPU has all";
}

TEST(EngineFaults, TensorThatIsMissing) {
  const auto without = with_tensor(
      "model.1.bn.bias", [](const nn::TensorData&) { return std::optional<nn::TensorData>(); });
  EXPECT_EQ(fault_of<WeightsError>(without, sized(8, 8)),
            "tiny: tensor model.1.bn.bias is missing");
  nn::WeightsFile none = tiny_network();
  none.tensors = {};
  EXPECT_THAT(fault_of<WeightsError>(none, sized(8, 8)), HasSubstr("model.0.conv.weight"));
}

TEST(EngineFaults, TensorOfAnotherShape) {
  const auto misshapen = with_tensor("model.1.conv.weight", [](const nn::TensorData&) {
    return nn::make_float32({16, 8, 1, 1}, std::vector<float>(128));
  });
  EXPECT_EQ(fault_of<WeightsError>(misshapen, sized(8, 8)),
            "tiny: tensor model.1.conv.weight is [16, 8, 1, 1], expected [16, 8, 3, 3]");
}

TEST(EngineFaults, TensorThatIsNotFinite) {
  for (const float fault :
       {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity()}) {
    const auto damaged = with_tensor("model.4.cv3.0.2.bias", [&](const nn::TensorData& tensor) {
      return nn::make_float32(tensor.shape, {0, fault});
    });
    EXPECT_EQ(fault_of<WeightsError>(damaged, sized(8, 8)),
              "tiny: tensor model.4.cv3.0.2.bias holds NaN or infinity");
  }
}

}  // namespace
}  // namespace gondola::engine
