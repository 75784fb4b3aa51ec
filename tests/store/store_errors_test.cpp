#include <csignal>
#include <filesystem>
#include <memory>
#include <string>

#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gondola/core/error.hpp"
#include "gondola/store/sqlite_store.hpp"
#include "store/made_audits.hpp"
#include "support/shared_data.hpp"

namespace gondola::store {
namespace {

namespace fs = std::filesystem;

using test::made_audit;
using test::read_text;
using test::TempDir;
using test::text_of;
using test::write_text;
using testing::ElementsAre;
using testing::EndsWith;
using testing::StartsWith;

constexpr const char* kDamaged =
    "it is damaged; go back to a copy, or save what is left with sqlite3's .recover";
constexpr const char* kOtherKindOfFile =
    "it is not a store but another kind of file; name another file";
constexpr const char* kNotWritable =
    "it may only be read; change the permissions, or name another file";

OpenOptions read_only() {
  OpenOptions options;
  options.read_only = true;
  return options;
}

template <typename Action>
std::string message_of(const Action& action) {
  try {
    action();
  } catch (const IoError& error) {
    return error.what();
  }
  return "no error";
}

/// What comes after the path.
std::string open_error(const fs::path& path, const OpenOptions& options = {}) {
  const std::string message = message_of([&] { open_store(path, options); });
  const std::string start = "cannot open store " + path.string() + ": ";
  EXPECT_THAT(message, StartsWith(start));
  return message.substr(std::min(start.size(), message.size()));
}

/// Root may do everything; permissions are only felt as somebody else.
class AsNobody {
 public:
  AsNobody() {
    constexpr uid_t kNobody = 65534;
    if (::geteuid() == 0 && ::seteuid(kNobody) != 0) throw std::runtime_error("seteuid failed");
  }
  ~AsNobody() {
    if (::getuid() == 0 && ::seteuid(0) != 0) std::abort();
  }
  AsNobody(const AsNobody&) = delete;
  AsNobody& operator=(const AsNobody&) = delete;
};

void allow(const fs::path& path, unsigned mode) {
  fs::permissions(path, static_cast<fs::perms>(mode));
}

fs::path made_store(const TempDir& dir, int audits) {
  const fs::path path = dir / "inventory.db";
  const auto store = open_store(path);
  for (int i = 0; i < audits; ++i) store->add(made_audit(i));
  return path;
}

TEST(OpenStore, SaysWhatIsWrongWithAPath) {
  const TempDir dir;
  EXPECT_EQ(open_error(""), "no file name given");
  EXPECT_EQ(open_error(dir.path()), "it is a folder; name a file");
  EXPECT_EQ(open_error(dir / "none/inventory.db"), "No such file or directory");
  EXPECT_EQ(open_error("/dev/null"), "it is a device or pipe; name a file on a disk");
  EXPECT_EQ(open_error(dir / "none.db", read_only()), "there is no such file");
  EXPECT_FALSE(fs::exists(dir / "none.db"));
  write_text(dir / "file", "x");
  EXPECT_EQ(open_error(dir / "file/inventory.db"), "Not a directory");
  EXPECT_EQ(open_error(dir / std::string(300, 'n')), "File name too long");
}

TEST(OpenStore, RefusesFilesOfOtherKindsAndLeavesThemAlone) {
  const TempDir dir;
  const auto path = dir / "notes.txt";
  for (const std::string& text :
       {std::string("x"), std::string("buy milk\n"), std::string(100'000, '\0'),
        "SQLite format 3" + std::string(1, '\0') + std::string(5000, 'x')}) {
    write_text(path, text);
    for (const OpenOptions& options : {OpenOptions{}, read_only()}) {
      EXPECT_EQ(open_error(path, options), kOtherKindOfFile);
      EXPECT_TRUE(read_text(path) == text);
      EXPECT_FALSE(fs::exists(dir / "notes.txt-wal"));
    }
  }
}

TEST(OpenStore, RefusesSqliteFilesOfOtherProgramsAndLeavesThemAlone) {
  const TempDir dir;
  const auto path = dir / "bookmarks.sqlite";
  for (const char* sql : {"CREATE TABLE audits (id)", "PRAGMA user_version = 1; CREATE TABLE a (b)",
                          "PRAGMA application_id = 7", "PRAGMA user_version = 3"}) {
    fs::remove(path);
    SQLite::Database(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE).exec(sql);
    const std::string before = read_text(path);
    for (const OpenOptions& options : {OpenOptions{}, read_only()}) {
      EXPECT_EQ(open_error(path, options),
                "it is an SQLite file of another program; name another file")
          << sql;
      EXPECT_TRUE(read_text(path) == before) << sql;
      EXPECT_FALSE(fs::exists(dir / "bookmarks.sqlite-wal")) << sql;
    }
  }
}

TEST(OpenStore, MakesAStoreOfAnEmptyFileButDoesNotReadOne) {
  const TempDir dir;
  const auto path = dir / "inventory.db";
  write_text(path, "");
  EXPECT_EQ(open_error(path, read_only()), "there is nothing in it yet");
  EXPECT_TRUE(open_store(path)->add(made_audit(1)));
}

TEST(OpenStore, RefusesATruncatedFile) {
  const TempDir dir;
  const auto path = made_store(dir, 20);
  constexpr std::uintmax_t kPage = 4096;
  for (const std::uintmax_t size : {8 * kPage, kPage, std::uintmax_t{1000}, std::uintmax_t{50}}) {
    fs::resize_file(path, size);
    for (const OpenOptions& options : {OpenOptions{}, read_only()}) {
      EXPECT_EQ(open_error(path, options), kDamaged) << size;
    }
  }
}

TEST(OpenStore, SaysWhenPermissionIsMissing) {
  const TempDir dir;
  const auto path = made_store(dir, 1);
  allow(dir.path(), 0777);
  allow(path, 0644);
  {
    const AsNobody nobody;
    if (::getuid() == 0) {
      EXPECT_EQ(open_error(path), kNotWritable);
    }
    EXPECT_EQ(open_store(path, read_only())->audits({}, false).size(), 1);
  }
  allow(path, 0444);
  {
    const AsNobody nobody;
    EXPECT_EQ(open_error(path), kNotWritable);
  }
  allow(path, 0000);
  {
    const AsNobody nobody;
    EXPECT_EQ(open_error(path), "Permission denied");
    EXPECT_EQ(open_error(path, read_only()), "Permission denied");
  }
  fs::remove(path);
  allow(dir.path(), 0555);
  {
    const AsNobody nobody;
    EXPECT_EQ(open_error(path), "Permission denied");
  }
  allow(dir.path(), 0777);
}

TEST(OpenStore, SaysWhenAFolderMayNotBeWritten) {
  const TempDir dir;
  const auto path = made_store(dir, 1);
  allow(path, 0644);
  allow(dir.path(), 0555);
  {
    const AsNobody nobody;
    EXPECT_EQ(
        open_error(path, read_only()),
        "its folder may not be written, where SQLite keeps two more files while a store is read; "
        "copy it elsewhere");
  }
  allow(dir.path(), 0777);
}

TEST(StoreErrors, AddingToAStoreThatIsOnlyReadFails) {
  const TempDir dir;
  const auto path = made_store(dir, 1);
  const auto store = open_store(path, read_only());
  const std::string expected =
      "cannot write to store " + path.string() + ": it was opened for reading only";
  EXPECT_EQ(message_of([&] { store->add(made_audit(2)); }), expected);
  EXPECT_EQ(message_of([&] { store->add(EventRecord{}); }), expected);
}

TEST(StoreErrors, NamesTheTimeItWaitedForAnotherProgram) {
  const TempDir dir;
  const auto path = made_store(dir, 1);
  OpenOptions options;
  options.busy_timeout = std::chrono::milliseconds(30);
  const auto store = open_store(path, options);
  SQLite::Database other(path, SQLite::OPEN_READWRITE);
  SQLite::Transaction lock(other, SQLite::TransactionBehavior::IMMEDIATE);
  EXPECT_EQ(message_of([&] { store->add(made_audit(2)); }),
            "cannot write to store " + path.string() +
                ": another program has kept it locked for more than 30 ms; try again when that is "
                "done");
  EXPECT_EQ(store->audits({}, true).size(), 1) << "reading needs no lock";
  other.exec("ROLLBACK");
  EXPECT_TRUE(store->add(made_audit(2)));
}

TEST(StoreErrors, ReportsDamageInTheMiddle) {
  const TempDir dir;
  const auto path = made_store(dir, 50);
  std::string bytes = read_text(path);
  constexpr std::size_t kPage = 4096;
  for (std::size_t page = 1; page < bytes.size() / kPage; ++page) {
    bytes.replace(page * kPage, 64, std::string(64, '\x5A'));
  }
  write_text(path, bytes);
  const auto message = message_of([&] { open_store(path)->audits({}, true); });
  EXPECT_THAT(message, EndsWith("store " + path.string() + ": " + kDamaged));
}

/// Lets no file grow beyond a size, which acts like a full disk, and also on root.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_before_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
  void (*handler_before_)(int) = std::signal(SIGXFSZ, SIG_IGN);
};

TEST(StoreErrors, KeepsNothingOfAnAuditThatDoesNotFitAndGoesOnWhenThereIsRoom) {
  const TempDir dir;
  const auto path = dir / "inventory.db";
  const auto store = open_store(path);
  int added = 0;
  std::string message;
  {
    const FileSizeLimit limit(300'000);
    message = message_of([&] {
      for (; added < 1000; ++added) store->add(made_audit(added));
    });
  }
  EXPECT_EQ(message, "cannot write to store " + path.string() + ": File too large");
  EXPECT_GT(added, 3);
  const auto check = [&](const EventStore& checked) {
    const auto audits = checked.audits({}, true);
    ASSERT_EQ(static_cast<int>(audits.size()), added);
    for (int i = 0; i < added; ++i) {
      EXPECT_EQ(text_of(audits[static_cast<std::size_t>(i)]), text_of(made_audit(i)));
    }
  };
  check(*store);
  check(*open_store(path, read_only()));
  EXPECT_EQ(test::integrity_of(path), "ok");
  store->add(made_audit(added++));
  check(*store);
}

TEST(StoreErrors, SaysWhenThereIsNoRoomForANewStore) {
  const TempDir dir;
  const FileSizeLimit limit(100);
  EXPECT_EQ(open_error(dir / "inventory.db"), "File too large");
}

}  // namespace
}  // namespace gondola::store
