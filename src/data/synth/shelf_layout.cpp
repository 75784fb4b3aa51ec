#include "shelf_layout.hpp"

#include <algorithm>
#include <cmath>

#include "gondola/core/error.hpp"

namespace gondola::data::synth {
namespace {

constexpr double kBoardThickness = 3;

/// What goes on one board.
struct Theme {
  std::vector<int> products;  ///< indices, all of one kind or of similar height
  double height = 0;          ///< of the tallest
  bool hooks = false;
};

Theme make_theme(const std::vector<Product>& products, bool allow_hooks, Random& random) {
  const int seed = static_cast<int>(random.index(products.size()));
  const Product& first = products[static_cast<std::size_t>(seed)];
  Theme theme;
  theme.hooks = allow_hooks && hangs(first.shape);
  const double tolerance = random.uniform(0.1, 0.5);
  const int wanted = random.chance(0.25) ? 1 : random.integer(2, 8);
  const auto size = static_cast<int>(products.size());
  for (int i = 0; i < size && static_cast<int>(theme.products.size()) < wanted; ++i) {
    const int index = (seed + i) % size;
    const Product& product = products[static_cast<std::size_t>(index)];
    const bool fits = std::abs(product.extent.height / first.extent.height - 1) <= tolerance;
    const bool hung = allow_hooks && hangs(product.shape);
    if (!fits || hung != theme.hooks) continue;
    theme.products.push_back(index);
    theme.height = std::max(theme.height, product.extent.height);
  }
  return theme;
}

/// Fills one row from left to right.
class RowFiller {
 public:
  RowFiller(const std::vector<Product>& products, const LayoutStyle& style, const Theme& theme,
            Row& row, Random& random)
      : products_(products), style_(style), theme_(theme), row_(row), random_(random) {
    tight_ = random.chance(0.65);
    layers_ =
        std::max(1, static_cast<int>(std::lround(style.stock_depth * random.uniform(0.5, 1.3))));
  }

  void fill(double left, double right) {
    double x = left + random_.uniform(0, 2);
    while (true) {
      const int index = pick_product(right - x);
      if (index < 0) break;
      const Product& product = products_[static_cast<std::size_t>(index)];
      const int facings = facing_count(product);
      if (random_.chance(style_.empty_share)) {
        x = leave_gap(product, x, right, facings);
      } else {
        x = place_block(index, product, x, right, facings);
      }
    }
    close_with_gap(x, right);
  }

 private:
  /// One of the theme that still fits, -1 if none does: the end of a row takes what is narrow.
  int pick_product(double room) {
    const std::size_t first = random_.index(theme_.products.size());
    for (std::size_t i = 0; i < theme_.products.size(); ++i) {
      const int index = theme_.products[(first + i) % theme_.products.size()];
      if (products_[static_cast<std::size_t>(index)].extent.width <= room) return index;
    }
    return -1;
  }

  int facing_count(const Product& product) {
    const double wide = product.extent.width;
    const double mean = wide > 25 ? 1.4 : wide > 14 ? 2.0 : 3.2;
    return 1 + static_cast<int>(-std::log(1 - random_.unit()) * (mean - 0.6));
  }

  double spacing() {
    const double slack = style_.untidiness;
    if (row_.hooks) return random_.uniform(0.3, 2.0);
    return tight_ ? random_.uniform(0, 0.15 + 0.5 * slack)
                  : random_.uniform(0.1, 0.6 + 2.0 * slack);
  }

  double leave_gap(const Product& product, double x, double right, int facings) {
    const double width = std::min(facings * product.extent.width * 1.04, right - x);
    add_gap(x, width, product);
    return x + width;
  }

  void add_gap(double x, double width, const Product& product) {
    const int fits = static_cast<int>(width / product.extent.width);
    if (fits < 1) return;
    const double height = std::min(product.extent.height * level_count(product), row_.clear);
    // Neighbouring gaps are one.
    if (!row_.gaps.empty() && row_.gaps.back().x + row_.gaps.back().width > x - 1) {
      Gap& before = row_.gaps.back();
      before.width = x + width - before.x;
      before.facings += fits;
      before.height = std::max(before.height, height);
      return;
    }
    const double bottom = row_.hooks ? row_.y - height : row_.y;
    row_.gaps.push_back({x, bottom, width, height, fits});
  }

  void close_with_gap(double x, double right) {
    const Product* narrowest = nullptr;
    for (const int index : theme_.products) {
      const Product& product = products_[static_cast<std::size_t>(index)];
      if (narrowest == nullptr || product.extent.width < narrowest->extent.width)
        narrowest = &product;
    }
    if (right - x > narrowest->extent.width * 1.1) add_gap(x, right - x, *narrowest);
  }

  int level_count(const Product& product) const {
    if (row_.hooks || !can_stack(product.shape)) return 1;
    return std::max(1, static_cast<int>(row_.clear * 0.96 / product.extent.height));
  }

  double place_block(int index, const Product& product, double x, double right, int facings) {
    const int levels = level_count(product);
    const bool full_stack = random_.chance(0.6);
    const double setback = random_.uniform(0.2, 2.5);
    const bool pulled_back = random_.chance(style_.pulled_back);
    for (int i = 0; i < facings && x + product.extent.width <= right; ++i) {
      const int high = full_stack ? (random_.chance(0.12) ? random_.integer(1, levels) : levels)
                                  : random_.integer(1, levels);
      const double back = setback + (pulled_back ? random_.uniform(0.2, 0.6) * row_.depth : 0) +
                          std::abs(random_.normal(0, 0.3 + 2.5 * style_.untidiness));
      place_facing(index, product, x, high, back);
      x += product.extent.width + spacing();
    }
    return x + (random_.chance(0.3) ? random_.uniform(0, 3 * style_.untidiness) : 0);
  }

  void place_facing(int index, const Product& product, double x, int levels, double back) {
    const double pitch = product.extent.depth * 1.03 + 0.2;
    const int room = std::max(1, static_cast<int>((row_.depth - back) / pitch));
    const int layers = std::min(layers_ + random_.integer(-1, 1), room);
    for (int layer = std::max(layers, 1) - 1; layer >= 0; --layer) {
      // Now and then what stands behind is stacked higher, and its top is a facing too.
      const bool higher = layer == 1 && random_.chance(0.12);
      const int high = std::min(levels + (higher ? 1 : 0), level_count(product));
      for (int level = 0; level < high; ++level) {
        Item item;
        item.product = index;
        item.x = x + random_.normal(0, 0.12 + 0.5 * style_.untidiness) *
                         (level > 0 || layer > 0 ? 1 : 0.3);
        item.y = row_.hooks ? row_.y - product.extent.height
                            : row_.y + level * product.extent.height * 1.01;
        item.z = -back - layer * pitch;
        item.layer = layer;
        item.level = level;
        item.foremost = layer == 0 || (layer == 1 && level >= levels);
        set_stance(item, product);
        row_.items.push_back(item);
      }
    }
  }

  void set_stance(Item& item, const Product& product) {
    item.turn = random_.normal(0, 0.015 + 0.14 * style_.untidiness);
    item.lean = random_.normal(0, row_.hooks ? 0.03 : 0.004 + 0.02 * style_.untidiness);
    if (row_.hooks || item.layer > 0) return;
    const bool top_or_alone = item.level > 0 || !can_stack(product.shape);
    if (top_or_alone && random_.chance(0.06 * style_.untidiness)) {
      item.stance = Stance::kLeaning;
      item.lean = random_.uniform(-0.22, 0.22);
    } else if (item.level == 0 && product.extent.height < 1.3 * row_.depth &&
               product.extent.height <= 2.2 * product.extent.width &&
               random_.chance(0.02 * style_.untidiness)) {
      item.stance = Stance::kLying;
    }
  }

  const std::vector<Product>& products_;
  const LayoutStyle& style_;
  const Theme& theme_;
  Row& row_;
  Random& random_;
  bool tight_ = true;
  int layers_ = 1;
};

/// Cartons and large packs that are piled up from the floor, as high as several boards.
constexpr double kBulkHeight = 75;

int levels_for(const Theme& theme, const std::vector<Product>& products, double row_height) {
  const Product& first = products[static_cast<std::size_t>(theme.products.front())];
  if (theme.hooks || !can_stack(first.shape)) return 1;
  return std::clamp(static_cast<int>(row_height / theme.height), 1, 8);
}

/// A bay whose boards are level with its neighbour's: the goods are chosen to fit them.
Bay make_level_bay(const std::vector<Product>& products, const LayoutStyle& style,
                   const Bay& neighbour, double x, double width, Random& random) {
  Bay bay = neighbour;
  bay.x = x;
  bay.width = width;
  for (Row& row : bay.rows) {
    row.items.clear();
    row.gaps.clear();
    constexpr int kAttempts = 8;
    for (int i = 0; i < kAttempts; ++i) {
      const Theme theme = make_theme(products, style.hooks, random);
      const double filled = theme.height * levels_for(theme, products, 0.95 * row.clear);
      const bool fits = theme.hooks == row.hooks && filled <= 0.97 * row.clear;
      const bool is_last = i + 1 == kAttempts;
      if (!fits || (filled < 0.6 * row.clear && !is_last)) continue;
      RowFiller(products, style, theme, row, random).fill(x + 0.8, x + width - 0.8);
      break;
    }
  }
  return bay;
}

Bay make_bay(const std::vector<Product>& products, const LayoutStyle& style, double x, double width,
             Random& random) {
  Bay bay;
  bay.x = x;
  bay.width = width;
  bay.top = style.height;
  bay.depth = style.depth;
  double y = random.uniform(8, 22);
  while (true) {
    const Theme theme = make_theme(products, style.hooks, random);
    const bool bulk = bay.rows.empty() && random.chance(style.bulk_share);
    const double wanted = bulk ? kBulkHeight : style.row_height;
    const int levels = levels_for(theme, products, wanted * random.uniform(0.75, 1.25));
    Row row;
    row.hooks = theme.hooks;
    const double goods = theme.height * levels * 1.01;
    row.clear = theme.hooks ? goods + random.uniform(1, 5)
                            : goods * (1 + style.headroom * random.uniform(0.3, 1.5)) + 2;
    row.y = row.hooks ? y + row.clear : y;
    row.depth = row.hooks ? random.uniform(0.3, 0.8) * style.depth
                          : style.depth * (bay.rows.empty() ? random.uniform(1.0, 1.15) : 1.0);
    const bool is_last = y + row.clear > style.height - 12;
    if (is_last && y + row.clear > style.height + 25 && !bay.rows.empty()) break;
    RowFiller(products, style, theme, row, random).fill(x + 0.8, x + width - 0.8);
    const double next = y + row.clear + (row.hooks ? random.uniform(2, 6) : kBoardThickness);
    bay.rows.push_back(std::move(row));
    if (is_last) break;
    y = next;
  }
  return bay;
}

}  // namespace

std::vector<std::vector<std::size_t>> columns_of(const Row& row) {
  // RowFiller places column by column, in each from the back to the front and upwards.
  std::vector<std::vector<std::size_t>> columns;
  const Item* before = nullptr;
  for (std::size_t i = 0; i < row.items.size(); ++i) {
    const Item& item = row.items[i];
    const bool is_new =
        before == nullptr || (before->layer == 0 && (item.layer > 0 || item.level == 0));
    if (is_new) columns.emplace_back();
    columns.back().push_back(i);
    before = &item;
  }
  return columns;
}

LayoutStyle random_layout_style(Random& random) {
  LayoutStyle style;
  style.height = std::clamp(random.normal(195, 22), 120.0, 250.0);
  style.depth = random.uniform(28, 60);
  style.bay_width = random.pick(std::vector<double>{60, 80, 91, 100, 122, 125, 133});
  style.row_height = random.log_uniform(14, 34);
  style.headroom = random.chance(0.25) ? random.uniform(0.4, 0.9) : random.uniform(0.05, 0.4);
  style.empty_share = random.chance(0.15) ? random.uniform(0.15, 0.45) : random.uniform(0, 0.07);
  style.untidiness = std::min(1.0, random.log_uniform(0.04, 1.0));
  style.pulled_back = random.chance(0.2) ? random.uniform(0.1, 0.4) : random.uniform(0, 0.08);
  style.stock_depth = random.log_uniform(1.2, 6);
  style.level_share = random.chance(0.5) ? 0.95 : random.uniform(0, 0.5);
  style.hooks = random.chance(0.85);
  style.bulk_share = random.chance(0.2) ? random.uniform(0.3, 1.0) : 0.03;
  return style;
}

std::vector<Bay> lay_out_bays(const std::vector<Product>& products, const LayoutStyle& style,
                              double from_x, double to_x, Random& random) {
  GONDOLA_EXPECTS(!products.empty() && from_x < to_x, "lay_out_bays: ", products.size(),
                  " products, from ", from_x, " to ", to_x);
  std::vector<Bay> bays;
  double x = from_x;
  while (x < to_x) {
    const double width =
        random.chance(0.15) ? style.bay_width * random.uniform(0.5, 0.8) : style.bay_width;
    const bool is_level = !bays.empty() && random.chance(style.level_share);
    bays.push_back(is_level ? make_level_bay(products, style, bays.back(), x, width, random)
                            : make_bay(products, style, x, width, random));
    x += width;
  }
  return bays;
}

}  // namespace gondola::data::synth
