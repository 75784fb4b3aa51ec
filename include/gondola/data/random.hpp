#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace gondola::data {

/// Random numbers that are the same on every machine and compiler, unlike those of <random>'s
/// distributions: SplitMix64 (Steele, Lea and Flood 2014), 2^64 values per stream, 8 bytes of
/// state.
///
/// What is drawn should depend on what it is for, not on who was served before: make one generator
/// per picture or object with the stream constructor. Not thread-safe; cheap to copy.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  /// The generator of one picture, epoch or object: independent of those with another `stream` or
  /// `substream`.
  Random(std::uint64_t seed, std::uint64_t stream, std::uint64_t substream = 0)
      : state_(mix(mix(mix(seed) ^ (stream + kStep)) ^ (substream + 2 * kStep))) {}

  /// 64 uniform bits.
  std::uint64_t bits() { return mix(state_ += kStep); }

  /// Uniform in [0, 1).
  double unit() { return static_cast<double>(bits() >> 11) * 0x1.0p-53; }

  /// Uniform in [low, high).
  double uniform(double low, double high) { return low + (high - low) * unit(); }

  /// Uniform over the integers low..high, both included.
  ///
  /// Requires: low <= high. The bias of the fixed-point product is below 2^-32 per value.
  int integer(int low, int high) {
    const auto count = static_cast<std::uint64_t>(static_cast<std::int64_t>(high) - low + 1);
    return static_cast<int>(low + static_cast<std::int64_t>(((bits() >> 32) * count) >> 32));
  }

  /// True with the given probability.
  bool chance(double probability) { return unit() < probability; }

  /// Bell-shaped with the given mean and standard deviation: the sum of four uniforms (Irwin-Hall),
  /// within 3.47 deviations of the mean, exact on every machine as no libm function is involved.
  double normal(double mean = 0, double deviation = 1) {
    const std::uint64_t word = bits();
    double sum = -2;
    for (int shift = 0; shift < 64; shift += 16) {
      sum += (static_cast<double>((word >> shift) & 0xFFFF) + 0.5) / 65536;
    }
    constexpr double kSqrt3 = 1.7320508075688772;
    return mean + deviation * kSqrt3 * sum;
  }

  /// Uniform on a logarithmic scale in [low, high).
  ///
  /// Requires: 0 < low <= high
  double log_uniform(double low, double high) {
    return low * std::exp(unit() * std::log(high / low));
  }

  /// Index into a list of that many entries.
  ///
  /// Requires: size > 0
  std::size_t index(std::size_t size) {
    return static_cast<std::size_t>(integer(0, static_cast<int>(size) - 1));
  }

  /// One entry of a list (vector or array), each as likely as another.
  ///
  /// Requires: the list is not empty
  template <typename List>
  const auto& pick(const List& list) {
    return list[index(list.size())];
  }

  /// Index of an entry drawn in proportion to its weight.
  ///
  /// Requires: weights are not negative and their sum is above 0
  std::size_t weighted(const std::vector<double>& weights) {
    double sum = 0;
    for (const double weight : weights) sum += weight;
    double left = uniform(0, sum);
    for (std::size_t i = 0; i + 1 < weights.size(); ++i) {
      if (left < weights[i]) return i;
      left -= weights[i];
    }
    return weights.size() - 1;
  }

 private:
  static constexpr std::uint64_t kStep = 0x9E3779B97F4A7C15;

  static std::uint64_t mix(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
  }

  std::uint64_t state_;
};

}  // namespace gondola::data
