#include "gondola/nn/decode.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

#include "gondola/core/error.hpp"
#include "gondola/nn/candidates.hpp"
#include "gondola/nn/cell_logits.hpp"

namespace gondola::nn {
namespace {

constexpr int kBins = 16;

HeadSpec two_levels() {
  HeadSpec head;
  head.from = {0, 1};
  head.strides = {8, 16};
  head.reg_max = kBins;
  return head;
}

std::vector<at::Tensor> random_logits(std::int64_t batch, int classes, std::uint64_t seed) {
  const at::Generator generator = at::detail::createCPUGenerator(seed);
  return {at::randn({batch, 4 * kBins + classes, 6, 8}, generator) * 2,
          at::randn({batch, 4 * kBins + classes, 3, 4}, generator) * 2};
}

std::vector<Detection> candidates_of(const std::vector<at::Tensor>& logits, std::int64_t image,
                                     const CandidateOptions& options) {
  return select_candidates(CellLogits(logits, two_levels()).levels(image), options);
}

TEST(AnchorPoints, AreCellCentresLevelByLevelRowByRow) {
  const AnchorPoints points = make_anchor_points(random_logits(1, 1, 0), {8, 16});
  ASSERT_EQ(points.centers.sizes(), at::IntArrayRef({6 * 8 + 3 * 4, 2}));
  EXPECT_FLOAT_EQ(points.centers[9][0].item<float>(), 1.5F);  // second row, second column
  EXPECT_FLOAT_EQ(points.centers[9][1].item<float>(), 1.5F);
  EXPECT_FLOAT_EQ(points.centers[48][0].item<float>(), 0.5F);  // first cell of the second level
  EXPECT_FLOAT_EQ(points.strides[47][0].item<float>(), 8);
  EXPECT_FLOAT_EQ(points.strides[48][0].item<float>(), 16);
}

TEST(Decode, CertainDistributionsGiveTheHandWorkedBox) {
  std::vector<at::Tensor> logits = {at::full({1, 4 * kBins + 1, 6, 8}, -50.0),
                                    at::full({1, 4 * kBins + 1, 3, 4}, -50.0)};
  // Row 2, column 3 of the first level: left 1, top 2, right 3, bottom 0 cells.
  const std::vector<int> distances = {1, 2, 3, 0};
  for (int side = 0; side < 4; ++side) {
    logits[0][0][side * kBins + distances[static_cast<std::size_t>(side)]][2][3] = 50;
  }
  logits[0][0][4 * kBins][2][3] = 0;
  const at::Tensor output = decode(logits, two_levels());
  const at::Tensor cell = output[0].select(1, 2 * 8 + 3);
  // Anchor point (3.5, 2.5): x from 2.5 to 6.5, y from 0.5 to 2.5 cells of 8 pixels.
  EXPECT_NEAR(cell[0].item<float>(), 36, 1e-4);
  EXPECT_NEAR(cell[1].item<float>(), 12, 1e-4);
  EXPECT_NEAR(cell[2].item<float>(), 32, 1e-4);
  EXPECT_NEAR(cell[3].item<float>(), 16, 1e-4);
  EXPECT_NEAR(cell[4].item<float>(), 0.5, 1e-6);
}

TEST(Decode, EvenDistributionGivesTheMiddle) {
  const std::vector<at::Tensor> logits = {at::zeros({1, 4 * kBins + 1, 6, 8}),
                                          at::zeros({1, 4 * kBins + 1, 3, 4})};
  // Mean of 0..15 is 7.5 on each side: 15 cells wide.
  const at::Tensor output = decode(logits, two_levels());
  EXPECT_NEAR(output[0][2][0].item<float>(), 15 * 8, 1e-3);
  EXPECT_NEAR(output[0][2][48].item<float>(), 15 * 16, 1e-3);
}

TEST(Decode, GradientsReachTheLogits) {
  std::vector<at::Tensor> logits = random_logits(1, 2, 4);
  for (at::Tensor& level : logits) level.set_requires_grad(true);
  decode(logits, two_levels()).sum().backward();
  for (const at::Tensor& level : logits) EXPECT_GT(level.grad().abs().sum().item<float>(), 0);
}

TEST(Decode, NamesTheLevelOfAWrongShape) {
  std::vector<at::Tensor> logits = random_logits(1, 2, 4);
  logits[1] = logits[1].narrow(1, 0, 60);
  EXPECT_THROW(decode(logits, two_levels()), c10::Error);
  EXPECT_THROW(decode({logits[0]}, two_levels()), c10::Error);
}

// All candidates by brute force from decode()'s full output.
std::vector<Detection> reference(const at::Tensor& output, const CandidateOptions& options) {
  std::vector<Detection> found;
  const auto wanted = [&](int id) {
    return options.classes.empty() ||
           std::find(options.classes.begin(), options.classes.end(), id) != options.classes.end();
  };
  for (std::int64_t a = 0; a < output.size(1); ++a) {
    const auto value = [&](std::int64_t row) { return output[row][a].item<float>(); };
    const Box box{value(0) - value(2) / 2, value(1) - value(3) / 2, value(0) + value(2) / 2,
                  value(1) + value(3) / 2};
    int best = 0;
    for (int c = 1; c < options.class_count; ++c) {
      if (value(4 + c) > value(4 + best)) best = c;
    }
    for (int c = 0; c < options.class_count; ++c) {
      if (!options.multi_label && c != best) continue;
      if (value(4 + c) > options.score_threshold && wanted(c))
        found.push_back({box, value(4 + c), c});
    }
  }
  return found;
}

TEST(Candidates, AreTheCellsOfDecodeAboveTheThreshold) {
  for (std::uint64_t seed = 0; seed < 6; ++seed) {
    const int classes = seed % 2 == 0 ? 1 : 5;
    const std::vector<at::Tensor> logits = random_logits(2, classes, seed);
    const at::Tensor output = decode(logits, two_levels());
    for (const float threshold : {0.0F, 0.3F, 0.9F}) {
      for (const bool multi_label : {false, true}) {
        CandidateOptions options;
        options.class_count = classes;
        options.score_threshold = threshold;
        options.multi_label = multi_label;
        if (seed == 3) options.classes = {1, 4};
        const std::int64_t image = static_cast<std::int64_t>(seed) % 2;
        const auto expected = reference(output[image], options);
        const auto found = candidates_of(logits, image, options);
        ASSERT_EQ(found.size(), expected.size());
        for (std::size_t i = 0; i < found.size(); ++i) {
          EXPECT_EQ(found[i].class_id, expected[i].class_id);
          EXPECT_NEAR(found[i].score, expected[i].score, 1e-6);
          EXPECT_NEAR(found[i].box.x1, expected[i].box.x1, 1e-3);
          EXPECT_NEAR(found[i].box.y1, expected[i].box.y1, 1e-3);
          EXPECT_NEAR(found[i].box.x2, expected[i].box.x2, 1e-3);
          EXPECT_NEAR(found[i].box.y2, expected[i].box.y2, 1e-3);
        }
      }
    }
  }
}

TEST(Candidates, AScoreEqualToTheThresholdIsNotAboveIt) {
  std::vector<at::Tensor> logits = {at::full({1, 4 * kBins + 1, 6, 8}, -50.0),
                                    at::full({1, 4 * kBins + 1, 3, 4}, -50.0)};
  logits[0][0][4 * kBins][2][3] = 0;  // a score of exactly one half
  CandidateOptions options;
  options.class_count = 1;
  options.score_threshold = 0.5F;
  EXPECT_TRUE(candidates_of(logits, 0, options).empty());
  options.score_threshold = 0.49999F;
  EXPECT_EQ(candidates_of(logits, 0, options).size(), 1U);
  options.score_threshold = 1.0F;
  EXPECT_TRUE(candidates_of(logits, 0, options).empty());
}

TEST(Candidates, NanLogitsGiveNothing) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<at::Tensor> logits = {at::full({1, 4 * kBins + 2, 6, 8}, nan),
                                          at::full({1, 4 * kBins + 2, 3, 4}, nan)};
  CandidateOptions options;
  options.class_count = 2;
  for (const bool multi_label : {false, true}) {
    options.multi_label = multi_label;
    options.score_threshold = 0;
    EXPECT_TRUE(candidates_of(logits, 0, options).empty());
  }
}

TEST(Candidates, RefusesAClassTheModelDoesNotHave) {
  CandidateOptions options;
  options.class_count = 2;
  options.classes = {2};
  EXPECT_THROW(select_candidates({}, options), ContractViolation);
}

}  // namespace
}  // namespace gondola::nn
