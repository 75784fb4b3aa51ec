#include "database.hpp"

#include <cerrno>
#include <cstring>
#include <system_error>
#include <thread>

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include "gondola/core/error.hpp"

namespace gondola::store {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const fs::path& path, const std::string& reason) {
  throw IoError(concat("cannot open store ", path.string(), ": ", reason));
}

constexpr const char* kOtherKindOfFile =
    "it is not a store but another kind of file; name another file";
constexpr const char* kNotWritable =
    "it may only be read; change the permissions, or name another file";
constexpr const char* kFull =
    "the disk is full; make room and try again (what is in the store is safe)";

/// SQLite's result without its details; below 0 when the error is none of SQLite's own.
int primary_code(const SQLite::Exception& error) {
  constexpr int kPrimaryBits = 0xFF;
  return error.getErrorCode() < 0 ? error.getErrorCode() : error.getErrorCode() & kPrimaryBits;
}

int access_error(const fs::path& path, int mode) {
  return ::faccessat(AT_FDCWD, path.c_str(), mode, AT_EACCESS) == 0 ? 0 : errno;
}

/// SQLite does not say why a file cannot be opened. Opening it here to find out would take away the
/// locks that this process may have on it through another object, as closing it does in POSIX.
int open_error(const fs::path& path, bool read_only) {
  const int error = access_error(path, read_only ? R_OK : R_OK | W_OK);
  if (error != ENOENT || read_only) return error;
  return access_error(path.parent_path(), W_OK | X_OK);
}

void check_kind_of_file(const fs::path& path, bool read_only) {
  if (path.empty()) fail(path, "no file name given");
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (fs::is_directory(status)) fail(path, "it is a folder; name a file");
  if (read_only && status.type() == fs::file_type::not_found) fail(path, "there is no such file");
  if (!fs::exists(status)) return;
  if (!fs::is_regular_file(status)) fail(path, "it is a device or pipe; name a file on a disk");
  // SQLite takes a file of one byte for an empty one and would write over it.
  if (fs::file_size(path, error) == 1) fail(path, kOtherKindOfFile);
}

SQLite::Database connect(const fs::path& path, const OpenOptions& options) {
  // For reading, too, with the right to write where there is one (SQLite falls back by itself):
  // only then are the files beside the store put away when it is closed.
  const int flags = SQLite::OPEN_READWRITE | (options.read_only ? 0 : SQLite::OPEN_CREATE);
  // An absolute path, because SQLite reads more into names like ":memory:".
  const fs::path absolute = fs::absolute(path);
  try {
    return {absolute, flags, static_cast<int>(options.busy_timeout.count())};
  } catch (const SQLite::Exception& error) {
    fail(path, reason_of(error, open_error(absolute, options.read_only), options));
  }
}

void check_identity(const FileIdentity& identity, const fs::path& path, const OpenOptions& options,
                    const SchemaSteps& steps) {
  const auto newest = static_cast<std::int64_t>(steps.size());
  if (identity.is_blank()) {
    if (options.read_only) fail(path, "there is nothing in it yet");
    return;
  }
  if (identity.application_id != kApplicationId || identity.version < 1) {
    fail(path, "it is an SQLite file of another program; name another file");
  }
  if (identity.version > newest) {
    fail(path, concat("it is a store of version ", identity.version,
                      ", and this Gondola knows versions up to ", newest,
                      "; update Gondola, or name another file"));
  }
  if (options.read_only && identity.version < newest) {
    fail(path, concat("it is a store of version ", identity.version,
                      ", which has to be brought to version ", newest,
                      " before it can be read; open it for writing once"));
  }
}

/// SQLite does not wait when two processes want to set the mode of a new file at once.
void set_write_ahead_log(SQLite::Database& database, std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (true) {
    try {
      const std::string mode = database.execAndGet("PRAGMA journal_mode = WAL").getString();
      if (mode != "wal") {
        throw SQLite::Exception(
            "this disk does not let programs share memory, which a store needs; name a file on a "
            "disk of this machine");
      }
      return;
    } catch (const SQLite::Exception& error) {
      if (primary_code(error) != SQLITE_BUSY || std::chrono::steady_clock::now() >= deadline) throw;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

}  // namespace

int system_error_of(const SQLite::Database& database) {
  if (const int error = sqlite3_system_errno(database.getHandle()); error != 0) return error;
  // A commit's error is known to the log file alone.
  sqlite3_file* log = nullptr;
  int error = 0;
  if (sqlite3_file_control(database.getHandle(), "main", SQLITE_FCNTL_JOURNAL_POINTER, &log) ==
          SQLITE_OK &&
      log->pMethods != nullptr) {
    log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &error);
  }
  return error;
}

std::string reason_of(const SQLite::Exception& error, int system_error,
                      const OpenOptions& options) {
  switch (primary_code(error)) {
    case SQLITE_FULL:
      return kFull;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return concat("another program has kept it locked for more than ",
                    options.busy_timeout.count(), " ms; try again when that is done");
    case SQLITE_CORRUPT:
      return "it is damaged; go back to a copy, or save what is left with sqlite3's .recover";
    case SQLITE_NOTADB:
      return kOtherKindOfFile;
    case SQLITE_READONLY:
      return kNotWritable;
    case SQLITE_CANTOPEN:
    case SQLITE_IOERR:
    case SQLITE_PERM:
      if (system_error == ENOSPC || system_error == EDQUOT) return kFull;
      if (system_error != 0) return std::strerror(system_error);
      break;
    default:
      break;
  }
  return error.what();
}

SQLite::Database open_database(const fs::path& path, const OpenOptions& options,
                               const SchemaSteps& steps) {
  check_kind_of_file(path, options.read_only);
  SQLite::Database database = connect(path, options);
  try {
    const FileIdentity identity = identify(database);
    check_identity(identity, path, options, steps);
    if (options.read_only) {
      database.exec("PRAGMA query_only = ON");
    } else {
      if (sqlite3_db_readonly(database.getHandle(), "main") != 0) {
        fail(path, kNotWritable);
      }
      set_write_ahead_log(database, options.busy_timeout);
      // FULL: a commit returns when the log is on the disk, not before.
      database.exec("PRAGMA synchronous = FULL");
      if (identity.version != static_cast<std::int64_t>(steps.size())) upgrade(database, steps);
    }
    database.exec("PRAGMA foreign_keys = ON");
    // KiB. Taken as it is needed; a summary goes back and forth through more than the usual 2 MiB
    // when audits were not added in order of time.
    database.exec("PRAGMA cache_size = -65536");
  } catch (const SQLite::Exception& error) {
    const fs::path folder = fs::absolute(path).parent_path();
    const int code = primary_code(error);
    const bool lacks_file = code == SQLITE_READONLY || code == SQLITE_CANTOPEN;
    if (options.read_only && lacks_file && access_error(folder, W_OK) != 0) {
      fail(path,
           "its folder may not be written, where SQLite keeps two more files while a store is "
           "read; copy it elsewhere");
    }
    fail(path, reason_of(error, system_error_of(database), options));
  }
  return database;
}

}  // namespace gondola::store
