#include "schema.hpp"

#include "gondola/core/error.hpp"

namespace gondola::store {
namespace {

// Labels, products, positions, places and kinds are names, kept once each: a million counts hold
// small numbers. Details are clustered by audit (WITHOUT ROWID), so that one audit is read from
// neighbouring pages.
//
// counts.in_total marks the counts that make up a label's total over all rows, counts.in_rows those
// that a summary by row shows; see StoredCount. The index audits_by_time holds all that a summary
// needs of an audit, in the order in which it goes through them.
constexpr const char* kVersion1 = R"sql(
CREATE TABLE stores (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE cameras (
  id INTEGER PRIMARY KEY,
  store_id INTEGER NOT NULL REFERENCES stores,
  name TEXT NOT NULL,
  UNIQUE (store_id, name)
) STRICT;

CREATE TABLE names (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE audits (
  id INTEGER PRIMARY KEY,
  camera_id INTEGER NOT NULL REFERENCES cameras,
  taken_at INTEGER NOT NULL,  -- UTC, milliseconds since 1970
  source TEXT NOT NULL,
  content TEXT NOT NULL,
  width INTEGER NOT NULL,
  height INTEGER NOT NULL,
  model TEXT NOT NULL,
  planogram TEXT NOT NULL,
  facings INTEGER NOT NULL,
  on_shelf_availability REAL,
  planogram_compliance REAL,
  picture TEXT NOT NULL
) STRICT;
CREATE INDEX audits_by_time ON audits (taken_at, id, camera_id);
CREATE INDEX audits_by_content ON audits (camera_id, content);

CREATE TABLE detections (
  audit_id INTEGER NOT NULL REFERENCES audits,
  number INTEGER NOT NULL,
  label_id INTEGER NOT NULL REFERENCES names,
  score REAL NOT NULL,
  x1 REAL NOT NULL,
  y1 REAL NOT NULL,
  x2 REAL NOT NULL,
  y2 REAL NOT NULL,
  shelf_row INTEGER NOT NULL,
  facing INTEGER NOT NULL,
  PRIMARY KEY (audit_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE gaps (
  audit_id INTEGER NOT NULL REFERENCES audits,
  number INTEGER NOT NULL,
  x1 REAL NOT NULL,
  y1 REAL NOT NULL,
  x2 REAL NOT NULL,
  y2 REAL NOT NULL,
  shelf_row INTEGER NOT NULL,
  facings INTEGER NOT NULL,
  PRIMARY KEY (audit_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE counts (
  audit_id INTEGER NOT NULL REFERENCES audits,
  number INTEGER NOT NULL,
  label_id INTEGER NOT NULL REFERENCES names,
  shelf_row INTEGER NOT NULL,
  facings INTEGER NOT NULL,
  products INTEGER NOT NULL,
  in_total INTEGER NOT NULL,
  in_rows INTEGER NOT NULL,
  PRIMARY KEY (audit_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE positions (
  audit_id INTEGER NOT NULL REFERENCES audits,
  number INTEGER NOT NULL,
  position_id INTEGER NOT NULL REFERENCES names,
  product_id INTEGER NOT NULL REFERENCES names,
  status_id INTEGER NOT NULL REFERENCES names,
  PRIMARY KEY (audit_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE events (
  id INTEGER PRIMARY KEY,
  camera_id INTEGER NOT NULL REFERENCES cameras,
  at INTEGER NOT NULL,  -- UTC, milliseconds since 1970
  kind_id INTEGER NOT NULL REFERENCES names,
  label_id INTEGER NOT NULL REFERENCES names,
  place_id INTEGER NOT NULL REFERENCES names,
  facings_before INTEGER NOT NULL,
  facings_after INTEGER NOT NULL,
  picture TEXT NOT NULL
) STRICT;
CREATE INDEX events_by_time ON events (at);
)sql";

}  // namespace

const SchemaSteps& schema_steps() {
  static const SchemaSteps kSteps{kVersion1};
  return kSteps;
}

FileIdentity identify(SQLite::Database& database) {
  SQLite::Statement statement(database,
                              "SELECT application_id, user_version, "
                              "EXISTS (SELECT 1 FROM sqlite_schema) "
                              "FROM pragma_application_id, pragma_user_version");
  statement.executeStep();
  return {statement.getColumn(0).getInt64(), statement.getColumn(1).getInt64(),
          statement.getColumn(2).getInt() != 0};
}

void upgrade(SQLite::Database& database, const SchemaSteps& steps) {
  SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
  const auto version = static_cast<std::size_t>(identify(database).version);
  if (version >= steps.size()) return;
  for (std::size_t step = version; step < steps.size(); ++step) database.exec(steps[step]);
  if (SQLite::Statement(database, "PRAGMA foreign_key_check").executeStep()) {
    throw SQLite::Exception("an upgrade left records that refer to nothing");
  }
  database.exec(concat("PRAGMA application_id = ", kApplicationId));
  database.exec(concat("PRAGMA user_version = ", steps.size()));
  transaction.commit();
}

}  // namespace gondola::store
