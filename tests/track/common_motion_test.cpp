#include "common_motion.hpp"

#include <gtest/gtest.h>

namespace gondola::track {
namespace {

/// Products side by side, `pitch` from one to the next.
std::vector<Box> row(float x, float y, float width, float pitch, int count) {
  std::vector<Box> boxes;
  for (int i = 0; i < count; ++i) {
    const float left = x + pitch * static_cast<float>(i);
    boxes.push_back({left, y, left + width, y + 60});
  }
  return boxes;
}

std::vector<Box> moved(std::vector<Box> boxes, float dx, float dy) {
  for (Box& box : boxes) box = {box.x1 + dx, box.y1 + dy, box.x2 + dx, box.y2 + dy};
  return boxes;
}

std::vector<Box> together(std::vector<Box> a, const std::vector<Box>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

TEST(CommonDisplacement, IsFoundBeyondHalfAProduct) {
  // Two rows of different pitch: by 30 of 50 pixels, the upper one alone could as well have moved
  // by -20.
  const auto boxes = together(row(0, 0, 48, 50, 12), row(10, 100, 60, 70, 9));
  const auto found = find_common_displacement(boxes, BoxGrid(moved(boxes, 30, -4)));
  ASSERT_TRUE(found);
  EXPECT_NEAR(found->x, 30, 1e-3);
  EXPECT_NEAR(found->y, -4, 1e-3);
}

TEST(CommonDisplacement, IsTheSmallerOneAmongEqualProducts) {
  // 20 to the right is 30 to the left to all but one.
  const auto boxes = row(0, 0, 48, 50, 20);
  const auto found = find_common_displacement(boxes, BoxGrid(moved(boxes, 20, 0)));
  ASSERT_TRUE(found);
  EXPECT_NEAR(found->x, 20, 1e-3);
}

TEST(CommonDisplacement, BearsThatAThirdIsMissing) {
  const auto boxes = together(row(0, 0, 48, 50, 12), row(10, 100, 60, 70, 9));
  auto found_boxes = moved(boxes, -25, 10);
  for (std::size_t i = found_boxes.size(); i-- > 0;) {
    if (i % 3 == 0) found_boxes.erase(found_boxes.begin() + static_cast<std::ptrdiff_t>(i));
  }
  const auto found = find_common_displacement(boxes, BoxGrid(found_boxes));
  ASSERT_TRUE(found);
  EXPECT_NEAR(found->x, -25, 1e-3);
  EXPECT_NEAR(found->y, 10, 1e-3);
}

TEST(CommonDisplacement, IsNothingWhereNothingMovedOrEverythingOnItsOwn) {
  const auto boxes = row(0, 0, 48, 50, 12);
  EXPECT_FALSE(find_common_displacement(boxes, BoxGrid(boxes)));
  std::vector<Box> scattered;
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    const auto step = static_cast<float>(i);
    scattered.push_back(moved({boxes[i]}, 0, 9 * step - 50)[0]);
  }
  EXPECT_FALSE(find_common_displacement(boxes, BoxGrid(scattered)));
}

TEST(CommonDisplacement, NeedsSixBoxes) {
  const auto five = row(0, 0, 48, 100, 5);
  EXPECT_FALSE(find_common_displacement(five, BoxGrid(moved(five, 30, 0))));
  const auto six = row(0, 0, 48, 100, 6);
  EXPECT_TRUE(find_common_displacement(six, BoxGrid(moved(six, 30, 0))));
  EXPECT_FALSE(find_common_displacement(six, BoxGrid({})));
}

TEST(CommonDisplacementOfErrors, IsTheirMedianUnlessThatMayBeChance) {
  // x: median 5, deviations 1 0 1 1 0 1 45, their median 1: the median is known to within
  // 1.2533 * 1.4826 / sqrt(7) = 0.70.
  const std::vector<Displacement> errors{{4, 0}, {5, 0}, {6, 0}, {4, 0}, {5, 0}, {6, 0}, {50, 0}};
  const auto common = common_displacement(errors);
  ASSERT_TRUE(common);
  EXPECT_DOUBLE_EQ(common->x, 5);
  EXPECT_DOUBLE_EQ(common->y, 0);
  // By 3.1 less, 1.9 is below three times that.
  std::vector<Displacement> smaller = errors;
  for (Displacement& one : smaller) one.x -= 3.1;
  EXPECT_FALSE(common_displacement(smaller));
  EXPECT_FALSE(common_displacement({errors.begin(), errors.begin() + 5}));
}

TEST(CommonVelocity, IsTheMedianWithItsRobustDeviation) {
  // x: sorted 1 2 3 4 5 6 100, median 4, deviations 0 1 1 2 2 3 96, their median 2.
  const auto common = common_velocity({{1, 0}, {2, 0}, {3, 0}, {4, 0}, {5, 0}, {6, 0}, {100, 7}});
  ASSERT_TRUE(common);
  EXPECT_DOUBLE_EQ(common->median.x, 4);
  EXPECT_DOUBLE_EQ(common->deviation.x, 1.4826 * 2);
  EXPECT_DOUBLE_EQ(common->median.y, 0);
  EXPECT_DOUBLE_EQ(common->deviation.y, 0);
  EXPECT_FALSE(common_velocity({{1, 0}, {2, 0}, {3, 0}, {4, 0}, {5, 0}}));
}

}  // namespace
}  // namespace gondola::track
