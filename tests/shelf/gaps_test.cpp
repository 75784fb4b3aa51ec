#include "gondola/shelf/gaps.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "gondola/core/box_iou.hpp"
#include "gondola/core/error.hpp"
#include "shelf/made_shelf.hpp"

namespace gondola::shelf {
namespace {

constexpr Size kImage{400, 300};

/// Two boards of six places 50 wide from x = 20; those listed are left free.
std::vector<Box> two_boards(const std::vector<int>& free_below) {
  std::vector<Box> boxes;
  for (int i = 0; i < 6; ++i) {
    const float x = 20 + 50 * static_cast<float>(i);
    boxes.push_back({x, 20, x + 48, 100});
    if (std::count(free_below.begin(), free_below.end(), i) == 0) {
      boxes.push_back({x, 150, x + 48, 240});
    }
  }
  return boxes;
}

std::vector<Gap> gaps_of(const std::vector<Box>& boxes, const GapOptions& options = {}) {
  return find_gaps(find_rows(boxes), {}, false, kImage, options);
}

TEST(Gaps, LieBetweenNeighbours) {
  // Places 2 and 3 are free: from 20 + 50 + 48 = 118 to 220, room for 102 / 48 = 2.1 facings.
  const std::vector<Gap> gaps = gaps_of(two_boards({2, 3}));
  ASSERT_EQ(gaps.size(), 1U);
  EXPECT_EQ(gaps[0].row, 1);
  EXPECT_EQ(gaps[0].before, 2);
  EXPECT_EQ(gaps[0].facings, 2);
  EXPECT_EQ(gaps[0].source, GapSource::kBoard);
  EXPECT_NEAR(gaps[0].box.x1, 118, 0.5);
  EXPECT_NEAR(gaps[0].box.x2, 220, 0.5);
  EXPECT_NEAR(gaps[0].box.y1, 150, 1);
  EXPECT_NEAR(gaps[0].box.y2, 240, 1);
}

TEST(Gaps, LieAtTheEndsThatOtherRowsReach) {
  const std::vector<Gap> gaps = gaps_of(two_boards({0, 5}));
  ASSERT_EQ(gaps.size(), 2U);
  EXPECT_EQ(gaps[0].before, 0);
  EXPECT_NEAR(gaps[0].box.x1, 20, 0.5);
  EXPECT_NEAR(gaps[0].box.x2, 70, 0.5);
  EXPECT_EQ(gaps[1].before, 4) << "after the last facing";
  GapOptions options;
  options.row_ends = false;
  EXPECT_TRUE(gaps_of(two_boards({0, 5}), options).empty());
}

TEST(Gaps, NeedRoomForAFacing) {
  std::vector<Box> boxes;
  for (int i = 0; i < 5; ++i) {
    const float x = 10 + 50 * static_cast<float>(i) + (i > 2 ? 30 : 0);
    boxes.push_back({x, 50, x + 48, 120});  // 32 pixels between the third and the fourth
  }
  EXPECT_TRUE(gaps_of(boxes).empty());
  GapOptions options;
  options.min_room = 0.6;  // of 48 are 28.8
  EXPECT_EQ(gaps_of(boxes, options).size(), 1U);
}

TEST(Gaps, AreNotWhereAnotherRowStands) {
  // The neighbouring bay's tall goods stand before the lower row's free end.
  std::vector<Box> boxes = two_boards({4, 5});
  boxes.erase(boxes.end() - 1);
  boxes.push_back({216, 110, 320, 280});
  for (const Gap& gap : gaps_of(boxes)) {
    EXPECT_LT(iou(gap.box, boxes.back()), 0.2F) << gap.box;
  }
}

/// Three facings 40 wide and 60 high from x on, with their feet at y.
Row row_of(int bay, float x, float y) {
  Row row;
  row.bay = bay;
  for (std::size_t i = 0; i < 3; ++i) {
    const float left = x + 40 * static_cast<float>(i);
    const Box box{left, y - 60, left + 40, y};
    row.facings.push_back({{i}, box, box});
  }
  row.box = {x, y - 60, x + 120, y};
  row.line = {{x + 20, y}, {x + 100, y}};
  return row;
}

TEST(Gaps, LieBetweenTwoBaysWhoseBoardGoesOn) {
  ShelfReading reading;
  reading.bays = 2;
  reading.rows = {row_of(0, 10, 200), row_of(1, 180, 200)};  // 130 to 180: room for 1.25
  const std::vector<Gap> gaps = find_gaps(reading, {}, false, kImage);
  ASSERT_EQ(gaps.size(), 1U);
  EXPECT_EQ(gaps[0].row, 0);
  EXPECT_EQ(gaps[0].before, 3);
  EXPECT_EQ(gaps[0].box, (Box{130, 140, 180, 200}));
  reading.rows[1] = row_of(1, 180, 210);  // 10 of 60 lower: another board
  EXPECT_TRUE(find_gaps(reading, {}, false, kImage).empty());
}

TEST(Gaps, AreNotWhereGoodsOfAnotherRowReachIn) {
  ShelfReading reading;
  reading.bays = 1;
  Row row = row_of(0, 10, 200);
  row.facings.erase(row.facings.begin() + 1);  // 50 to 90 is free
  reading.rows = {row};
  EXPECT_EQ(find_gaps(reading, {}, false, kImage).size(), 1U);
  // The top of what stands below on another board is 12 of 60 above this one.
  Row below = row_of(0, 10, 248);
  below.facings.resize(1);
  below.facings[0].base = below.facings[0].box = {50, 188, 90, 248};
  reading.rows.push_back(below);
  EXPECT_TRUE(find_gaps(reading, {}, false, kImage).empty());
}

TEST(Gaps, OfTheModelStandForTheBoardTheyLieOn) {
  const ShelfReading reading = find_rows(two_boards({2, 3}));
  const Detection seen{{121, 155, 217, 238}, 0.7F, 1};
  const std::vector<Gap> gaps = find_gaps(reading, {seen}, true, kImage);
  ASSERT_EQ(gaps.size(), 1U);
  EXPECT_EQ(gaps[0].source, GapSource::kBoth);
  EXPECT_EQ(gaps[0].box, seen.box);
  EXPECT_EQ(gaps[0].score, 0.7F);
  EXPECT_EQ(gaps[0].row, 1);
  EXPECT_EQ(gaps[0].before, 2);
  EXPECT_EQ(gaps[0].facings, 2) << "96 / 48";
}

TEST(Gaps, OfTheModelAloneAreKept) {
  const ShelfReading reading = find_rows(two_boards({}));
  const std::vector<Gap> gaps =
      find_gaps(reading, {{{150, 20, 200, 100}, 0.5F, 1}, {{9, 9, 9, 9}, 0.9F, 1}}, true, kImage);
  ASSERT_EQ(gaps.size(), 1U) << "the second one is no box";
  EXPECT_EQ(gaps[0].source, GapSource::kModel);
  EXPECT_EQ(gaps[0].row, 0);
}

TEST(Gaps, ThatTheModelDoesNotSeeAreKeptOnRequest) {
  const ShelfReading reading = find_rows(two_boards({2}));
  EXPECT_TRUE(find_gaps(reading, {}, true, kImage).empty());
  GapOptions options;
  options.keep_unconfirmed = true;
  EXPECT_EQ(find_gaps(reading, {}, true, kImage, options).size(), 1U);
}

TEST(Gaps, RefuseOptionsOutOfRange) {
  GapOptions options;
  options.min_room = 0;
  EXPECT_THROW(find_gaps({}, {}, false, kImage, options), ContractViolation);
}

}  // namespace
}  // namespace gondola::shelf
