#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include "gondola/core/detection.hpp"
#include "overlap.hpp"

namespace gondola::detail {

/// The boxes kept so far, arranged so that those a candidate could overlap beyond a threshold are
/// found without looking at the others.
///
/// If IoU(a, b) > t then, along each axis, the shared length exceeds t times the longer side, and
/// t / (1 + t) times the sum of the sides. For sides w and the distance d of the centres, that
/// means
///   min(w_a, w_b) > t * max(w_a, w_b)   and   d < (w_a + w_b) / 2 * (1 - t) / (1 + t),
/// which for the longest possible partner of a is w_a * (1 / t - 1) / 2. So kept boxes are told
/// apart by the octaves of their width and height (by wider bands for a low threshold) and, within
/// each pair of bands, by the cells of a grid about as coarse as the boxes are large. A kept box is
/// entered in every cell that the centre of a candidate it overlaps so much can lie in; a candidate
/// looks into one cell per pair of bands near its own size. And because kept boxes overlap each
/// other by t at most, only so many fit around a cell, be the boxes large, tiny or mixed.
///
/// The cells live in a hash table without their keys. What a collision brings up besides is refused
/// by the comparison that must follow anyway.
class KeptIndex {
 public:
  /// @param threshold   0..1, the IoU above which any_near() must find a box
  /// @param candidates  how many there will be at most, to size the table
  KeptIndex(float threshold, bool class_agnostic, std::size_t candidates);

  std::size_t size() const { return kept_.size(); }
  const Detection& operator[](std::size_t i) const { return kept_[i]; }

  /// Whether `matches(i)` is true for a kept box near the candidate and of its class. Calls it for
  /// every such box with an IoU above the threshold, and for some others, in no given order, until
  /// it returns true; a box may come up twice.
  ///
  /// Requires: a candidate with a valid box.
  template <typename Matches>
  bool any_near(const Detection& candidate, const Matches& matches) const {
    const Axis x = axis_x(candidate.box);
    const Axis y = axis_y(candidate.box);
    const BandRange x_bands = partner_bands(x.side);
    const BandRange y_bands = partner_bands(y.side);
    for (unsigned x_band = x_bands.first; x_band <= x_bands.last; ++x_band) {
      if (!x_used_[x_band]) continue;
      for (unsigned y_band = y_bands.first; y_band <= y_bands.last; ++y_band) {
        if (!y_used_[y_band]) continue;
        const std::uint64_t bands = hash_of_bands(candidate.class_id, x_band, y_band);
        const std::uint64_t hash =
            hash_of_cell(bands, cell_at(x.center, x_band), cell_at(y.center, y_band));
        for (std::uint32_t i = heads_[bucket_of(hash)]; i != kNone; i = entries_[i].next) {
          const Entry& entry = entries_[i];
          if (entry.tag != tag_of(hash)) continue;
          const bool competes = class_agnostic_ || kept_[entry.kept].class_id == candidate.class_id;
          if (competes && matches(entry.kept)) return true;
        }
      }
    }
    return false;
  }

  /// Requires: a valid box.
  void add(const Detection& detection);

  /// All that was added, in that order.
  std::vector<Detection> release() && { return std::move(kept_); }

 private:
  static constexpr std::uint32_t kNone = UINT32_MAX;
  static constexpr unsigned kBands = 320;           // more than a float has exponents
  static constexpr unsigned kLowestExponent = 860;  // biased, below that of any side or partner's
  static constexpr unsigned kOneBandForAll = 31;

  /// A box seen along one axis.
  struct Axis {
    double center;
    double side;
  };

  struct BandRange {
    unsigned first;
    unsigned last;
  };

  struct Entry {
    std::uint32_t tag;
    std::uint32_t kept;
    std::uint32_t next;
  };

  static Axis axis_x(const Box& box) {
    return {(static_cast<double>(box.x1) + box.x2) / 2, width_of(box)};
  }

  static Axis axis_y(const Box& box) {
    return {(static_cast<double>(box.y1) + box.y2) / 2, height_of(box)};
  }

  /// Biased binary exponent: sides are positive and, as doubles, never denormal.
  static unsigned exponent_of(double side) {
    std::uint64_t bits = 0;
    std::memcpy(&bits, &side, sizeof bits);
    return static_cast<unsigned>(bits >> 52U);
  }

  static double power_of_two(unsigned biased_exponent) {
    const std::uint64_t bits = std::uint64_t{biased_exponent} << 52U;
    double value = 0;
    std::memcpy(&value, &bits, sizeof value);
    return value;
  }

  unsigned band_of(double side) const {
    return (exponent_of(side) - kLowestExponent) >> band_shift_;
  }

  /// The bands of the sides that a box with this side can overlap beyond the threshold.
  BandRange partner_bands(double side) const {
    return {band_of(side * threshold_), band_of(side * inverse_threshold_)};
  }

  /// A cell is half as long as the longest side of its band; for one octave, as the shortest.
  double cells_per_pixel(unsigned band) const {
    if (band_shift_ == kOneBandForAll) return 0;
    const unsigned exponent_of_cell = kLowestExponent + ((band + 1) << band_shift_) - 1;
    constexpr unsigned kExponentOfOne = 1023;
    return power_of_two(2 * kExponentOfOne - exponent_of_cell);
  }

  /// Any function would do that never decreases: far cells may fall together.
  std::int64_t cell_at(double position, unsigned band) const {
    constexpr double kFarthest = 1e15;
    return static_cast<std::int64_t>(
        std::clamp(position * cells_per_pixel(band), -kFarthest, kFarthest));
  }

  static std::uint64_t mixed(std::uint64_t hash, std::uint64_t value) {
    constexpr std::uint64_t kMultiplier = 0x9E3779B97F4A7C15U;  // odd, 2^64 / golden ratio
    return (hash ^ value) * kMultiplier;
  }

  std::uint64_t hash_of_bands(int class_id, unsigned x_band, unsigned y_band) const {
    const auto class_bits = static_cast<std::uint64_t>(class_agnostic_ ? 0 : class_id);
    return mixed(0, (class_bits << 20U) ^ (x_band << 10U) ^ y_band);
  }

  static std::uint64_t hash_of_cell(std::uint64_t bands, std::int64_t x, std::int64_t y) {
    return mixed(mixed(bands, static_cast<std::uint64_t>(x)), static_cast<std::uint64_t>(y));
  }

  std::size_t bucket_of(std::uint64_t hash) const { return hash >> bucket_shift_; }
  static std::uint32_t tag_of(std::uint64_t hash) { return static_cast<std::uint32_t>(hash); }

  /// How far the centres of a kept box with this side and of a candidate can be apart.
  double reach_of(double side) const { return side * (inverse_threshold_ - 1) / 2; }

  double threshold_;
  double inverse_threshold_;
  bool class_agnostic_;
  unsigned band_shift_;  // a band is 1 << band_shift_ octaves
  unsigned bucket_shift_;
  std::array<bool, kBands> x_used_{};  // by band: whether it holds a kept box
  std::array<bool, kBands> y_used_{};
  std::vector<std::uint32_t> heads_;  // by bucket: its first entry
  std::vector<Entry> entries_;
  std::vector<Detection> kept_;
};

}  // namespace gondola::detail
