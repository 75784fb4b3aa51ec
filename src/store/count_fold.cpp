#include "count_fold.hpp"

#include <algorithm>
#include <limits>
#include <tuple>

#include "gondola/core/error.hpp"

namespace gondola::store {

UtcMilliseconds start_of_step(UtcMilliseconds at, UtcMilliseconds step, UtcMilliseconds origin) {
  // Remainders first: at - origin may not fit.
  UtcMilliseconds into_step = (at % step - origin % step) % step;
  if (into_step < 0) into_step += step;
  constexpr UtcMilliseconds kEarliest = std::numeric_limits<UtcMilliseconds>::min();
  return at < kEarliest + into_step ? kEarliest : at - into_step;
}

std::size_t CountFold::KeyHash::operator()(const Key& key) const {
  // Odd constants spread the small consecutive numbers that ids are.
  std::uint64_t hash = static_cast<std::uint64_t>(key.place) * 0x9E3779B97F4A7C15U;
  hash = (hash ^ static_cast<std::uint64_t>(key.label)) * 0xBF58476D1CE4E5B9U;
  hash = (hash ^ static_cast<std::uint64_t>(key.row)) * 0x94D049BB133111EBU;
  return static_cast<std::size_t>(hash ^ (hash >> 32U));
}

CountFold::CountFold(const Grouping& grouping, const std::map<std::int64_t, CameraName>& cameras)
    : grouping_(grouping) {
  GONDOLA_EXPECTS(grouping.step >= 0, "a time step of ", grouping.step, " ms");
  const std::string not_shown;
  std::map<std::pair<std::string, std::string>, std::vector<std::int64_t>> cameras_of_place;
  for (const auto& [id, name] : cameras) {
    const std::string& store = grouping.store ? name.store : not_shown;
    const std::string& camera = grouping.camera ? name.camera : not_shown;
    cameras_of_place[{store, camera}].push_back(id);
  }
  for (const auto& [name, ids] : cameras_of_place) {
    for (const std::int64_t id : ids) {
      place_of_camera_[id] = static_cast<std::int64_t>(places_.size());
    }
    places_.push_back({name.first, name.second});
  }
}

void CountFold::start_audit(const AuditKey& audit) {
  const UtcMilliseconds at =
      grouping_.step > 0 ? start_of_step(audit.taken_at, grouping_.step, grouping_.step_origin) : 0;
  if (at != at_) finish_step();
  at_ = at;
  audit_ = audit;
  Looks& looks = looks_[audit.camera];
  if (looks.audits == 0) looks.first_audit = audit.id;
  looks.last_audit = audit.id;
  ++looks.audits;
  if (!grouping_.label && !grouping_.row) add(0, -1, 0, 0);
}

void CountFold::add(std::int64_t label, int row, int facings, int products) {
  Series& series = series_[{audit_.camera, grouping_.label ? label : 0, grouping_.row ? row : -1}];
  if (series.last_audit != audit_.id) {
    if (series.first_audit == 0) series.first_audit = audit_.id;
    series.last_audit = audit_.id;
    series.is_seen_in_last = false;
    series.facings_last = 0;
  }
  series.facings += facings;
  series.products += products;
  series.facings_last += facings;
  if (series.first_audit == audit_.id) series.facings_first += facings;
  if (!series.is_seen_in_last && (facings > 0 || products > 0)) {
    series.is_seen_in_last = true;
    ++series.audits;
  }
}

void CountFold::finish_step() {
  std::unordered_map<std::int64_t, std::int64_t> audits_of_place;
  for (const auto& [camera, looks] : looks_) {
    audits_of_place[place_of_camera_.at(camera)] += looks.audits;
  }
  std::unordered_map<Key, Line, KeyHash> lines;
  for (const auto& [key, series] : series_) {
    const Looks& looks = looks_.at(key.place);
    Line& line = lines[{place_of_camera_.at(key.place), key.label, key.row}];
    line.audits += series.audits;
    line.facings += series.facings;
    line.products += series.products;
    if (series.first_audit == looks.first_audit) line.facings_first += series.facings_first;
    if (series.last_audit == looks.last_audit) line.facings_last += series.facings_last;
  }
  for (auto& [key, line] : lines) {
    line.at = at_;
    line.key = key;
    line.group_audits = audits_of_place.at(key.place);
    lines_.push_back(line);
  }
  series_.clear();
  looks_.clear();
}

std::vector<CountSummary> CountFold::finish(
    const std::function<std::string(std::int64_t)>& label_name) {
  finish_step();

  // Lines are sorted by the ranks of their labels: there may be many more lines than labels.
  std::unordered_map<std::int64_t, std::int64_t> ranks;
  for (const Line& line : lines_) ranks.try_emplace(line.key.label, 0);
  std::vector<std::pair<std::string, std::int64_t>> labels;
  labels.reserve(ranks.size());
  for (const auto& [id, rank] : ranks) {
    labels.emplace_back(grouping_.label ? label_name(id) : std::string(), id);
  }
  std::sort(labels.begin(), labels.end());
  for (std::size_t rank = 0; rank < labels.size(); ++rank) {
    ranks[labels[rank].second] = static_cast<std::int64_t>(rank);
  }
  for (Line& line : lines_) line.key.label = ranks.at(line.key.label);
  std::sort(lines_.begin(), lines_.end(), [](const Line& a, const Line& b) {
    return std::tie(a.at, a.key.place, a.key.label, a.key.row) <
           std::tie(b.at, b.key.place, b.key.label, b.key.row);
  });

  std::vector<CountSummary> summaries;
  summaries.reserve(lines_.size());
  for (const Line& line : lines_) {
    const CameraName& place = places_[static_cast<std::size_t>(line.key.place)];
    const auto audits = static_cast<double>(line.group_audits);
    CountSummary& summary = summaries.emplace_back();
    summary.at = line.at;
    summary.store = place.store;
    summary.camera = place.camera;
    summary.label = labels[static_cast<std::size_t>(line.key.label)].first;
    summary.row = line.key.row;
    summary.audits = line.audits;
    summary.group_audits = line.group_audits;
    summary.facings = static_cast<double>(line.facings) / audits;
    summary.products = static_cast<double>(line.products) / audits;
    summary.facings_first = line.facings_first;
    summary.facings_last = line.facings_last;
  }
  return summaries;
}

}  // namespace gondola::store
