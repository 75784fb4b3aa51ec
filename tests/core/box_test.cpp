#include "gondola/core/box.hpp"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gondola/core/detection.hpp"
#include "gondola/core/error.hpp"

namespace gondola {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

TEST(Box, IsValidOnlyIfItEnclosesSomethingFinite) {
  EXPECT_TRUE(is_valid({0, 0, 1, 1}));
  EXPECT_TRUE(is_valid({-5, -5, -4, -4}));
  EXPECT_FALSE(is_valid({1, 0, 1, 1})) << "no width";
  EXPECT_FALSE(is_valid({0, 1, 1, 1})) << "no height";
  EXPECT_FALSE(is_valid({2, 0, 1, 1})) << "inverted in x";
  EXPECT_FALSE(is_valid({0, 2, 1, 1})) << "inverted in y";
  for (const float bad : {kNan, kInf, -kInf}) {
    EXPECT_FALSE(is_valid({bad, 0, 1, 1}));
    EXPECT_FALSE(is_valid({0, bad, 1, 1}));
    EXPECT_FALSE(is_valid({0, 0, bad, 1}));
    EXPECT_FALSE(is_valid({0, 0, 1, bad}));
  }
}

TEST(Box, AreaIsWidthTimesHeightAndZeroForNothing) {
  EXPECT_EQ(area({1, 2, 4, 6}), 12.0F);  // 3 * 4
  EXPECT_EQ(area({1, 1, 1, 5}), 0.0F);
  EXPECT_EQ(area({4, 6, 1, 2}), 0.0F) << "inverted twice: the product alone would be 12";
  EXPECT_EQ(area({kNan, 0, 1, 1}), 0.0F);
}

TEST(Box, IntersectionIsWhatBothCover) {
  EXPECT_EQ(intersection({0, 0, 4, 4}, {2, 1, 6, 3}), (Box{2, 1, 4, 3}));
  EXPECT_EQ(intersection({0, 0, 4, 4}, {4, 0, 6, 4}), Box{}) << "touching shares no area";
  EXPECT_EQ(intersection({0, 0, 1, 1}, {5, 5, 6, 6}), Box{});
}

TEST(Box, HullHoldsBoth) { EXPECT_EQ(hull({0, 2, 1, 3}, {4, 0, 6, 1}), (Box{0, 0, 6, 3})); }

TEST(Box, ClipMovesCornersIntoTheImage) {
  EXPECT_EQ(clip({-3, -1, 12, 4}, {10, 8}), (Box{0, 0, 10, 4}));
  EXPECT_EQ(clip({11, 2, 15, 4}, {10, 8}), (Box{10, 2, 10, 4})) << "outside: empty, on the border";
  EXPECT_EQ(clip({-kInf, -kInf, kInf, kInf}, {10, 8}), (Box{0, 0, 10, 8}));
  EXPECT_TRUE(std::isnan(clip({kNan, 0, 1, 1}, {10, 8}).x1));
}

TEST(Box, ConvertsToCenterFormatAndBack) {
  EXPECT_EQ(xyxy_to_cxcywh({2, 3, 8, 5}), (CxCyWh{5, 4, 6, 2}));
  EXPECT_EQ(cxcywh_to_xyxy({5, 4, 6, 2}), (Box{2, 3, 8, 5}));
  const Box box{10.25F, 20.5F, 31.75F, 44.125F};
  EXPECT_EQ(cxcywh_to_xyxy(xyxy_to_cxcywh(box)), box);
}

TEST(Box, PrintsReadably) {
  EXPECT_EQ(concat(Box{1, 2.5F, 3, 4}), "[1, 2.5, 3, 4]");
  EXPECT_EQ(concat(Size{640, 480}), "640x480");
  EXPECT_EQ(concat(CxCyWh{1, 2, 3, 4}), "[center 1, 2, size 3, 4]");
  EXPECT_EQ(concat(Detection{{1, 2, 3, 4}, 0.5F, 7}), "{class 7, score 0.5, box [1, 2, 3, 4]}");
}

}  // namespace
}  // namespace gondola
