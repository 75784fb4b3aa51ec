#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

#include <SQLiteCpp/SQLiteCpp.h>

#include "gondola/store/event_store.hpp"

namespace gondola::store {

/// Throws: ContractViolation for a record that add() does not take, see EventStore.
void check(const AuditRecord& audit);

/// Puts records into the tables. Opens no transaction: that is the caller's.
///
/// Throws: SQLite::Exception.
class AuditWriter {
 public:
  /// `database` must outlive the writer.
  explicit AuditWriter(SQLite::Database& database);

  /// The id of an audit with the same content, store and camera.
  std::optional<std::int64_t> find(const AuditRecord& audit);

  /// The id of an event that is the same, but for its picture.
  std::optional<std::int64_t> find(const EventRecord& event);

  /// Requires: check(audit) passes.
  std::int64_t add(const AuditRecord& audit);
  std::int64_t add(const EventRecord& event);

 private:
  using NameIds = std::unordered_map<std::string, std::int64_t>;

  std::int64_t camera_id(const std::string& store, const std::string& camera);
  std::int64_t name_id(const std::string& name);
  std::int64_t name_id(const std::string& name, NameIds& known);

  void add_counts(const AuditRecord& audit, std::int64_t id, NameIds& names);

  SQLite::Database& database_;
  SQLite::Statement find_store_;
  SQLite::Statement add_store_;
  SQLite::Statement find_camera_;
  SQLite::Statement add_camera_;
  SQLite::Statement find_name_;
  SQLite::Statement add_name_;
  SQLite::Statement find_content_;
  SQLite::Statement add_audit_;
  SQLite::Statement add_detection_;
  SQLite::Statement add_gap_;
  SQLite::Statement add_count_;
  SQLite::Statement add_position_;
  SQLite::Statement find_event_;
  SQLite::Statement add_event_;
};

}  // namespace gondola::store
