#include "gondola/shelf/rows.hpp"

#include <limits>
#include <map>
#include <set>

#include <gtest/gtest.h>

#include "gondola/core/error.hpp"
#include "shelf/made_shelf.hpp"

namespace gondola::shelf {
namespace {

using test::MadeShelf;
using test::MadeShelfOptions;

/// `count` boxes of one size side by side on a board at y.
void add_row(std::vector<Box>& boxes, float x, float y, float w, float h, int count) {
  for (int i = 0; i < count; ++i) {
    const float left = x + static_cast<float>(i) * (w + 1);
    boxes.push_back({left, y - h, left + w, y});
  }
}

TEST(Rows, AreReadFromTopToBottomAndLeftToRight) {
  std::vector<Box> boxes;
  add_row(boxes, 10, 200, 30, 60, 4);  // 0..3
  add_row(boxes, 10, 100, 40, 60, 3);  // 4..6, above
  const ShelfReading reading = find_rows(boxes);
  ASSERT_EQ(reading.rows.size(), 2U);
  EXPECT_EQ(reading.bays, 1);
  EXPECT_EQ(reading.rows[0].facings.size(), 3U);
  EXPECT_EQ(reading.rows[1].facings.size(), 4U);
  EXPECT_EQ(reading.rows[0].level, 0);
  EXPECT_EQ(reading.rows[1].level, 1);
  EXPECT_EQ(reading.placements[0], (Placement{1, 0, 0}));
  EXPECT_EQ(reading.placements[3], (Placement{1, 3, 0}));
  EXPECT_EQ(reading.placements[6], (Placement{0, 2, 0}));
  EXPECT_EQ(reading.rows[0].box, (Box{10, 40, 132, 100}));
  EXPECT_NEAR(reading.rows[0].line_y(50), 100, 0.5);
  EXPECT_NEAR(reading.rows[1].line_y(300), 200, 0.5) << "goes on beyond the last product";
}

TEST(Rows, StacksShareAFacing) {
  // Three stacks of three, packages of 50 x 30 on each other.
  std::vector<Box> boxes;
  for (int level = 0; level < 3; ++level) {
    add_row(boxes, 0, 200 - 30.0F * static_cast<float>(level), 50, 30, 3);
  }
  const ShelfReading reading = find_rows(boxes);
  ASSERT_EQ(reading.rows.size(), 1U);
  ASSERT_EQ(reading.rows[0].facings.size(), 3U);
  EXPECT_EQ(reading.placements[1], (Placement{0, 1, 0}));
  EXPECT_EQ(reading.placements[4], (Placement{0, 1, 1}));
  EXPECT_EQ(reading.placements[7], (Placement{0, 1, 2}));
  EXPECT_EQ(reading.rows[0].facings[1].boxes, (std::vector<std::size_t>{1, 4, 7}));
  EXPECT_EQ(reading.rows[0].facings[1].base, boxes[1]);
  EXPECT_EQ(reading.rows[0].facings[1].box, (Box{51, 110, 101, 200}));
}

TEST(Rows, BoardsAreNoStacks) {
  // The same, 12 pixels apart: 0.4 of the height, more than board_thickness.
  std::vector<Box> boxes;
  for (int level = 0; level < 3; ++level) {
    add_row(boxes, 17.0F * static_cast<float>(level), 200 - 42.0F * static_cast<float>(level), 50,
            30, 5);
  }
  EXPECT_EQ(find_rows(boxes).rows.size(), 3U);
}

TEST(Rows, BoxesThatAreNoProductsGetNoFacing) {
  std::vector<Box> boxes;
  add_row(boxes, 0, 100, 40, 80, 6);
  const std::size_t label = boxes.size();
  boxes.push_back({45, 40, 75, 70});  // inside the second product
  boxes.push_back({5, 5, 5, 5});
  boxes.push_back({300, 100, 200, 50});
  boxes.push_back({0, 0, std::numeric_limits<float>::quiet_NaN(), 9});
  boxes.push_back({120, 20, 124, 24});  // a speck
  const ShelfReading reading = find_rows(boxes);
  ASSERT_EQ(reading.rows.size(), 1U);
  EXPECT_EQ(reading.rows[0].facings.size(), 6U);
  EXPECT_EQ(reading.placements[label], (Placement{0, -1, -1})) << "of its product's row";
  for (std::size_t i = label + 1; i < boxes.size(); ++i) {
    EXPECT_EQ(reading.placements[i], Placement{}) << i;
  }
}

TEST(Rows, NothingAndOneProductAreFine) {
  EXPECT_TRUE(find_rows({}).rows.empty());
  EXPECT_EQ(find_rows({}).bays, 0);
  const ShelfReading one = find_rows({{10, 10, 20, 40}});
  ASSERT_EQ(one.rows.size(), 1U);
  EXPECT_EQ(one.placements[0], (Placement{0, 0, 0}));
  EXPECT_FLOAT_EQ(one.rows[0].line_y(15), 40);
}

TEST(Rows, RefuseOptionsOutOfRange) {
  RowOptions options;
  options.inside_share = 1.5;
  EXPECT_THROW(find_rows({}, options), ContractViolation);
  EXPECT_THROW(Row{}.line_y(0), ContractViolation);
}

TEST(Rows, BaysPartWhereNoProductCrosses) {
  // Eight rows of different packages, all with a post at 300..330 that none of them crosses.
  std::vector<Box> boxes;
  const std::vector<float> widths = {23, 37, 28, 45, 31, 52, 26, 34};
  for (int row = 0; row < 8; ++row) {
    const float w = widths[static_cast<std::size_t>(row)];
    const float y = 100 * static_cast<float>(row + 1);
    const int count = static_cast<int>(298 / (w + 1));
    add_row(boxes, 300 - (w + 1) * static_cast<float>(count), y, w, 60, count);
    add_row(boxes, 330, y, w, 60, count);
  }
  const ShelfReading reading = find_rows(boxes);
  EXPECT_EQ(reading.bays, 2);
  ASSERT_EQ(reading.rows.size(), 16U);
  EXPECT_EQ(reading.rows[7].bay, 0);
  EXPECT_EQ(reading.rows[7].level, 7);
  EXPECT_EQ(reading.rows[8].bay, 1);
  EXPECT_EQ(reading.rows[8].level, 0);

  RowOptions joined;
  joined.split_bays = false;
  EXPECT_EQ(find_rows(boxes, joined).rows.size(), 8U);
}

/// Products whose row is the one most of their board's products are in, and which find themselves
/// in a row that is mostly of their board or of one level with it; and the share of facings that
/// are counted too many or too few.
struct Quality {
  double together = 0;
  double facings_error = 0;
  double level_right = 0;
};

Quality measure(const MadeShelf& shelf, const std::vector<test::MadeProduct>& products) {
  std::vector<Box> boxes;
  for (const test::MadeProduct& product : products) boxes.push_back(product.box);
  const ShelfReading reading = find_rows(boxes);
  const auto board = [&](const test::MadeProduct& product) {
    return shelf.planogram.fixtures[static_cast<std::size_t>(product.row)].y;
  };
  std::map<int, std::map<int, int>> found_of;
  std::map<int, std::map<double, int>> boards_of;
  std::set<std::pair<int, int>> true_facings;
  for (std::size_t i = 0; i < products.size(); ++i) {
    ++found_of[products[i].row][reading.placements[i].row];
    ++boards_of[reading.placements[i].row][board(products[i])];
    true_facings.insert({products[i].row, products[i].facing});
  }
  const auto most = [](const auto& counts) {
    return std::max_element(counts.begin(), counts.end(),
                            [](const auto& a, const auto& b) { return a.second < b.second; })
        ->first;
  };
  Quality quality;
  double facings = 0;
  for (const Row& row : reading.rows) facings += static_cast<double>(row.facings.size());
  for (std::size_t i = 0; i < products.size(); ++i) {
    const int row = reading.placements[i].row;
    const bool complete = most(found_of[products[i].row]) == row;
    const bool pure = most(boards_of[row]) == board(products[i]);
    quality.together += complete && pure ? 1 : 0;
    quality.level_right += reading.placements[i].level == products[i].level ? 1 : 0;
  }
  const auto n = static_cast<double>(products.size());
  const auto expected = static_cast<double>(true_facings.size());
  return {quality.together / n, std::abs(facings - expected) / expected, quality.level_right / n};
}

Quality average(MadeShelfOptions options, double missing) {
  Quality sum;
  constexpr std::uint32_t kShelves = 12;
  for (std::uint32_t seed = 1; seed <= kShelves; ++seed) {
    options.seed = seed;
    options.rows = 4 + static_cast<int>(seed % 3);
    const MadeShelf shelf = test::make_shelf(options);
    const Quality one = measure(
        shelf, missing > 0 ? test::imperfect(shelf.products, missing, seed) : shelf.products);
    sum.together += one.together / kShelves;
    sum.facings_error += one.facings_error / kShelves;
    sum.level_right += one.level_right / kShelves;
  }
  return sum;
}

TEST(Rows, AreExactFromStraightAhead) {
  const Quality quality = average({}, 0);
  EXPECT_EQ(quality.together, 1);
  EXPECT_EQ(quality.facings_error, 0);
  EXPECT_GT(quality.level_right, 0.99);
}

TEST(Rows, FollowTiltPerspectiveAndLens) {
  MadeShelfOptions tilted;
  tilted.roll = 8;
  MadeShelfOptions aside;
  aside.yaw = 30;
  MadeShelfOptions looking_up;
  looking_up.pitch = 15;
  MadeShelfOptions bent;
  bent.bend = -0.15;
  MadeShelfOptions all;
  all.yaw = 15;
  all.pitch = -8;
  all.roll = 4;
  all.bend = -0.1;
  all.bays = 2;
  for (const MadeShelfOptions& options : {tilted, aside, looking_up, bent, all}) {
    const Quality quality = average(options, 0);
    EXPECT_GT(quality.together, 0.98) << options.yaw << ' ' << options.roll;
    EXPECT_LT(quality.facings_error, 0.02) << options.yaw << ' ' << options.roll;
  }
}

TEST(Rows, BearMissingAndRoughBoxes) {
  MadeShelfOptions options;
  options.yaw = 10;
  options.roll = 3;
  options.bend = -0.1;
  options.bays = 2;
  const Quality quality = average(options, 0.1);
  EXPECT_GT(quality.together, 0.97);
  EXPECT_LT(quality.facings_error, 0.02);
}

}  // namespace
}  // namespace gondola::shelf
