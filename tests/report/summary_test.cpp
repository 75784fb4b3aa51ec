#include "gondola/report/summary.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gondola/core/error.hpp"
#include "report/local_zone.hpp"
#include "report/shop.hpp"

namespace gondola::report {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Optional;
using testing::SizeIs;

std::string error_of(const store::EventStore& store, const ReportOptions& options) {
  try {
    make_summary(store, options);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no error";
}

std::vector<ProblemKind> kinds_of(const Summary& summary) {
  std::vector<ProblemKind> kinds;
  for (const Problem& problem : summary.problems) kinds.push_back(problem.kind);
  return kinds;
}

const GroupSummary& group_of(const Summary& summary, const std::string& label) {
  for (const GroupSummary& group : summary.groups) {
    if (group.key.label == label) return group;
  }
  throw std::runtime_error("no group " + label);
}

class SummaryTest : public testing::Test {
 protected:
  Summary summary() const { return make_summary(*shop_.store, options_); }
  void add(const store::AuditRecord& audit) { shop_.store->add(audit); }

  const LocalZone zone_{"UTC0"};
  Shop shop_;
  ReportOptions options_;
};

TEST_F(SummaryTest, AddsUpShelvesOfTheMeansOfTheirAuditsInEachStep) {
  // Two shelves over four days, so steps are days. Cola:
  //   day      0         1     2          3
  //   left     4, 6 (5)  2     -          6
  //   right    (3)       3     -          (3)
  //   sum      8         5     nothing    9
  add(audit_of("north", "left", kMonday + 8 * kHour, {{"cola", 4}}));
  add(audit_of("north", "left", kMonday + 9 * kHour, {{"cola", 6}}));
  add(audit_of("north", "left", kMonday + kDay, {{"cola", 2}}));
  add(audit_of("north", "right", kMonday + kDay, {{"cola", 3}}));
  add(audit_of("north", "left", kMonday + 3 * kDay, {{"cola", 6}}));

  const Summary summary = this->summary();
  EXPECT_EQ(summary.step, TimeStep::kDay);
  ASSERT_THAT(summary.steps, SizeIs(4));
  ASSERT_THAT(summary.groups, SizeIs(1));
  const GroupSummary& cola = summary.groups[0];
  EXPECT_THAT(cola.steps[0].facings, Optional(8.0));
  EXPECT_THAT(cola.steps[1].facings, Optional(5.0));
  EXPECT_EQ(cola.steps[2].facings, std::nullopt);
  EXPECT_THAT(cola.steps[3].facings, Optional(9.0));
  EXPECT_THAT(cola.steps[3].products, Optional(18.0));
  EXPECT_EQ(cola.steps[0].audits, 2);
  EXPECT_EQ(cola.steps[2].audits, 0);
  EXPECT_THAT(summary.steps[0].facings, Optional(8.0));
  EXPECT_THAT(summary.steps[3].facings, Optional(9.0));
  EXPECT_EQ(summary.steps[2].facings, std::nullopt);
  // First audits: 4 and 3; last ones: 6 and 3. Usual: (8 + 5 + 9) / 3.
  EXPECT_EQ(cola.facings_first, 7);
  EXPECT_EQ(cola.facings_last, 9);
  EXPECT_EQ(cola.products_last, 18);
  EXPECT_NEAR(cola.facings_usual, 22.0 / 3, 1e-12);
  EXPECT_EQ(summary.totals.audits, 5);
  EXPECT_EQ(summary.totals.facings_first, 7);
  EXPECT_EQ(summary.totals.facings_last, 9);
}

TEST_F(SummaryTest, AnAuditThatSeesNothingOfALabelCountsAsNone) {
  add(audit_of("north", "", kMonday, {{"cola", 4}, {"tea", 2}}));
  add(audit_of("north", "", kMonday + kHour / 2, {{"tea", 2}}));
  const Summary summary = this->summary();
  ASSERT_THAT(summary.steps, SizeIs(1));
  EXPECT_THAT(group_of(summary, "cola").steps[0].facings, Optional(2.0));
  EXPECT_EQ(group_of(summary, "cola").facings_last, 0);
  EXPECT_THAT(group_of(summary, "tea").steps[0].facings, Optional(2.0));
}

TEST_F(SummaryTest, GroupsByWhatIsAskedFor) {
  store::AuditRecord audit = audit_of("north", "left", kMonday, {{"cola", 4}, {"tea", 2}});
  audit.counts.push_back({"cola", 1, 1, 1});
  audit.counts[0].facings = 5;
  add(audit);
  add(audit_of("south", "left", kMonday, {{"cola", 1}}));

  const auto lines = [this] {
    std::vector<std::string> texts;
    for (const GroupSummary& group : summary().groups) {
      texts.push_back(concat(group.key.store, '/', group.key.camera, '/', group.key.label, '/',
                             group.key.row, ' ', group.facings_last, ' ', *group.steps[0].facings));
    }
    return texts;
  };
  EXPECT_THAT(lines(), ElementsAre("//cola/-1 6 6", "//tea/-1 2 2"));
  options_.by = parse_group_by({"store"});
  EXPECT_THAT(lines(), ElementsAre("north///-1 7 7", "south///-1 1 1"));
  options_.by = parse_group_by({"row", "label"});
  EXPECT_THAT(lines(), ElementsAre("//cola/0 5 5", "//cola/1 1 1", "//tea/0 2 2"));
  options_.by = parse_group_by({"camera"});
  EXPECT_THAT(lines(), ElementsAre("/left//-1 8 8"));
  options_.by = parse_group_by({"store", "label"});
  EXPECT_THAT(lines(),
              ElementsAre("north//cola/-1 5 5", "north//tea/-1 2 2", "south//cola/-1 1 1"));
}

TEST_F(SummaryTest, CountsGivenByRowAloneAddUp) {
  store::AuditRecord audit = audit_of("north", "", kMonday, {});
  audit.counts = {{"cola", 0, 2, 2}, {"cola", 3, 1, 1}, {"tea", -1, 4, 4}};
  add(audit);
  EXPECT_EQ(group_of(summary(), "cola").facings_last, 3);
  options_.by = parse_group_by({"label", "row"});
  const Summary summary = this->summary();
  ASSERT_THAT(summary.groups, SizeIs(3));
  EXPECT_EQ(summary.groups[2].key.label, "tea");
  EXPECT_EQ(summary.groups[2].key.row, -1);
}

TEST_F(SummaryTest, AvailabilityAndComplianceAreMeansOverTheShelves) {
  store::AuditRecord audit = audit_of("north", "left", kMonday, {{"cola", 4}});
  audit.on_shelf_availability = 0.5;
  audit.planogram_compliance = 0.25;
  add(audit);
  audit.taken_at += kHour / 4;
  audit.on_shelf_availability = 1.0;
  add(audit);
  store::AuditRecord other = audit_of("north", "right", kMonday, {{"cola", 4}});
  other.on_shelf_availability = 0.25;
  add(other);

  const Summary summary = this->summary();
  // left: (0.5 + 1) / 2 = 0.75; right: 0.25; the mean is 0.5.
  EXPECT_THAT(summary.steps[0].availability, Optional(0.5));
  EXPECT_THAT(summary.steps[0].compliance, Optional(0.25));
  EXPECT_THAT(summary.totals.availability_first, Optional(0.375));
  EXPECT_THAT(summary.totals.availability_last, Optional(0.625));
  EXPECT_THAT(summary.totals.compliance_last, Optional(0.25));
}

TEST_F(SummaryTest, ProblemsAreThoseOfTheLastAuditsUrgentOnesFirst) {
  store::AuditRecord before =
      audit_of("north", "", kMonday, {{"cola", 4}, {"tea", 3}, {"milk", 5}});
  before.gaps = {{{0, 0, 5, 5}, 0, 7}};
  add(before);
  store::AuditRecord last = audit_of("north", "", kMonday + kHour / 2, {{"cola", 1}, {"milk", 5}});
  last.gaps = {{{10, 10, 20, 20}, 1, 2}, {{40, 10, 50, 20}, 1, 1}};
  last.positions = {{"p1", "cola", "correct"},
                    {"p2", "tea", "empty"},
                    {"p3", "milk", "wrong_place"},
                    {"p4", "beer", "wrong_product"},
                    {"p5", "wine", "hidden"}};
  add(last);

  const Summary summary = this->summary();
  EXPECT_THAT(kinds_of(summary),
              ElementsAre(ProblemKind::kSoldOut, ProblemKind::kEmptyPosition, ProblemKind::kGap,
                          ProblemKind::kGap, ProblemKind::kLow, ProblemKind::kWrongProduct,
                          ProblemKind::kWrongPlace));
  EXPECT_EQ(summary.problems[0].label, "tea");
  EXPECT_EQ(summary.problems[0].usual, 1.5);
  EXPECT_EQ(summary.problems[1].position, "p2");
  EXPECT_EQ(summary.problems[3].gap, 1U);
  EXPECT_EQ(summary.problems[4].label, "cola");
  EXPECT_EQ(summary.problems[4].facings, 1);
  EXPECT_EQ(summary.totals.gaps, 2);
  EXPECT_EQ(summary.totals.gap_facings, 3);
  EXPECT_EQ(summary.totals.positions, 4);
  EXPECT_EQ(summary.totals.positions_wrong, 3);
}

TEST_F(SummaryTest, AProductThatAlwaysHasOneFacingIsNotLow) {
  for (int i = 0; i < 3; ++i)
    add(audit_of("north", "", kMonday + i * kHour, {{"saffron", 1}, {"cola", i < 2 ? 4 : 1}}));
  EXPECT_THAT(kinds_of(summary()), ElementsAre(ProblemKind::kLow));
  EXPECT_EQ(summary().problems[0].label, "cola");
  options_.fewest_of["saffron"] = 2;
  EXPECT_THAT(kinds_of(summary()), ElementsAre(ProblemKind::kLow, ProblemKind::kLow));
  options_.fewest_of["saffron"] = 1;  // fewer than one is sold out, not low
  EXPECT_THAT(kinds_of(summary()), ElementsAre(ProblemKind::kLow));
  options_.fewest = 0;
  EXPECT_THAT(kinds_of(summary()), IsEmpty());
}

TEST_F(SummaryTest, StockIsThatOfTheWholeShop) {
  // Sold out on one shelf, moved to another of the same shop; gone from the other shop.
  add(audit_of("north", "left", kMonday, {{"cola", 4}}));
  add(audit_of("north", "left", kMonday + kHour / 2, {}));
  add(audit_of("north", "right", kMonday + kHour / 2, {{"cola", 4}}));
  add(audit_of("south", "left", kMonday, {{"cola", 4}}));
  add(audit_of("south", "left", kMonday + kHour / 2, {}));
  const Summary summary = this->summary();
  ASSERT_THAT(summary.problems, SizeIs(1));
  EXPECT_EQ(summary.problems[0].store, "south");
  EXPECT_EQ(summary.shelves[summary.problems[0].shelf].key, (ShelfKey{"south", "left"}));
}

TEST_F(SummaryTest, ALowProductLeadsToTheShelfThatHasIt) {
  options_.fewest_of["cola"] = 5;
  add(audit_of("north", "left", kMonday, {{"cola", 1}}));
  add(audit_of("north", "middle", kMonday, {{"cola", 3}}));
  add(audit_of("north", "right", kMonday, {{"tea", 3}}));
  const Summary summary = this->summary();
  ASSERT_THAT(summary.problems, SizeIs(1));
  EXPECT_EQ(summary.problems[0].facings, 4);
  EXPECT_EQ(summary.shelves[summary.problems[0].shelf].key.camera, "middle");
}

TEST_F(SummaryTest, AMistakenDetectionIsNotSoldOut) {
  // Seen in one of three steps: usual is a third of a facing.
  add(audit_of("north", "", kMonday, {{"tea", 2}, {"ghost", 1}}));
  add(audit_of("north", "", kMonday + kHour, {{"tea", 2}}));
  add(audit_of("north", "", kMonday + 2 * kHour, {{"tea", 2}}));
  EXPECT_THAT(kinds_of(summary()), IsEmpty());
}

TEST_F(SummaryTest, EventsAreCountedByKindAndStep) {
  shop_.store->add(event_of("north", "left", kMonday, "taken", "cola"));
  shop_.store->add(event_of("north", "left", kMonday + kHour, "taken", "cola"));
  shop_.store->add(event_of("north", "left", kMonday + kHour, "restocked", "cola"));
  const Summary summary = this->summary();
  EXPECT_THAT(summary.events, SizeIs(3));
  ASSERT_THAT(summary.steps, SizeIs(2));
  EXPECT_THAT(summary.steps[1].events,
              ElementsAre(std::pair("restocked", 1), std::pair("taken", 1)));
  EXPECT_EQ(summary.totals.events.at("taken"), 2);
  EXPECT_THAT(summary.shelves, IsEmpty());
}

TEST_F(SummaryTest, LooksAtTheRangeAndPlacesThatAreAskedFor) {
  for (int day = 0; day < 4; ++day) {
    add(audit_of("north", "left", kMonday + day * kDay, {{"cola", day + 1}}));
    add(audit_of("south", "left", kMonday + day * kDay, {{"cola", 10}}));
  }
  options_.from = kMonday + kDay;
  options_.to = kMonday + 3 * kDay;  // excluded
  options_.stores = {"north"};
  const Summary summary = this->summary();
  EXPECT_EQ(summary.groups[0].facings_first, 2);
  EXPECT_EQ(summary.groups[0].facings_last, 3);
  EXPECT_EQ(summary.totals.audits, 2);
  EXPECT_EQ(summary.range, (TimeSpan{kMonday + kDay, kMonday + 3 * kDay}));
  EXPECT_EQ(summary.seen, (TimeSpan{kMonday + kDay, kMonday + 2 * kDay + 1}));
  // The first step is cut to what was asked for.
  options_.from = kMonday + kDay - kHour / 2;
  EXPECT_EQ(this->summary().steps.front().span, (TimeSpan{kMonday + kDay, kMonday + kDay + kHour}));
  shop_.store->add(audit_of("north", "left", *options_.from, {{"cola", 1}}));
  EXPECT_EQ(this->summary().steps.front().span, (TimeSpan{*options_.from, kMonday + kDay}));
}

TEST_F(SummaryTest, SaysWhatTheStoreHasWhenNothingIsInTheRange) {
  EXPECT_EQ(error_of(*shop_.store, {}),
            "the store is empty; gondola count SOURCE --store FILE fills it");
  add(audit_of("north", "left", kMonday, {{"cola", 1}}));
  options_.from = kMonday + 30 * kDay;
  options_.to = kMonday + 31 * kDay;
  EXPECT_EQ(error_of(*shop_.store, options_),
            "no audits from 2026-12-02 00:00 to 2026-12-03 00:00; the store has audits from "
            "2026-11-02 00:00 to 2026-11-02 00:00");
  options_ = {};
  options_.stores = {"nroth"};
  EXPECT_THAT(error_of(*shop_.store, options_),
              testing::AllOf(HasSubstr("no audits of shop nroth;"), HasSubstr(" of north")));
}

TEST(GroupByWords, AreReadAndWritten) {
  EXPECT_EQ(to_text(parse_group_by({"row", "store", "label", "camera"})), "store,camera,label,row");
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"lable"}, {""}, {"label", "time"}}) {
    EXPECT_THROW(parse_group_by(words), ConfigError);
  }
  try {
    parse_group_by({"colour"});
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_STREQ(error.what(), "'colour' is nothing to group by; known: label, row, store, camera");
  }
  EXPECT_THROW(parse_group_by({}), ConfigError);
}

}  // namespace
}  // namespace gondola::report
