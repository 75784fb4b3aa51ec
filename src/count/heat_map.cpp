#include "gondola/count/heat_map.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "picture_points.hpp"

namespace gondola::count {

HeatMap::HeatMap(HeatMapOptions options, ClassFilter filter, double max_gap_s, Size picture)
    : options_(std::move(options)),
      filter_(std::move(filter)),
      max_gap_s_(max_gap_s),
      picture_(detail::checked(picture)) {
  validate(options_);
  cells_.resize(static_cast<std::size_t>(options_.columns) *
                static_cast<std::size_t>(options_.rows));
}

void HeatMap::set_picture_size(Size picture) { picture_ = detail::checked(picture); }

void HeatMap::update(const std::vector<Track>& tracks, double time_s) {
  const double elapsed_s = has_started_ ? time_s - time_s_ : 0;
  has_started_ = true;
  time_s_ = time_s;

  double added_s = std::min(elapsed_s, max_gap_s_);
  if (options_.half_life_s > 0) {
    const double rate = std::log(2.0) / options_.half_life_s;
    const double kept = std::exp(-rate * elapsed_s);
    for (double& cell : cells_) cell *= kept;
    // The heat of those seconds has decayed too: the integral of exp(-rate * age) over its ages.
    added_s = (std::exp(-rate * (elapsed_s - added_s)) - kept) / rate;
  }
  for (const std::size_t cell : occupied_) cells_[cell] += added_s;

  occupied_.clear();
  for (const Track& track : tracks) {
    if (!filter_.passes(track.class_id)) continue;
    const Point place = detail::to_fraction_inside(anchor_of(track.box, options_.anchor), picture_);
    const auto column = static_cast<std::size_t>(place.x * columns());
    const auto row = static_cast<std::size_t>(place.y * rows());
    // A product may round up to the next whole number.
    occupied_.push_back(
        std::min(row * static_cast<std::size_t>(columns()) + column, cells_.size() - 1));
  }
}

std::vector<float> HeatMap::seconds() const { return {cells_.begin(), cells_.end()}; }

}  // namespace gondola::count
