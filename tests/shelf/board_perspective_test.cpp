#include "board_perspective.hpp"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "gondola/shelf/rows.hpp"

namespace gondola::shelf {
namespace {

constexpr Size kImage{800, 600};

/// Where a line from the left edge at this height to the vanishing point is at x.
double board_y(const Place& vanishing, double left_y, double x) {
  return left_y + (vanishing.y - left_y) * x / vanishing.x;
}

/// Facings on boards that run to a vanishing point; equal goods at equal distances on a plane, so
/// the distance to that point shrinks as 1, 1/2, 1/3 of a start.
std::vector<Box> along_the_aisle(const Place& vanishing, const std::vector<double>& boards) {
  std::vector<Box> boxes;
  for (std::size_t b = 0; b < boards.size(); ++b) {
    const double board = boards[b];
    for (int i = 20; i < 60; ++i) {
      // Columns that stood in line would look like bays.
      const double step = i + std::fmod(0.61 * static_cast<double>(b * b), 1);
      const double near = vanishing.x * (1 - 20 / step);
      const double far = vanishing.x * (1 - 20 / (step + 1));
      const double middle = (near + far) / 2;
      const double foot = board_y(vanishing, board, middle);
      const double height = 70.0 * (vanishing.x - middle) / vanishing.x;
      if (far > kImage.width) break;
      boxes.push_back({static_cast<float>(near), static_cast<float>(foot - height),
                       static_cast<float>(far), static_cast<float>(foot)});
    }
  }
  return boxes;
}

const Place kVanishing{900, 250};
const std::vector<double> kBoards{-200, -50, 100, 250, 400, 550, 700};

TEST(BoardPerspective, TakesPlacesThereAndBack) {
  const BoardPerspective perspective({400, 300}, 0.001, -0.2);
  EXPECT_FALSE(perspective.is_level());
  for (const Place& place : {Place{0, 0}, Place{400, 300}, Place{790, 20}, Place{10, 599}}) {
    const Place back = perspective.taken(perspective.straightened(place));
    EXPECT_NEAR(back.x, place.x, 1e-9);
    EXPECT_NEAR(back.y, place.y, 1e-9);
  }
  const Place middle = perspective.straightened(Place{400, 300});
  EXPECT_DOUBLE_EQ(middle.x, 400);
  EXPECT_DOUBLE_EQ(middle.y, 300);
}

TEST(BoardPerspective, MakesBoardsLevelAndEqualGoodsEquallyWide) {
  const double narrowing = 1 / (kVanishing.x - 400);
  const BoardPerspective perspective({400, 300}, narrowing, narrowing * (kVanishing.y - 300));
  for (const double board : kBoards) {
    const double height = perspective.straightened(Place{0, board}).y;
    for (const double x : {100.0, 400.0, 700.0}) {
      EXPECT_NEAR(perspective.straightened(Place{x, board_y(kVanishing, board, x)}).y, height, 1e-9);
    }
  }
  const std::vector<Box> row = along_the_aisle(kVanishing, {400});
  ASSERT_GT(row.size(), 30U);
  const Box first = perspective.straightened(row.front());
  const Box last = perspective.straightened(row.back());
  EXPECT_NEAR(last.width(), first.width(), 0.01 * first.width());
  EXPECT_NEAR(last.height(), first.height(), 0.01 * first.height());
  EXPECT_LT(row.back().width(), 0.2 * row.front().width());
}

TEST(GuessPerspective, LeavesLevelShelvesAlone) {
  std::vector<Box> boxes;
  for (int row = 0; row < 5; ++row) {
    for (int i = 0; i < 20; ++i) {
      const auto x = static_cast<float>(40 * i);
      const auto y = static_cast<float>(100 * row + 2 * i);
      boxes.push_back({x, y, x + 36, y + 70});
    }
  }
  EXPECT_TRUE(guess_perspective(boxes).is_level());
  EXPECT_TRUE(guess_perspective({}).is_level());
}

TEST(GuessPerspective, FindsTheSideBoardsRunTo) {
  const std::vector<Box> right = along_the_aisle(kVanishing, kBoards);
  EXPECT_GT(guess_perspective(right).narrowing(), 0);
  std::vector<Box> left;
  for (const Box& box : right) left.push_back({800 - box.x2, box.y1, 800 - box.x1, box.y2});
  EXPECT_LT(guess_perspective(left).narrowing(), 0);
}

TEST(FindRows, FollowsBoardsAlongTheAisle) {
  const std::vector<Box> boxes = along_the_aisle(kVanishing, kBoards);
  const ShelfReading reading = find_rows(boxes);
  ASSERT_EQ(reading.rows.size(), kBoards.size());
  std::size_t i = 0;
  for (std::size_t r = 0; r < kBoards.size(); ++r) {
    const std::size_t on_board = reading.rows[r].facings.size();
    for (std::size_t f = 0; f < on_board; ++f, ++i) {
      EXPECT_EQ(reading.placements[i].row, static_cast<int>(r)) << boxes[i];
      EXPECT_EQ(reading.placements[i].facing, static_cast<int>(f)) << boxes[i];
      EXPECT_EQ(reading.placements[i].level, 0) << boxes[i];
    }
  }
  EXPECT_EQ(i, boxes.size());
  for (std::size_t r = 0; r < reading.rows.size(); ++r) {
    const Row& row = reading.rows[r];
    EXPECT_EQ(row.box, hull(row.facings.front().box, row.facings.back().box)) << r;
    for (const double x : {50.0, 300.0, 600.0}) {
      EXPECT_NEAR(row.line_y(static_cast<float>(x)), board_y(kVanishing, kBoards[r], x), 3) << r;
    }
    for (const Facing& facing : row.facings) EXPECT_EQ(facing.base, boxes[facing.boxes.front()]);
  }
}

TEST(PerspectiveOf, FindsTheVanishingPointOfRows) {
  const ShelfReading reading = find_rows(along_the_aisle(kVanishing, kBoards));
  const double narrowing = perspective_of(reading.rows, kImage).narrowing();
  EXPECT_NEAR(1 / narrowing, kVanishing.x - 400, 25);
}

TEST(PerspectiveOf, IsLevelForFewRows) {
  const ShelfReading reading = find_rows(along_the_aisle(kVanishing, {100, 400}));
  EXPECT_TRUE(perspective_of(reading.rows, kImage).is_level());
  EXPECT_TRUE(perspective_of({}, kImage).is_level());
}

}  // namespace
}  // namespace gondola::shelf
