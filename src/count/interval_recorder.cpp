#include "gondola/count/interval_recorder.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "gondola/core/error.hpp"

namespace gondola::count {

std::string_view name_of(ScopeKind kind) {
  switch (kind) {
    case ScopeKind::kLine:
      return "line";
    case ScopeKind::kZone:
      return "zone";
    case ScopeKind::kUnique:
      return "unique";
  }
  return {};
}

IntervalRecorder::IntervalRecorder(const IntervalOptions& options, const std::vector<Scope>& scopes,
                                   ClassNames names)
    : options_(options), names_(std::move(names)) {
  validate(options_);
  for (const Scope& scope : scopes) {
    Place place{scope, {}, {}};
    for (const int class_id : scope.class_ids) place.by_class[class_id] = {};
    places_.push_back(std::move(place));
  }
}

// Edges are multiplied rather than added up: a year of them adds up no rounding.
double IntervalRecorder::edge(std::int64_t interval) const {
  return origin_s_ + static_cast<double>(interval) * options_.interval_s;
}

void IntervalRecorder::advance(double time_s) {
  GONDOLA_EXPECTS(!is_finished_, "IntervalRecorder: advance() after finish()");
  if (!has_started_) {
    has_started_ = true;
    origin_s_ = time_s_ = held_until_s_ = time_s;
    return;
  }
  GONDOLA_EXPECTS(time_s >= time_s_, "IntervalRecorder: time falls from ", time_s_, " to ", time_s);
  const double watched_until_s = std::min(time_s, time_s_ + options_.max_gap_s);
  while (time_s >= edge(interval_ + 1)) {
    const double end_s = edge(interval_ + 1);
    hold_until(std::min(watched_until_s, end_s));
    close(end_s);
    ++interval_;
    if (watched_until_s <= end_s) {
      // The rest of the pause was not watched: on to the interval of this frame.
      interval_ = std::max(interval_, static_cast<std::int64_t>(
                                          std::floor((time_s - origin_s_) / options_.interval_s)));
      while (edge(interval_) > time_s) --interval_;
      while (edge(interval_ + 1) <= time_s) ++interval_;
    }
  }
  hold_until(watched_until_s);
  held_until_s_ = time_s;
  time_s_ = time_s;
}

/// Sums up occupancy, which is what it was after the last frame.
void IntervalRecorder::hold_until(double time_s) {
  const double seconds = time_s - held_until_s_;
  if (seconds <= 0) return;
  held_until_s_ = time_s;
  watched_s_ += seconds;
  total_watched_s_ += seconds;
  for_each_counted([seconds](Counted& counted) {
    for (Tally* tally : {&counted.interval, &counted.total}) {
      tally->occupancy_seconds += static_cast<double>(counted.occupancy) * seconds;
      tally->occupancy_max = std::max(tally->occupancy_max, counted.occupancy);
    }
  });
}

void IntervalRecorder::close(double end_s) {
  const std::vector<CountRow> rows =
      rows_of({edge(interval_), end_s, watched_s_}, &Counted::interval);
  rows_.insert(rows_.end(), rows.begin(), rows.end());
  watched_s_ = 0;
  for_each_counted([](Counted& counted) { counted.interval = {}; });
}

void IntervalRecorder::finish() {
  if (has_started_ && !is_finished_) close(time_s_);
  is_finished_ = true;
}

template <typename Visit>
void IntervalRecorder::for_each_counted(Visit visit) {
  for (Place& place : places_) {
    visit(place.all);
    for (auto& [class_id, counted] : place.by_class) visit(counted);
  }
}

template <typename Change>
void IntervalRecorder::for_each_tally(std::size_t scope, int class_id, Change change) {
  GONDOLA_EXPECTS(scope < places_.size(), "IntervalRecorder: scope ", scope, " of ",
                  places_.size());
  Place& place = places_[scope];
  for (Counted* counted : {&place.all, &place.by_class[class_id]}) {
    change(counted->interval);
    change(counted->total);
  }
}

void IntervalRecorder::add_crossing(std::size_t scope, int class_id, bool in) {
  for_each_tally(scope, class_id, [in](Tally& tally) { ++(in ? tally.in : tally.out); });
}

void IntervalRecorder::add_entry(std::size_t scope, int class_id) {
  for_each_tally(scope, class_id, [](Tally& tally) { ++tally.entries; });
  ++places_[scope].all.occupancy;
  ++places_[scope].by_class[class_id].occupancy;
}

void IntervalRecorder::add_end(std::size_t scope, int class_id, double dwell_s,
                               bool was_seen_leaving) {
  for_each_tally(scope, class_id, [=](Tally& tally) {
    ++(was_seen_leaving ? tally.exits : tally.lost);
    tally.dwell_sum_s += dwell_s;
    tally.dwell_max_s = std::max(tally.dwell_max_s, dwell_s);
  });
  --places_[scope].all.occupancy;
  --places_[scope].by_class[class_id].occupancy;
}

void IntervalRecorder::add_unique(std::size_t scope, int class_id) {
  for_each_tally(scope, class_id, [](Tally& tally) { ++tally.entries; });
}

void IntervalRecorder::change_unique(std::size_t scope, int class_before, int class_id,
                                     double counted_s) {
  GONDOLA_EXPECTS(scope < places_.size(), "IntervalRecorder: scope ", scope, " of ",
                  places_.size());
  Counted& before = places_[scope].by_class[class_before];
  Counted& after = places_[scope].by_class[class_id];
  --before.total.entries;
  ++after.total.entries;
  // A closed interval keeps what it said.
  if (counted_s < edge(interval_)) return;
  --before.interval.entries;
  ++after.interval.entries;
}

std::vector<CountRow> IntervalRecorder::take_rows() { return std::exchange(rows_, {}); }

std::vector<CountRow> IntervalRecorder::totals() const {
  return rows_of({origin_s_, time_s_, total_watched_s_}, &Counted::total);
}

std::vector<CountRow> IntervalRecorder::rows_of(const Span& span, Tally Counted::*tally) const {
  std::vector<CountRow> rows;
  const auto add_row = [&](const Scope& scope, std::string label, const Counted& counted) {
    const Tally& counts = counted.*tally;
    const std::size_t ended = counts.exits + counts.lost;
    CountRow row;
    row.start_s = span.start_s;
    row.end_s = span.end_s;
    row.watched_s = span.watched_s;
    row.scope = scope.kind;
    row.name = scope.name;
    row.label = std::move(label);
    row.in = counts.in;
    row.out = counts.out;
    row.entries = counts.entries;
    row.exits = counts.exits;
    row.lost = counts.lost;
    row.occupancy_mean = span.watched_s > 0 ? counts.occupancy_seconds / span.watched_s : 0;
    row.occupancy_max = counts.occupancy_max;
    row.occupancy_last = counted.occupancy;
    row.dwell_mean_s = ended > 0 ? counts.dwell_sum_s / static_cast<double>(ended) : 0;
    row.dwell_max_s = counts.dwell_max_s;
    rows.push_back(std::move(row));
  };
  for (const Place& place : places_) {
    add_row(place.scope, {}, place.all);
    for (const auto& [class_id, counted] : place.by_class) {
      add_row(place.scope, names_.name(class_id), counted);
    }
  }
  return rows;
}

}  // namespace gondola::count
