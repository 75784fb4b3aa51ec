#include <cmath>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "gondola/report/local_time.hpp"
#include "gondola/report/render.hpp"

namespace gondola::report {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kSchema = "gondola.report/1";

double rounded(double value) { return std::round(value * 1000) / 1000; }

Json number(const std::optional<double>& value) {
  return value ? Json(rounded(*value)) : Json(nullptr);
}

Json box_json(const Box& box) {
  return {rounded(box.x1), rounded(box.y1), rounded(box.x2), rounded(box.y2)};
}

Json span_json(const TimeSpan& span) {
  return {{"from", local_iso(span.from)}, {"to", local_iso(span.to)}};
}

Json totals_json(const Totals& totals) {
  return {
      {"audits", totals.audits},
      {"facings", {{"first", totals.facings_first}, {"last", totals.facings_last}}},
      {"gaps", totals.gaps},
      {"gap_facings", totals.gap_facings},
      {"on_shelf_availability",
       {{"first", number(totals.availability_first)}, {"last", number(totals.availability_last)}}},
      {"planogram_compliance",
       {{"first", number(totals.compliance_first)}, {"last", number(totals.compliance_last)}}},
      {"positions", totals.positions},
      {"positions_wrong", totals.positions_wrong},
      {"events", totals.events}};
}

Json problem_json(const Problem& problem, const Summary& summary) {
  Json json = {{"kind", name_of(problem.kind)},
               {"store", problem.store},
               {"camera", summary.shelves[problem.shelf].key.camera},
               {"audit", summary.shelves[problem.shelf].last.id}};
  if (!problem.label.empty()) json["label"] = problem.label;
  if (!problem.position.empty()) json["position"] = problem.position;
  if (problem.row >= 0) json["row"] = problem.row;
  if (problem.gap) {
    json["box"] = box_json(summary.shelves[problem.shelf].last.gaps[*problem.gap].box);
    json["facings"] = problem.facings;
  }
  if (problem.kind == ProblemKind::kLow || problem.kind == ProblemKind::kSoldOut) {
    json["facings"] = problem.facings;
    json["usual"] = rounded(problem.usual);
  }
  return json;
}

Json group_json(const GroupSummary& group, const GroupBy& by) {
  Json json = Json::object();
  if (by.store) json["store"] = group.key.store;
  if (by.camera) json["camera"] = group.key.camera;
  if (by.label) json["label"] = group.key.label;
  if (by.row) json["row"] = group.key.row;
  json["first"] = group.facings_first;
  json["last"] = group.facings_last;
  json["change"] = group.facings_last - group.facings_first;
  json["usual"] = rounded(group.facings_usual);
  json["products"] = group.products_last;
  Json steps = Json::array();
  for (const GroupStep& step : group.steps) {
    steps.push_back({{"audits", step.audits},
                     {"facings", number(step.facings)},
                     {"products", number(step.products)}});
  }
  json["steps"] = std::move(steps);
  return json;
}

Json shelf_json(const ShelfSummary& shelf) {
  const store::AuditRecord& audit = shelf.last;
  Json gaps = Json::array();
  for (const store::StoredGap& gap : audit.gaps) {
    gaps.push_back({{"box", box_json(gap.box)}, {"row", gap.row}, {"facings", gap.facings}});
  }
  Json positions = Json::array();
  for (const store::StoredPosition& position : audit.positions) {
    positions.push_back(
        {{"id", position.position}, {"product", position.product}, {"status", position.status}});
  }
  return {{"store", shelf.key.store},
          {"camera", shelf.key.camera},
          {"audits", shelf.audits},
          {"last",
           {{"audit", audit.id},
            {"taken_at", local_iso(audit.taken_at)},
            {"source", audit.source},
            {"picture", audit.picture},
            {"model", audit.model},
            {"planogram", audit.planogram},
            {"facings", audit.facings},
            {"on_shelf_availability", number(audit.on_shelf_availability)},
            {"planogram_compliance", number(audit.planogram_compliance)},
            {"gaps", std::move(gaps)},
            {"positions", std::move(positions)}}}};
}

Json event_json(const store::EventRecord& event) {
  return {{"at", local_iso(event.at)}, {"store", event.store}, {"camera", event.camera},
          {"kind", event.kind},        {"label", event.label}, {"place", event.place},
          {"before", event.before},    {"after", event.after}, {"picture", event.picture}};
}

}  // namespace

std::string to_json(const Summary& summary) {
  Json json = {{"schema", kSchema}};
  json.update(span_json(summary.range));
  json["by"] = to_text(summary.by);
  json["step"] = name_of(summary.step);
  json["totals"] = totals_json(summary.totals);
  Json& problems = json["problems"] = Json::array();
  for (const Problem& problem : summary.problems) {
    problems.push_back(problem_json(problem, summary));
  }
  Json& steps = json["steps"] = Json::array();
  for (const StepSummary& step : summary.steps) {
    Json entry = span_json(step.span);
    entry["audits"] = step.audits;
    entry["facings"] = number(step.facings);
    entry["on_shelf_availability"] = number(step.availability);
    entry["planogram_compliance"] = number(step.compliance);
    entry["events"] = step.events;
    steps.push_back(std::move(entry));
  }
  Json& groups = json["groups"] = Json::array();
  for (const GroupSummary& group : summary.groups) groups.push_back(group_json(group, summary.by));
  Json& shelves = json["shelves"] = Json::array();
  for (const ShelfSummary& shelf : summary.shelves) shelves.push_back(shelf_json(shelf));
  Json& events = json["events"] = Json::array();
  for (const store::EventRecord& event : summary.events) events.push_back(event_json(event));
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace gondola::report
