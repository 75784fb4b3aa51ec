#include "queries.hpp"

#include <cstdint>
#include <map>

#include "count_fold.hpp"
#include "gondola/core/error.hpp"
#include "statements.hpp"

namespace gondola::store {
namespace {

/// Conditions on a table that has a camera_id and a time.
Conditions time_and_place(const Query& query, const std::string& time) {
  Conditions conditions;
  if (query.from) conditions.add(time + " >= ?", *query.from);
  if (query.to) conditions.add(time + " < ?", *query.to);
  // The plus keeps SQLite from going by camera and sorting by time afterwards.
  conditions.add_list(
      "+camera_id IN (SELECT cameras.id FROM cameras JOIN stores ON stores.id = store_id "
      "WHERE stores.name IN",
      query.stores, ")");
  conditions.add_list("+camera_id IN (SELECT id FROM cameras WHERE name IN", query.cameras, ")");
  return conditions;
}

Conditions of_labels(const Query& query) {
  Conditions conditions;
  conditions.add_list("label_id IN (SELECT id FROM names WHERE name IN", query.labels, ")");
  return conditions;
}

template <typename Read>
void for_each_row(SQLite::Statement& statement, std::int64_t audit, const Read& read) {
  const ResetAtEnd reset(statement);
  statement.bind(1, audit);
  while (statement.executeStep()) {
    RowReader row(statement);
    read(row);
  }
}

Box box_of(RowReader& row) {
  Box box;
  box.x1 = row.real();
  box.y1 = row.real();
  box.x2 = row.real();
  box.y2 = row.real();
  return box;
}

void read_details(SQLite::Database& database, std::vector<AuditRecord>& audits) {
  SQLite::Statement detections(
      database,
      "SELECT name, score, x1, y1, x2, y2, shelf_row, facing FROM detections "
      "JOIN names ON names.id = label_id WHERE audit_id = ? ORDER BY number");
  SQLite::Statement gaps(database,
                         "SELECT x1, y1, x2, y2, shelf_row, facings FROM gaps "
                         "WHERE audit_id = ? ORDER BY number");
  SQLite::Statement counts(database,
                           "SELECT name, shelf_row, facings, products FROM counts "
                           "JOIN names ON names.id = label_id WHERE audit_id = ? ORDER BY number");
  SQLite::Statement positions(
      database,
      "SELECT position.name, product.name, status.name FROM positions "
      "JOIN names position ON position.id = position_id "
      "JOIN names product ON product.id = product_id "
      "JOIN names status ON status.id = status_id WHERE audit_id = ? ORDER BY number");
  for (AuditRecord& audit : audits) {
    for_each_row(detections, audit.id, [&](RowReader& row) {
      StoredDetection& detection = audit.detections.emplace_back();
      detection.label = row.text();
      detection.score = row.real();
      detection.box = box_of(row);
      detection.row = row.integer();
      detection.facing = row.integer();
    });
    for_each_row(gaps, audit.id, [&](RowReader& row) {
      StoredGap& gap = audit.gaps.emplace_back();
      gap.box = box_of(row);
      gap.row = row.integer();
      gap.facings = row.integer();
    });
    for_each_row(counts, audit.id, [&](RowReader& row) {
      StoredCount& count = audit.counts.emplace_back();
      count.label = row.text();
      count.row = row.integer();
      count.facings = row.integer();
      count.products = row.integer();
    });
    for_each_row(positions, audit.id, [&](RowReader& row) {
      StoredPosition& position = audit.positions.emplace_back();
      position.position = row.text();
      position.product = row.text();
      position.status = row.text();
    });
  }
}

std::map<std::int64_t, CameraName> read_cameras(SQLite::Database& database) {
  std::map<std::int64_t, CameraName> cameras;
  SQLite::Statement statement(database,
                              "SELECT cameras.id, stores.name, cameras.name FROM cameras "
                              "JOIN stores ON stores.id = store_id");
  while (statement.executeStep()) {
    RowReader row(statement);
    const std::int64_t id = row.integer64();
    CameraName& name = cameras[id];
    name.store = row.text();
    name.camera = row.text();
  }
  return cameras;
}

}  // namespace

std::vector<AuditRecord> read_audits(SQLite::Database& database, const Query& query,
                                     bool with_details) {
  const Conditions conditions = time_and_place(query, "taken_at");
  SQLite::Statement statement(
      database,
      "SELECT audits.id, stores.name, cameras.name, source, content, taken_at, width, height, "
      "model, planogram, facings, on_shelf_availability, planogram_compliance, picture "
      "FROM audits CROSS JOIN cameras ON cameras.id = camera_id "
      "CROSS JOIN stores ON stores.id = store_id WHERE " +
          conditions.sql() + " ORDER BY taken_at, audits.id");
  conditions.bind(statement);
  std::vector<AuditRecord> audits;
  while (statement.executeStep()) {
    RowReader row(statement);
    AuditRecord& audit = audits.emplace_back();
    audit.id = row.integer64();
    audit.store = row.text();
    audit.camera = row.text();
    audit.source = row.text();
    audit.content = row.text();
    audit.taken_at = row.integer64();
    audit.image.width = row.integer();
    audit.image.height = row.integer();
    audit.model = row.text();
    audit.planogram = row.text();
    audit.facings = row.integer();
    audit.on_shelf_availability = row.optional_real();
    audit.planogram_compliance = row.optional_real();
    audit.picture = row.text();
  }
  if (with_details) read_details(database, audits);
  return audits;
}

std::vector<EventRecord> read_events(SQLite::Database& database, const Query& query) {
  const Conditions conditions = time_and_place(query, "at");
  const Conditions labels = of_labels(query);
  SQLite::Statement statement(
      database,
      "SELECT events.id, stores.name, cameras.name, at, kind.name, label.name, place.name, "
      "facings_before, facings_after, picture FROM events "
      "CROSS JOIN cameras ON cameras.id = camera_id CROSS JOIN stores ON stores.id = store_id "
      "CROSS JOIN names kind ON kind.id = kind_id CROSS JOIN names label ON label.id = label_id "
      "CROSS JOIN names place ON place.id = place_id WHERE " +
          conditions.sql() + " AND " + labels.sql() + " ORDER BY at, events.id");
  labels.bind(statement, conditions.bind(statement));
  std::vector<EventRecord> events;
  while (statement.executeStep()) {
    RowReader row(statement);
    EventRecord& event = events.emplace_back();
    event.id = row.integer64();
    event.store = row.text();
    event.camera = row.text();
    event.at = row.integer64();
    event.kind = row.text();
    event.label = row.text();
    event.place = row.text();
    event.before = row.integer();
    event.after = row.integer();
    event.picture = row.text();
  }
  return events;
}

std::vector<CountSummary> summarize_counts(SQLite::Database& database, const Query& query,
                                           const Grouping& grouping) {
  const Conditions audits = time_and_place(query, "taken_at");
  const Conditions labels = of_labels(query);
  SQLite::Statement statement(
      database, concat("SELECT id, camera_id, taken_at, label_id, shelf_row, counts.facings, "
                       "products FROM audits LEFT JOIN counts ON audit_id = id AND ",
                       grouping.row ? "in_rows" : "in_total", " AND ", labels.sql(), " WHERE ",
                       audits.sql(), " ORDER BY taken_at, id"));
  audits.bind(statement, labels.bind(statement));
  CountFold fold(grouping, read_cameras(database));
  AuditKey audit;
  while (statement.executeStep()) {
    RowReader row(statement);
    const std::int64_t id = row.integer64();
    if (id != audit.id) {
      audit.id = id;
      audit.camera = row.integer64();
      audit.taken_at = row.integer64();
      fold.start_audit(audit);
    }
    constexpr int kLabelColumn = 3;
    if (statement.isColumnNull(kLabelColumn)) continue;
    RowReader count(statement, kLabelColumn);
    const std::int64_t label = count.integer64();
    const int shelf_row = count.integer();
    const int facings = count.integer();
    const int products = count.integer();
    fold.add(label, shelf_row, facings, products);
  }
  SQLite::Statement name(database, "SELECT name FROM names WHERE id = ?");
  return fold.finish([&](std::int64_t id) {
    const ResetAtEnd reset(name);
    name.bind(1, id);
    name.executeStep();
    return name.getColumn(0).getString();
  });
}

std::vector<std::string> read_stores(SQLite::Database& database) {
  std::vector<std::string> names;
  SQLite::Statement statement(database, "SELECT name FROM stores ORDER BY name");
  while (statement.executeStep()) names.push_back(RowReader(statement).text());
  return names;
}

}  // namespace gondola::store
