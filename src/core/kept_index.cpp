#include "kept_index.hpp"

namespace gondola::detail {
namespace {

/// Below this a box has so many possible partners that comparing with all is no slower.
constexpr float kLowestThreshold = 1.0F / 16;

}  // namespace

KeptIndex::KeptIndex(float threshold, bool class_agnostic, std::size_t candidates)
    // A trifle less, so that rounding in this class only ever widens the search.
    : threshold_(std::max(threshold, kLowestThreshold) * (1 - 1e-6)),
      inverse_threshold_(1 / threshold_),
      class_agnostic_(class_agnostic),
      band_shift_(kOneBandForAll) {
  if (threshold >= kLowestThreshold) band_shift_ = 2;
  if (threshold >= 0.25F) band_shift_ = 1;
  if (threshold >= 0.5F) band_shift_ = 0;
  constexpr unsigned kFewestBits = 6;
  constexpr unsigned kMostBits = 20;
  unsigned bits = kFewestBits;
  while (bits < kMostBits && (std::size_t{1} << bits) < candidates) ++bits;
  bucket_shift_ = 64 - bits;
  heads_.assign(std::size_t{1} << bits, kNone);
}

void KeptIndex::add(const Detection& detection) {
  const Axis x = axis_x(detection.box);
  const Axis y = axis_y(detection.box);
  const unsigned x_band = band_of(x.side);
  const unsigned y_band = band_of(y.side);
  x_used_[x_band] = true;
  y_used_[y_band] = true;
  const auto kept = static_cast<std::uint32_t>(kept_.size());
  kept_.push_back(detection);

  const std::uint64_t bands = hash_of_bands(detection.class_id, x_band, y_band);
  const double x_reach = reach_of(x.side);
  const double y_reach = reach_of(y.side);
  const std::int64_t last_column = cell_at(x.center + x_reach, x_band);
  const std::int64_t last_row = cell_at(y.center + y_reach, y_band);
  for (std::int64_t column = cell_at(x.center - x_reach, x_band); column <= last_column; ++column) {
    for (std::int64_t row = cell_at(y.center - y_reach, y_band); row <= last_row; ++row) {
      const std::uint64_t hash = hash_of_cell(bands, column, row);
      std::uint32_t& head = heads_[bucket_of(hash)];
      entries_.push_back({tag_of(hash), kept, head});
      head = static_cast<std::uint32_t>(entries_.size() - 1);
    }
  }
}

}  // namespace gondola::detail
