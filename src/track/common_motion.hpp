#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "box_grid.hpp"
#include "gondola/track/kalman_filter.hpp"

namespace gondola::track {

/// Pixels.
struct Displacement {
  double x = 0;
  double y = 0;
};

/// The displacement by which most of the expected boxes come upon found ones of about their size,
/// if it explains clearly more of them than none at all. Among equal products that repeat, the
/// smaller one; nothing for less than six boxes.
///
/// Looks as far as two sides of the median box.
std::optional<Displacement> find_common_displacement(const std::vector<Box>& expected,
                                                     const BoxGrid& found);

/// The median of displacements, if it is more than chance makes of such different ones; nothing for
/// less than six.
std::optional<Displacement> common_displacement(const std::vector<Displacement>& displacements);

/// What the velocities of many objects have in common.
struct CommonVelocity {
  Velocity median;
  Velocity deviation;  ///< of the objects around it, robustly: 1.4826 times the median deviation
};

/// Nothing for less than six.
std::optional<CommonVelocity> common_velocity(const std::vector<Velocity>& velocities);

}  // namespace gondola::track
