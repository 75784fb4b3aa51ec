#include "gondola/shelf/planogram.hpp"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gondola/core/error.hpp"

namespace gondola::shelf {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Field by field: g++ 12 takes the nested braces for uninitialised strings.
PlanogramDraft::Board board(const std::string& id, double y, const std::string& where) {
  PlanogramDraft::Board entry;
  entry.fixture.id = id;
  entry.fixture.y = y;
  entry.fixture.width = 100;
  entry.fixture.height = 30;
  entry.where = where;
  return entry;
}

PlanogramDraft sound_draft() {
  PlanogramDraft draft;
  draft.where = "plan:1";
  draft.width = 100;
  draft.height = 60;
  draft.products.push_back({{"tea", "Green tea", 10, 20}, "plan:3"});
  draft.products.push_back({{"jam", "", 8, 12}, "plan:4"});
  draft.fixtures.push_back(board("top", 0, "plan:6"));
  draft.fixtures.push_back(board("low", 30, "plan:7"));
  draft.positions.push_back({"1", "tea", "top", 0, 10, 3, "plan:9"});
  draft.positions.push_back({"2", "jam", "top", 30, 18, 2, "plan:10"});
  draft.positions.push_back({"3", "jam", "low", 0, 48, 1, "plan:11"});
  return draft;
}

TEST(Planogram, ResolvesReferences) {
  const Planogram planogram = make_planogram(sound_draft());
  EXPECT_EQ(planogram.products[1].name, "jam") << "the id where no name is given";
  EXPECT_EQ(planogram.positions[1].product, 1U);
  EXPECT_EQ(planogram.positions[2].fixture, 1U);
}

TEST(Planogram, NamesUnknownProductsAndFixtures) {
  PlanogramDraft draft = sound_draft();
  draft.positions[0].product = "teh";
  draft.positions[2].fixture = "cellar";
  EXPECT_THAT(
      planogram_faults(draft),
      ElementsAre("plan:9: position '1' product = 'teh'; expected the id of a product "
                  "(did you mean 'tea'?)",
                  "plan:11: position '3' fixture = 'cellar'; expected the id of a fixture"));
}

TEST(Planogram, RefusesOverlaps) {
  PlanogramDraft draft = sound_draft();
  draft.positions[1].x = 25;
  EXPECT_THAT(planogram_faults(draft),
              ElementsAre("plan:10: position '2' begins at x 25, before position '1' ends at 30 on "
                          "the same fixture; expected no overlap"));
  draft.positions[1].x = 29.5;  // rounding: less than a tenth of a facing
  EXPECT_THAT(planogram_faults(draft), IsEmpty());
  draft.positions[1] = {"2", "jam", "top", 0, -0.5, 2, "plan:10"};  // above the other one
  EXPECT_THAT(planogram_faults(draft), ElementsAre(testing::HasSubstr("no overlap")));
}

TEST(Planogram, RefusesZeroSizes) {
  PlanogramDraft draft = sound_draft();
  draft.width = 0;
  draft.products[0].product.height = -20;
  draft.fixtures[1].fixture.width = std::numeric_limits<double>::quiet_NaN();
  draft.positions[1].facings = 0;
  EXPECT_THAT(planogram_faults(draft),
              ElementsAre("plan:1: width = 0; expected a number > 0",
                          "plan:3: product 'tea' h = -20; expected a number > 0",
                          "plan:7: fixture 'low' w = nan; expected a number > 0",
                          "plan:10: position '2' facings = 0; expected a whole number >= 1"));
}

TEST(Planogram, RefusesMixedUnits) {
  PlanogramDraft draft = sound_draft();
  draft.positions.clear();
  draft.products[0].product.width = 100.5;  // millimetres among centimetres
  draft.products[1].product.width = 0.08;   // metres
  EXPECT_THAT(planogram_faults(draft),
              ElementsAre("plan:3: product 'tea' is 100.5 x 20, larger than the planogram of 100 x "
                          "60; expected all lengths in one unit",
                          "plan:4: product 'jam' w = 0.08, less than a thousandth of the "
                          "planogram's 100; expected all lengths in one unit"));
}

TEST(Planogram, RefusesWhatLiesOutside) {
  PlanogramDraft draft = sound_draft();
  draft.fixtures[1].fixture.y = 45;
  draft.positions[2] = {"3", "jam", "top", 95, 18, 1, "plan:11"};
  EXPECT_THAT(planogram_faults(draft),
              ElementsAre("plan:7: fixture 'low' spans 0,45 to 100,75; expected inside the "
                          "planogram of 100 x 60",
                          "plan:11: position '3' spans 95,18 to 103,30; expected inside fixture "
                          "'top', 0,0 to 100,30"));
}

TEST(Planogram, RefusesDuplicatesAndMissingIds) {
  PlanogramDraft draft = sound_draft();
  draft.products[1].product.id = "tea";
  draft.fixtures[1].fixture.id = "";
  draft.positions.resize(2);
  draft.positions[0] = {"1", "tea", "top", 0, 10, 1, "plan:9"};
  draft.positions[1] = {"1", "tea", "top", 50, 10, 1, "plan:10"};
  EXPECT_THAT(planogram_faults(draft),
              ElementsAre("plan:4: product id 'tea' is given twice; ids tell products apart",
                          "plan:7: fixture without an id; expected one that no other fixture has",
                          "plan:10: position id '1' is given twice; ids tell positions apart"));
}

TEST(Planogram, ThrowsTheFirstFaultAndCountsTheRest) {
  PlanogramDraft draft = sound_draft();
  draft.width = 0;
  draft.height = 0;
  try {
    make_planogram(draft);
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_STREQ(error.what(), "plan:1: width = 0; expected a number > 0 (and 1 more fault)");
  }
}

}  // namespace
}  // namespace gondola::shelf
