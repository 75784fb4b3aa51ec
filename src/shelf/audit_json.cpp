#include <cmath>

#include <nlohmann/json.hpp>

#include "gondola/shelf/audit.hpp"

namespace gondola::shelf {
namespace {

using Json = nlohmann::ordered_json;

double rounded(double value, double steps) { return std::round(value * steps) / steps; }

double pixels(float value) { return rounded(value, 10); }

Json share(double value) { return rounded(value, 1e4); }

Json share(const std::optional<double>& value) { return value ? share(*value) : Json(nullptr); }

Json box_json(const Box& box) {
  return {pixels(box.x1), pixels(box.y1), pixels(box.x2), pixels(box.y2)};
}

Json products_json(const Audit& audit) {
  Json products = Json::array();
  for (const AuditProduct& product : audit.products) {
    products.push_back({{"id", product.id},
                        {"label", product.label},
                        {"score", rounded(product.score, 1e4)},
                        {"box", box_json(product.box)},
                        {"row", product.place.row},
                        {"facing", product.place.facing},
                        {"level", product.place.level}});
  }
  return products;
}

Json rows_json(const Audit& audit) {
  Json rows = Json::array();
  for (std::size_t i = 0; i < audit.rows.size(); ++i) {
    const Row& row = audit.rows[i];
    Json line = Json::array();
    for (const Point& point : row.line) line.push_back({pixels(point.x), pixels(point.y)});
    rows.push_back({{"index", i},
                    {"bay", row.bay},
                    {"level", row.level},
                    {"line", line},
                    {"box", box_json(row.box)},
                    {"facings", row.facings.size()}});
  }
  return rows;
}

const char* name_of(GapSource source) {
  if (source == GapSource::kBoard) return "board";
  return source == GapSource::kModel ? "model" : "both";
}

Json gaps_json(const Audit& audit) {
  Json gaps = Json::array();
  for (const Gap& gap : audit.gaps) {
    gaps.push_back({{"box", box_json(gap.box)},
                    {"row", gap.row},
                    {"before", gap.before},
                    {"facings", gap.facings},
                    {"score", rounded(gap.score, 1e4)},
                    {"source", name_of(gap.source)}});
  }
  return gaps;
}

Json kpi_json(const Audit& audit) {
  Json by_facings = Json::object();
  Json by_length = Json::object();
  for (const LabelCount& count : audit.totals) {
    by_facings[count.label] = share(count.facing_share);
    by_length[count.label] = share(count.length_share);
  }
  const Comparison none;
  const Comparison& comparison = audit.comparison ? *audit.comparison : none;
  return {{"products", audit.kpi.products},
          {"facings", audit.kpi.facings},
          {"gaps", audit.kpi.gaps},
          {"gap_facings", audit.kpi.gap_facings},
          {"on_shelf_availability", share(audit.kpi.on_shelf_availability)},
          {"share_of_shelf", by_facings},
          {"share_of_shelf_by_length", by_length},
          {"planogram_compliance", share(comparison.position_compliance)},
          {"planogram_compliance_facings", share(comparison.facing_compliance)},
          {"planogram_compliance_rows", share(comparison.row_compliance)}};
}

/// Of a product of the audit, its place among the detections.
Json detection_json(const Audit& audit, const std::vector<std::size_t>& products) {
  return products.empty() ? Json(nullptr) : Json(audit.products[products.front()].id);
}

Json ids_json(const Audit& audit, const std::vector<std::size_t>& products) {
  Json ids = Json::array();
  for (const std::size_t product : products) ids.push_back(audit.products[product].id);
  return ids;
}

Json planogram_json(const Audit& audit) {
  Json positions = Json::array();
  for (std::size_t p = 0; p < audit.comparison->positions.size(); ++p) {
    const PlannedPosition& planned = audit.planogram->positions[p];
    const PositionResult& result = audit.comparison->positions[p];
    positions.push_back({{"id", planned.id},
                         {"product", audit.planogram->products[planned.product].id},
                         {"status", shelf::name_of(result.status)},
                         {"detection", detection_json(audit, result.detections)},
                         {"detections", ids_json(audit, result.detections)},
                         {"facings", planned.facings},
                         {"visible", result.visible},
                         {"correct", result.correct},
                         {"box", is_valid(result.box) ? box_json(result.box) : Json(nullptr)}});
  }
  return {{"registered", audit.comparison->registered},
          {"positions", positions},
          {"extra", ids_json(audit, audit.comparison->extra)}};
}

}  // namespace

std::string to_json(const Audit& audit) {
  Json totals = Json::object();
  Json facings = Json::object();
  for (const LabelCount& count : audit.totals) {
    totals[count.label] = count.products;
    facings[count.label] = {{"facings", count.facings}, {"rows", count.row_facings}};
  }
  Json low = Json::array();
  for (const LowStock& stock : audit.low_stock) {
    const bool is_zone = stock.label.empty();
    low.push_back({{is_zone ? "zone" : "label", is_zone ? stock.zone : stock.label},
                   {"facings", stock.facings},
                   {"threshold", stock.threshold}});
  }
  Json zones = Json::array();
  for (const ZoneCount& zone : audit.zones) {
    zones.push_back({{"name", zone.name}, {"facings", zone.facings}, {"products", zone.products}});
  }
  Json document = {{"schema", "gondola.audit/1"},
                   {"source", audit.source},
                   {"taken_at", audit.taken_at.empty() ? Json(nullptr) : Json(audit.taken_at)},
                   {"image", {{"width", audit.image.width}, {"height", audit.image.height}}},
                   {"products", products_json(audit)},
                   {"rows", rows_json(audit)},
                   {"gaps", gaps_json(audit)},
                   {"totals", totals},
                   {"facings", facings},
                   {"zones", zones},
                   {"low_stock", low},
                   {"kpi", kpi_json(audit)}};
  if (audit.comparison) document["planogram"] = planogram_json(audit);
  return document.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace gondola::shelf
