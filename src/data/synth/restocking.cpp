#include "restocking.hpp"

#include <cmath>

namespace gondola::data::synth {
namespace {

/// Whether two packages of a row stand in one facing: before, behind or on top of each other.
bool share_facing(const Item& a, const Item& b, const ShelfLayout& layout) {
  const double width = layout.products[static_cast<std::size_t>(a.product)].extent.width;
  return a.product == b.product && std::abs(a.x - b.x) < 0.45 * width;
}

}  // namespace

Restocking::Restocking(ShelfLayout& layout) : layout_(layout) {
  for (Bay& bay : layout_.bays)
    for (Row& shelf_row : bay.rows)
      for (Item& package : shelf_row.items) package.identity = next_identity_++;
}

Row& Restocking::row(const ItemPlace& place) {
  return layout_.bays[static_cast<std::size_t>(place.bay)]
      .rows[static_cast<std::size_t>(place.row)];
}

Item& Restocking::item(const ItemPlace& place) {
  return row(place).items[static_cast<std::size_t>(place.item)];
}

bool Restocking::is_free_above(const ItemPlace& place) {
  const Item& below = item(place);
  for (const Item& other : row(place).items) {
    if (other.present && other.layer == below.layer && other.level > below.level &&
        share_facing(below, other, layout_)) {
      return false;
    }
  }
  return true;
}

// What stood behind becomes a facing when nothing is left before it, and the other way round.
void Restocking::find_foremost(const ItemPlace& place) {
  const Item changed = item(place);
  std::vector<Item>& items = row(place).items;
  for (Item& package : items) {
    if (package.level != changed.level || !share_facing(changed, package, layout_)) continue;
    package.foremost = true;
    for (const Item& other : items) {
      if (other.present && other.level == package.level && other.layer < package.layer &&
          share_facing(package, other, layout_)) {
        package.foremost = false;
      }
    }
  }
}

std::optional<Item> Restocking::take(const std::vector<ItemPlace>& candidates, Random& random) {
  if (candidates.empty()) return std::nullopt;
  const std::size_t first = random.index(candidates.size());
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const ItemPlace& place = candidates[(first + i) % candidates.size()];
    if (!item(place).present || !is_free_above(place)) continue;
    item(place).present = false;
    empty_places_.push_back(place);
    find_foremost(place);
    return item(place);
  }
  return std::nullopt;
}

std::optional<Item> Restocking::put_back() {
  if (empty_places_.empty()) return std::nullopt;
  const ItemPlace place = empty_places_.back();
  empty_places_.pop_back();
  item(place).present = true;
  item(place).identity = next_identity_++;
  find_foremost(place);
  return item(place);
}

}  // namespace gondola::data::synth
