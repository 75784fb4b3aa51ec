#include "synth/shelf_layout.hpp"

#include <gtest/gtest.h>

#include "synth/free_board.hpp"
#include "synth/layout_plan.hpp"

namespace gondola::data::synth {
namespace {

constexpr int kWide = 0;    // 10 x 20 cm
constexpr int kNarrow = 1;  // 6 x 10 cm

Item item(int product, double x, int layer = 0, int level = 0) {
  Item placed;
  placed.product = product;
  placed.x = x;
  placed.y = 10 + (level == 0 ? 0 : 20 * level);
  placed.layer = layer;
  placed.level = level;
  return placed;
}

/// A bay 60 cm wide, or several, with one board 10 cm above the floor.
ShelfLayout layout_of(const std::vector<std::vector<Item>>& bays) {
  ShelfLayout layout;
  layout.products.resize(2);
  layout.products[kWide].extent = {10, 20, 5};
  layout.products[kNarrow].extent = {6, 10, 5};
  for (std::size_t i = 0; i < bays.size(); ++i) {
    Bay bay;
    bay.x = 100 + 60.0 * static_cast<double>(i);
    bay.width = 60;
    bay.top = 60;
    Row row;
    row.y = 10;
    row.clear = 45;
    row.items = bays[i];
    bay.rows.push_back(row);
    layout.bays.push_back(bay);
  }
  return layout;
}

TEST(ShelfLayout, ColumnsHoldWhatStandsBehindAndOnTop) {
  const ShelfLayout layout = layout_of(
      {{item(kWide, 101, 1), item(kWide, 101, 1, 1), item(kWide, 101), item(kNarrow, 112, 1),
        item(kNarrow, 112), item(kNarrow, 112, 0, 1), item(kNarrow, 119)}});
  const auto columns = columns_of(layout.bays[0].rows[0]);
  ASSERT_EQ(columns.size(), 3U);
  EXPECT_EQ(columns[0], (std::vector<std::size_t>{0, 1, 2}));
  EXPECT_EQ(columns[1], (std::vector<std::size_t>{3, 4, 5}));
  EXPECT_EQ(columns[2], (std::vector<std::size_t>{6}));
}

TEST(LayoutPlan, CountsFacingsWhereTheyAreWithinHalfAWidth) {
  // Of the second position the third facing would be expected at 121 + 2 * 6 = 133 and stands 3.5
  // cm, more than half of 6, to the right of that.
  const ShelfLayout layout =
      layout_of({{item(kWide, 101), item(kWide, 111.2), item(kNarrow, 121), item(kNarrow, 128.5, 1),
                  item(kNarrow, 128.5), item(kNarrow, 136.5)}});
  const PlannedLayout planned = plan_layout(layout);
  const auto& positions = planned.planogram.positions;
  ASSERT_EQ(positions.size(), 3U);
  EXPECT_EQ(positions[0].facings, 2);
  EXPECT_EQ(positions[1].facings, 2);
  EXPECT_EQ(positions[2].facings, 1);
  EXPECT_DOUBLE_EQ(positions[1].x, 21);  // from the run's left end at 100
  EXPECT_DOUBLE_EQ(positions[2].x, 36.5);
  const PlannedPlace& behind = planned.place_of({0, 0, 3});
  EXPECT_EQ(behind.position, 1);
  EXPECT_EQ(behind.facing, 1);
}

TEST(FreeBoard, LiesBetweenGoodsAndAtTheEnds) {
  // Free: 101 to 102, 112 to 124, 140 to 159.2; facings are 10, 10 and 6 wide, so the median of
  // three is 10. The first is narrower than half of that.
  const ShelfLayout layout = layout_of({{item(kWide, 102), item(kWide, 124), item(kNarrow, 134)}});
  const std::vector<FreeStretch> stretches = find_free_stretches(layout, true);
  ASSERT_EQ(stretches.size(), 2U);
  EXPECT_DOUBLE_EQ(stretches[0].place.x, 112);
  EXPECT_DOUBLE_EQ(stretches[0].place.width, 12);
  EXPECT_DOUBLE_EQ(stretches[0].place.y, 10);
  EXPECT_DOUBLE_EQ(stretches[0].place.height, 20);
  EXPECT_DOUBLE_EQ(stretches[0].room, 1.2);
  EXPECT_TRUE(stretches[0].holds_facing);
  EXPECT_NEAR(stretches[1].place.width, 19.2, 1e-9);
  EXPECT_DOUBLE_EQ(stretches[1].place.height, 15) << "the mean of the two facings nearest";
}

TEST(FreeBoard, GoesOnInTheNextBayIfNothingPartsThem) {
  // 7.2 cm before the upright at 160 and 7 behind it: only together they hold a facing of 10.
  const ShelfLayout layout = layout_of(
      {{item(kWide, 101), item(kWide, 111), item(kWide, 121), item(kWide, 131), item(kWide, 142)},
       {item(kWide, 167.8), item(kWide, 178), item(kWide, 188), item(kWide, 198),
        item(kWide, 209)}});
  const std::vector<FreeStretch> open = find_free_stretches(layout, true);
  ASSERT_EQ(open.size(), 1U);
  EXPECT_NEAR(open[0].place.width, 15.8, 1e-9);
  EXPECT_TRUE(open[0].holds_facing);
  const std::vector<FreeStretch> parted = find_free_stretches(layout, false);
  ASSERT_EQ(parted.size(), 2U);
  for (const FreeStretch& stretch : parted) EXPECT_FALSE(stretch.holds_facing);
  EXPECT_EQ(parted[0].bay, 0);
  EXPECT_EQ(parted[1].bay, 1);
}

TEST(FreeBoard, TakesGapsOfTheLayoutOnEmptyBoards) {
  ShelfLayout layout = layout_of({{}});
  layout.bays[0].rows[0].gaps.push_back({101, 10, 58, 20, 5});
  const std::vector<FreeStretch> stretches = find_free_stretches(layout, true);
  ASSERT_EQ(stretches.size(), 1U);
  EXPECT_DOUBLE_EQ(stretches[0].room, 5);
}

TEST(FreeBoard, IsNotTheTopOfAShelfWithoutGoods) {
  ShelfLayout layout = layout_of({{}});
  Bay& bay = layout.bays[0];
  bay.rows[0].gaps.push_back({101, bay.top - 5, 58, 20, 5});
  EXPECT_TRUE(find_free_stretches(layout, true).empty());
}

}  // namespace
}  // namespace gondola::data::synth
