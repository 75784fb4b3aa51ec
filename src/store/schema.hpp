#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <SQLiteCpp/SQLiteCpp.h>

namespace gondola::store {

/// Marks a file as a store of Gondola's: "gndl" in SQLite's application_id.
inline constexpr std::int64_t kApplicationId = 0x676E646C;

/// What makes version N of the store from version N - 1, as SQL; step 1 starts with an empty file.
/// Steps that were in a release never change: a new version is a new step.
using SchemaSteps = std::vector<std::string>;

const SchemaSteps& schema_steps();

/// What a file says that it is.
struct FileIdentity {
  std::int64_t application_id = 0;
  std::int64_t version = 0;
  bool has_tables = false;

  /// A file without anything in it, of which a store can be made.
  bool is_blank() const { return application_id == 0 && version == 0 && !has_tables; }
};

/// Throws: SQLite::Exception (as all of this file).
FileIdentity identify(SQLite::Database& database);

/// Brings a blank file or a store to version steps.size(), in one transaction. Does nothing when
/// another process was quicker.
///
/// Requires: foreign keys are not enforced yet, so that a step may rebuild tables.
void upgrade(SQLite::Database& database, const SchemaSteps& steps);

}  // namespace gondola::store
