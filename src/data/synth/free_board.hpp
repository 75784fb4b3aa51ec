#pragma once

#include <vector>

#include <opencv2/core.hpp>

#include "shelf_layout.hpp"

namespace gondola::data::synth {

/// A part of a board on which nothing stands. Centimetres.
struct FreeStretch {
  int bay = 0;  ///< that its middle belongs to
  int row = 0;
  cv::Rect2d place;  ///< left edge, bottom, width and the height of the goods beside it
  double room = 0;   ///< its width over the median width of the six nearest facings
  /// Whether one fits: of the narrower of the two goods beside it, of that median width, or of the
  /// goods that a gap of the layout was left for.
  bool holds_facing = true;
};

/// All stretches at least half as wide as such a facing. A board on which nothing stands at all is
/// as free as its gaps.
///
/// @param boards_go_on  whether nothing parts boards of one height where two bays meet
std::vector<FreeStretch> find_free_stretches(const ShelfLayout& layout, bool boards_go_on);

}  // namespace gondola::data::synth
