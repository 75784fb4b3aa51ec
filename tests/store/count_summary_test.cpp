#include <algorithm>
#include <limits>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "count_fold.hpp"
#include "gondola/store/sqlite_store.hpp"
#include "store/made_audits.hpp"
#include "support/shared_data.hpp"

namespace gondola::store {
namespace {

using test::bare_audit;
using test::TempDir;
using test::texts_of;
using testing::ElementsAre;

AuditRecord counted(AuditRecord audit, std::vector<StoredCount> counts) {
  audit.counts = std::move(counts);
  return audit;
}

class CountSummaries : public testing::Test {
 protected:
  void add(const std::string& store, const std::string& camera, UtcMilliseconds taken_at,
           std::vector<StoredCount> counts) {
    store_->add(counted(bare_audit(store, camera, taken_at), std::move(counts)));
  }

  std::vector<std::string> lines(const Grouping& grouping, const Query& query = {}) const {
    return texts_of(store_->summarize(query, grouping));
  }

  TempDir dir_;
  std::unique_ptr<EventStore> store_ = open_store(dir_ / "inventory.db");
};

TEST_F(CountSummaries, DivideByAllAuditsOfTheGroup) {
  add("", "", 1, {{"milk", -1, 4, 6}, {"tea", -1, 1, 1}});
  add("", "", 2, {});
  add("", "", 3, {{"milk", -1, 2, 3}});
  add("", "", 4, {{"milk", -1, 0, 0}});
  // milk: (4 + 0 + 2 + 0) / 4 = 1.5 facings, (6 + 0 + 3 + 0) / 4 = 2.25 products, seen in 2.
  EXPECT_THAT(lines({}), ElementsAre("0 |  |  | milk | row -1 | 2 of 4 audits | "
                                     "1.5 facings, 2.25 products | 4 -> 0",
                                     "0 |  |  | tea | row -1 | 1 of 4 audits | "
                                     "0.25 facings, 0.25 products | 1 -> 0"));
}

TEST_F(CountSummaries, TakeTheTotalOfALabelWhereThereIsOneAndElseItsRows) {
  add("", "", 1, {{"milk", -1, 7, 7}, {"milk", 0, 3, 3}, {"milk", 2, 3, 3}, {"tea", 1, 2, 2}});
  add("", "", 2, {{"milk", 0, 1, 1}, {"milk", 1, 2, 2}, {"tea", -1, 4, 4}});
  EXPECT_THAT(lines({}), ElementsAre("0 |  |  | milk | row -1 | 2 of 2 audits | "
                                     "5 facings, 5 products | 7 -> 3",
                                     "0 |  |  | tea | row -1 | 2 of 2 audits | "
                                     "3 facings, 3 products | 2 -> 4"));
  Grouping by_row;
  by_row.row = true;
  EXPECT_THAT(
      lines(by_row),
      ElementsAre("0 |  |  | milk | row 0 | 2 of 2 audits | 2 facings, 2 products | 3 -> 1",
                  "0 |  |  | milk | row 1 | 1 of 2 audits | 1 facings, 1 products | 0 -> 2",
                  "0 |  |  | milk | row 2 | 1 of 2 audits | "
                  "1.5 facings, 1.5 products | 3 -> 0",
                  "0 |  |  | tea | row -1 | 1 of 2 audits | 2 facings, 2 products | 0 -> 4",
                  "0 |  |  | tea | row 1 | 1 of 2 audits | 1 facings, 1 products | 2 -> 0"));
}

TEST_F(CountSummaries, CompareEachCameraWithItself) {
  add("north", "dairy", 1, {{"milk", -1, 10, 10}});
  add("north", "entrance", 2, {{"milk", -1, 3, 3}});
  add("north", "dairy", 3, {{"milk", -1, 8, 8}});
  add("north", "entrance", 4, {{"milk", -1, 3, 3}});
  // First of each camera: 10 + 3; last of each: 8 + 3. The mean is (10 + 3 + 8 + 3) / 4.
  EXPECT_THAT(lines({}), ElementsAre("0 |  |  | milk | row -1 | 4 of 4 audits | "
                                     "6 facings, 6 products | 13 -> 11"));
}

TEST_F(CountSummaries, GoByTimeAndNotByWhenAnAuditWasAdded) {
  add("", "", 30, {{"milk", -1, 3, 3}});
  add("", "", 10, {{"milk", -1, 1, 1}});
  add("", "", 20, {{"milk", -1, 2, 2}});
  EXPECT_THAT(lines({}), ElementsAre("0 |  |  | milk | row -1 | 3 of 3 audits | "
                                     "2 facings, 2 products | 1 -> 3"));
}

TEST_F(CountSummaries, SumUpEverythingWhenNothingIsGroupedBy) {
  add("a", "1", 1, {{"milk", -1, 2, 2}, {"tea", -1, 3, 4}});
  add("b", "1", 2, {});
  Grouping grouping;
  grouping.label = false;
  EXPECT_THAT(lines(grouping), ElementsAre("0 |  |  |  | row -1 | 1 of 2 audits | "
                                           "2.5 facings, 3 products | 5 -> 5"));
}

TEST_F(CountSummaries, HaveALineOfZeroForATimeInWhichNothingWasSeen) {
  add("", "", 5, {{"milk", -1, 2, 2}});
  add("", "", 15, {});
  Grouping grouping;
  grouping.label = false;
  grouping.step = 10;
  EXPECT_THAT(lines(grouping),
              ElementsAre("0 |  |  |  | row -1 | 1 of 1 audits | 2 facings, 2 products | 2 -> 2",
                          "10 |  |  |  | row -1 | 0 of 1 audits | 0 facings, 0 products | 0 -> 0"));
}

TEST_F(CountSummaries, KeepTheNumberOfAuditsWhateverLabelsAreSelected) {
  add("", "", 1, {{"milk", -1, 2, 2}, {"tea", -1, 6, 6}});
  add("", "", 2, {{"tea", -1, 6, 6}});
  Query query;
  query.labels = {"milk", "unknown"};
  EXPECT_THAT(lines({}, query), ElementsAre("0 |  |  | milk | row -1 | 1 of 2 audits | "
                                            "1 facings, 1 products | 2 -> 0"));
}

TEST_F(CountSummaries, CutTimeIntoStepsFromTheOrigin) {
  constexpr UtcMilliseconds kHour = 3'600'000;
  // In a time zone two hours east of UTC, days begin at 22:00 UTC.
  add("", "", 21 * kHour, {{"milk", -1, 1, 1}});
  add("", "", 22 * kHour, {{"milk", -1, 2, 2}});
  add("", "", -3 * kHour, {{"milk", -1, 3, 3}});
  Grouping daily;
  daily.step = 24 * kHour;
  daily.step_origin = -2 * kHour;
  std::vector<UtcMilliseconds> starts;
  for (const CountSummary& line : store_->summarize({}, daily)) starts.push_back(line.at);
  EXPECT_THAT(starts, ElementsAre(-26 * kHour, -2 * kHour, 22 * kHour));
}

TEST(StartOfStep, HoldsForAllTimesThereAre) {
  constexpr UtcMilliseconds kEarliest = std::numeric_limits<UtcMilliseconds>::min();
  constexpr UtcMilliseconds kLatest = std::numeric_limits<UtcMilliseconds>::max();
  EXPECT_EQ(start_of_step(0, 10, 0), 0);
  EXPECT_EQ(start_of_step(9, 10, 0), 0);
  EXPECT_EQ(start_of_step(-1, 10, 0), -10);
  EXPECT_EQ(start_of_step(-10, 10, 0), -10);
  EXPECT_EQ(start_of_step(2, 10, 3), -7);
  EXPECT_EQ(start_of_step(3, 10, -17), 3);
  EXPECT_EQ(start_of_step(kLatest, 10, 0), kLatest - 7);
  EXPECT_EQ(start_of_step(kLatest, kLatest, kEarliest), kLatest - 1);  // = kEarliest + 2 * kLatest
  EXPECT_EQ(start_of_step(kEarliest, 10, 0), kEarliest);
  EXPECT_EQ(start_of_step(kEarliest, 10, kLatest), kEarliest);
}

// What the header says, word by word and without any thought of speed.
class Reference {
 public:
  Reference(std::vector<AuditRecord> audits, Query query, Grouping grouping)
      : query_(std::move(query)), grouping_(grouping) {
    for (AuditRecord& audit : audits) {
      const bool is_selected = (!query_.from || audit.taken_at >= *query_.from) &&
                               (!query_.to || audit.taken_at < *query_.to) &&
                               is_in(query_.stores, audit.store) &&
                               is_in(query_.cameras, audit.camera);
      if (is_selected) audits_.push_back(std::move(audit));
    }
    std::sort(audits_.begin(), audits_.end(), [](const AuditRecord& a, const AuditRecord& b) {
      return std::tie(a.taken_at, a.id) < std::tie(b.taken_at, b.id);
    });
  }

  std::vector<CountSummary> lines() const {
    std::map<std::tuple<UtcMilliseconds, std::string, std::string>, std::vector<AuditRecord>>
        groups;
    for (const AuditRecord& audit : audits_) {
      groups[{step_of(audit.taken_at), grouping_.store ? audit.store : "",
              grouping_.camera ? audit.camera : ""}]
          .push_back(audit);
    }
    std::vector<CountSummary> lines;
    for (const auto& [key, audits] : groups) {
      for (const auto& [label, row] : lines_of(audits)) {
        CountSummary line = summed_up(audits, label, row);
        std::tie(line.at, line.store, line.camera) = key;
        lines.push_back(line);
      }
    }
    return lines;
  }

 private:
  static bool is_in(const std::vector<std::string>& names, const std::string& name) {
    return names.empty() || std::count(names.begin(), names.end(), name) > 0;
  }

  UtcMilliseconds step_of(UtcMilliseconds at) const {
    if (grouping_.step == 0) return 0;
    UtcMilliseconds start = grouping_.step_origin;
    while (start > at) start -= grouping_.step;
    while (start + grouping_.step <= at) start += grouping_.step;
    return start;
  }

  static bool has_total(const AuditRecord& audit, const std::string& label) {
    return std::any_of(audit.counts.begin(), audit.counts.end(), [&](const StoredCount& count) {
      return count.label == label && count.row == -1;
    });
  }
  static bool has_rows(const AuditRecord& audit, const std::string& label) {
    return std::any_of(audit.counts.begin(), audit.counts.end(), [&](const StoredCount& count) {
      return count.label == label && count.row != -1;
    });
  }

  std::vector<StoredCount> counts_of(const AuditRecord& audit) const {
    std::vector<StoredCount> counts;
    for (StoredCount count : audit.counts) {
      if (!is_in(query_.labels, count.label)) continue;
      const bool is_shown = grouping_.row ? count.row != -1 || !has_rows(audit, count.label)
                                          : count.row == -1 || !has_total(audit, count.label);
      if (!is_shown) continue;
      if (!grouping_.row) count.row = -1;
      if (!grouping_.label) count.label = "";
      counts.push_back(count);
    }
    return counts;
  }

  std::set<std::pair<std::string, int>> lines_of(const std::vector<AuditRecord>& audits) const {
    std::set<std::pair<std::string, int>> lines;
    if (!grouping_.label && !grouping_.row) lines.insert({"", -1});
    for (const AuditRecord& audit : audits) {
      for (const StoredCount& count : counts_of(audit)) lines.insert({count.label, count.row});
    }
    return lines;
  }

  CountSummary summed_up(const std::vector<AuditRecord>& audits, const std::string& label,
                         int row) const {
    CountSummary line;
    line.label = label;
    line.row = row;
    line.group_audits = static_cast<std::int64_t>(audits.size());
    std::map<std::pair<std::string, std::string>, int> first;
    std::map<std::pair<std::string, std::string>, int> last;
    std::int64_t all_facings = 0;
    std::int64_t all_products = 0;
    for (const AuditRecord& audit : audits) {
      int facings = 0;
      int products = 0;
      for (const StoredCount& count : counts_of(audit)) {
        if (count.label != label || count.row != row) continue;
        facings += count.facings;
        products += count.products;
      }
      if (facings > 0 || products > 0) ++line.audits;
      all_facings += facings;
      all_products += products;
      first.insert({{audit.store, audit.camera}, facings});
      last[{audit.store, audit.camera}] = facings;
    }
    line.facings = static_cast<double>(all_facings) / static_cast<double>(audits.size());
    line.products = static_cast<double>(all_products) / static_cast<double>(audits.size());
    for (const auto& [camera, facings] : first) line.facings_first += facings;
    for (const auto& [camera, facings] : last) line.facings_last += facings;
    return line;
  }

  std::vector<AuditRecord> audits_;
  Query query_;
  Grouping grouping_;
};

class Random {
 public:
  int below(int end) { return static_cast<int>(random_() % static_cast<unsigned>(end)); }
  bool one_in(int chances) { return below(chances) == 0; }
  std::string name(const char* kind, int end) { return kind + std::to_string(below(end)); }

  AuditRecord audit() {
    AuditRecord audit = bare_audit(name("store ", 3), name("camera ", 3), below(200) - 100);
    std::set<std::pair<std::string, int>> counted;
    for (int i = below(12); i > 0; --i) {
      StoredCount count{name("label ", 5), below(4) - 1, below(4), below(6)};
      if (counted.insert({count.label, count.row}).second) audit.counts.push_back(count);
    }
    return audit;
  }

  Query query() {
    Query query;
    if (one_in(2)) query.from = below(200) - 100;
    if (one_in(2)) query.to = below(200) - 100;
    if (one_in(3)) query.stores = {name("store ", 4), name("store ", 4)};
    if (one_in(3)) query.cameras = {name("camera ", 4)};
    if (one_in(3)) query.labels = {name("label ", 6), name("label ", 6), name("label ", 6)};
    return query;
  }

  Grouping grouping() {
    Grouping grouping{one_in(2), one_in(2), one_in(2), one_in(2), 0, 0};
    if (one_in(2)) grouping.step = 1 + below(70);
    if (one_in(2)) grouping.step_origin = below(300) - 150;
    return grouping;
  }

 private:
  std::mt19937 random_{17};
};

TEST(CountSummariesOfRandomAudits, AreWhatTheHeaderSays) {
  const TempDir dir;
  const auto store = open_store(dir / "inventory.db");
  Random random;
  std::vector<AuditRecord> audits;
  for (int i = 0; i < 300; ++i) {
    audits.push_back(random.audit());
    audits.back().id = store->add(audits.back()).value();
  }
  std::size_t lines = 0;
  for (int i = 0; i < 400; ++i) {
    const Query query = random.query();
    const Grouping grouping = random.grouping();
    const std::vector<std::string> expected = texts_of(Reference(audits, query, grouping).lines());
    ASSERT_EQ(texts_of(store->summarize(query, grouping)), expected) << "query " << i;
    lines += expected.size();
  }
  EXPECT_GT(lines, 10'000U) << "too little was compared";
}

}  // namespace
}  // namespace gondola::store
