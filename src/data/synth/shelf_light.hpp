#pragma once

#include "scene.hpp"

namespace gondola::data::synth {

/// Brightness of what stands at a height and depth, without the shadow of the board above.
double light_at(const ShelfLight& light, double y, double z);

/// The share of light left at a height and depth in a row, where the board above takes some.
double under_board(const ShelfLight& light, const Row& row, double y, double z);

/// The light that goods in a row stand in.
struct RowLight {
  const ShelfLight& light;
  const Row& row;
};

}  // namespace gondola::data::synth
