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

CountFold::CountFold(const Grouping& grouping, std::map<std::int64_t, CameraName> cameras)
    : grouping_(grouping) {
  GONDOLA_EXPECTS(grouping.step >= 0, "a time step of ", grouping.step, " ms");
  std::map<std::pair<std::string, std::string>, std::int64_t> places;
  for (auto& [id, name] : cameras) {
    if (!grouping.store) name.store.clear();
    if (!grouping.camera) name.camera.clear();
    const auto [place, is_new] =
        places.try_emplace({name.store, name.camera}, static_cast<std::int64_t>(places_.size()));
    if (is_new) places_.push_back(std::move(name));
    place_of_camera_[id] = place->second;
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
    line.label = key.label;
    CountSummary& sum = line.summary;
    sum.audits += series.audits;
    sum.facings += static_cast<double>(series.facings);
    sum.products += static_cast<double>(series.products);
    if (series.first_audit == looks.first_audit) sum.facings_first += series.facings_first;
    if (series.last_audit == looks.last_audit) sum.facings_last += series.facings_last;
  }
  for (auto& [key, line] : lines) {
    const auto place = static_cast<std::size_t>(key.place);
    CountSummary& sum = line.summary;
    sum.at = at_;
    sum.store = places_[place].store;
    sum.camera = places_[place].camera;
    sum.row = key.row;
    sum.group_audits = audits_of_place.at(key.place);
    sum.facings /= static_cast<double>(sum.group_audits);
    sum.products /= static_cast<double>(sum.group_audits);
    lines_.push_back(std::move(line));
  }
  series_.clear();
  looks_.clear();
}

std::vector<CountSummary> CountFold::finish(
    const std::function<std::string(std::int64_t)>& label_name) {
  finish_step();
  std::vector<CountSummary> summaries;
  summaries.reserve(lines_.size());
  for (Line& line : lines_) {
    if (line.label != 0) line.summary.label = label_name(line.label);
    summaries.push_back(std::move(line.summary));
  }
  std::sort(summaries.begin(), summaries.end(), [](const CountSummary& a, const CountSummary& b) {
    return std::tie(a.at, a.store, a.camera, a.label, a.row) <
           std::tie(b.at, b.store, b.camera, b.label, b.row);
  });
  return summaries;
}

}  // namespace gondola::store
