#include "gondola/core/box_iou.hpp"

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace gondola {
namespace {

constexpr double kPi = 3.14159265358979323846;

TEST(BoxIou, IouIsSharedAreaOverCoveredArea) {
  // Shared 2x2 = 4 of 4x4 and 4x2: 16 + 8 - 4 = 20.
  EXPECT_FLOAT_EQ(iou({0, 0, 4, 4}, {2, 1, 6, 3}), 4.0F / 20);
  // A quarter inside: 1 / 4.
  EXPECT_FLOAT_EQ(iou({0, 0, 2, 2}, {1, 1, 2, 2}), 0.25F);
  EXPECT_EQ(iou({0, 0, 2, 2}, {0, 0, 2, 2}), 1.0F);
  EXPECT_EQ(iou({0, 0, 2, 2}, {2, 0, 4, 2}), 0.0F) << "touching";
  EXPECT_EQ(iou({0, 0, 2, 2}, {5, 5, 6, 6}), 0.0F);
}

TEST(BoxIou, GiouSubtractsTheEmptyShareOfTheHull) {
  // Two unit squares two apart: IoU 0, hull 3x1, covered 2, so -(3 - 2) / 3.
  EXPECT_FLOAT_EQ(giou({0, 0, 1, 1}, {2, 0, 3, 1}), -1.0F / 3);
  // 2x2 squares shifted by (1, 1): IoU 1 / 7, hull 9, covered 7: 1/7 - 2/9 = (9 - 14) / 63.
  EXPECT_FLOAT_EQ(giou({0, 0, 2, 2}, {1, 1, 3, 3}), -5.0F / 63);
  EXPECT_EQ(giou({0, 0, 2, 2}, {0, 0, 2, 2}), 1.0F);
}

TEST(BoxIou, DiouSubtractsTheDistanceOfTheCenters) {
  // Centres 2 apart, hull 3x1: 0 - 4 / (9 + 1).
  EXPECT_FLOAT_EQ(diou({0, 0, 1, 1}, {2, 0, 3, 1}), -0.4F);
  // Centres (1, 1) and (2, 2), hull 3x3: 1/7 - 2 / 18 = (9 - 7) / 63.
  EXPECT_FLOAT_EQ(diou({0, 0, 2, 2}, {1, 1, 3, 3}), 2.0F / 63);
  // Same centre: nothing to subtract from 4 / 16.
  EXPECT_FLOAT_EQ(diou({0, 0, 4, 4}, {1, 1, 3, 3}), 0.25F);
}

TEST(BoxIou, CiouAlsoSubtractsTheDifferenceOfTheAspectRatios) {
  // 4x2 and 2x4 about the same centre: shared 2x2, IoU 4 / (8 + 8 - 4) = 1/3, no distance.
  // v = 4/pi^2 * (atan 2 - atan 1/2)^2, alpha = v / (2/3 + v).
  const double difference = std::atan(2.0) - std::atan(0.5);
  const double v = 4 / (kPi * kPi) * difference * difference;
  const double expected = 1.0 / 3 - v * v / (2.0 / 3 + v);
  EXPECT_FLOAT_EQ(ciou({0, 1, 4, 3}, {1, 0, 3, 4}), static_cast<float>(expected));
  // Equal shape: v = 0, the DIoU remains.
  EXPECT_EQ(ciou({0, 0, 2, 2}, {1, 1, 3, 3}), diou({0, 0, 2, 2}, {1, 1, 3, 3}));
  EXPECT_EQ(ciou({0, 0, 2, 3}, {0, 0, 2, 3}), 1.0F) << "0/0 in alpha";
}

TEST(BoxIou, GivesTheLowestValueIfABoxIsNotValid) {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  constexpr float kInf = std::numeric_limits<float>::infinity();
  const Box good{0, 0, 2, 2};
  const std::vector<Box> bad = {{},
                                {1, 1, 1, 2},
                                {2, 2, 0, 0},
                                {0, 0, 2, -2},
                                {kNan, 0, 2, 2},
                                {0, 0, kInf, 2},
                                {-kInf, -kInf, kInf, kInf}};
  for (const Box& box : bad) {
    SCOPED_TRACE(::testing::Message() << box);
    for (const auto& [a, b] : {std::pair(box, good), std::pair(good, box), std::pair(box, box)}) {
      EXPECT_EQ(iou(a, b), 0.0F);
      EXPECT_EQ(giou(a, b), -1.0F);
      EXPECT_EQ(diou(a, b), -1.0F);
      EXPECT_EQ(ciou(a, b), -1.5F);
    }
  }
}

TEST(BoxIou, DoesNotOverflowOrVanishAtTheEndsOfFloat) {
  constexpr float kMax = std::numeric_limits<float>::max();
  constexpr float kTiny = std::numeric_limits<float>::denorm_min();
  EXPECT_EQ(iou({-kMax, -kMax, kMax, kMax}, {-kMax, -kMax, kMax, kMax}), 1.0F);
  EXPECT_FLOAT_EQ(iou({0, 0, kMax, kMax}, {0, 0, kMax / 2, kMax}), 0.5F);
  EXPECT_EQ(iou({0, 0, kTiny, kTiny}, {0, 0, kTiny, kTiny}), 1.0F);
  EXPECT_EQ(ciou({-kMax, -kMax, kMax, kMax}, {-kMax, -kMax, kMax, kMax}), 1.0F);
}

TEST(BoxIou, AllStayInTheirRangesAndAreSymmetric) {
  std::mt19937 random(11);
  std::uniform_real_distribution<float> place(-50, 50);
  std::uniform_real_distribution<float> log_side(-6, 6);
  const auto draw = [&] {
    const float x = place(random);
    const float y = place(random);
    return Box{x, y, x + std::exp(log_side(random)), y + std::exp(log_side(random))};
  };
  for (int i = 0; i < 20000; ++i) {
    const Box a = draw();
    const Box b = draw();
    SCOPED_TRACE(::testing::Message() << a << ' ' << b);
    ASSERT_GE(iou(a, b), 0.0F);
    ASSERT_LE(iou(a, b), 1.0F);
    ASSERT_GE(giou(a, b), -1.0F);
    ASSERT_LE(giou(a, b), iou(a, b));
    ASSERT_GE(diou(a, b), -1.0F);
    ASSERT_LE(diou(a, b), iou(a, b));
    ASSERT_GE(ciou(a, b), -1.5F);
    ASSERT_LE(ciou(a, b), diou(a, b));
    ASSERT_EQ(iou(a, b), iou(b, a));
    ASSERT_EQ(giou(a, b), giou(b, a));
    ASSERT_EQ(diou(a, b), diou(b, a));
    ASSERT_EQ(ciou(a, b), ciou(b, a));
    ASSERT_EQ(iou(a, a), 1.0F);
    ASSERT_EQ(ciou(a, a), 1.0F);
  }
}

}  // namespace
}  // namespace gondola
