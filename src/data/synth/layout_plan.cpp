#include "layout_plan.hpp"

#include <algorithm>
#include <cmath>

namespace gondola::data::synth {
namespace {

const Item& front_of(const Row& row, const std::vector<std::size_t>& column) {
  return row.items[*std::find_if(column.begin(), column.end(), [&](std::size_t i) {
    return row.items[i].layer == 0 && row.items[i].level == 0;
  })];
}

/// Whether a facing goes on where a position would have its next one: off by less than half of its
/// width, and next to the one before.
bool continues(const ShelfPosition& position, double left, const Item& before, const Item& item,
               double width) {
  const double expected = left + position.x + position.facings * width;
  return before.product == item.product && item.x - before.x < 1.5 * width &&
         std::abs(item.x - expected) < 0.5 * width;
}

}  // namespace

PlannedLayout plan_layout(const ShelfLayout& layout) {
  PlannedLayout planned;
  ShelfPlanogram& planogram = planned.planogram;
  const double left = layout.bays.front().x;
  for (const Bay& bay : layout.bays) {
    planogram.width = std::max(planogram.width, bay.x + bay.width - left);
    for (const Row& row : bay.rows) {
      planogram.height =
          std::max({planogram.height, bay.top, row.hooks ? row.y : row.y + row.clear});
    }
  }
  for (const Bay& bay : layout.bays) {
    planned.places.emplace_back();
    for (const Row& row : bay.rows) {
      const double top = row.hooks ? row.y : row.y + row.clear;
      const int fixture = static_cast<int>(planogram.fixtures.size());
      planogram.fixtures.push_back(
          {fixture, bay.x - left, planogram.height - top, bay.width, row.clear});
      std::vector<PlannedPlace> places(row.items.size());
      const Item* before = nullptr;
      for (const std::vector<std::size_t>& column : columns_of(row)) {
        const Item& item = front_of(row, column);
        const Extent& size = layout.products[static_cast<std::size_t>(item.product)].extent;
        if (before != nullptr &&
            continues(planogram.positions.back(), left, *before, item, size.width)) {
          ++planogram.positions.back().facings;
        } else {
          planogram.positions.push_back(
              {item.product, fixture, item.x - left, planogram.height - item.y - size.height, 1});
        }
        before = &item;
        const PlannedPlace place{static_cast<int>(planogram.positions.size()) - 1,
                                 planogram.positions.back().facings - 1};
        for (const std::size_t i : column) places[i] = place;
      }
      planned.places.back().push_back(std::move(places));
    }
  }
  return planned;
}

}  // namespace gondola::data::synth
