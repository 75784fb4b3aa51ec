#include "gondola/eval/average_precision.hpp"

#include <gtest/gtest.h>

#include "gondola/core/error.hpp"

namespace gondola::eval {
namespace {

constexpr Outcome kFalse = Outcome::kFalse;
constexpr Outcome kTrue = Outcome::kTrue;
constexpr Outcome kIgnored = Outcome::kIgnored;

double ap(const std::vector<Outcome>& outcomes, std::size_t objects) {
  return average_precision(precision_at_recall(outcomes, objects));
}

TEST(AveragePrecision, IsTheMeanOfTheInterpolatedPrecision) {
  // Of 3 objects, the first detection finds one (precision 1/1), the third another (2/3). The 34
  // recalls 0 to 0.33 are reached with precision 1, the 33 from 0.34 to 0.66 with 2/3, the others
  // never: (34 + 33 * 2/3) / 101.
  EXPECT_NEAR(ap({kTrue, kFalse, kTrue}, 3), 56.0 / 101, 1e-12);
  const PrecisionAtRecall curve = precision_at_recall({kTrue, kFalse, kTrue}, 3);
  EXPECT_DOUBLE_EQ(curve[33], 1);
  EXPECT_DOUBLE_EQ(curve[34], 2.0 / 3);
  EXPECT_DOUBLE_EQ(curve[66], 2.0 / 3);
  EXPECT_DOUBLE_EQ(curve[67], 0);
}

TEST(AveragePrecision, TakesTheHighestPrecisionAtAnyHigherRecall) {
  // Precisions when an object is found: 1/2, 2/3. The better one holds for both.
  EXPECT_NEAR(ap({kFalse, kTrue, kTrue}, 2), 2.0 / 3, 1e-12);
}

TEST(AveragePrecision, IsOneForAPerfectRankingAndZeroForNone) {
  EXPECT_DOUBLE_EQ(ap({kTrue, kTrue, kFalse, kFalse}, 2), 1);
  EXPECT_DOUBLE_EQ(ap({kFalse, kFalse}, 2), 0);
  EXPECT_DOUBLE_EQ(ap({}, 2), 0);
}

TEST(AveragePrecision, ReachesRecallsExactly) {
  // 35 of 100 found reach the 36 recalls 0 to 0.35; in floating point 0.35 may come out above 35 *
  // 0.01.
  for (std::size_t found = 1; found <= 100; ++found) {
    EXPECT_DOUBLE_EQ(ap(std::vector<Outcome>(found, kTrue), 100),
                     static_cast<double>(found + 1) / 101)
        << found;
  }
}

TEST(AveragePrecision, LeavesIgnoredDetectionsOut) {
  EXPECT_DOUBLE_EQ(ap({kIgnored, kTrue, kIgnored, kFalse, kIgnored, kTrue}, 3),
                   ap({kTrue, kFalse, kTrue}, 3));
}

TEST(AveragePrecision, NeedsObjects) { EXPECT_THROW(ap({kTrue}, 0), ContractViolation); }

}  // namespace
}  // namespace gondola::eval
