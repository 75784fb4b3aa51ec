#include "gondola/data/random.hpp"

#include <array>
#include <cmath>
#include <cstdint>
#include <set>

#include <gtest/gtest.h>

namespace gondola::data {
namespace {

TEST(Random, IsSplitMix64) {
  // The published reference values for the seed 1234567 (rosettacode.org/wiki/SplitMix64).
  Random random(1234567);
  for (const std::uint64_t expected :
       {6457827717110365317U, 3203168211198807973U, 9817491932198370423U, 4593380528125082431U,
        16408922859458223821U}) {
    EXPECT_EQ(random.bits(), expected);
  }
}

TEST(Random, StreamsOfOneSeedDiffer) {
  std::set<std::uint64_t> first_values;
  for (std::uint64_t seed = 0; seed < 4; ++seed)
    for (std::uint64_t stream = 0; stream < 16; ++stream)
      for (std::uint64_t substream = 0; substream < 16; ++substream)
        first_values.insert(Random(seed, stream, substream).bits());
  EXPECT_EQ(first_values.size(), 4U * 16 * 16);
}

TEST(Random, IntegersReachBothEndsEquallyOften) {
  Random random(5);
  std::array<int, 7> counts{};
  constexpr int kDraws = 70000;
  for (int i = 0; i < kDraws; ++i) {
    const int value = random.integer(-3, 3);
    ASSERT_GE(value, -3);
    ASSERT_LE(value, 3);
    ++counts[static_cast<std::size_t>(value + 3)];
  }
  // Binomial with p = 1/7: mean 10000, deviation 93; five deviations.
  for (const int count : counts) EXPECT_NEAR(count, 10000, 463);
}

TEST(Random, NormalHasItsMeanAndDeviation) {
  Random random(6);
  constexpr int kDraws = 100000;
  double sum = 0;
  double squares = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double value = random.normal(3, 2);
    ASSERT_LE(std::abs(value - 3), 2 * 3.4642);  // 2 * sqrt(12)
    sum += value;
    squares += (value - 3) * (value - 3);
  }
  EXPECT_NEAR(sum / kDraws, 3, 0.032);  // five standard errors, 2 / sqrt(n)
  EXPECT_NEAR(squares / kDraws, 4, 0.08);
}

TEST(Random, WeightedNeverTakesWhatHasNoWeight) {
  Random random(7);
  int thirds = 0;
  for (int i = 0; i < 10000; ++i) {
    const std::size_t index = random.weighted({0, 1, 3, 0});
    ASSERT_TRUE(index == 1 || index == 2);
    if (index == 2) ++thirds;
  }
  EXPECT_NEAR(thirds, 7500, 217);  // five deviations of 43.3
}

}  // namespace
}  // namespace gondola::data
