#pragma once

#include <vector>

#include "gondola/data/shelf_picture.hpp"
#include "scene_render.hpp"
#include "shelf_layout.hpp"

namespace gondola::data::synth {

/// Where a package stands in the planogram.
struct PlannedPlace {
  int position = 0;  ///< index into ShelfPlanogram::positions
  int facing = 0;    ///< of that position, from the left
};

/// A layout as a planogram that asks for just what stands there.
struct PlannedLayout {
  ShelfPlanogram planogram;
  std::vector<std::vector<std::vector<PlannedPlace>>> places;  ///< [bay][row][item]

  const PlannedPlace& place_of(const ItemPlace& item) const {
    return places[static_cast<std::size_t>(item.bay)][static_cast<std::size_t>(item.row)]
                 [static_cast<std::size_t>(item.item)];
  }
};

/// Fixtures are the rows, bay by bay.
PlannedLayout plan_layout(const ShelfLayout& layout);

}  // namespace gondola::data::synth
