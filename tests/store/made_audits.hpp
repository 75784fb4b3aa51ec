#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "gondola/store/event_store.hpp"

namespace gondola::test {

/// A full audit in which every value follows from `number`, so that whoever reads it back can tell
/// whether all of it is there. Its time is `number` in milliseconds; its counts are the same in all
/// audits: kMadeFacings altogether.
store::AuditRecord made_audit(std::int64_t number);

inline constexpr int kMadeFacings = 36;

/// An audit with nothing in it but where and when.
store::AuditRecord bare_audit(const std::string& store, const std::string& camera,
                              store::UtcMilliseconds taken_at);

/// Everything in a record but its id, one member a line; floats are exact.
std::string text_of(const store::AuditRecord& audit);
std::string text_of(const store::EventRecord& event);
std::string text_of(const store::CountSummary& summary);

template <typename Record>
std::vector<std::string> texts_of(const std::vector<Record>& records) {
  std::vector<std::string> texts;
  for (const Record& record : records) texts.push_back(text_of(record));
  return texts;
}

/// "ok" when SQLite finds no fault in the file: pages, indices and references. Read only.
std::string integrity_of(const std::filesystem::path& path);

}  // namespace gondola::test
