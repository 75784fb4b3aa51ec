#include "gondola/store/sqlite_store.hpp"

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gondola/core/error.hpp"
#include "store/made_audits.hpp"
#include "support/shared_data.hpp"

namespace gondola::store {
namespace {

using test::bare_audit;
using test::made_audit;
using test::TempDir;
using test::text_of;
using test::texts_of;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr UtcMilliseconds kEarliest = std::numeric_limits<UtcMilliseconds>::min();
constexpr UtcMilliseconds kLatest = std::numeric_limits<UtcMilliseconds>::max();

class Store : public testing::Test {
 protected:
  std::unique_ptr<EventStore> open(bool read_only = false) const {
    OpenOptions options;
    options.read_only = read_only;
    return open_store(dir_ / "inventory.db", options);
  }

  std::vector<UtcMilliseconds> times_of_audits(const EventStore& store, const Query& query) const {
    std::vector<UtcMilliseconds> times;
    for (const AuditRecord& audit : store.audits(query, false)) times.push_back(audit.taken_at);
    return times;
  }

  TempDir dir_;
};

TEST_F(Store, IsEmptyAtFirst) {
  const auto store = open();
  EXPECT_THAT(store->audits({}, true), IsEmpty());
  EXPECT_THAT(store->events({}), IsEmpty());
  EXPECT_THAT(store->summarize({}, {}), IsEmpty());
  EXPECT_THAT(store->stores(), IsEmpty());
}

TEST_F(Store, GivesBackAllOfAnAudit) {
  const auto store = open();
  const auto id = store->add(made_audit(42));
  ASSERT_TRUE(id);
  const std::vector<AuditRecord> audits = store->audits({}, true);
  ASSERT_EQ(audits.size(), 1);
  EXPECT_EQ(audits[0].id, *id);
  EXPECT_EQ(text_of(audits[0]), text_of(made_audit(42)));
}

TEST_F(Store, KeepsWhatItHasWhenOpenedAgain) {
  open()->add(made_audit(1));
  open()->add(made_audit(2));
  EXPECT_THAT(texts_of(open(true)->audits({}, true)),
              ElementsAre(text_of(made_audit(1)), text_of(made_audit(2))));
  EXPECT_EQ(test::integrity_of(dir_ / "inventory.db"), "ok");
}

TEST_F(Store, LeavesOutDetailsThatAreNotAskedFor) {
  const auto store = open();
  store->add(made_audit(1));
  const std::vector<AuditRecord> audits = store->audits({}, false);
  ASSERT_EQ(audits.size(), 1);
  EXPECT_EQ(audits[0].source, "picture-1.jpg");
  EXPECT_THAT(audits[0].detections, IsEmpty());
  EXPECT_THAT(audits[0].gaps, IsEmpty());
  EXPECT_THAT(audits[0].counts, IsEmpty());
  EXPECT_THAT(audits[0].positions, IsEmpty());
}

TEST_F(Store, IsOneFileWhenClosed) {
  open()->add(made_audit(1));
  open(true)->audits({}, true);
  EXPECT_TRUE(std::filesystem::exists(dir_ / "inventory.db"));
  EXPECT_FALSE(std::filesystem::exists(dir_ / "inventory.db-wal"));
  EXPECT_FALSE(std::filesystem::exists(dir_ / "inventory.db-shm"));
}

TEST_F(Store, DoesNotCountTheSamePictureTwice) {
  const auto store = open();
  EXPECT_TRUE(store->add(made_audit(1)));
  EXPECT_FALSE(store->add(made_audit(1)));
  AuditRecord renamed = made_audit(1);
  renamed.source = "copy.jpg";
  renamed.taken_at += 1000;
  EXPECT_FALSE(store->add(renamed));
  EXPECT_EQ(store->audits({}, false).size(), 1);
}

TEST_F(Store, CountsTheSamePictureTwiceWhenAsked) {
  const auto store = open();
  const auto first = store->add(made_audit(1));
  const auto second = store->add(made_audit(1), IfKnown::kAdd);
  ASSERT_TRUE(second);
  EXPECT_NE(first, second);
  EXPECT_EQ(store->audits({}, false).size(), 2);
}

TEST_F(Store, TakesTheSamePictureOfAnotherStoreOrCameraForAnotherOne) {
  const auto store = open();
  AuditRecord audit = made_audit(1);
  EXPECT_TRUE(store->add(audit));
  audit.camera = "entrance";
  EXPECT_TRUE(store->add(audit));
  audit.store = "another store";
  EXPECT_TRUE(store->add(audit));
  EXPECT_FALSE(store->add(audit));
}

TEST_F(Store, NeverRecognisesPicturesWithoutAFingerprint) {
  const auto store = open();
  AuditRecord audit = made_audit(1);
  audit.content.clear();
  EXPECT_TRUE(store->add(audit));
  EXPECT_TRUE(store->add(audit));
}

TEST_F(Store, KeepsNamesInAnyScript) {
  const std::vector<std::string> names{
      "牛乳",
      "молоко",
      "حليب",
      "दूध",
      "Frühstücksflocken",
      "\U0001F95B",
      "caf\u00E9",
      "cafe\u0301",  // looks like the one before, but is another name
      std::string("zero\0inside", 11),
      "it's \"quoted\"; -- not a comment",
      ""};
  const auto store = open();
  for (const std::string& name : names) {
    AuditRecord audit = bare_audit(name, name, 0);
    audit.source = audit.content = audit.model = audit.planogram = audit.picture = name;
    audit.detections.push_back({name, 0.5F, {1, 2, 3, 4}, 0, 0});
    audit.counts.push_back({name, -1, 1, 1});
    audit.positions.push_back({name, name, name});
    store->add(audit);
    store->add({0, name, name, 0, name, name, name, 2, 1, name});

    Query query;
    query.stores = query.cameras = query.labels = {name};
    EXPECT_THAT(texts_of(store->audits(query, true)), ElementsAre(text_of(audit)));
    EXPECT_THAT(texts_of(store->events(query)),
                ElementsAre(text_of(EventRecord{0, name, name, 0, name, name, name, 2, 1, name})));
    const std::vector<CountSummary> summary = store->summarize(query, {});
    ASSERT_EQ(summary.size(), 1) << name;
    EXPECT_EQ(summary[0].label, name);
  }
  EXPECT_EQ(store->stores().size(), names.size());
}

TEST_F(Store, NamesItsStoresInOrder) {
  const auto store = open();
  for (const char* name : {"b", "ä", "a", "B", "b"}) store->add(bare_audit(name, "", 0));
  EXPECT_THAT(store->stores(), ElementsAre("B", "a", "b", "ä"));
}

TEST_F(Store, KeepsAllTimesThereAre) {
  const auto store = open();
  const std::vector<UtcMilliseconds> times{kLatest, 0, -1, 4'102'444'800'000, kEarliest};
  for (const UtcMilliseconds time : times) store->add(bare_audit("", "", time));
  EXPECT_THAT(times_of_audits(*store, {}),
              ElementsAre(kEarliest, -1, 0, 4'102'444'800'000, kLatest));
}

TEST_F(Store, IncludesTheStartAndExcludesTheEndOfARange) {
  const auto store = open();
  for (const UtcMilliseconds time : {10, 20, 30}) {
    store->add(bare_audit("", "", time));
    store->add({0, "", "", time, "taken", "milk", "", 2, 1, ""});
  }
  Query query;
  query.from = 10;
  query.to = 30;
  EXPECT_THAT(times_of_audits(*store, query), ElementsAre(10, 20));
  EXPECT_EQ(store->events(query).size(), 2);
  EXPECT_EQ(store->summarize(query, {}).size(), 0) << "nothing was counted";
  query.from = 31;
  query.to.reset();
  EXPECT_THAT(times_of_audits(*store, query), IsEmpty());
}

TEST_F(Store, OrdersAuditsOfTheSameTimeAsTheyCame) {
  const auto store = open();
  for (const char* camera : {"c", "a", "b"}) store->add(bare_audit("", camera, 5));
  std::vector<std::string> cameras;
  for (const AuditRecord& audit : store->audits({}, false)) cameras.push_back(audit.camera);
  EXPECT_THAT(cameras, ElementsAre("c", "a", "b"));
}

TEST_F(Store, SelectsByStoreAndCamera) {
  const auto store = open();
  UtcMilliseconds time = 0;
  for (const char* shop : {"north", "south"}) {
    for (const char* camera : {"dairy", "bread"}) store->add(bare_audit(shop, camera, ++time));
  }
  const auto times = [&](std::vector<std::string> stores, std::vector<std::string> cameras) {
    Query query;
    query.stores = std::move(stores);
    query.cameras = std::move(cameras);
    return times_of_audits(*store, query);
  };
  EXPECT_THAT(times({"south"}, {}), ElementsAre(3, 4));
  EXPECT_THAT(times({}, {"dairy"}), ElementsAre(1, 3));
  EXPECT_THAT(times({"south", "nowhere"}, {"bread"}), ElementsAre(4));
  EXPECT_THAT(times({"south", "north"}, {"dairy", "bread"}), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(times({"nowhere"}, {}), IsEmpty());
}

TEST_F(Store, SelectsAuditsWhateverWasCountedInThem) {
  const auto store = open();
  store->add(made_audit(1));
  Query query;
  query.labels = {"something else"};
  EXPECT_EQ(store->audits(query, false).size(), 1);
}

TEST_F(Store, GivesBackEventsInOrderOfTime) {
  const auto store = open();
  const EventRecord later{0, "north", "dairy", 2000, "empty", "milk", "left", 1, 0, "2.jpg"};
  const EventRecord earlier{0, "north", "bread", 1000, "taken", "rolls", "", 5, 4, ""};
  const std::optional<std::int64_t> first_id = store->add(later);
  const std::optional<std::int64_t> second_id = store->add(earlier);
  const std::vector<EventRecord> events = store->events({});
  EXPECT_THAT(texts_of(events), ElementsAre(text_of(earlier), text_of(later)));
  EXPECT_EQ(events[0].id, second_id);
  EXPECT_EQ(events[1].id, first_id);
  Query query;
  query.labels = {"milk"};
  EXPECT_THAT(texts_of(store->events(query)), ElementsAre(text_of(later)));
  query.cameras = {"bread"};
  EXPECT_THAT(store->events(query), IsEmpty());
}

TEST_F(Store, KeepsEventsThatAreAlike) {
  const auto store = open();
  const EventRecord event{0, "", "", 1, "taken", "milk", "", 2, 1, ""};
  EXPECT_NE(store->add(event), store->add(event));
  EXPECT_EQ(store->events({}).size(), 2);
}

TEST_F(Store, LeavesOutAnEventThatItKnowsWhenAsked) {
  const auto store = open();
  EventRecord event{0, "north", "dairy", 1, "taken", "milk", "", 2, 1, "first.jpg"};
  ASSERT_TRUE(store->add(event, IfKnown::kSkip));
  event.picture = "again.jpg";
  EXPECT_FALSE(store->add(event, IfKnown::kSkip));
  for (int change = 0; change < 4; ++change) {
    EventRecord other = event;
    if (change == 0) other.at = 2;
    if (change == 1) other.camera = "bread";
    if (change == 2) other.after = 0;
    if (change == 3) other.place = "left";
    EXPECT_TRUE(store->add(other, IfKnown::kSkip)) << change;
  }
  EXPECT_EQ(store->events({}).size(), 5);
}

TEST_F(Store, RefusesRecordsThatCannotBeTrue) {
  const auto store = open();
  const float not_a_number = std::nanf("");
  AuditRecord audit = made_audit(1);
  audit.counts = {{"milk", 0, 1, 1}, {"milk", 0, 2, 2}};
  EXPECT_THROW(store->add(audit), ContractViolation);
  audit.counts = {{"milk", 0, -1, 1}};
  EXPECT_THROW(store->add(audit), ContractViolation);
  audit.counts = {{"milk", -2, 1, 1}};
  EXPECT_THROW(store->add(audit), ContractViolation);
  audit = made_audit(1);
  audit.detections[3].box.x2 = not_a_number;
  EXPECT_THROW(store->add(audit), ContractViolation);
  audit = made_audit(1);
  audit.gaps[0].box.y1 = INFINITY;
  EXPECT_THROW(store->add(audit), ContractViolation);
  audit = made_audit(1);
  audit.on_shelf_availability = not_a_number;
  EXPECT_THROW(store->add(audit), ContractViolation);
  EXPECT_THAT(store->audits({}, false), IsEmpty());
  EXPECT_TRUE(store->add(made_audit(1)));
}

TEST_F(Store, TreatsItsPathAsAPath) {
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(dir_.path());
  for (const char* name : {":memory:", "file:x?mode=memory", "größe 100%.db"}) {
    open_store(name)->add(made_audit(1));
    EXPECT_EQ(open_store(name)->audits({}, false).size(), 1) << name;
    EXPECT_TRUE(std::filesystem::exists(dir_ / name)) << name;
  }
  std::filesystem::current_path(before);
}

}  // namespace
}  // namespace gondola::store
