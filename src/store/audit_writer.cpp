#include "audit_writer.hpp"

#include <cmath>
#include <set>
#include <utility>

#include "gondola/core/error.hpp"
#include "gondola/core/text.hpp"
#include "statements.hpp"

namespace gondola::store {
namespace {

bool is_finite(const Box& box) {
  return std::isfinite(box.x1) && std::isfinite(box.y1) && std::isfinite(box.x2) &&
         std::isfinite(box.y2);
}

bool is_finite(const std::optional<double>& value) { return !value || std::isfinite(*value); }

}  // namespace

void check(const AuditRecord& audit) {
  GONDOLA_EXPECTS(is_finite(audit.on_shelf_availability), "on-shelf availability");
  GONDOLA_EXPECTS(is_finite(audit.planogram_compliance), "planogram compliance");
  for (const StoredDetection& detection : audit.detections) {
    GONDOLA_EXPECTS(is_finite(detection.box) && std::isfinite(detection.score), "detection of '",
                    printable(detection.label), "', score ", detection.score, ", ", detection.box);
  }
  for (const StoredGap& gap : audit.gaps) GONDOLA_EXPECTS(is_finite(gap.box), "gap ", gap.box);
  std::set<std::pair<std::string, int>> counted;
  for (const StoredCount& count : audit.counts) {
    GONDOLA_EXPECTS(count.row >= -1 && count.facings >= 0 && count.products >= 0, "count of '",
                    printable(count.label), "': row ", count.row, ", ", count.facings, " facings, ",
                    count.products, " products");
    const bool is_first = counted.insert({count.label, count.row}).second;
    GONDOLA_EXPECTS(is_first, "two counts of '", printable(count.label), "' in row ", count.row);
  }
}

AuditWriter::AuditWriter(SQLite::Database& database)
    : database_(database),
      find_store_(database, "SELECT id FROM stores WHERE name = ?"),
      add_store_(database, "INSERT INTO stores (name) VALUES (?)"),
      find_camera_(database, "SELECT id FROM cameras WHERE store_id = ? AND name = ?"),
      add_camera_(database, "INSERT INTO cameras (store_id, name) VALUES (?, ?)"),
      find_name_(database, "SELECT id FROM names WHERE name = ?"),
      add_name_(database, "INSERT INTO names (name) VALUES (?)"),
      find_content_(database,
                    "SELECT audits.id FROM stores JOIN cameras ON store_id = stores.id "
                    "JOIN audits ON camera_id = cameras.id "
                    "WHERE stores.name = ? AND cameras.name = ? AND content = ? "
                    "ORDER BY audits.id"),
      add_audit_(database,
                 "INSERT INTO audits (camera_id, taken_at, source, content, width, height, model, "
                 "planogram, facings, on_shelf_availability, planogram_compliance, picture) "
                 "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      add_detection_(database,
                     "INSERT INTO detections (audit_id, number, label_id, score, x1, y1, x2, y2, "
                     "shelf_row, facing) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      add_gap_(database,
               "INSERT INTO gaps (audit_id, number, x1, y1, x2, y2, shelf_row, facings) "
               "VALUES (?, ?, ?, ?, ?, ?, ?, ?)"),
      add_count_(database,
                 "INSERT INTO counts (audit_id, number, label_id, shelf_row, facings, products, "
                 "in_total, in_rows) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"),
      add_position_(database,
                    "INSERT INTO positions (audit_id, number, position_id, product_id, status_id) "
                    "VALUES (?, ?, ?, ?, ?)"),
      find_event_(database,
                  "SELECT events.id FROM stores JOIN cameras ON store_id = stores.id "
                  "JOIN events ON camera_id = cameras.id "
                  "JOIN names AS kinds ON kind_id = kinds.id "
                  "JOIN names AS labels ON label_id = labels.id "
                  "JOIN names AS places ON place_id = places.id "
                  "WHERE stores.name = ? AND cameras.name = ? AND at = ? AND kinds.name = ? "
                  "AND labels.name = ? AND places.name = ? AND facings_before = ? "
                  "AND facings_after = ? ORDER BY events.id"),
      add_event_(database,
                 "INSERT INTO events (camera_id, at, kind_id, label_id, place_id, facings_before, "
                 "facings_after, picture) VALUES (?, ?, ?, ?, ?, ?, ?, ?)") {}

std::int64_t AuditWriter::camera_id(const std::string& store, const std::string& camera) {
  std::optional<std::int64_t> store_id = find_number(find_store_, store);
  if (!store_id) {
    run(add_store_, store);
    store_id = database_.getLastInsertRowid();
  }
  if (const auto known = find_number(find_camera_, *store_id, camera)) return *known;
  run(add_camera_, *store_id, camera);
  return database_.getLastInsertRowid();
}

std::int64_t AuditWriter::name_id(const std::string& name) {
  if (const auto known = find_number(find_name_, name)) return *known;
  run(add_name_, name);
  return database_.getLastInsertRowid();
}

// What is known ends with the audit: a transaction that is rolled back takes its names with it.
std::int64_t AuditWriter::name_id(const std::string& name, NameIds& known) {
  const auto [entry, is_new] = known.try_emplace(name, 0);
  if (is_new) entry->second = name_id(name);
  return entry->second;
}

std::optional<std::int64_t> AuditWriter::find(const AuditRecord& audit) {
  if (audit.content.empty()) return std::nullopt;
  return find_number(find_content_, audit.store, audit.camera, audit.content);
}

std::int64_t AuditWriter::add(const AuditRecord& audit) {
  run(add_audit_, camera_id(audit.store, audit.camera), audit.taken_at, audit.source, audit.content,
      audit.image.width, audit.image.height, audit.model, audit.planogram, audit.facings,
      audit.on_shelf_availability, audit.planogram_compliance, audit.picture);
  const std::int64_t id = database_.getLastInsertRowid();
  NameIds names;
  int number = 0;
  for (const StoredDetection& found : audit.detections) {
    run(add_detection_, id, number++, name_id(found.label, names), found.score, found.box.x1,
        found.box.y1, found.box.x2, found.box.y2, found.row, found.facing);
  }
  number = 0;
  for (const StoredGap& gap : audit.gaps) {
    run(add_gap_, id, number++, gap.box.x1, gap.box.y1, gap.box.x2, gap.box.y2, gap.row,
        gap.facings);
  }
  add_counts(audit, id, names);
  number = 0;
  for (const StoredPosition& position : audit.positions) {
    run(add_position_, id, number++, name_id(position.position, names),
        name_id(position.product, names), name_id(position.status, names));
  }
  return id;
}

void AuditWriter::add_counts(const AuditRecord& audit, std::int64_t id, NameIds& names) {
  struct Kinds {
    bool has_total = false;
    bool has_rows = false;
  };
  std::unordered_map<std::string, Kinds> kinds;
  for (const StoredCount& count : audit.counts) {
    (count.row < 0 ? kinds[count.label].has_total : kinds[count.label].has_rows) = true;
  }
  int number = 0;
  for (const StoredCount& count : audit.counts) {
    const Kinds& label = kinds[count.label];
    const bool is_total = count.row < 0;
    const int in_total = is_total || !label.has_total ? 1 : 0;
    const int in_rows = !is_total || !label.has_rows ? 1 : 0;
    run(add_count_, id, number++, name_id(count.label, names), count.row, count.facings,
        count.products, in_total, in_rows);
  }
}

std::optional<std::int64_t> AuditWriter::find(const EventRecord& event) {
  return find_number(find_event_, event.store, event.camera, event.at, event.kind, event.label,
                     event.place, event.before, event.after);
}

std::int64_t AuditWriter::add(const EventRecord& event) {
  run(add_event_, camera_id(event.store, event.camera), event.at, name_id(event.kind),
      name_id(event.label), name_id(event.place), event.before, event.after, event.picture);
  return database_.getLastInsertRowid();
}

}  // namespace gondola::store
