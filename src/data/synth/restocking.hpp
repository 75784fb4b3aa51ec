#pragma once

#include <optional>
#include <vector>

#include "gondola/data/random.hpp"
#include "scene.hpp"
#include "scene_render.hpp"

namespace gondola::data::synth {

/// Takes packages off a shelf and puts new ones in their places, as customers and staff do: from
/// the front and from the top, and back in the opposite order.
class Restocking {
 public:
  /// Numbers all packages of the layout from 1.
  ///
  /// @param layout  must outlive this object; changed by it alone
  explicit Restocking(ShelfLayout& layout);

  /// Takes a package from one of these places. Returns it; nullopt if others stand on top of all of
  /// them.
  std::optional<Item> take(const std::vector<ItemPlace>& candidates, Random& random);

  /// Puts a new package where the last one was taken. Returns it; nullopt if nothing is missing.
  std::optional<Item> put_back();

 private:
  Row& row(const ItemPlace& place);
  Item& item(const ItemPlace& place);
  bool is_free_above(const ItemPlace& place);
  void find_foremost(const ItemPlace& place);

  ShelfLayout& layout_;
  std::vector<ItemPlace> empty_places_;
  int next_identity_ = 1;
};

}  // namespace gondola::data::synth
