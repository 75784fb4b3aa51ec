#pragma once

#include <filesystem>
#include <string>

#include <SQLiteCpp/SQLiteCpp.h>

#include "gondola/store/sqlite_store.hpp"
#include "schema.hpp"

namespace gondola::store {

/// Opens a store's file, checks that it is one, and brings it to version steps.size().
///
/// Throws: IoError as open_store().
SQLite::Database open_database(const std::filesystem::path& path, const OpenOptions& options,
                               const SchemaSteps& steps);

/// Why SQLite failed and what can be done, for the end of a message. `system_error` is the errno
/// behind it, 0 if there is none.
std::string reason_of(const SQLite::Exception& error, int system_error, const OpenOptions& options);

/// errno of the last operation of this connection that failed in the operating system.
int system_error_of(const SQLite::Database& database);

}  // namespace gondola::store
