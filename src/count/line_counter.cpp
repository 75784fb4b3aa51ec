#include "gondola/count/line_counter.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "picture_points.hpp"

namespace gondola::count {

LineCounter::LineCounter(LineOptions options, ClassFilter filter, double forget_after_s,
                         Size picture)
    : options_(std::move(options)),
      filter_(std::move(filter)),
      picture_(detail::checked(picture)),
      memory_(forget_after_s) {
  validate(options_, PointUnits::kFraction);
}

void LineCounter::set_picture_size(Size picture) { picture_ = detail::checked(picture); }

Segment LineCounter::segment() const {
  return {detail::to_pixels(options_.segment.from, picture_),
          detail::to_pixels(options_.segment.to, picture_)};
}

Point LineCounter::inward() const {
  const Segment line = segment();
  const double line_length = length(line);
  return {-(line.to.y - line.from.y) / line_length, (line.to.x - line.from.x) / line_length};
}

LineCounts LineCounter::totals() const {
  LineCounts totals;
  for (const auto& [class_id, counts] : counts_) {
    totals.in += counts.in;
    totals.out += counts.out;
  }
  return totals;
}

std::vector<Crossing> LineCounter::update(const std::vector<Track>& tracks, double time_s) {
  std::vector<Crossing> crossings;
  for (const Track& track : tracks) {
    if (!filter_.passes(track.class_id)) continue;
    const auto [state, is_new] = memory_.see(track.id, time_s);
    if (!crosses(state, track, is_new)) continue;

    const bool in = state.from_right;
    bool& was_counted = in ? state.was_counted_in : state.was_counted_out;
    if (options_.once_per_track && was_counted) continue;
    was_counted = true;
    LineCounts& counts = counts_[track.class_id];
    ++(in ? counts.in : counts.out);
    crossings.push_back({track.id, track.class_id, in});
  }
  memory_.forget(time_s);
  return crossings;
}

/// Moves a track to its new place; true when that completes a crossing to the side it then is on.
///
/// Passages are added up with their direction rather than judged at the end, because on its way
/// through the band an object may pass the line any number of times, some of them outside the
/// segment.
bool LineCounter::crosses(State& state, const Track& track, bool is_new) const {
  const Segment line = segment();
  const Point position = anchor_of(track.box, options_.anchor);
  const double distance = signed_distance(position, line);
  const bool is_right = distance >= 0;
  if (is_new) {
    state.from_right = is_right;
  } else if (is_right != state.is_right) {
    const double place =
        crossing_place(line, detail::to_pixels(state.position, picture_), position);
    if (place >= 0 && place <= 1) state.passages += is_right ? 1 : -1;
  }
  state.is_right = is_right;
  state.position = detail::to_fraction(position, picture_);

  const double shorter_side = std::min(track.box.width(), track.box.height());
  const double band = std::max(options_.band_box * shorter_side, options_.band_pixels);
  if (std::abs(distance) <= band) return false;
  const bool changes_side = is_right != state.from_right;
  const bool through_segment = is_right ? state.passages > 0 : state.passages < 0;
  state.from_right = is_right;
  state.passages = 0;
  return changes_side && through_segment;
}

}  // namespace gondola::count
