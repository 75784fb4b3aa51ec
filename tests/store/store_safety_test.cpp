// What is left of a store when a process, the disk's room or the power goes.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <unistd.h>

#include "gondola/core/error.hpp"
#include "gondola/store/sqlite_store.hpp"
#include "store/child_process.hpp"
#include "store/made_audits.hpp"
#include "support/shared_data.hpp"

namespace gondola::store {
namespace {

namespace fs = std::filesystem;

using test::ChildProcess;
using test::integrity_of;
using test::made_audit;
using test::Reporter;
using test::TempDir;
using test::text_of;

class RandomPause {
 public:
  void up_to(std::chrono::microseconds longest) {
    std::uniform_int_distribution<std::int64_t> microseconds(0, longest.count());
    std::this_thread::sleep_for(std::chrono::microseconds(microseconds(random_)));
  }

 private:
  std::mt19937 random_{5};
};

/// Adds made audits first, first + 1, ... and reports each when it is finished.
void add_until_killed(const fs::path& path, std::int64_t first, const Reporter& reporter) {
  const auto store = open_store(path);
  for (std::int64_t number = first;; ++number) {
    store->add(made_audit(number));
    reporter.report(number);
  }
}

/// Fails unless the store holds exactly the made audits first, ..., end - 1 from `first` on.
void expect_whole_audits(const EventStore& store, std::int64_t first, std::int64_t end) {
  Query query;
  query.from = first;
  const std::vector<AuditRecord> audits = store.audits(query, true);
  ASSERT_EQ(static_cast<std::int64_t>(audits.size()), end - first);
  for (const AuditRecord& audit : audits) {
    ASSERT_EQ(text_of(audit), text_of(made_audit(first++)));
  }
}

TEST(StoreSafety, SurvivesBeingKilledAHundredTimesWhileWriting) {
  const TempDir dir;
  const fs::path path = dir / "inventory.db";
  RandomPause pause;
  std::int64_t next = 0;
  for (int round = 0; round < 100; ++round) {
    ChildProcess writer([&](const Reporter& reporter) { add_until_killed(path, next, reporter); });
    ASSERT_TRUE(writer.next_report());
    pause.up_to(std::chrono::milliseconds(25));
    writer.kill_now();
    ASSERT_EQ(writer.wait(), -1) << "ended by itself";
    const auto reported = 1 + static_cast<std::int64_t>(writer.reports().size());

    const auto store = open_store(path);
    Query query;
    query.from = next;
    const auto kept = static_cast<std::int64_t>(store->audits(query, false).size());
    ASSERT_GE(kept, reported) << "lost a finished audit in round " << round;
    ASSERT_LE(kept, reported + 1) << "there is one more only if it was killed before its report";
    expect_whole_audits(*store, next, next + kept);
    ASSERT_EQ(integrity_of(path), "ok") << "in round " << round;
    next += kept;
  }
  expect_whole_audits(*open_store(path), 0, next);
  RecordProperty("audits", std::to_string(next));
}

TEST(StoreSafety, SurvivesBeingKilledWhileItIsMade) {
  RandomPause pause;
  for (int round = 0; round < 40; ++round) {
    const TempDir dir;
    const fs::path path = dir / "inventory.db";
    ChildProcess writer([&](const Reporter& reporter) { add_until_killed(path, 0, reporter); });
    pause.up_to(std::chrono::milliseconds(12));
    writer.kill_now();
    writer.wait();
    const auto reported = static_cast<std::int64_t>(writer.reports().size());
    const auto store = open_store(path);
    const auto kept = static_cast<std::int64_t>(store->audits({}, false).size());
    ASSERT_TRUE(kept == reported || kept == reported + 1);
    expect_whole_audits(*store, 0, kept);
    ASSERT_TRUE(store->add(made_audit(kept)));
    ASSERT_EQ(integrity_of(path), "ok");
  }
}

/// A disk that loses all that was not synchronised when its power is cut: beside every file that
/// SQLite opens while this object lives, keeps what the file held when it was last synchronised.
class DiskBeforePowerCut {
 public:
  DiskBeforePowerCut() {
    sqlite3_vfs* real = sqlite3_vfs_find(nullptr);
    real_open() = real->xOpen;
    system_ = *real;
    system_.zName = "before_power_cut";
    system_.xOpen = &DiskBeforePowerCut::open;
    sqlite3_vfs_register(&system_, 1);
  }
  ~DiskBeforePowerCut() { sqlite3_vfs_unregister(&system_); }
  DiskBeforePowerCut(const DiskBeforePowerCut&) = delete;
  DiskBeforePowerCut& operator=(const DiskBeforePowerCut&) = delete;

  static fs::path durable(const fs::path& path) { return path.string() + ".durable"; }

 private:
  using Open = int (*)(sqlite3_vfs*, const char*, sqlite3_file*, int, int*);

  static Open& real_open() {
    static Open open = nullptr;
    return open;
  }
  static std::map<sqlite3_file*, fs::path>& paths() {
    static std::map<sqlite3_file*, fs::path> paths;
    return paths;
  }
  static std::map<const sqlite3_io_methods*, sqlite3_io_methods>& patched() {
    static std::map<const sqlite3_io_methods*, sqlite3_io_methods> patched;
    return patched;
  }

  static int open(sqlite3_vfs* system, const char* path, sqlite3_file* file, int flags, int* out) {
    const int result = real_open()(system, path, file, flags, out);
    if (result != SQLITE_OK || path == nullptr) return result;
    paths()[file] = path;
    sqlite3_io_methods& methods = patched()[file->pMethods];
    if (methods.xSync == nullptr) {
      methods = *file->pMethods;
      real_sync() = methods.xSync;
      methods.xSync = &DiskBeforePowerCut::sync;
    }
    file->pMethods = &methods;
    return result;
  }

  static int (*&real_sync())(sqlite3_file*, int) {
    static int (*sync)(sqlite3_file*, int) = nullptr;
    return sync;
  }

  static int sync(sqlite3_file* file, int flags) {
    const int result = real_sync()(file, flags);
    // Copied by another process: closing a file takes away the locks of this one.
    const fs::path path = paths().at(file);
    ChildProcess copy([&](const Reporter&) {
      fs::copy_file(path, durable(path), fs::copy_options::overwrite_existing);
    });
    copy.wait();
    return result;
  }

  sqlite3_vfs system_{};
};

TEST(StoreSafety, KeepsEveryFinishedAuditThroughAPowerCut) {
  const TempDir dir;
  const fs::path path = dir / "inventory.db";
  const DiskBeforePowerCut disk;
  const auto store = open_store(path);
  constexpr int kAudits = 150;  // enough for the log to be moved into the file in between
  for (int i = 0; i < kAudits; ++i) {
    ASSERT_TRUE(store->add(made_audit(i)));
    if (i % 10 != 0 && i != kAudits - 1) continue;
    const TempDir after;
    for (const char* end : {"", "-wal"}) {
      const fs::path kept = DiskBeforePowerCut::durable(path.string() + end);
      if (fs::exists(kept)) fs::copy_file(kept, after / ("inventory.db" + std::string(end)));
    }
    expect_whole_audits(*open_store(after / "inventory.db"), 0, i + 1);
    ASSERT_EQ(integrity_of(after / "inventory.db"), "ok");
  }
}

/// Puts a disk of 1 MB at a folder, for this process alone; it goes when the process ends.
bool mount_small_disk(const fs::path& folder) {
  const std::string user = "0 " + std::to_string(::geteuid()) + " 1";
  const std::string group = "0 " + std::to_string(::getegid()) + " 1";
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
  test::write_text("/proc/self/setgroups", "deny");
  test::write_text("/proc/self/uid_map", user);
  test::write_text("/proc/self/gid_map", group);
  return ::mount("none", folder.c_str(), "tmpfs", 0, "size=1m") == 0;
}

TEST(StoreSafety, SaysThatTheDiskIsFullAndKeepsWhatItHas) {
  const TempDir dir;
  constexpr int kCannotMount = 77;
  ChildProcess child([&](const Reporter& reporter) {
    if (!mount_small_disk(dir.path())) std::_Exit(kCannotMount);
    const fs::path path = dir / "inventory.db";
    const auto store = open_store(path);
    std::int64_t added = 0;
    try {
      while (added < 10'000) {
        store->add(made_audit(added));
        ++added;
      }
    } catch (const IoError& error) {
      const std::string expected =
          "cannot write to store " + path.string() +
          ": the disk is full; make room and try again (what is in the store is safe)";
      if (error.what() != expected) throw;
    }
    for (const bool is_opened_again : {false, true}) {
      const auto again = is_opened_again ? open_store(path) : nullptr;
      const auto audits = (again ? *again : *store).audits({}, true);
      for (const AuditRecord& audit : audits) {
        const bool is_whole = text_of(audit) == text_of(made_audit(audit.taken_at));
        reporter.report(is_whole ? 1 : 0);
      }
      reporter.report(static_cast<std::int64_t>(audits.size()) == added ? 1 : 0);
    }
  });
  const std::vector<std::int64_t> checks = child.reports();
  const int exit_code = child.wait();
  if (exit_code == kCannotMount) GTEST_SKIP() << "may not mount a small disk here";
  EXPECT_EQ(exit_code, 0);
  EXPECT_GT(checks.size(), 20U);
  EXPECT_THAT(checks, testing::Each(1));
}

}  // namespace
}  // namespace gondola::store
