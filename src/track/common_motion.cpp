#include "common_motion.hpp"

#include <algorithm>
#include <cmath>

namespace gondola::track {
namespace {

constexpr std::size_t kFewest = 6;

/// That an expected box would come upon a found one by moving so.
struct Vote {
  std::uint32_t voter;
  double x;
  double y;
};

double median(std::vector<double>& values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

struct Spread {
  double median = 0;
  double deviation = 0;
};

/// Of one coordinate, robustly.
template <typename Vector>
Spread spread_of(const std::vector<Vector>& vectors, double Vector::*coordinate) {
  constexpr double kDeviationsInMedian = 1.4826;  // of a normal distribution
  std::vector<double> values;
  values.reserve(vectors.size());
  for (const Vector& one : vectors) values.push_back(one.*coordinate);
  Spread spread;
  spread.median = median(values);
  for (double& value : values) value = std::abs(value - spread.median);
  spread.deviation = kDeviationsInMedian * median(values);
  return spread;
}

bool similar(float a, float b) {
  constexpr float kLeastRatio = 0.75F;
  return std::min(a, b) >= kLeastRatio * std::max(a, b);
}

std::vector<Vote> collect_votes(const std::vector<Box>& expected, const BoxGrid& found,
                                double reach) {
  std::vector<Vote> votes;
  const auto margin = static_cast<float>(reach);
  for (std::uint32_t i = 0; i < expected.size(); ++i) {
    const Box& box = expected[i];
    const Box around{box.x1 - margin, box.y1 - margin, box.x2 + margin, box.y2 + margin};
    found.for_each_overlapping(around, [&](std::uint32_t j) {
      const Box& other = found.boxes()[j];
      const double dx = static_cast<double>(other.center_x()) - box.center_x();
      const double dy = static_cast<double>(other.center_y()) - box.center_y();
      const bool near = std::abs(dx) <= reach && std::abs(dy) <= reach;
      if (near && similar(box.width(), other.width()) && similar(box.height(), other.height())) {
        votes.push_back({i, dx, dy});
      }
    });
  }
  return votes;
}

/// Votes by their place, in cells of which `kHalf` reach from the centre to the border.
class Ballot {
 public:
  Ballot(const std::vector<Vote>& votes, double reach)
      : cell_(reach / kHalf), counts_(kSide * kSide) {
    for (const Vote& vote : votes) ++counts_[place_of(vote.y) * kSide + place_of(vote.x)];
  }

  double cell() const { return cell_; }

  /// Centre of the block of 3 x 3 cells with the most votes, far ones counting less.
  Displacement peak() const {
    constexpr double kDiscountAtBorder = 0.1;
    Displacement best;
    double most = 0;
    for (std::size_t y = 1; y + 1 < kSide; ++y) {
      for (std::size_t x = 1; x + 1 < kSide; ++x) {
        const Displacement at{(static_cast<double>(x) - kHalf) * cell_,
                              (static_cast<double>(y) - kHalf) * cell_};
        const double distance = std::hypot(at.x, at.y) / (kHalf * cell_);
        const double votes = block(x, y) * (1 - kDiscountAtBorder * distance);
        if (votes > most) {
          most = votes;
          best = at;
        }
      }
    }
    return best;
  }

 private:
  static constexpr int kHalf = 16;
  static constexpr std::size_t kSide = 2 * kHalf + 1;

  std::size_t place_of(double offset) const {
    return static_cast<std::size_t>(std::lround(offset / cell_) + kHalf);
  }

  double block(std::size_t x, std::size_t y) const {
    int sum = 0;
    for (std::size_t row = y - 1; row <= y + 1; ++row) {
      for (std::size_t column = x - 1; column <= x + 1; ++column) {
        sum += counts_[row * kSide + column];
      }
    }
    return sum;
  }

  double cell_;
  std::vector<int> counts_;
};

/// How many voters have a vote within `radius`, and the mean of those votes.
struct Support {
  std::size_t voters = 0;
  Displacement mean;
};

Support support_of(const Displacement& center, double radius, const std::vector<Vote>& votes) {
  Support support;
  std::size_t count = 0;
  for (std::size_t i = 0, last_voter = SIZE_MAX; i < votes.size(); ++i) {
    const Vote& vote = votes[i];
    if (std::abs(vote.x - center.x) > radius || std::abs(vote.y - center.y) > radius) continue;
    ++count;
    support.mean.x += vote.x;
    support.mean.y += vote.y;
    support.voters += vote.voter != last_voter ? 1 : 0;
    last_voter = vote.voter;
  }
  if (count != 0) {
    support.mean.x /= static_cast<double>(count);
    support.mean.y /= static_cast<double>(count);
  }
  return support;
}

}  // namespace

std::optional<Displacement> find_common_displacement(const std::vector<Box>& expected,
                                                     const BoxGrid& found) {
  if (expected.size() < kFewest || found.boxes().size() < kFewest) return std::nullopt;
  std::vector<double> sides;
  for (const Box& box : expected) sides.push_back(std::min(box.width(), box.height()));
  constexpr double kReachInSides = 2;
  const double reach = kReachInSides * median(sides);
  if (!std::isfinite(reach)) return std::nullopt;
  const std::vector<Vote> votes = collect_votes(expected, found, reach);
  const Ballot ballot(votes, reach);
  const double radius = 1.5 * ballot.cell();
  const Support best = support_of(ballot.peak(), radius, votes);
  const Support none = support_of({}, radius, votes);
  const auto count = static_cast<double>(expected.size());
  constexpr double kLeastShare = 0.5;
  constexpr double kLeastAdvantage = 0.2;
  const bool clear = static_cast<double>(best.voters) >= kLeastShare * count &&
                     static_cast<double>(best.voters) >=
                         static_cast<double>(none.voters) + kLeastAdvantage * count;
  if (!clear) return std::nullopt;
  return best.mean;
}

std::optional<Displacement> common_displacement(const std::vector<Displacement>& displacements) {
  if (displacements.size() < kFewest) return std::nullopt;
  const Spread x = spread_of(displacements, &Displacement::x);
  const Spread y = spread_of(displacements, &Displacement::y);
  // Of the median of a sample from a normal distribution.
  constexpr double kMedianErrorOfMean = 1.2533;
  constexpr double kErrors = 3;
  const double scale =
      kErrors * kMedianErrorOfMean / std::sqrt(static_cast<double>(displacements.size()));
  const bool is_chance =
      std::abs(x.median) <= scale * x.deviation && std::abs(y.median) <= scale * y.deviation;
  if (is_chance) return std::nullopt;
  return Displacement{x.median, y.median};
}

std::optional<CommonVelocity> common_velocity(const std::vector<Velocity>& velocities) {
  if (velocities.size() < kFewest) return std::nullopt;
  const Spread x = spread_of(velocities, &Velocity::x);
  const Spread y = spread_of(velocities, &Velocity::y);
  return CommonVelocity{{x.median, y.median}, {x.deviation, y.deviation}};
}

}  // namespace gondola::track
