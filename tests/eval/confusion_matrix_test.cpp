#include "gondola/eval/confusion_matrix.hpp"

#include <gtest/gtest.h>

#include "gondola/core/error.hpp"

namespace gondola::eval {
namespace {

constexpr Box kLeft{0, 0, 100, 100};
constexpr Box kRight{200, 0, 300, 100};

std::size_t total(const ConfusionMatrix& matrix) {
  std::size_t sum = 0;
  for (int truth = 0; truth <= matrix.background(); ++truth)
    for (int predicted = 0; predicted <= matrix.background(); ++predicted)
      sum += matrix.at(truth, predicted);
  return sum;
}

TEST(ConfusionMatrix, CountsRightConfusedMissedAndInvented) {
  ConfusionMatrix matrix(3);
  matrix.add_image({{kLeft, 0}, {kRight, 1}, {{0, 200, 100, 300}, 2}},
                   {{kLeft, 0.9F, 0}, {kRight, 0.8F, 2}, {{500, 500, 600, 600}, 0.7F, 1}}, 0.5F);
  EXPECT_EQ(matrix.at(0, 0), 1U);
  EXPECT_EQ(matrix.at(1, 2), 1U);
  EXPECT_EQ(matrix.at(2, matrix.background()), 1U);
  EXPECT_EQ(matrix.at(matrix.background(), 1), 1U);
  EXPECT_EQ(total(matrix), 4U);
}

TEST(ConfusionMatrix, MatchesTheHighestOverlapFirst) {
  // The wrong class overlaps by 0.9, the right one by 0.8.
  ConfusionMatrix matrix(2);
  matrix.add_image({{kLeft, 0}}, {{{0, 0, 100, 80}, 0.9F, 0}, {{0, 0, 100, 90}, 0.3F, 1}}, 0.5F);
  EXPECT_EQ(matrix.at(0, 1), 1U);
  EXPECT_EQ(matrix.at(matrix.background(), 0), 1U);
}

TEST(ConfusionMatrix, PrefersTheRightClassAtEqualOverlap) {
  ConfusionMatrix matrix(2);
  matrix.add_image({{kLeft, 0}}, {{kLeft, 0.9F, 1}, {kLeft, 0.3F, 0}}, 0.5F);
  EXPECT_EQ(matrix.at(0, 0), 1U);
  EXPECT_EQ(matrix.at(matrix.background(), 1), 1U);
}

TEST(ConfusionMatrix, ToleratesWhatLiesInACrowdOfItsClass) {
  ConfusionMatrix matrix(2);
  const Detection inside{{10, 10, 20, 20}, 0.9F, 0};
  const Detection other_class{{10, 10, 20, 20}, 0.9F, 1};
  matrix.add_image({{kLeft, 0, true}}, {inside, inside, other_class}, 0.5F);
  EXPECT_EQ(matrix.at(matrix.background(), 1), 1U);
  EXPECT_EQ(total(matrix), 1U) << "a crowd is not missed either";
}

TEST(ConfusionMatrix, RefusesUnknownClasses) {
  ConfusionMatrix matrix(2);
  EXPECT_THROW(matrix.add_image({{kLeft, 3}}, {}, 0.5F), ContractViolation);
  EXPECT_THROW(matrix.add_image({}, {{kLeft, 0.5F, -1}}, 0.5F), ContractViolation);
  EXPECT_THROW(ConfusionMatrix(-1), ContractViolation);
}

}  // namespace
}  // namespace gondola::eval
