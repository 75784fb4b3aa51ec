#include "store/made_audits.hpp"

#include <limits>
#include <optional>
#include <sstream>

#include <SQLiteCpp/SQLiteCpp.h>

namespace gondola::test {

using store::AuditRecord;
using store::CountSummary;
using store::EventRecord;

AuditRecord bare_audit(const std::string& store, const std::string& camera,
                       store::UtcMilliseconds taken_at) {
  AuditRecord audit;
  audit.store = store;
  audit.camera = camera;
  audit.taken_at = taken_at;
  return audit;
}

AuditRecord made_audit(std::int64_t number) {
  AuditRecord audit = bare_audit("store " + std::to_string(number % 3), "aisle", number);
  audit.source = "picture-" + std::to_string(number) + ".jpg";
  audit.content = "c0ffee" + std::to_string(number);
  audit.image = {4000 + static_cast<int>(number % 7), 3000};
  audit.model = "shelf-n";
  audit.planogram = "dairy";
  audit.facings = static_cast<int>(number % 1000);
  audit.on_shelf_availability = static_cast<double>(number % 11) / 11;
  if (number % 2 == 0) audit.planogram_compliance = static_cast<double>(number % 13) / 13;
  audit.picture = "out/" + audit.source;
  const auto offset = static_cast<float>(number % 1009) / 3;
  for (int i = 0; i < 12; ++i) {
    const auto x = static_cast<float>(10 * i) + offset;
    const std::string name = "product " + std::to_string(i % 4);
    audit.detections.push_back({name, 1 / (1 + offset), {x, 5, x + 9, 25}, i / 6, i % 6});
    audit.gaps.push_back({{x, 30, x + 9, 55}, i / 6, 1 + i % 2});
    audit.positions.push_back(
        {"shelf " + std::to_string(i), name, i % 5 == 0 ? "empty" : "correct"});
  }
  for (int label = 0; label < 4; ++label) {
    const std::string name = "product " + std::to_string(label);
    audit.counts.push_back({name, -1, 9, 12});
    for (int row = 0; row < 3; ++row) audit.counts.push_back({name, row, 3, 4});
  }
  return audit;
}

namespace {

std::string text_of(const std::optional<double>& value) {
  if (!value) return "none";
  std::ostringstream text;
  text << std::hexfloat << *value;
  return text.str();
}

}  // namespace

std::string text_of(const AuditRecord& audit) {
  std::ostringstream text;
  text << std::hexfloat;
  text << audit.store << " | " << audit.camera << " | " << audit.source << " | " << audit.content
       << " | " << audit.taken_at << " | " << audit.image << " | " << audit.model << " | "
       << audit.planogram << " | " << audit.facings << " | " << text_of(audit.on_shelf_availability)
       << " | " << text_of(audit.planogram_compliance) << " | " << audit.picture << '\n';
  for (const auto& found : audit.detections) {
    text << "detection " << found.label << ' ' << found.score << ' ' << found.box.x1 << ' '
         << found.box.y1 << ' ' << found.box.x2 << ' ' << found.box.y2 << ' ' << found.row << ' '
         << found.facing << '\n';
  }
  for (const auto& gap : audit.gaps) {
    text << "gap " << gap.box.x1 << ' ' << gap.box.y1 << ' ' << gap.box.x2 << ' ' << gap.box.y2
         << ' ' << gap.row << ' ' << gap.facings << '\n';
  }
  for (const auto& count : audit.counts) {
    text << "count " << count.label << ' ' << count.row << ' ' << count.facings << ' '
         << count.products << '\n';
  }
  for (const auto& position : audit.positions) {
    text << "position " << position.position << " | " << position.product << " | "
         << position.status << '\n';
  }
  return text.str();
}

std::string text_of(const EventRecord& event) {
  std::ostringstream text;
  text << event.store << " | " << event.camera << " | " << event.at << " | " << event.kind << " | "
       << event.label << " | " << event.place << " | " << event.before << " -> " << event.after
       << " | " << event.picture;
  return text.str();
}

std::string text_of(const CountSummary& summary) {
  std::ostringstream text;
  text.precision(std::numeric_limits<double>::max_digits10);
  text << summary.at << " | " << summary.store << " | " << summary.camera << " | " << summary.label
       << " | row " << summary.row << " | " << summary.audits << " of " << summary.group_audits
       << " audits | " << summary.facings << " facings, " << summary.products << " products | "
       << summary.facings_first << " -> " << summary.facings_last;
  return text.str();
}

std::string integrity_of(const std::filesystem::path& path) {
  SQLite::Database database(path, SQLite::OPEN_READONLY);
  const std::string integrity = database.execAndGet("PRAGMA integrity_check").getString();
  if (SQLite::Statement(database, "PRAGMA foreign_key_check").executeStep()) {
    return "references to nothing";
  }
  return integrity;
}

}  // namespace gondola::test
