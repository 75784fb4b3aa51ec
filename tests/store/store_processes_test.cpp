#include <chrono>
#include <deque>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gondola/store/sqlite_store.hpp"
#include "store/child_process.hpp"
#include "store/made_audits.hpp"
#include "support/shared_data.hpp"

namespace gondola::store {
namespace {

using test::ChildProcess;
using test::made_audit;
using test::Reporter;
using test::TempDir;
using test::text_of;

OpenOptions read_only() {
  OpenOptions options;
  options.read_only = true;
  return options;
}

TEST(StoreProcesses, MayMakeTheSameNewStoreAtOnce) {
  for (int round = 0; round < 8; ++round) {
    const TempDir dir;
    const auto path = dir / "inventory.db";
    std::deque<ChildProcess> children;
    for (int child = 0; child < 6; ++child) {
      children.emplace_back([&](const Reporter&) { open_store(path)->add(made_audit(child)); });
    }
    for (ChildProcess& child : children) EXPECT_EQ(child.wait(), 0);
    EXPECT_EQ(open_store(path)->audits({}, false).size(), 6);
  }
}

TEST(StoreProcesses, WriteAtOnceAndLoseNothing) {
  constexpr int kChildren = 3;
  constexpr int kEach = 80;
  constexpr int kShared = 40;
  const TempDir dir;
  const auto path = dir / "inventory.db";
  std::deque<ChildProcess> children;
  for (int child = 0; child < kChildren; ++child) {
    children.emplace_back([&, child](const Reporter& reporter) {
      const auto store = open_store(path);
      for (int i = 0; i < kEach; ++i) {
        store->add(made_audit(1000 * (child + 1) + i));
        // Pictures that all of them find: one may count each.
        if (i < kShared && store->add(made_audit(i))) reporter.report(i);
      }
    });
  }
  std::vector<int> counted(kShared);
  for (ChildProcess& child : children) {
    for (const std::int64_t number : child.reports()) ++counted[static_cast<std::size_t>(number)];
    EXPECT_EQ(child.wait(), 0);
  }
  EXPECT_THAT(counted, testing::Each(1));
  const auto audits = open_store(path)->audits({}, true);
  ASSERT_EQ(audits.size(), kShared + kChildren * kEach);
  std::int64_t before = -1;
  for (const AuditRecord& audit : audits) {
    EXPECT_EQ(text_of(audit), text_of(made_audit(audit.taken_at)));
    EXPECT_GT(audit.taken_at, before) << "twice the same";
    before = audit.taken_at;
  }
  EXPECT_EQ(test::integrity_of(path), "ok");
}

TEST(StoreProcesses, ReadWholeAuditsWhileOthersWrite) {
  constexpr int kAudits = 300;
  const TempDir dir;
  const auto path = dir / "inventory.db";
  open_store(path);
  ChildProcess writer([&](const Reporter&) {
    const auto store = open_store(path);
    for (int i = 0; i < kAudits; ++i) store->add(made_audit(i));
  });
  const auto reader = open_store(path, read_only());
  Grouping grouping;
  grouping.label = false;
  std::size_t seen = 0;
  int looks_meanwhile = 0;
  while (true) {
    const bool has_ended = writer.has_ended();
    const auto audits = reader->audits({}, true);
    ASSERT_GE(audits.size(), seen);
    if (!has_ended && audits.size() > seen) ++looks_meanwhile;
    seen = audits.size();
    for (std::size_t i = 0; i < seen; ++i) {
      ASSERT_EQ(text_of(audits[i]), text_of(made_audit(static_cast<std::int64_t>(i))));
    }
    // The same counts in every audit: anything else is the mean of audits without their counts.
    for (const CountSummary& all : reader->summarize({}, grouping)) {
      ASSERT_EQ(all.facings, test::kMadeFacings);
      ASSERT_EQ(all.audits, all.group_audits);
    }
    if (has_ended) break;
  }
  EXPECT_EQ(writer.wait(), 0);
  EXPECT_EQ(seen, kAudits);
  EXPECT_GT(looks_meanwhile, 3);
}

TEST(StoreProcesses, SeeAtOnceWhatOthersHaveAdded) {
  const TempDir dir;
  const auto path = dir / "inventory.db";
  const auto writer = open_store(path);
  const auto reader = open_store(path, read_only());
  for (int i = 0; i < 5; ++i) {
    writer->add(made_audit(i));
    EXPECT_EQ(reader->audits({}, true).size(), static_cast<std::size_t>(i + 1));
  }
}

}  // namespace
}  // namespace gondola::store
