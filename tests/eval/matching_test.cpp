#include "gondola/eval/matching.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gondola/core/error.hpp"
#include "gondola/eval/evaluation.hpp"

namespace gondola::eval {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr Outcome kFalse = Outcome::kFalse;
constexpr Outcome kTrue = Outcome::kTrue;
constexpr Outcome kIgnored = Outcome::kIgnored;

LabelledBox object(const Box& box) { return {box, 0}; }

LabelledBox crowd(const Box& box) { return {box, 0, true}; }

Detection found(const Box& box) { return {box, 0.5F, 0}; }

TEST(ClassMatcher, GivesEachObjectToTheFirstDetectionThatOverlapsItBest) {
  // The first detection (100 x 9) overlaps A (100 x 10) by 0.9 and B (100 x 8) by 0.889, takes A;
  // the second equals A, but only B is left, with 0.8.
  const ClassMatcher matcher({object({0, 0, 100, 10}), object({0, 0, 100, 8})},
                             {found({0, 0, 100, 9}), found({0, 0, 100, 10})}, 0.5F);
  EXPECT_THAT(matcher.match(0.75F), ElementsAre(kTrue, kTrue));
  EXPECT_THAT(matcher.match(0.85F), ElementsAre(kTrue, kFalse));
  EXPECT_THAT(matcher.match(0.95F), ElementsAre(kFalse, kTrue));
}

TEST(ClassMatcher, TakesAnOverlapOfExactlyTheThreshold) {
  for (std::size_t t = 0; t < kIouThresholds; ++t) {
    const auto height = static_cast<float>(50 + 5 * t);
    const ClassMatcher matcher({object({0, 0, 100, 100})}, {found({0, 0, 100, height})}, 0.5F);
    EXPECT_THAT(matcher.match(iou_threshold_at(t)), ElementsAre(kTrue)) << iou_threshold_at(t);
    if (t + 1 == kIouThresholds) break;
    EXPECT_THAT(matcher.match(iou_threshold_at(t + 1)), ElementsAre(kFalse));
  }
}

TEST(ClassMatcher, CountsASecondDetectionOfAnObjectAsFalse) {
  const ClassMatcher matcher({object({0, 0, 10, 10})},
                             {found({0, 0, 10, 9}), found({0, 0, 10, 10})}, 0.5F);
  EXPECT_THAT(matcher.match(0.5F), ElementsAre(kTrue, kFalse));
}

TEST(ClassMatcher, IgnoresAnyNumberOfDetectionsInACrowd) {
  // Each lies inside for a share of 1, 0.6 and 0.4 of its own area.
  const ClassMatcher matcher(
      {crowd({0, 0, 100, 100})},
      {found({10, 10, 20, 20}), found({94, 0, 104, 10}), found({96, 0, 106, 10})}, 0.5F);
  EXPECT_THAT(matcher.match(0.5F), ElementsAre(kIgnored, kIgnored, kFalse));
  EXPECT_THAT(matcher.match(0.65F), ElementsAre(kIgnored, kFalse, kFalse));
  EXPECT_EQ(matcher.count_objects(), 0U);
}

TEST(ClassMatcher, PrefersAnObjectToTheCrowdAroundIt) {
  const ClassMatcher matcher({crowd({0, 0, 100, 100}), object({0, 0, 10, 10})},
                             {found({0, 0, 10, 6}), found({0, 0, 10, 10})}, 0.5F);
  // The first overlaps the crowd fully and the object by 0.6, and still takes the object.
  EXPECT_THAT(matcher.match(0.5F), ElementsAre(kTrue, kIgnored));
  EXPECT_EQ(matcher.count_objects(), 1U);
}

TEST(ClassMatcher, IgnoresWhatIsOutsideTheRangeOfAreas) {
  const AreaRange small = area_range(ObjectSize::kSmall);
  const ClassMatcher matcher({object({0, 0, 10, 10}), object({0, 100, 100, 200})},
                             {found({0, 100, 100, 200}),     // a large object
                              found({0, 0, 10, 10}),         // a small one
                              found({500, 500, 600, 600}),   // nothing, and large
                              found({500, 500, 510, 510})},  // nothing, and small
                             0.5F);
  EXPECT_THAT(matcher.match(0.5F, small), ElementsAre(kIgnored, kTrue, kIgnored, kFalse));
  EXPECT_EQ(matcher.count_objects(small), 1U);
}

TEST(ClassMatcher, LetsAnObjectOutsideTheRangeBeTakenOnlyOnce) {
  const AreaRange small = area_range(ObjectSize::kSmall);
  // Both detections are small enough (40 x 25 = 1000), the object (40 x 40) is not.
  const ClassMatcher matcher({object({0, 0, 40, 40})},
                             {found({0, 0, 40, 25}), found({0, 0, 40, 25})}, 0.5F);
  EXPECT_THAT(matcher.match(0.5F, small), ElementsAre(kIgnored, kFalse));
}

TEST(ClassMatcher, CountsSizesAtTheLimitInBothRanges) {
  const ClassMatcher matcher({object({0, 0, 32, 32}), object({0, 0, 96, 96})}, {}, 0.5F);
  EXPECT_EQ(matcher.count_objects(area_range(ObjectSize::kSmall)), 1U);
  EXPECT_EQ(matcher.count_objects(area_range(ObjectSize::kMedium)), 2U);
  EXPECT_EQ(matcher.count_objects(area_range(ObjectSize::kLarge)), 1U);
  EXPECT_EQ(matcher.count_objects(area_range(ObjectSize::kAll)), 2U);
}

TEST(ClassMatcher, GoesByTheAreaThatTheLabelStates) {
  LabelledBox outline = object({0, 0, 100, 100});
  outline.area = 900;  // a thin thing across a large box
  const ClassMatcher matcher({outline}, {}, 0.5F);
  EXPECT_EQ(matcher.count_objects(area_range(ObjectSize::kSmall)), 1U);
  EXPECT_EQ(matcher.count_objects(area_range(ObjectSize::kLarge)), 0U);
}

TEST(ClassMatcher, MatchesNothingWithBoxesThatEncloseNothing) {
  const Box empty{10, 10, 10, 20};
  const ClassMatcher matcher({object(empty), object({0, 0, 10, 10})},
                             {found(empty), found({10, 10, 0, 0}), found({0, 0, 10, 10})}, 0.5F);
  EXPECT_THAT(matcher.match(0.5F), ElementsAre(kFalse, kFalse, kTrue));
}

TEST(ClassMatcher, RefusesThresholdsBelowTheLowest) {
  const ClassMatcher matcher({}, {}, 0.5F);
  try {
    matcher.match(0.45F);
    FAIL() << "no exception";
  } catch (const ContractViolation& error) {
    EXPECT_THAT(error.what(), HasSubstr("threshold 0.45 is below the lowest one of 0.5"));
  }
  EXPECT_THROW(ClassMatcher({}, {}, 0), ContractViolation);
}

TEST(ObjectSize, HasNames) {
  EXPECT_EQ(name_of(ObjectSize::kAll), "all");
  EXPECT_EQ(name_of(ObjectSize::kLarge), "large");
}

}  // namespace
}  // namespace gondola::eval
