#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "gondola/core/error.hpp"
#include "gondola/core/text.hpp"
#include "gondola/report/local_time.hpp"
#include "gondola/report/render.hpp"
#include "html_pictures.hpp"
#include "html_text.hpp"
#include "number_text.hpp"
#include "page_assets.hpp"

namespace gondola::report {
namespace {

using Json = nlohmann::ordered_json;
using store::UtcMilliseconds;

constexpr std::size_t kProblemsShown = 12;

/// The template with every {{name}} replaced; values are not looked at again.
std::string fill_in(std::string_view page, const std::map<std::string, std::string>& values) {
  std::string filled;
  for (;;) {
    const std::size_t open = page.find("{{");
    if (open == std::string_view::npos) return filled.append(page);
    const std::size_t close = page.find("}}", open);
    filled.append(page.substr(0, open));
    filled.append(values.at(std::string(page.substr(open + 2, close - open - 2))));
    page.remove_prefix(close + 2);
  }
}

std::string counted(std::int64_t number, std::string_view one, std::string_view more) {
  return concat(number, " ", number == 1 ? one : more);
}

std::string time_html(UtcMilliseconds time) {
  return concat("<time datetime=\"", local_iso(time), "\">", local_minute(time), "</time>");
}

/// Text, not HTML.
std::string shelf_name(const ShelfKey& key) {
  if (key.store.empty() && key.camera.empty()) return "Shelf";
  if (key.store.empty() || key.camera.empty()) return key.store + key.camera;
  return key.store + " \u00b7 " + key.camera;
}

/// Which shelves are shown with a picture: those with problems first.
std::set<std::size_t> pictured_shelves(const Summary& summary, std::size_t most) {
  std::set<std::size_t> shelves;
  for (const Problem& problem : summary.problems) {
    if (shelves.size() < most) shelves.insert(problem.shelf);
  }
  for (std::size_t i = 0; i < summary.shelves.size() && shelves.size() < most; ++i)
    shelves.insert(i);
  return shelves;
}

struct ProblemWords {
  std::string_view name;
  std::string_view sign;  ///< tells the kinds apart without colours
  bool is_urgent;
};

ProblemWords words_for(ProblemKind kind) {
  switch (kind) {
    case ProblemKind::kSoldOut:
      return {"Sold out", "\u2715", true};
    case ProblemKind::kEmptyPosition:
      return {"Empty place", "\u25a1", true};
    case ProblemKind::kGap:
      return {"Gap", "\u25a8", true};
    case ProblemKind::kLow:
      return {"Low", "\u25bc", false};
    case ProblemKind::kWrongProduct:
      return {"Wrong product", "!", false};
    case ProblemKind::kWrongPlace:
      return {"Wrong place", "\u2194", false};
  }
  return {"", "", false};
}

std::string tag_html(ProblemKind kind) {
  const ProblemWords words = words_for(kind);
  return concat("<span class=\"tag ", words.is_urgent ? "urgent" : "soon",
                "\"><span aria-hidden=\"true\">", words.sign, "</span> ", words.name, "</span>");
}

/// A line of the list of problems: one, or all gaps of a row.
struct ProblemLine {
  const Problem* problem;
  int gaps = 0;
  int facings = 0;
};

std::vector<ProblemLine> problem_lines(const std::vector<Problem>& problems) {
  std::vector<ProblemLine> lines;
  for (const Problem& problem : problems) {
    const bool is_gap = problem.kind == ProblemKind::kGap;
    if (is_gap && !lines.empty()) {
      const Problem& before = *lines.back().problem;
      if (before.kind == problem.kind && before.shelf == problem.shelf &&
          before.row == problem.row) {
        ++lines.back().gaps;
        lines.back().facings += problem.facings;
        continue;
      }
    }
    lines.push_back({&problem, is_gap ? 1 : 0, problem.facings});
  }
  return lines;
}

std::string how_much(const ProblemLine& line) {
  const Problem& problem = *line.problem;
  switch (problem.kind) {
    case ProblemKind::kSoldOut:
      return concat("none left, usually ", decimal_text(problem.usual, 1));
    case ProblemKind::kLow:
      return concat(counted(problem.facings, "facing", "facings"), " left, usually ",
                    decimal_text(problem.usual, 1));
    case ProblemKind::kGap:
      return concat(line.gaps == 1 ? std::string() : concat(line.gaps, " gaps, "), "room for ",
                    counted(line.facings, "facing", "facings"));
    case ProblemKind::kEmptyPosition:
      return "nothing stands there";
    case ProblemKind::kWrongProduct:
      return "another product stands there";
    case ProblemKind::kWrongPlace:
      return "stands somewhere else";
  }
  return "";
}

std::string problem_html(const ProblemLine& line, const Summary& summary,
                         const std::set<std::size_t>& pictured) {
  const Problem& problem = *line.problem;
  const std::string shelf = shelf_name(summary.shelves[problem.shelf].key);
  std::string where = name_html(shelf);
  if (problem.row >= 0) where += concat(", row ", problem.row + 1);
  if (!problem.position.empty()) where += ", position " + name_html(problem.position);
  const std::string target = problem.gap && pictured.count(problem.shelf) != 0
                                 ? gap_id(problem.shelf, *problem.gap)
                                 : shelf_id(problem.shelf);
  std::string product = "<td class=\"none\">\u2013";
  std::string sought;
  if (!problem.label.empty()) {
    product = "<td>" + name_html(problem.label);
    sought = concat(" data-label=\"", escape_html(problem.label), "\"");
  }
  return concat("<tr><td>", tag_html(problem.kind), "</td>", product, "</td><td>", where,
                "</td><td>", how_much(line), "</td><td class=\"look\"><a href=\"#", target,
                "\" data-shelf=\"", shelf_id(problem.shelf), "\"", sought,
                ">Look<span class=\"unseen\"> at ", escape_html(shelf), "</span></a></td></tr>");
}

std::string problem_table(const std::vector<std::string>& rows, std::string_view caption) {
  return concat("<table class=\"problems\"><caption class=\"unseen\">", caption,
                "</caption><thead><tr><th scope=\"col\">What</th><th scope=\"col\">Product</th><th "
                "scope=\"col\">Where</th><th scope=\"col\">How much</th><th scope=\"col\">Picture"
                "</th></tr></thead><tbody>",
                join(rows, ""), "</tbody></table>");
}

/// How many there are of each kind.
std::string problem_counts_html(const std::vector<Problem>& problems) {
  std::map<ProblemKind, std::size_t> counts;
  for (const Problem& problem : problems) ++counts[problem.kind];
  std::string items;
  for (const auto& [kind, number] : counts)
    items += concat("<li>", tag_html(kind), " ", number, "</li>");
  return "<ul class=\"kinds\">" + items + "</ul>";
}

std::string problems_html(const Summary& summary, const std::set<std::size_t>& pictured) {
  if (summary.problems.empty()) {
    return "<p class=\"good\"><span aria-hidden=\"true\">\u2713</span> No gaps, no low stock and "
           "no wrong products in the last audits.</p>";
  }
  std::vector<std::string> first;
  std::vector<std::string> more;
  for (const ProblemLine& line : problem_lines(summary.problems))
    (first.size() < kProblemsShown ? first : more).push_back(problem_html(line, summary, pictured));
  std::string html = problem_counts_html(summary.problems) +
                     problem_table(first, "Problems in the last audits, urgent ones first");
  if (!more.empty()) {
    html += concat("<details><summary>", more.size(), " more</summary>",
                   problem_table(more, "More problems"), "</details>");
  }
  return html;
}

std::string tile(std::string_view name, const std::string& value, const std::string& note) {
  return concat("<div><dt>", name, "</dt><dd><strong>", value, "</strong><span>", note,
                "</span></dd></div>");
}

std::string share_tile(std::string_view name, const std::optional<double>& first,
                       const std::optional<double>& last) {
  if (!last) return "";
  std::string note;
  if (first) note = change_text(100 * (*last - *first), 1) + " points since the first audit";
  return tile(name, percent_text(*last), note);
}

std::string tiles_html(const Summary& summary) {
  const Totals& totals = summary.totals;
  std::size_t low = 0;
  std::size_t sold_out = 0;
  for (const Problem& problem : summary.problems) {
    if (problem.kind == ProblemKind::kLow) ++low;
    if (problem.kind == ProblemKind::kSoldOut) ++sold_out;
  }
  const bool all_once = totals.audits == static_cast<std::int64_t>(summary.shelves.size());
  std::string html = tile("Facings", std::to_string(totals.facings_last),
                          all_once ? "every shelf audited once"
                                   : change_text(totals.facings_last - totals.facings_first, 0) +
                                         " since the first audit");
  const auto since = [all_once](const std::optional<double>& first) {
    return all_once ? std::nullopt : first;
  };
  html += share_tile("On-shelf availability", since(totals.availability_first),
                     totals.availability_last);
  html +=
      share_tile("Planogram compliance", since(totals.compliance_first), totals.compliance_last);
  html += tile("Gaps", std::to_string(totals.gaps),
               concat("room for ", counted(totals.gap_facings, "facing", "facings")));
  html += tile("Low or sold out", std::to_string(low + sold_out),
               concat(low, " low, ", sold_out, " sold out"));
  if (totals.positions > 0) {
    html += tile("Wrong positions", std::to_string(totals.positions_wrong),
                 concat("of ", totals.positions, " that can be seen"));
  }
  return "<dl class=\"tiles\">" + html + "</dl>";
}

std::string cell(const std::string& text) { return "<td class=\"number\">" + text + "</td>"; }

std::string optional_cell(const std::optional<double>& value, bool is_share) {
  if (!value) return cell("\u2013");
  return cell(is_share ? percent_text(*value) : decimal_text(*value, 1));
}

/// "3 taken, 1 restocked"
std::string events_text(const std::map<std::string, int>& events) {
  std::vector<std::string> parts;
  for (const auto& [kind, number] : events) parts.push_back(concat(number, " ", kind));
  return parts.empty() ? "\u2013" : join(parts, ", ");
}

std::string steps_html(const Summary& summary) {
  const bool has_events = !summary.events.empty();
  std::string rows;
  for (const StepSummary& step : summary.steps) {
    rows +=
        concat("<tr><th scope=\"row\">", time_html(step.span.from), "</th>",
               cell(std::to_string(step.audits)), optional_cell(step.facings, false),
               optional_cell(step.availability, true), optional_cell(step.compliance, true),
               has_events ? "<td>" + escape_html(events_text(step.events)) + "</td>" : "", "</tr>");
  }
  return concat(
      "<details><summary>The same as a table</summary><div class=\"scroll\" tabindex=\"0\" "
      "role=\"region\" aria-label=\"Numbers over time\"><table><caption>By ",
      name_of(summary.step),
      "</caption><thead><tr><th scope=\"col\">From</th><th scope=\"col\" "
      "class=\"number\">Audits</th><th scope=\"col\" class=\"number\">Facings</th><th "
      "scope=\"col\" class=\"number\">Availability</th><th scope=\"col\" "
      "class=\"number\">Compliance</th>",
      has_events ? "<th scope=\"col\">Events</th>" : "", "</tr></thead><tbody>", rows,
      "</tbody></table></div></details>");
}

std::string chart_html(std::string_view id, std::string_view title, const std::string& description,
                       const std::string& control = "") {
  return concat("<figure class=\"chart\" id=\"", id, "\"><figcaption><h3>", title, "</h3>", control,
                "</figcaption><div class=\"canvas\"><canvas role=\"img\" aria-label=\"",
                escape_html(description), "\"></canvas></div></figure>");
}

/// Text, not HTML.
std::string group_name(const GroupKey& key, const GroupBy& by) {
  std::vector<std::string> parts;
  if (by.store) parts.push_back(key.store);
  if (by.camera) parts.push_back(key.camera);
  if (by.label) parts.push_back(key.label);
  if (by.row) parts.push_back(key.row < 0 ? "no row" : concat("row ", key.row + 1));
  return join(parts, " \u00b7 ");
}

template <typename Value>
bool any_step(const Summary& summary, Value StepSummary::*member) {
  return std::any_of(summary.steps.begin(), summary.steps.end(),
                     [member](const StepSummary& step) { return (step.*member).has_value(); });
}

bool has_shares(const Summary& summary) {
  return any_step(summary, &StepSummary::availability) ||
         any_step(summary, &StepSummary::compliance);
}

bool has_changes(const Summary& summary) {
  return std::any_of(summary.groups.begin(), summary.groups.end(), [](const GroupSummary& group) {
    return group.facings_first != group.facings_last;
  });
}

std::string charts_html(const Summary& summary) {
  std::string options = "<option value=\"-1\">All products</option>";
  for (std::size_t i = 0; i < summary.groups.size(); ++i) {
    options += concat("<option value=\"", i, "\">",
                      escape_html(group_name(summary.groups[i].key, summary.by)), "</option>");
  }
  const std::string choice =
      "<label>of <select id=\"group-choice\">" + options + "</select></label>";
  const std::string per = concat(" by ", name_of(summary.step));
  std::string html;
  if (any_step(summary, &StepSummary::facings)) {
    html += chart_html("chart-facings", "Facings over time", "Line of facings" + per, choice);
  }
  if (has_shares(summary)) {
    html += chart_html("chart-shares", "Availability and compliance",
                       "Lines of on-shelf availability and planogram compliance" + per);
  }
  if (has_changes(summary)) {
    html += chart_html("chart-changes", "What changed most",
                       "Bars of the largest changes between the first and the last audit; the "
                       "table of counts has all of them");
  }
  if (!summary.events.empty()) {
    html += chart_html("chart-events", "Events", "Bars of events" + per);
  }
  return "<div class=\"charts\">" + html + "</div>" + steps_html(summary);
}

/// A small line of a group's facings, drawn from zero.
std::string sparkline(const GroupSummary& group) {
  constexpr double kWidth = 96;
  constexpr double kHeight = 22;
  double highest = 1;
  for (const GroupStep& step : group.steps) highest = std::max(highest, step.facings.value_or(0));
  std::string points;
  const double last = std::max<double>(1, static_cast<double>(group.steps.size()) - 1);
  for (std::size_t i = 0; i < group.steps.size(); ++i) {
    if (!group.steps[i].facings) continue;
    const double x = 1 + (kWidth - 2) * static_cast<double>(i) / last;
    const double y = kHeight - 1 - (kHeight - 2) * *group.steps[i].facings / highest;
    points += concat(points.empty() ? "" : " ", decimal_text(x, 1), ",", decimal_text(y, 1));
  }
  return concat("<svg class=\"spark\" aria-hidden=\"true\" viewBox=\"0 0 ", kWidth, " ", kHeight,
                "\"><polyline points=\"", points, "\"/></svg>");
}

/// Whether a group's product is low or sold out, and in which shop where the group is not of one.
std::string state_html(const GroupSummary& group, const Summary& summary) {
  std::string html;
  for (const Problem& problem : summary.problems) {
    if (problem.kind != ProblemKind::kLow && problem.kind != ProblemKind::kSoldOut) continue;
    if (problem.label != group.key.label) continue;
    if (summary.by.store && problem.store != group.key.store) continue;
    html += tag_html(problem.kind) + " ";
    if (!summary.by.store && !problem.store.empty()) html += name_html(problem.store) + " ";
  }
  return html;
}

std::string groups_html(const Summary& summary) {
  const GroupBy& by = summary.by;
  std::string head;
  if (by.store) head += "<th scope=\"col\">Shop</th>";
  if (by.camera) head += "<th scope=\"col\">Camera</th>";
  if (by.label) head += "<th scope=\"col\">Product</th>";
  if (by.row) head += "<th scope=\"col\">Row</th>";
  head +=
      "<th scope=\"col\" class=\"number\">Last</th><th scope=\"col\" "
      "class=\"number\">First</th><th "
      "scope=\"col\" class=\"number\">Change</th><th scope=\"col\" class=\"number\">Usual</th><th "
      "scope=\"col\">Trend</th>";
  if (by.label) head += "<th scope=\"col\">State</th>";
  std::string rows;
  for (const GroupSummary& group : summary.groups) {
    const auto name = [](const std::string& text) {
      return "<th scope=\"row\">" + (text.empty() ? "\u2013" : name_html(text)) + "</th>";
    };
    rows += "<tr>";
    if (by.store) rows += name(group.key.store);
    if (by.camera) rows += name(group.key.camera);
    if (by.label) rows += name(group.key.label);
    if (by.row) rows += name(group.key.row < 0 ? "" : std::to_string(group.key.row + 1));
    rows +=
        concat(cell(std::to_string(group.facings_last)), cell(std::to_string(group.facings_first)),
               cell(change_text(group.facings_last - group.facings_first, 0)),
               cell(decimal_text(group.facings_usual, 1)), "<td>", sparkline(group), "</td>");
    if (by.label) rows += "<td>" + state_html(group, summary) + "</td>";
    rows += "</tr>";
  }
  return concat(
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Counts\"><table "
      "class=\"counts\"><caption>Facings in the last and the first audit of the range</caption>"
      "<thead><tr>",
      head, "</tr></thead><tbody>", rows, "</tbody></table></div>");
}

/// What stands in every row of an audit.
std::string rows_html(const store::AuditRecord& audit) {
  struct RowLine {
    int facings = 0;
    std::map<std::string, int> labels;
    int gaps = 0;
    int room = 0;
  };
  std::map<int, RowLine> lines;
  for (const store::StoredCount& count : audit.counts) {
    if (count.row < 0) continue;
    lines[count.row].facings += count.facings;
    if (count.facings > 0) lines[count.row].labels[count.label] += count.facings;
  }
  for (const store::StoredGap& gap : audit.gaps) {
    ++lines[gap.row].gaps;
    lines[gap.row].room += gap.facings;
  }
  if (lines.empty()) return "";
  std::string rows;
  for (const auto& [row, line] : lines) {
    std::vector<std::string> labels;
    for (const auto& [label, facings] : line.labels) {
      labels.push_back(concat(facings, " \u00d7 ", name_html(label)));
    }
    rows += concat(
        "<tr><th scope=\"row\">", row < 0 ? "\u2013" : std::to_string(row + 1), "</th>",
        cell(std::to_string(line.facings)), "<td>", join(labels, ", "), "</td><td class=\"gaps\">",
        line.gaps == 0 ? std::string("\u2013") : concat(line.gaps, " (room for ", line.room, ")"),
        "</td></tr>");
  }
  return concat(
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Rows\"><table>"
      "<caption>Row by row</caption><thead><tr><th scope=\"col\">Row</th><th scope=\"col\" "
      "class=\"number\">Facings</th><th scope=\"col\">Products</th><th scope=\"col\">Gaps</th>"
      "</tr></thead><tbody>",
      rows, "</tbody></table></div>");
}

std::string positions_html(const store::AuditRecord& audit) {
  std::string rows;
  std::size_t wrong = 0;
  for (const store::StoredPosition& position : audit.positions) {
    if (position.status == "correct") continue;
    ++wrong;
    std::string status = position.status;
    std::replace(status.begin(), status.end(), '_', ' ');
    rows += concat("<tr><th scope=\"row\">", name_html(position.position), "</th><td>",
                   name_html(position.product), "</td><td>", escape_html(status), "</td></tr>");
  }
  if (wrong == 0) return "";
  return concat(
      "<details><summary>", wrong, " of ", audit.positions.size(),
      " positions of the planogram are not as planned, or hidden</summary><div class=\"scroll\" "
      "tabindex=\"0\" role=\"region\" aria-label=\"Planogram\"><table><caption>Planogram ",
      name_html(audit.planogram),
      "</caption><thead><tr><th scope=\"col\">Position</th><th scope=\"col\">Product</th><th "
      "scope=\"col\">State</th></tr></thead><tbody>",
      rows, "</tbody></table></div></details>");
}

std::string shelves_html(const Summary& summary, const HtmlOptions& options,
                         const std::set<std::size_t>& pictured) {
  std::string html;
  for (std::size_t i = 0; i < summary.shelves.size(); ++i) {
    const ShelfSummary& shelf = summary.shelves[i];
    const store::AuditRecord& audit = shelf.last;
    std::vector<std::string> facts = {time_html(audit.taken_at),
                                      counted(audit.facings, "facing", "facings")};
    if (audit.on_shelf_availability)
      facts.push_back(percent_text(*audit.on_shelf_availability) + " available");
    if (audit.planogram_compliance)
      facts.push_back(percent_text(*audit.planogram_compliance) + " as planned");
    facts.push_back(counted(static_cast<std::int64_t>(audit.gaps.size()), "gap", "gaps"));
    facts.push_back(concat("audit no. ", audit.id, ", the last of ", shelf.audits));
    html += concat("<section class=\"shelf\" id=\"", shelf_id(i), "\" tabindex=\"-1\"><h3>",
                   name_html(shelf_name(shelf.key)), "</h3><p class=\"facts\">",
                   join(facts, " \u00b7 "), "</p>",
                   pictured.count(i) != 0 ? shelf_picture_html(summary, i, options)
                                          : std::string("<p class=\"note\">No picture here: the "
                                                        "report has as many as it may.</p>"),
                   rows_html(audit), positions_html(audit), "</section>");
  }
  return html.empty() ? "<p>No shelf was audited in this range.</p>" : html;
}

std::string events_html(const Summary& summary, const HtmlOptions& options) {
  if (summary.events.empty()) return "";
  const std::size_t shown = std::min(summary.events.size(), options.max_events);
  std::size_t evidence = 0;
  std::string rows;
  for (std::size_t i = 0; i < shown; ++i) {
    const store::EventRecord& event = summary.events[summary.events.size() - 1 - i];
    std::string picture;
    if (evidence < options.max_evidence) {
      picture = picture_html(event.picture, options.evidence_side,
                             concat(event.label, " ", event.kind), options.read_picture);
    }
    if (!picture.empty()) {
      ++evidence;
      picture = "<details><summary>Show</summary>" + picture + "</details>";
    }
    std::string where = shelf_name({event.store, event.camera});
    if (!event.place.empty()) where += " \u00b7 " + event.place;
    rows += concat("<tr><th scope=\"row\">", time_html(event.at), "</th><td>",
                   escape_html(event.kind), "</td><td>", name_html(event.label), "</td><td>",
                   name_html(where), "</td>", cell(concat(event.before, " \u2192 ", event.after)),
                   "<td>", picture.empty() ? "\u2013" : picture, "</td></tr>");
  }
  std::string more;
  if (shown < summary.events.size()) {
    more = concat("<p class=\"note\">The newest ", shown, " of ", summary.events.size(),
                  "; gondola report --format json has all of them.</p>");
  }
  return concat(
      "<section id=\"events\"><h2>Events</h2><div class=\"scroll\" tabindex=\"0\" role=\"region\" "
      "aria-label=\"Events\"><table><caption>What the cameras saw happen, newest first</caption>"
      "<thead><tr><th scope=\"col\">When</th><th scope=\"col\">What</th><th scope=\"col\">Product"
      "</th><th scope=\"col\">Where</th><th scope=\"col\" class=\"number\">Facings</th><th "
      "scope=\"col\">Picture</th></tr></thead><tbody>",
      rows, "</tbody></table></div>", more, "</section>");
}

Json value(const std::optional<double>& number, double scale = 1) {
  return number ? Json(std::round(*number * scale * 100) / 100) : Json(nullptr);
}

/// What the script draws.
std::string chart_data(const Summary& summary) {
  Json labels = Json::array();
  Json facings = Json::array();
  Json availability = Json::array();
  Json compliance = Json::array();
  for (const StepSummary& step : summary.steps) {
    labels.push_back(step_label(step.span.from, summary.step));
    facings.push_back(value(step.facings));
    availability.push_back(value(step.availability, 100));
    compliance.push_back(value(step.compliance, 100));
  }
  Json groups = Json::array();
  for (const GroupSummary& group : summary.groups) {
    Json values = Json::array();
    for (const GroupStep& step : group.steps) values.push_back(value(step.facings));
    groups.push_back({{"name", group_name(group.key, summary.by)},
                      {"first", group.facings_first},
                      {"last", group.facings_last},
                      {"values", std::move(values)}});
  }
  Json events = Json::object();
  for (const auto& [kind, number] : summary.totals.events) {
    Json& values = events[kind] = Json::array();
    for (const StepSummary& step : summary.steps) {
      const auto found = step.events.find(kind);
      values.push_back(found == step.events.end() ? 0 : found->second);
    }
  }
  const Json data = {{"labels", std::move(labels)},
                     {"facings", std::move(facings)},
                     {"availability", std::move(availability)},
                     {"compliance", std::move(compliance)},
                     {"groups", std::move(groups)},
                     {"events", std::move(events)}};
  return escape_script_json(data.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace

std::string to_html(const Summary& summary, const HtmlOptions& options) {
  const std::string range =
      concat(time_html(summary.range.from), " to ", time_html(summary.range.to));
  const std::string scope =
      concat(counted(summary.totals.audits, "audit", "audits"), " of ",
             counted(static_cast<std::int64_t>(summary.shelves.size()), "shelf", "shelves"));
  const std::set<std::size_t> pictured = pictured_shelves(summary, options.max_pictures);
  return fill_in(kPageHtml,
                 {{"title", escape_html(options.title)},
                  {"style", std::string(kPageCss)},
                  {"range", range},
                  {"scope", scope},
                  {"problems", problems_html(summary, pictured)},
                  {"tiles", tiles_html(summary)},
                  {"charts", charts_html(summary)},
                  {"counts", groups_html(summary)},
                  {"shelves", shelves_html(summary, options, pictured)},
                  {"events", events_html(summary, options)},
                  {"events-link", summary.events.empty() ? "" : "<a href=\"#events\">Events</a>"},
                  {"data", chart_data(summary)},
                  {"chart-library", std::string(kChartJs)},
                  {"script", std::string(kPageJs)}});
}

}  // namespace gondola::report
