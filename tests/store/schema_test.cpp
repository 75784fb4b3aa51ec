#include "schema.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "database.hpp"
#include "gondola/core/error.hpp"
#include "store/made_audits.hpp"
#include "support/shared_data.hpp"

namespace gondola::store {
namespace {

using test::made_audit;
using test::TempDir;
using test::text_of;
using testing::HasSubstr;

/// The current schema and versions that may come after it.
SchemaSteps with_later_versions() {
  SchemaSteps steps = schema_steps();
  steps.emplace_back("ALTER TABLE audits ADD COLUMN note TEXT NOT NULL DEFAULT 'none'");
  steps.emplace_back(
      "CREATE INDEX audits_by_note ON audits (note); UPDATE audits SET note = 'new'");
  return steps;
}

std::int64_t number_of(const std::filesystem::path& path, const char* sql) {
  SQLite::Database database(path);
  return database.execAndGet(sql).getInt64();
}

std::string message_of(const std::filesystem::path& path, const OpenOptions& options,
                       const SchemaSteps& steps) {
  try {
    open_database(path, options, steps);
  } catch (const IoError& error) {
    return error.what();
  }
  return "no error";
}

TEST(Schema, MarksANewFile) {
  const TempDir dir;
  open_store(dir / "inventory.db");
  EXPECT_EQ(number_of(dir / "inventory.db", "PRAGMA application_id"), kApplicationId);
  EXPECT_EQ(number_of(dir / "inventory.db", "PRAGMA user_version"),
            static_cast<std::int64_t>(schema_steps().size()));
}

TEST(Schema, BringsAnOlderFileUpAndKeepsWhatIsInIt) {
  const TempDir dir;
  const auto path = dir / "inventory.db";
  const auto old_version = static_cast<std::int64_t>(schema_steps().size());
  for (int i = 0; i < 3; ++i) open_store(path)->add(made_audit(i));
  open_database(path, {}, with_later_versions());
  EXPECT_EQ(number_of(path, "PRAGMA user_version"), old_version + 2);
  EXPECT_EQ(number_of(path, "SELECT count(*) FROM audits WHERE note = 'new'"), 3);
  EXPECT_EQ(number_of(path, "SELECT count(*) FROM detections"), 36);
  EXPECT_EQ(test::integrity_of(path), "ok");
}

TEST(Schema, MakesTheSameFromNothingAsFromAnOlderFile) {
  const TempDir dir;
  open_store(dir / "old.db");
  open_database(dir / "old.db", {}, with_later_versions());
  open_database(dir / "new.db", {}, with_later_versions());
  const char* schema = "SELECT group_concat(sql, ';') FROM sqlite_schema";
  EXPECT_EQ(SQLite::Database(dir / "old.db").execAndGet(schema).getString(),
            SQLite::Database(dir / "new.db").execAndGet(schema).getString());
}

TEST(Schema, StaysAtTheOldVersionWhenAStepFails) {
  const TempDir dir;
  const auto path = dir / "inventory.db";
  open_store(path)->add(made_audit(1));
  SchemaSteps steps = with_later_versions();
  steps.emplace_back("CREATE TABLE more (id INTEGER PRIMARY KEY); INSERT INTO missing VALUES (1)");
  EXPECT_THAT(message_of(path, {}, steps), HasSubstr("no such table: missing"));
  const auto audits = open_store(path)->audits({}, true);
  ASSERT_EQ(audits.size(), 1);
  EXPECT_EQ(text_of(audits[0]), text_of(made_audit(1)));
}

TEST(Schema, RefusesAStepThatLosesWhatOthersReferTo) {
  const TempDir dir;
  const auto path = dir / "inventory.db";
  open_store(path)->add(made_audit(1));
  SchemaSteps steps = schema_steps();
  steps.emplace_back("DELETE FROM names");
  EXPECT_THAT(message_of(path, {}, steps), HasSubstr("refer to nothing"));
  EXPECT_EQ(test::integrity_of(path), "ok");
}

TEST(Schema, NamesBothVersionsWhenAFileIsNewer) {
  const TempDir dir;
  const auto path = dir / "inventory.db";
  open_database(path, {}, with_later_versions());
  const std::string newer = std::to_string(schema_steps().size() + 2);
  const std::string known = std::to_string(schema_steps().size());
  const std::string before = test::read_text(path);
  EXPECT_EQ(message_of(path, {}, schema_steps()),
            "cannot open store " + path.string() + ": it is a store of version " + newer +
                ", and this Gondola knows versions up to " + known +
                "; update Gondola, or name another file");
  EXPECT_TRUE(test::read_text(path) == before);
}

TEST(Schema, AsksForWritingToReadAnOlderFile) {
  const TempDir dir;
  const auto path = dir / "inventory.db";
  open_store(path);
  OpenOptions options;
  options.read_only = true;
  const std::size_t version = schema_steps().size();
  EXPECT_EQ(message_of(path, options, with_later_versions()),
            concat("cannot open store ", path.string(), ": it is a store of version ", version,
                   ", which has to be brought to version ", version + 2,
                   " before it can be read; open it for writing once"));
}

}  // namespace
}  // namespace gondola::store
