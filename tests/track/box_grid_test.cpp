#include "box_grid.hpp"

#include <random>
#include <set>

#include <gtest/gtest.h>

namespace gondola::track {
namespace {

std::vector<Box> random_boxes(std::mt19937& random, std::size_t count, float largest) {
  std::uniform_real_distribution<float> place(-200, 1200);
  std::uniform_real_distribution<float> side(0.5F, largest);
  std::vector<Box> boxes;
  for (std::size_t i = 0; i < count; ++i) {
    const float x = place(random);
    const float y = place(random);
    boxes.push_back({x, y, x + side(random), y + side(random)});
  }
  return boxes;
}

TEST(BoxGrid, FindsWhatComparingAllFinds) {
  std::mt19937 random(1);
  for (const float largest : {5.0F, 80.0F, 2000.0F}) {
    for (const std::size_t count : {1U, 7U, 400U}) {
      const BoxGrid grid(random_boxes(random, count, largest));
      for (const Box& box : random_boxes(random, 60, 300)) {
        std::set<std::uint32_t> expected;
        for (std::uint32_t i = 0; i < count; ++i) {
          if (area(intersection(grid.boxes()[i], box)) > 0) expected.insert(i);
        }
        std::multiset<std::uint32_t> found;
        grid.for_each_overlapping(box, [&](std::uint32_t i) { found.insert(i); });
        ASSERT_EQ(std::set<std::uint32_t>(found.begin(), found.end()), expected);
        ASSERT_EQ(found.size(), expected.size()) << "a box came up twice";
      }
    }
  }
}

TEST(BoxGrid, TakesNoBoxesAndHugeOnes) {
  const auto count = [](const BoxGrid& grid, const Box& box) {
    int found = 0;
    grid.for_each_overlapping(box, [&](std::uint32_t) { ++found; });
    return found;
  };
  EXPECT_EQ(count(BoxGrid({}), {0, 0, 10, 10}), 0);
  const BoxGrid grid({{0, 0, 1, 1}, {-3e38F, -3e38F, 3e38F, 3e38F}});
  EXPECT_EQ(count(grid, {-3e38F, -3e38F, 3e38F, 3e38F}), 2);
  EXPECT_EQ(count(grid, {5, 5, 6, 6}), 1);
}

TEST(BoxGrid, LeavesOutBoxesThatOnlyTouch) {
  const BoxGrid grid({{0, 0, 10, 10}, {20, 0, 30, 10}});
  int found = 0;
  grid.for_each_overlapping({10, 0, 20, 10}, [&](std::uint32_t) { ++found; });
  EXPECT_EQ(found, 0);
}

}  // namespace
}  // namespace gondola::track
