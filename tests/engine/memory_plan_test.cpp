#include "memory_plan.hpp"

#include <algorithm>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gondola::engine {
namespace {

using testing::ElementsAre;

TEST(MemoryPlan, NothingNeedsNothing) {
  EXPECT_EQ(plan_memory({}).bytes, 0U);
  const MemoryPlan empty = plan_memory({{0, 0, 3}, {0, 0, 3}});
  EXPECT_EQ(empty.bytes, 0U);
  EXPECT_EQ(empty.offsets.size(), 2U);
}

TEST(MemoryPlan, BlocksAreRoundedUpToCacheLines) {
  const MemoryPlan plan = plan_memory({{65, 0, 1}, {1, 1, 2}});
  EXPECT_THAT(plan.offsets, ElementsAre(0, 128));
  EXPECT_EQ(plan.bytes, 192U);
}

TEST(MemoryPlan, BlocksOneAfterTheOtherShareTheirMemory) {
  const MemoryPlan plan = plan_memory({{640, 0, 1}, {640, 2, 3}, {640, 4, 9}});
  EXPECT_THAT(plan.offsets, ElementsAre(0, 0, 0));
  EXPECT_EQ(plan.bytes, 640U);
}

TEST(MemoryPlan, LastUseAndFirstUseInTheSameStepOverlap) {
  EXPECT_EQ(plan_memory({{64, 0, 2}, {64, 2, 4}}).bytes, 128U);
  EXPECT_EQ(plan_memory({{64, 0, 2}, {64, 3, 4}}).bytes, 64U);
}

// A chain where every step reads one block and writes the next needs the largest neighbouring pair.
TEST(MemoryPlan, ChainNeedsItsLargestPair) {
  const std::vector<std::size_t> sizes = {64, 640, 320, 1280, 128, 64};
  std::vector<Lifetime> blocks;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    blocks.push_back({sizes[i], static_cast<int>(i), static_cast<int>(i) + 1});
  }
  EXPECT_EQ(plan_memory(blocks).bytes, 1280U + 320U);
}

TEST(MemoryPlan, SmallBlockFitsBetweenTwoThatLiveAtOtherTimes) {
  // 0..256 at steps 0 to 9, 256..512 at steps 0 to 3; the last fits behind the first from step 4
  // on.
  const MemoryPlan plan = plan_memory({{256, 0, 9}, {192, 0, 3}, {128, 4, 9}});
  EXPECT_THAT(plan.offsets, ElementsAre(0, 256, 256));
  EXPECT_EQ(plan.bytes, 448U);
}

// What no plan can beat: the most that is alive in any step.
std::size_t most_alive(const std::vector<Lifetime>& blocks, int steps) {
  std::size_t most = 0;
  for (int step = 0; step < steps; ++step) {
    std::size_t alive = 0;
    for (const Lifetime& block : blocks) {
      if (block.first <= step && step <= block.last) alive += (block.bytes + 63) / 64 * 64;
    }
    most = std::max(most, alive);
  }
  return most;
}

TEST(MemoryPlan, NoTwoBlocksAliveAtOnceOverlap) {
  constexpr int kSteps = 40;
  std::mt19937 random(1);
  const auto below = [&](int bound) {
    return static_cast<int>(random() % static_cast<unsigned>(bound));
  };
  for (int round = 0; round < 200; ++round) {
    std::vector<Lifetime> blocks;
    const int count = 1 + below(60);
    for (int i = 0; i < count; ++i) {
      const int first = below(kSteps);
      blocks.push_back({static_cast<std::size_t>(below(5000)), first,
                        std::min(kSteps - 1, first + below(round % 2 == 0 ? 4 : kSteps))});
    }
    const MemoryPlan plan = plan_memory(blocks);
    ASSERT_EQ(plan.offsets.size(), blocks.size());
    std::size_t sum = 0;
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      const std::size_t begin = plan.offsets[i];
      const std::size_t end = begin + blocks[i].bytes;
      sum += (blocks[i].bytes + 63) / 64 * 64;
      EXPECT_EQ(begin % 64, 0U);
      EXPECT_LE(end, plan.bytes);
      for (std::size_t k = 0; k < i; ++k) {
        const bool together =
            blocks[i].first <= blocks[k].last && blocks[k].first <= blocks[i].last;
        const bool apart = end <= plan.offsets[k] || plan.offsets[k] + blocks[k].bytes <= begin;
        EXPECT_TRUE(!together || apart) << "blocks " << i << " and " << k << " of round " << round;
      }
    }
    EXPECT_LE(plan.bytes, sum);
    EXPECT_GE(plan.bytes, most_alive(blocks, kSteps));
  }
}

}  // namespace
}  // namespace gondola::engine
