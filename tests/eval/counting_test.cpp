#include "gondola/eval/counting.hpp"

#include <cmath>
#include <limits>
#include <random>

#include <gtest/gtest.h>

#include "gondola/core/error.hpp"
#include "gondola/eval/confidence.hpp"

namespace gondola::eval {
namespace {

/// Counts again, picture by picture, for one confidence.
CountingError count_at(const std::vector<PictureCount>& pictures, float confidence) {
  CountingError error{confidence};
  for (const PictureCount& picture : pictures) {
    double difference = -static_cast<double>(picture.objects);
    for (const float score : picture.scores) difference += score > confidence ? 1 : 0;
    error.mae += std::abs(difference);
    error.rmse += difference * difference;
    error.bias += difference;
  }
  const auto count = static_cast<double>(pictures.size());
  return {confidence, error.mae / count, std::sqrt(error.rmse / count), error.bias / count};
}

void expect_same(const CountingError& actual, const CountingError& expected) {
  EXPECT_EQ(actual.confidence, expected.confidence);
  EXPECT_DOUBLE_EQ(actual.mae, expected.mae);
  EXPECT_DOUBLE_EQ(actual.rmse, expected.rmse);
  EXPECT_DOUBLE_EQ(actual.bias, expected.bias);
}

TEST(Counting, WorksOutByHand) {
  // Above 0.5 the pictures count 1 and 3: errors 1 - 3 = -2 and 3 - 2 = +1.
  const std::vector<PictureCount> pictures = {{3, {0.9F, 0.4F}}, {2, {0.8F, 0.7F, 0.6F}}};
  const CountingEvaluation result = evaluate_counting(pictures, 0.5F);
  EXPECT_DOUBLE_EQ(result.mean_objects, 2.5);
  EXPECT_FLOAT_EQ(result.asked.confidence, 0.5F);
  EXPECT_DOUBLE_EQ(result.asked.mae, 1.5);
  EXPECT_DOUBLE_EQ(result.asked.rmse, std::sqrt(2.5));
  EXPECT_DOUBLE_EQ(result.asked.bias, -0.5);
  EXPECT_DOUBLE_EQ(*result.percent_of_mean(result.asked.mae), 60);
  // MAE from counting nothing to counting all: 2.5, 2, 1.5, 1, 1.5, 1. Of the two ones, counting
  // down to 0.7 has the errors -2 and 0 and counting all -1 and +1, the lower RMSE. Nothing is
  // known below 0.4.
  EXPECT_DOUBLE_EQ(result.best.mae, 1);
  EXPECT_DOUBLE_EQ(result.best.rmse, 1);
  EXPECT_DOUBLE_EQ(result.best.bias, 0);
  EXPECT_EQ(result.best.confidence, std::nextafter(0.4F, 0.0F));
}

TEST(Counting, PutsTheBestConfidenceMidwayBetweenScores) {
  const CountingEvaluation result = evaluate_counting({{2, {0.9F, 0.75F, 0.25F, 0.2F}}}, 0.1F);
  EXPECT_FLOAT_EQ(result.best.confidence, 0.5F);
  EXPECT_DOUBLE_EQ(result.best.mae, 0);
  EXPECT_DOUBLE_EQ(result.asked.bias, 2);
}

TEST(Counting, TellsNeighbouringFloatsApart) {
  const float lower = 0.5F;
  const float higher = std::nextafter(lower, 1.0F);
  const std::vector<PictureCount> pictures = {{1, {lower, higher}}};
  const CountingEvaluation result = evaluate_counting(pictures, 0.25F);
  EXPECT_DOUBLE_EQ(result.best.mae, 0);
  EXPECT_DOUBLE_EQ(count_at(pictures, result.best.confidence).mae, 0);
}

TEST(Counting, CountsEqualScoresTogether) {
  // All or none of three: an error of 2 either way, and of 1 is out of reach.
  const CountingEvaluation result =
      evaluate_counting({{1, {0.5F, 0.5F}}, {0, {0.5F}}}, std::nextafter(0.5F, 0.0F));
  EXPECT_DOUBLE_EQ(result.asked.mae, 1);
  EXPECT_DOUBLE_EQ(result.best.mae, 0.5);
  EXPECT_EQ(result.best.confidence, 0.5F) << "counts nothing";
}

TEST(Counting, KeepsTheConfidenceThatWasAskedForWhenThereIsNothingToLearn) {
  const CountingEvaluation result = evaluate_counting({{3, {}}, {1, {}}}, 0.3F);
  EXPECT_FLOAT_EQ(result.best.confidence, 0.3F);
  EXPECT_DOUBLE_EQ(result.best.mae, 2);
  const CountingEvaluation none = evaluate_counting({}, 0.3F);
  EXPECT_DOUBLE_EQ(none.best.mae, 0);
  EXPECT_FALSE(none.percent_of_mean(0));
}

TEST(Counting, AgreesWithCountingAnewAtEveryConfidence) {
  std::mt19937 random(7);
  for (int round = 0; round < 50; ++round) {
    std::vector<PictureCount> pictures(1 + random() % 8);
    std::vector<float> scores;
    for (PictureCount& picture : pictures) {
      picture.objects = random() % 12;
      for (std::size_t n = random() % 20; n > 0; --n) {
        picture.scores.push_back(static_cast<float>(random() % 200) / 200.0F);
        scores.push_back(picture.scores.back());
      }
    }
    const CountingEvaluation result = evaluate_counting(pictures, 0.25F);
    expect_same(result.asked, count_at(pictures, 0.25F));
    ASSERT_EQ(result.curve.size(), kConfidences);
    for (std::size_t i = 0; i < kConfidences; i += 37) {
      expect_same(result.curve[i], count_at(pictures, confidence_at(i)));
    }
    expect_same(result.best, count_at(pictures, result.best.confidence));
    for (const float score : scores) {
      EXPECT_LE(result.best.mae, count_at(pictures, score).mae);
      EXPECT_LE(result.best.mae, count_at(pictures, std::nextafter(score, 0.0F)).mae);
    }
  }
}

TEST(Counting, RefusesScoresThatAreNoNumbers) {
  EXPECT_THROW(evaluate_counting({{1, {std::numeric_limits<float>::quiet_NaN()}}}, 0.25F),
               ContractViolation);
  EXPECT_THROW(evaluate_counting({}, -0.1F), ContractViolation);
}

TEST(Confidence, RunsFromZeroToOne) {
  EXPECT_EQ(confidence_at(0), 0.0F);
  EXPECT_EQ(confidence_at(kConfidences - 1), 1.0F);
}

}  // namespace
}  // namespace gondola::eval
