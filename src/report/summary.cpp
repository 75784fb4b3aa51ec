#include "gondola/report/summary.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "gondola/core/error.hpp"
#include "gondola/core/text.hpp"

namespace gondola::report {
namespace {

using store::AuditRecord;
using store::UtcMilliseconds;

struct GroupWord {
  const char* name;
  bool GroupBy::*member;
};

constexpr std::array kGroupWords{
    GroupWord{"store", &GroupBy::store}, GroupWord{"camera", &GroupBy::camera},
    GroupWord{"label", &GroupBy::label}, GroupWord{"row", &GroupBy::row}};

GroupKey key_of(const GroupBy& by, const ShelfKey& shelf, const std::string& label, int row) {
  return {by.store ? shelf.store : std::string(), by.camera ? shelf.camera : std::string(),
          by.label ? label : std::string(), by.row ? row : -1};
}

/// Mean of the values that are there.
class Mean {
 public:
  void add(const std::optional<double>& value) {
    if (!value) return;
    sum_ += *value;
    ++values_;
  }
  std::optional<double> value() const {
    return values_ == 0 ? std::nullopt : std::optional<double>(sum_ / values_);
  }

 private:
  double sum_ = 0;
  int values_ = 0;
};

struct Quantities {
  double facings = 0;
  double products = 0;
};

/// One audit's counts, of all rows together or row by row.
///
/// A label may be counted both ways or one: its rows add up to what all rows have, and without rows
/// it stands on row -1.
template <typename Visit>
void for_each_count(const AuditRecord& audit, bool by_row, const Visit& visit) {
  std::set<std::string_view> counted_so;
  for (const store::StoredCount& count : audit.counts) {
    if ((count.row >= 0) == by_row) counted_so.insert(count.label);
  }
  for (const store::StoredCount& count : audit.counts) {
    if ((count.row >= 0) == by_row || counted_so.count(count.label) == 0) visit(count);
  }
}

/// What a shelf was seen like, over the time steps.
struct ShelfHistory {
  ShelfKey key;
  AuditRecord first;  // with details, as `last`
  AuditRecord last;
  std::vector<std::int64_t> audits;  // by step
  std::int64_t all_audits = 0;
};

/// The first step in which a shelf was looked at.
std::size_t first_step(const ShelfHistory& shelf) {
  const auto found = std::find_if(shelf.audits.begin(), shelf.audits.end(),
                                  [](std::int64_t audits) { return audits > 0; });
  return static_cast<std::size_t>(found - shelf.audits.begin());
}

/// One label, in one row or all, of one shelf.
struct Cell {
  std::size_t shelf = 0;
  std::string label;
  int row = -1;
  std::vector<Quantities> means;  // per audit of each step
};

/// All that is read from the store, before it is grouped.
struct History {
  std::vector<StepSummary> steps;
  std::vector<ShelfHistory> shelves;
  std::vector<Cell> cells;
};

store::Query query_for(const ReportOptions& options) {
  store::Query query;
  query.from = options.from;
  query.to = options.to;
  query.stores = options.stores;
  query.cameras = options.cameras;
  return query;
}

/// From the first to after the last of records in order of time; nothing when there are none.
std::optional<TimeSpan> span_of(const std::vector<AuditRecord>& audits,
                                const std::vector<store::EventRecord>& events) {
  TimeSpan span{std::numeric_limits<UtcMilliseconds>::max(),
                std::numeric_limits<UtcMilliseconds>::min()};
  const auto extend = [&span](UtcMilliseconds time) {
    span.from = std::min(span.from, time);
    span.to = std::max(span.to, time + 1);
  };
  for (const AuditRecord& audit : audits) extend(audit.taken_at);
  for (const store::EventRecord& event : events) extend(event.at);
  if (span.from >= span.to) return std::nullopt;
  return span;
}

[[noreturn]] void nothing_found(const store::EventStore& store, const ReportOptions& options) {
  std::string what = "no audits";
  if (!options.stores.empty()) what += concat(" of shop ", join(options.stores, ", "));
  if (!options.cameras.empty()) what += concat(" by camera ", join(options.cameras, ", "));
  if (options.from) what += concat(" from ", local_minute(*options.from));
  if (options.to) what += concat(" to ", local_minute(*options.to));
  const auto all = span_of(store.audits({}, /*with_details=*/false), store.events({}));
  if (!all) throw ConfigError("the store is empty; gondola count SOURCE --store FILE fills it");
  std::string way_out = concat("the store has audits from ", local_minute(all->from), " to ",
                               local_minute(all->to - 1));
  if (!options.stores.empty() || !options.cameras.empty()) {
    way_out += concat(" of ", join(store.stores(), ", "));
  }
  throw ConfigError(concat(what, "; ", way_out));
}

std::size_t step_at(const std::vector<StepSummary>& steps, UtcMilliseconds time) {
  const auto after = std::upper_bound(
      steps.begin(), steps.end(), time,
      [](UtcMilliseconds at, const StepSummary& step) { return at < step.span.from; });
  return static_cast<std::size_t>(after - steps.begin()) - 1;
}

/// The audit with its details.
AuditRecord read_details(const store::EventStore& store, const AuditRecord& head) {
  store::Query query;
  query.from = head.taken_at;
  query.to = head.taken_at + 1;
  query.stores = {head.store};
  query.cameras = {head.camera};
  for (AuditRecord& audit : store.audits(query, /*with_details=*/true)) {
    if (audit.id == head.id) return std::move(audit);
  }
  throw IoError(concat("audit ", head.id, " of ", local_minute(head.taken_at),
                       " was removed from the store while it was read; run it again"));
}

/// Puts the heads of audits to their shelves and steps.
void add_audits(History& history, const std::vector<AuditRecord>& audits,
                const store::EventStore& store) {
  struct Ends {
    const AuditRecord* first;
    const AuditRecord* last;
  };
  std::map<ShelfKey, Ends> ends;
  for (const AuditRecord& audit : audits) {
    ends.emplace(ShelfKey{audit.store, audit.camera}, Ends{&audit, &audit}).first->second.last =
        &audit;
  }
  const std::size_t steps = history.steps.size();
  std::map<ShelfKey, std::size_t> indices;
  for (const auto& [key, audit] : ends) {
    indices.emplace(key, history.shelves.size());
    ShelfHistory shelf;
    shelf.key = key;
    shelf.last = read_details(store, *audit.last);
    shelf.first = audit.first == audit.last ? shelf.last : read_details(store, *audit.first);
    shelf.audits.resize(steps);
    history.shelves.push_back(std::move(shelf));
  }

  struct Means {
    Mean facings;
    Mean availability;
    Mean compliance;
  };
  std::vector<std::vector<Means>> means(history.shelves.size(), std::vector<Means>(steps));
  for (const AuditRecord& audit : audits) {
    const std::size_t index = indices.at({audit.store, audit.camera});
    const std::size_t step = step_at(history.steps, audit.taken_at);
    ++history.steps[step].audits;
    ++history.shelves[index].audits[step];
    ++history.shelves[index].all_audits;
    Means& mean = means[index][step];
    mean.facings.add(audit.facings);
    mean.availability.add(audit.on_shelf_availability);
    mean.compliance.add(audit.planogram_compliance);
  }

  std::vector<double> seen_last(history.shelves.size(), 0.0);
  for (std::size_t i = 0; i < history.shelves.size(); ++i)
    seen_last[i] = means[i][first_step(history.shelves[i])].facings.value().value_or(0);
  for (std::size_t step = 0; step < steps; ++step) {
    StepSummary& sum = history.steps[step];
    Mean availability;
    Mean compliance;
    double facings = 0;
    for (std::size_t i = 0; i < history.shelves.size(); ++i) {
      const Means& mean = means[i][step];
      seen_last[i] = mean.facings.value().value_or(seen_last[i]);
      facings += seen_last[i];
      availability.add(mean.availability.value());
      compliance.add(mean.compliance.value());
    }
    if (sum.audits > 0) sum.facings = facings;
    sum.availability = availability.value();
    sum.compliance = compliance.value();
  }
}

/// Reads the counts of every step that has audits.
void add_cells(History& history, const store::EventStore& store, const ReportOptions& options) {
  std::map<ShelfKey, std::size_t> shelves;
  for (std::size_t i = 0; i < history.shelves.size(); ++i) shelves[history.shelves[i].key] = i;

  store::Grouping grouping;
  grouping.store = true;
  grouping.camera = true;
  grouping.label = true;
  grouping.row = options.by.row;
  std::map<std::tuple<std::size_t, std::string, int>, std::size_t> indices;
  for (std::size_t step = 0; step < history.steps.size(); ++step) {
    if (history.steps[step].audits == 0) continue;
    store::Query query = query_for(options);
    query.from = history.steps[step].span.from;
    query.to = history.steps[step].span.to;
    for (const store::CountSummary& count : store.summarize(query, grouping)) {
      const auto shelf = shelves.find({count.store, count.camera});
      // An audit that was added since the heads were read belongs to the next report.
      if (shelf == shelves.end() || history.shelves[shelf->second].audits[step] == 0) continue;
      const auto [place, is_new] = indices.try_emplace(
          std::make_tuple(shelf->second, count.label, count.row), history.cells.size());
      if (is_new) {
        history.cells.push_back(
            {shelf->second, count.label, count.row, std::vector<Quantities>(history.steps.size())});
      }
      history.cells[place->second].means[step] = {count.facings, count.products};
    }
  }
}

/// How often the shelves that a group may be on were looked at, by step.
std::vector<std::int64_t> audits_of(const GroupKey& key, const GroupBy& by,
                                    const History& history) {
  std::vector<std::int64_t> audits(history.steps.size());
  for (const ShelfHistory& shelf : history.shelves) {
    if ((by.store && shelf.key.store != key.store) || (by.camera && shelf.key.camera != key.camera))
      continue;
    for (std::size_t i = 0; i < audits.size(); ++i) audits[i] += shelf.audits[i];
  }
  return audits;
}

/// Adds what a cell holds to its group, step by step.
void add_cell(GroupSummary& group, const Cell& cell, const ShelfHistory& shelf) {
  Quantities seen_last = cell.means[first_step(shelf)];
  for (std::size_t i = 0; i < group.steps.size(); ++i) {
    if (shelf.audits[i] > 0) seen_last = cell.means[i];
    GroupStep& step = group.steps[i];
    if (step.audits == 0) continue;
    step.facings = step.facings.value_or(0) + seen_last.facings;
    step.products = step.products.value_or(0) + seen_last.products;
  }
}

std::vector<GroupSummary> group(const History& history, const GroupBy& by) {
  std::map<GroupKey, GroupSummary> groups;
  const auto at = [&](const GroupKey& key) -> GroupSummary& {
    const auto [place, is_new] = groups.try_emplace(key);
    GroupSummary& made = place->second;
    if (is_new) {
      made.key = key;
      for (const std::int64_t audits : audits_of(key, by, history)) {
        GroupStep step;
        step.audits = audits;
        made.steps.push_back(step);
      }
    }
    return made;
  };
  for (const Cell& cell : history.cells) {
    const ShelfHistory& shelf = history.shelves[cell.shelf];
    add_cell(at(key_of(by, shelf.key, cell.label, cell.row)), cell, shelf);
  }
  for (const ShelfHistory& shelf : history.shelves) {
    for_each_count(shelf.first, by.row, [&](const store::StoredCount& count) {
      at(key_of(by, shelf.key, count.label, count.row)).facings_first += count.facings;
    });
    for_each_count(shelf.last, by.row, [&](const store::StoredCount& count) {
      GroupSummary& of_count = at(key_of(by, shelf.key, count.label, count.row));
      of_count.facings_last += count.facings;
      of_count.products_last += count.products;
    });
  }

  std::vector<GroupSummary> list;
  list.reserve(groups.size());
  for (auto& [key, summary] : groups) {
    Mean usual;
    for (const GroupStep& step : summary.steps) usual.add(step.facings);
    summary.facings_usual = usual.value().value_or(0);
    list.push_back(std::move(summary));
  }
  return list;
}

/// A shelf of the shop for somebody who looks for a label: the one with most of it, else the one
/// where it was seen last.
std::size_t where_to_look(const History& history, const GroupKey& key) {
  std::tuple<int, std::size_t> best{-1, 0};
  std::size_t found = 0;
  for (const Cell& cell : history.cells) {
    const ShelfHistory& shelf = history.shelves[cell.shelf];
    if (cell.label != key.label || shelf.key.store != key.store) continue;
    int left = 0;
    for_each_count(shelf.last, /*by_row=*/false, [&](const store::StoredCount& count) {
      if (count.label == key.label) left += count.facings;
    });
    std::size_t last_step = 0;
    for (std::size_t i = 0; i < cell.means.size(); ++i) {
      if (cell.means[i].facings > 0) last_step = i;
    }
    const std::tuple<int, std::size_t> rank{left, last_step};
    if (rank > best) {
      best = rank;
      found = cell.shelf;
    }
  }
  return found;
}

/// Labels that are low or sold out in their shop.
void add_stock_problems(std::vector<Problem>& problems, const History& history,
                        const ReportOptions& options) {
  // Below this, a label was there by mistake rather than by plan.
  constexpr double kUsuallyThere = 0.5;
  for (const GroupSummary& stock : group(history, {true, false, true, false})) {
    const auto own = options.fewest_of.find(stock.key.label);
    const bool has_own = own != options.fewest_of.end();
    const int fewest = has_own ? own->second : options.fewest;
    Problem problem;
    if (stock.facings_last == 0) {
      if (!has_own && stock.facings_usual < kUsuallyThere) continue;
      problem.kind = ProblemKind::kSoldOut;
    } else {
      if (stock.facings_last >= fewest || (!has_own && std::round(stock.facings_usual) < fewest))
        continue;
      problem.kind = ProblemKind::kLow;
    }
    problem.store = stock.key.store;
    problem.label = stock.key.label;
    problem.facings = stock.facings_last;
    problem.usual = stock.facings_usual;
    problem.shelf = where_to_look(history, stock.key);
    problems.push_back(std::move(problem));
  }
}

std::optional<ProblemKind> problem_of(const std::string& status) {
  if (status == "empty") return ProblemKind::kEmptyPosition;
  if (status == "wrong_product") return ProblemKind::kWrongProduct;
  if (status == "wrong_place") return ProblemKind::kWrongPlace;
  return std::nullopt;
}

std::vector<Problem> find_problems(const History& history, const ReportOptions& options) {
  std::vector<Problem> problems;
  add_stock_problems(problems, history, options);
  for (std::size_t i = 0; i < history.shelves.size(); ++i) {
    const AuditRecord& audit = history.shelves[i].last;
    Problem problem;
    problem.store = audit.store;
    problem.shelf = i;
    for (std::size_t gap = 0; gap < audit.gaps.size(); ++gap) {
      problem.kind = ProblemKind::kGap;
      problem.row = audit.gaps[gap].row;
      problem.gap = gap;
      problem.facings = audit.gaps[gap].facings;
      problems.push_back(problem);
    }
    problem.row = -1;
    problem.gap.reset();
    problem.facings = 0;
    for (const store::StoredPosition& position : audit.positions) {
      const std::optional<ProblemKind> kind = problem_of(position.status);
      if (!kind) continue;
      problem.kind = *kind;
      problem.label = position.product;
      problem.position = position.position;
      problems.push_back(problem);
    }
  }
  std::stable_sort(problems.begin(), problems.end(), [](const Problem& a, const Problem& b) {
    return std::tuple(a.kind, a.shelf, a.row) < std::tuple(b.kind, b.shelf, b.row);
  });
  return problems;
}

Totals add_up(const History& history, const std::vector<store::EventRecord>& events) {
  Totals totals;
  Mean availability_first;
  Mean availability_last;
  Mean compliance_first;
  Mean compliance_last;
  for (const ShelfHistory& shelf : history.shelves) {
    totals.audits += shelf.all_audits;
    totals.facings_first += shelf.first.facings;
    totals.facings_last += shelf.last.facings;
    availability_first.add(shelf.first.on_shelf_availability);
    availability_last.add(shelf.last.on_shelf_availability);
    compliance_first.add(shelf.first.planogram_compliance);
    compliance_last.add(shelf.last.planogram_compliance);
    for (const store::StoredGap& gap : shelf.last.gaps) {
      ++totals.gaps;
      totals.gap_facings += gap.facings;
    }
    for (const store::StoredPosition& position : shelf.last.positions) {
      if (position.status == "hidden") continue;
      ++totals.positions;
      if (position.status != "correct") ++totals.positions_wrong;
    }
  }
  totals.availability_first = availability_first.value();
  totals.availability_last = availability_last.value();
  totals.compliance_first = compliance_first.value();
  totals.compliance_last = compliance_last.value();
  for (const store::EventRecord& event : events) ++totals.events[event.kind];
  return totals;
}

}  // namespace

std::string to_text(const GroupBy& by) {
  std::vector<std::string> words;
  for (const GroupWord& word : kGroupWords) {
    if (by.*word.member) words.emplace_back(word.name);
  }
  return join(words, ",");
}

GroupBy parse_group_by(const std::vector<std::string>& words) {
  GroupBy by;
  for (const std::string& word : words) {
    const auto* known =
        std::find_if(kGroupWords.begin(), kGroupWords.end(),
                     [&word](const GroupWord& candidate) { return word == candidate.name; });
    if (known == kGroupWords.end()) {
      throw ConfigError(concat("'", printable(word),
                               "' is nothing to group by; known: label, row, store, camera"));
    }
    by.*known->member = true;
  }
  if (to_text(by).empty())
    throw ConfigError("nothing to group by; known: label, row, store, camera");
  return by;
}

std::string_view name_of(ProblemKind kind) {
  switch (kind) {
    case ProblemKind::kSoldOut:
      return "sold_out";
    case ProblemKind::kEmptyPosition:
      return "empty_position";
    case ProblemKind::kGap:
      return "gap";
    case ProblemKind::kLow:
      return "low";
    case ProblemKind::kWrongProduct:
      return "wrong_product";
    case ProblemKind::kWrongPlace:
      return "wrong_place";
  }
  return "";
}

Summary make_summary(const store::EventStore& store, const ReportOptions& options) {
  const store::Query query = query_for(options);
  const std::vector<AuditRecord> audits = store.audits(query, /*with_details=*/false);
  Summary summary;
  summary.events = store.events(query);
  const std::optional<TimeSpan> seen = span_of(audits, summary.events);
  if (!seen) nothing_found(store, options);

  summary.seen = *seen;
  summary.range = {options.from.value_or(seen->from), options.to.value_or(seen->to)};
  summary.by = options.by;
  summary.step = step_for(summary.seen);
  History history;
  for (const TimeSpan& span : calendar_steps(summary.seen, summary.step)) {
    StepSummary step;
    step.span = {std::max(span.from, options.from.value_or(span.from)),
                 std::min(span.to, options.to.value_or(span.to))};
    history.steps.push_back(std::move(step));
  }
  for (const store::EventRecord& event : summary.events) {
    ++history.steps[step_at(history.steps, event.at)].events[event.kind];
  }
  add_audits(history, audits, store);
  add_cells(history, store, options);

  summary.totals = add_up(history, summary.events);
  summary.groups = group(history, options.by);
  summary.problems = find_problems(history, options);
  for (ShelfHistory& shelf : history.shelves) {
    summary.shelves.push_back({shelf.key, shelf.all_audits, shelf.first.facings,
                               shelf.first.on_shelf_availability, shelf.first.planogram_compliance,
                               std::move(shelf.last)});
  }
  summary.steps = std::move(history.steps);
  return summary;
}

}  // namespace gondola::report
