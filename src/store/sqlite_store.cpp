#include "gondola/store/sqlite_store.hpp"

#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include "audit_writer.hpp"
#include "database.hpp"
#include "gondola/core/error.hpp"
#include "queries.hpp"

namespace gondola::store {
namespace {

namespace fs = std::filesystem;

class SqliteStore : public EventStore {
 public:
  SqliteStore(fs::path path, const OpenOptions& options)
      : path_(std::move(path)),
        options_(options),
        database_(open_database(path_, options_, schema_steps())) {
    if (!options_.read_only) {
      guarded("open", [this] { writer_.emplace(database_); });
    }
  }

  std::optional<std::int64_t> add(const AuditRecord& audit, IfKnown if_known) override {
    check(audit);
    return in_transaction([&]() -> std::optional<std::int64_t> {
      if (if_known == IfKnown::kSkip && writer_->find(audit)) return std::nullopt;
      return writer_->add(audit);
    });
  }

  std::optional<std::int64_t> add(const EventRecord& event, IfKnown if_known) override {
    return in_transaction([&]() -> std::optional<std::int64_t> {
      if (if_known == IfKnown::kSkip && writer_->find(event)) return std::nullopt;
      return writer_->add(event);
    });
  }

  std::vector<AuditRecord> audits(const Query& query, bool with_details) const override {
    return guarded("read", [&] {
      const SQLite::Transaction snapshot(database_);
      return read_audits(database_, query, with_details);
    });
  }

  std::vector<EventRecord> events(const Query& query) const override {
    return guarded("read", [&] { return read_events(database_, query); });
  }

  std::vector<CountSummary> summarize(const Query& query, const Grouping& grouping) const override {
    return guarded("read", [&] {
      const SQLite::Transaction snapshot(database_);
      return summarize_counts(database_, query, grouping);
    });
  }

  std::vector<std::string> stores() const override {
    return guarded("read", [&] { return read_stores(database_); });
  }

 private:
  /// Turns what SQLite throws into an IoError: "cannot <doing> store PATH: reason".
  template <typename Work>
  std::invoke_result_t<Work&> guarded(std::string_view doing, Work work) const {
    try {
      return work();
    } catch (const SQLite::Exception& error) {
      fail(doing, reason_of(error, system_error_of(database_), options_));
    }
  }

  [[noreturn]] void fail(std::string_view doing, const std::string& reason) const {
    throw IoError(concat("cannot ", doing, " store ", path_.string(), ": ", reason));
  }

  template <typename Work>
  std::invoke_result_t<Work&> in_transaction(Work work) {
    if (!writer_) fail("write to", "it was opened for reading only");
    return guarded("write to", [&] {
      // Immediate: whoever began by reading could not wait for another writer.
      SQLite::Transaction transaction(database_, SQLite::TransactionBehavior::IMMEDIATE);
      auto result = work();
      transaction.commit();
      return result;
    });
  }

  fs::path path_;
  OpenOptions options_;
  mutable SQLite::Database database_;  // reading changes the connection, never what is stored
  std::optional<AuditWriter> writer_;  // none when read_only
};

}  // namespace

std::unique_ptr<EventStore> open_store(const fs::path& path, const OpenOptions& options) {
  return std::make_unique<SqliteStore>(path, options);
}

}  // namespace gondola::store
