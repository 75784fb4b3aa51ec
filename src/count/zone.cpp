#include "gondola/count/zone.hpp"

#include <algorithm>
#include <utility>

#include "picture_points.hpp"

namespace gondola::count {
namespace {

template <typename Change>
void change_both(ZoneCounts& all, ZoneCounts& of_class, Change change) {
  change(all);
  change(of_class);
}

}  // namespace

double ZoneCounts::dwell_mean_s() const {
  const std::size_t ended = exits + lost;
  return ended == 0 ? 0 : dwell_sum_s / static_cast<double>(ended);
}

Zone::Zone(ZoneOptions options, ClassFilter filter, Size picture)
    : options_(std::move(options)), filter_(std::move(filter)), picture_(detail::checked(picture)) {
  validate(options_, PointUnits::kFraction);
}

void Zone::set_picture_size(Size picture) { picture_ = detail::checked(picture); }

std::vector<Point> Zone::polygon() const {
  std::vector<Point> corners;
  for (const Point& corner : options_.polygon) {
    corners.push_back(detail::to_pixels(corner, picture_));
  }
  return corners;
}

std::vector<Stay> Zone::stays() const {
  std::vector<Stay> stays;
  for (const auto& [id, state] : states_) {
    if (state.has_entered) stays.push_back(state.stay);
  }
  return stays;
}

std::vector<ZoneEvent> Zone::update(const std::vector<Track>& tracks, double time_s) {
  std::vector<ZoneEvent> events;
  for (const Track& track : tracks) {
    if (!filter_.passes(track.class_id)) continue;
    const Point anchor = anchor_of(track.box, options_.anchor);
    if (encloses(options_.polygon, detail::to_fraction_inside(anchor, picture_))) {
      auto [place, is_new] = states_.try_emplace(track.id);
      State& state = place->second;
      if (has_left(state, time_s)) {
        // No frame came in the meantime that would have told.
        end(state, ZoneChange::kLeft);
        events.push_back({ZoneChange::kLeft, state.stay});
        state = {};
        is_new = true;
      }
      if (is_new) state.stay = {track.id, track.class_id, time_s, time_s};
      state.stay.last_inside_s = time_s;
      state.outside_since_s.reset();
      if (!state.has_entered && state.stay.dwell_s() >= options_.enter_after_s) {
        enter(state, track.class_id);
        events.push_back({ZoneChange::kEntered, state.stay});
      }
    } else if (const auto place = states_.find(track.id); place != states_.end()) {
      State& state = place->second;
      if (!state.has_entered) {
        states_.erase(place);
      } else if (!state.outside_since_s) {
        state.outside_since_s = time_s;
      }
    }
  }

  for (auto place = states_.begin(); place != states_.end();) {
    const State& state = place->second;
    const bool is_outside = has_left(state, time_s);
    const bool is_lost =
        !state.outside_since_s && time_s - state.stay.last_inside_s > options_.lost_after_s;
    if (!is_outside && !is_lost) {
      ++place;
      continue;
    }
    if (state.has_entered) {
      const ZoneChange change = is_outside ? ZoneChange::kLeft : ZoneChange::kLost;
      end(state, change);
      events.push_back({change, state.stay});
    }
    place = states_.erase(place);
  }

  // Only now: one object that leaves while another one comes were never two.
  totals_.max_occupancy = std::max(totals_.max_occupancy, totals_.occupancy);
  for (auto& [class_id, counts] : counts_) {
    counts.max_occupancy = std::max(counts.max_occupancy, counts.occupancy);
  }
  return events;
}

std::vector<ZoneEvent> Zone::finish() {
  std::vector<ZoneEvent> events;
  for (const auto& [id, state] : states_) {
    if (!state.has_entered) continue;
    const ZoneChange change = state.outside_since_s ? ZoneChange::kLeft : ZoneChange::kLost;
    end(state, change);
    events.push_back({change, state.stay});
  }
  states_.clear();
  return events;
}

bool Zone::has_left(const State& state, double time_s) const {
  return state.outside_since_s && time_s - *state.outside_since_s >= options_.exit_after_s;
}

void Zone::enter(State& state, int class_id) {
  state.has_entered = true;
  state.stay.class_id = class_id;
  change_both(totals_, counts_[class_id], [](ZoneCounts& counts) {
    ++counts.entries;
    ++counts.occupancy;
  });
}

void Zone::end(const State& state, ZoneChange change) {
  const double dwell_s = state.stay.dwell_s();
  change_both(totals_, counts_[state.stay.class_id], [&](ZoneCounts& counts) {
    --counts.occupancy;
    ++(change == ZoneChange::kLeft ? counts.exits : counts.lost);
    counts.dwell_sum_s += dwell_s;
    counts.dwell_max_s = std::max(counts.dwell_max_s, dwell_s);
  });
}

}  // namespace gondola::count
