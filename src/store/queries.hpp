#pragma once

#include <string>
#include <vector>

#include <SQLiteCpp/SQLiteCpp.h>

#include "gondola/store/event_store.hpp"

namespace gondola::store {

// The questions of EventStore as SQL. Each throws SQLite::Exception; those that take more than one
// statement see one moment only inside a transaction, which is the caller's.

std::vector<AuditRecord> read_audits(SQLite::Database& database, const Query& query,
                                     bool with_details);
std::vector<EventRecord> read_events(SQLite::Database& database, const Query& query);
std::vector<CountSummary> summarize_counts(SQLite::Database& database, const Query& query,
                                           const Grouping& grouping);
std::vector<std::string> read_stores(SQLite::Database& database);

}  // namespace gondola::store
