#include "gondola/count/scene_counter.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "gondola/core/error.hpp"
#include "gondola/core/text.hpp"

namespace gondola::count {
namespace {

const SceneOptions& validated(const SceneOptions& options) {
  validate(options);
  return options;
}

std::string quoted(std::string_view kind, const std::string& name) {
  return concat(kind, " '", printable(name), "'");
}

std::vector<LineCounter> make_lines(const SceneOptions& scene, const ClassNames& names,
                                    Size picture) {
  std::vector<LineCounter> lines;
  for (const LineOptions& line : scene.lines) {
    lines.emplace_back(line, ClassFilter(line.labels, names, quoted("line", line.name)),
                       scene.forget_after_s, picture);
  }
  return lines;
}

std::vector<Zone> make_zones(const SceneOptions& scene, const ClassNames& names, Size picture) {
  std::vector<Zone> zones;
  for (const ZoneOptions& zone : scene.zones) {
    zones.emplace_back(zone, ClassFilter(zone.labels, names, quoted("zone", zone.name)), picture);
  }
  return zones;
}

std::optional<HeatMap> make_heat_map(const SceneOptions& scene, const ClassNames& names,
                                     Size picture) {
  if (!scene.heat_map) return std::nullopt;
  return HeatMap(*scene.heat_map, ClassFilter(scene.heat_map->labels, names, "heat_map"),
                 scene.intervals.max_gap_s, picture);
}

/// Lines, zones, then unique objects: the order of rows, and of SceneCounter's scopes.
std::vector<IntervalRecorder::Scope> scopes_of(const std::vector<LineCounter>& lines,
                                               const std::vector<Zone>& zones) {
  std::vector<IntervalRecorder::Scope> scopes;
  for (const LineCounter& line : lines) {
    scopes.push_back({ScopeKind::kLine, line.options().name, line.filter().class_ids()});
  }
  for (const Zone& zone : zones) {
    scopes.push_back({ScopeKind::kZone, zone.options().name, zone.filter().class_ids()});
  }
  scopes.push_back({ScopeKind::kUnique, {}, {}});
  return scopes;
}

SceneEventKind kind_of(ZoneChange change) {
  switch (change) {
    case ZoneChange::kEntered:
      return SceneEventKind::kEntered;
    case ZoneChange::kLeft:
      return SceneEventKind::kLeft;
    case ZoneChange::kLost:
      return SceneEventKind::kLost;
  }
  return SceneEventKind::kLost;
}

}  // namespace

std::string_view name_of(SceneEventKind kind) {
  switch (kind) {
    case SceneEventKind::kIn:
      return "in";
    case SceneEventKind::kOut:
      return "out";
    case SceneEventKind::kEntered:
      return "entered";
    case SceneEventKind::kLeft:
      return "left";
    case SceneEventKind::kLost:
      return "lost";
  }
  return {};
}

SceneCounter::SceneCounter(const SceneOptions& options, const ClassNames& names, Size picture)
    : lines_(make_lines(to_fractions(validated(options), picture), names, picture)),
      zones_(make_zones(to_fractions(options, picture), names, picture)),
      unique_(options.unique, options.forget_after_s),
      heat_map_(make_heat_map(options, names, picture)),
      recorder_(options.intervals, scopes_of(lines_, zones_), names) {}

void SceneCounter::set_picture_size(Size picture) {
  for (LineCounter& line : lines_) line.set_picture_size(picture);
  for (Zone& zone : zones_) zone.set_picture_size(picture);
  if (heat_map_) heat_map_->set_picture_size(picture);
}

std::vector<SceneEvent> SceneCounter::update(const std::vector<Track>& tracks, double time_s) {
  GONDOLA_EXPECTS(std::abs(time_s) <= 1e12, "SceneCounter: time is ", time_s);
  // Files exist whose times step back now and then; they must not end a run of days.
  time_s_ = has_started_ ? std::max(time_s_, time_s) : time_s;
  has_started_ = true;
  recorder_.advance(time_s_);

  const std::size_t unique_scope = lines_.size() + zones_.size();
  for (const UniqueChange& change : unique_.update(tracks, time_s_)) {
    if (change.class_before) {
      recorder_.change_unique(unique_scope, *change.class_before, change.class_id,
                              change.counted_s);
    } else {
      recorder_.add_unique(unique_scope, change.class_id);
    }
  }
  settled_ = tracks;
  for (Track& track : settled_)
    track.class_id = unique_.class_of(track.id).value_or(track.class_id);

  std::vector<SceneEvent> events;
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    for (const Crossing& crossing : lines_[i].update(settled_, time_s_)) {
      recorder_.add_crossing(i, crossing.class_id, crossing.in);
      events.push_back({time_s_, crossing.in ? SceneEventKind::kIn : SceneEventKind::kOut,
                        lines_[i].options().name, crossing.track_id, crossing.class_id});
    }
  }
  for (std::size_t i = 0; i < zones_.size(); ++i) {
    for (const ZoneEvent& event : zones_[i].update(settled_, time_s_)) {
      events.push_back(record(i, event));
    }
  }
  if (heat_map_) heat_map_->update(settled_, time_s_);
  return events;
}

std::vector<SceneEvent> SceneCounter::finish() {
  std::vector<SceneEvent> events;
  for (std::size_t i = 0; i < zones_.size(); ++i) {
    for (const ZoneEvent& event : zones_[i].finish()) events.push_back(record(i, event));
  }
  recorder_.finish();
  return events;
}

SceneEvent SceneCounter::record(std::size_t zone, const ZoneEvent& event) {
  const std::size_t scope = lines_.size() + zone;
  if (event.change == ZoneChange::kEntered) {
    recorder_.add_entry(scope, event.stay.class_id);
  } else {
    recorder_.add_end(scope, event.stay.class_id, event.stay.dwell_s(),
                      event.change == ZoneChange::kLeft);
  }
  return {time_s_,
          kind_of(event.change),
          zones_[zone].options().name,
          event.stay.track_id,
          event.stay.class_id,
          event.stay.dwell_s()};
}

}  // namespace gondola::count
