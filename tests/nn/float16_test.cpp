#include "gondola/nn/float16.hpp"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

#include <gtest/gtest.h>

namespace gondola::nn {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

std::uint32_t bits_of(float value) {
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

float float_of(std::uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

/// The value of a finite half by the formula of IEEE 754-2008, 3.4: 5 exponent bits of bias 15, 10
/// bits of fraction.
float half_by_formula(std::uint16_t bits) {
  const int exponent = (bits >> 10) & 0x1F;
  const int fraction = bits & 0x3FF;
  const double magnitude =
      exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 15 - 10);
  return static_cast<float>((bits & 0x8000) != 0 ? -magnitude : magnitude);
}

bool is_half_nan(std::uint16_t bits) { return (bits & 0x7C00) == 0x7C00 && (bits & 0x3FF) != 0; }

TEST(Float16, WidensEveryFiniteHalfToItsExactValue) {
  for (std::uint32_t i = 0; i <= 0xFFFF; ++i) {
    const auto half = static_cast<std::uint16_t>(i);
    if ((half & 0x7C00) == 0x7C00) continue;
    ASSERT_EQ(bits_of(float16_to_float32(half)), bits_of(half_by_formula(half))) << std::hex << i;
  }
}

TEST(Float16, WidensInfinitiesAndNans) {
  EXPECT_EQ(float16_to_float32(0x7C00), kInfinity);
  EXPECT_EQ(float16_to_float32(0xFC00), -kInfinity);
  for (std::uint32_t i = 0; i <= 0xFFFF; ++i) {
    const auto half = static_cast<std::uint16_t>(i);
    if (!is_half_nan(half)) continue;
    const float widened = float16_to_float32(half);
    ASSERT_TRUE(std::isnan(widened)) << std::hex << i;
    ASSERT_EQ(std::signbit(widened), (half & 0x8000) != 0) << std::hex << i;
  }
}

TEST(Float16, EveryHalfSurvivesTheWayToFloat32AndBack) {
  for (std::uint32_t i = 0; i <= 0xFFFF; ++i) {
    const auto half = static_cast<std::uint16_t>(i);
    const std::uint32_t quiet = is_half_nan(half) ? 0x200U : 0U;
    ASSERT_EQ(float32_to_float16(float16_to_float32(half)), i | quiet) << std::hex << i;
  }
}

// Between two neighbours the midpoint is a float32 exactly; it goes to the even one, and the floats
// next to it go to the nearer one.
TEST(Float16, RoundsToNearestWithTiesToEvenBetweenAllNeighbours) {
  for (std::uint16_t low = 0; low < 0x7BFF; ++low) {
    const auto high = static_cast<std::uint16_t>(low + 1);
    const float middle = (half_by_formula(low) + half_by_formula(high)) / 2;
    const std::uint16_t even = low % 2 == 0 ? low : high;
    ASSERT_EQ(float32_to_float16(middle), even) << std::hex << low;
    ASSERT_EQ(float32_to_float16(-middle), 0x8000 | even) << std::hex << low;
    ASSERT_EQ(float32_to_float16(std::nextafter(middle, 0.0F)), low) << std::hex << low;
    ASSERT_EQ(float32_to_float16(std::nextafter(middle, kInfinity)), high) << std::hex << low;
  }
}

TEST(Float16, WhatIsTooLargeBecomesInfinityAndWhatIsTooSmallZero) {
  EXPECT_EQ(float32_to_float16(65504.0F), 0x7BFF);  // the largest half
  EXPECT_EQ(float32_to_float16(std::nextafter(65520.0F, 0.0F)), 0x7BFF);
  EXPECT_EQ(float32_to_float16(65520.0F), 0x7C00);  // halfway to 65536
  EXPECT_EQ(float32_to_float16(-1e30F), 0xFC00);
  EXPECT_EQ(float32_to_float16(kInfinity), 0x7C00);
  EXPECT_EQ(float32_to_float16(std::numeric_limits<float>::denorm_min()), 0x0000);
  EXPECT_EQ(float32_to_float16(-0.0F), 0x8000);
}

TEST(Float16, NarrowingKeepsNansNans) {
  EXPECT_EQ(float32_to_float16(float_of(0x7FC00000)), 0x7E00);
  EXPECT_EQ(float32_to_float16(float_of(0xFFFFFFFF)), 0xFFFF);
  // The payload's only bit is among those that a half lacks.
  EXPECT_EQ(float32_to_float16(float_of(0x7F800001)), 0x7E00);
}

TEST(BFloat16, WideningAppendsZeros) {
  for (std::uint32_t i = 0; i <= 0xFFFF; ++i) {
    ASSERT_EQ(bits_of(bfloat16_to_float32(static_cast<std::uint16_t>(i))), i << 16U);
  }
}

TEST(BFloat16, RoundsToNearestWithTiesToEvenBetweenAllNeighbours) {
  for (std::uint32_t low = 0; low < 0x7F80; ++low) {
    const std::uint32_t even = low + low % 2;
    ASSERT_EQ(float32_to_bfloat16(float_of(low << 16U)), low);
    ASSERT_EQ(float32_to_bfloat16(float_of(low << 16U | 0x7FFFU)), low) << std::hex << low;
    ASSERT_EQ(float32_to_bfloat16(float_of(low << 16U | 0x8000U)), even) << std::hex << low;
    ASSERT_EQ(float32_to_bfloat16(float_of(low << 16U | 0x8001U)), low + 1) << std::hex << low;
  }
}

TEST(BFloat16, NarrowingHandlesInfinitiesNansAndOverflow) {
  EXPECT_EQ(float32_to_bfloat16(kInfinity), 0x7F80);
  EXPECT_EQ(float32_to_bfloat16(-std::numeric_limits<float>::max()), 0xFF80);
  EXPECT_EQ(float32_to_bfloat16(float_of(0x7F800001)), 0x7FC0);
  EXPECT_EQ(float32_to_bfloat16(float_of(0xFFFFFFFF)), 0xFFFF);
}

}  // namespace
}  // namespace gondola::nn
