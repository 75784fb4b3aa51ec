#pragma once

#include <cstddef>
#include <vector>

#include "department.hpp"
#include "gondola/data/random.hpp"

namespace gondola::data::synth {

/// How a package stands.
enum class Stance { kUpright, kLeaning, kLying };

/// One package on a shelf. Centimetres, in the store's axes (camera.hpp).
struct Item {
  int product = 0;  ///< index into the layout's products
  double x = 0;     ///< left edge of its front
  double y = 0;     ///< bottom of its front
  double z = 0;     ///< of its front
  double turn = 0;  ///< radians about its vertical axis
  double lean = 0;  ///< radians in the plane of its front, about its lower left corner
  Stance stance = Stance::kUpright;
  int layer = 0;         ///< 0 = at the front of the board; others stand behind
  int level = 0;         ///< 0 = on the board; others on top of packages
  bool foremost = true;  ///< nothing stands before it at its level: a facing, to be labelled
  bool present = true;   ///< false = taken away; its place and price tag remain
  int identity = 0;      ///< that a package keeps through a clip; 0 in single pictures
};

/// A place where at least one facing would fit and nothing stands.
struct Gap {
  double x = 0;
  double y = 0;
  double width = 0;
  double height = 0;  ///< of the goods next to it
  int facings = 1;    ///< that would fit
};

/// One board with what stands on it, or one line of hooks with what hangs from it.
struct Row {
  double y = 0;      ///< upper side of the board, or where things hang
  double clear = 0;  ///< height free above the board, or below the hooks
  double depth = 0;  ///< of the board, or length of the hooks
  bool hooks = false;
  std::vector<Item> items;  ///< all layers and levels
  std::vector<Gap> gaps;
};

/// The columns of a row from the left, each the indices of its items: what stands before, behind
/// and on top of each other. Its front one on the board has layer 0 and level 0.
std::vector<std::vector<std::size_t>> columns_of(const Row& row);

/// One section between two uprights.
struct Bay {
  double x = 0;  ///< left edge
  double width = 0;
  double top = 0;         ///< height of its back panel
  double depth = 0;       ///< of its boards
  std::vector<Row> rows;  ///< lowest first
};

/// Products and where they stand along one shelf front.
struct ShelfLayout {
  std::vector<Product> products;
  std::vector<Bay> bays;  ///< left to right, side by side; fronts in the plane z = 0
};

/// How full and how tidy a shelf is, and how it is divided.
struct LayoutStyle {
  double height = 200;        ///< of the back panels, centimetres, 100..260
  double depth = 45;          ///< of the boards, centimetres, 20..80
  double bay_width = 100;     ///< centimetres, 50..140
  double row_height = 30;     ///< typical clear height; stacking fills it, 12..60
  double headroom = 0.25;     ///< free height above the goods as a share of theirs, 0..1
  double empty_share = 0.05;  ///< of the places, 0..1
  double untidiness = 0.2;    ///< 0 ruler-straight .. 1 jumble: gaps, turns, leaning, lying, depth
  double pulled_back = 0.06;  ///< of the places, stock that stands further back, 0..1
  double stock_depth = 3;     ///< packages behind each other, 1..8
  double bulk_share = 0.05;   ///< of the bays whose lowest row is piled up high, 0..1
  double level_share = 0.5;   ///< of the bays whose boards are level with the one to the left, 0..1
  bool hooks = false;         ///< hanging goods get hooks on the back panel instead of boards
};

LayoutStyle random_layout_style(Random& random);

/// Fills a shelf front from `from_x` to `to_x` with bays of the style.
///
/// Requires: at least one product; from_x < to_x
std::vector<Bay> lay_out_bays(const std::vector<Product>& products, const LayoutStyle& style,
                              double from_x, double to_x, Random& random);

}  // namespace gondola::data::synth
