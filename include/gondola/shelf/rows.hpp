#pragma once

#include <cstddef>
#include <vector>

#include "gondola/core/box.hpp"

namespace gondola::shelf {

/// A place in the picture, in its pixels.
struct Point {
  float x = 0;
  float y = 0;

  friend constexpr bool operator==(const Point& a, const Point& b) {
    return a.x == b.x && a.y == b.y;
  }
};

/// How products are put together to rows. Lengths are given in heights of the products around (the
/// median of the nearest ones), so that they hold for every resolution and in perspective.
struct RowOptions {
  /// >= 0. How far a foot may be off its neighbour's for both to stand on one board. Raising it
  /// forgives products pushed back and rough boxes, and may join boards that are close.
  double foot_tolerance = 0.18;

  /// >= 0. Less than this between a product's foot and the top of the one below is no board: it is
  /// stacked. The default is where the two kinds of neighbours part in photos of shops.
  double board_thickness = 0.2;

  /// 0..1. A box of which this share lies inside a larger one is part of a product, such as a label
  /// or a second box around the same one.
  double inside_share = 0.85;

  /// 0..1. A box whose sides are shorter than this share of those around is no product.
  double smallest_side = 0.2;

  /// Whether rows end at a line from board to board that no product crosses. It takes several rows
  /// to tell such a line from chance.
  bool split_bays = true;
};

/// Where one box stands.
struct Placement {
  int row = -1;     ///< index into ShelfReading::rows; -1 for a box that is not valid or too small
  int facing = -1;  ///< index into Row::facings; -1 for part of another product, too
  int level = -1;   ///< 0 stands on the board, 1 on top of that, ...; -1 where facing is

  friend constexpr bool operator==(const Placement& a, const Placement& b) {
    return a.row == b.row && a.facing == b.facing && a.level == b.level;
  }
};

/// One column of products: what a customer sees side by side is counted once, however high it is
/// stacked.
struct Facing {
  std::vector<std::size_t> boxes;  ///< indices into the input, upwards, never empty
  Box base;                        ///< of the lowest
  Box box;                         ///< around all of them
};

/// The products on one board of one bay.
struct Row {
  int bay = 0;                  ///< from the left
  int level = 0;                ///< from the top of its bay
  std::vector<Facing> facings;  ///< left to right, never empty
  std::vector<Point> line;      ///< through the feet, left to right, at least two points
  Box box;                      ///< around all products of the row

  /// Height of the line at x, continued beyond its ends.
  ///
  /// Requires: a line of at least two points with different x.
  float line_y(float x) const;
};

struct ShelfReading {
  std::vector<Row> rows;              ///< bay by bay from the left, each from top to bottom
  std::vector<Placement> placements;  ///< one per box
  int bays = 0;
};

/// Puts boxes of products together to rows, from their places alone.
///
/// 1. Feet (the middle of a box's lower edge) of side by side products are tied together, and a
///    smooth field of heights above the floor is fitted to all ties by iteratively reweighted least
///    squares (Cauchy weights), with terms for tilt, perspective and the bend of a lens. Along a
///    board it is constant. Along the aisle, where boards are so steep that neighbours would be
///    tied to the next board's, the boxes are straightened first.
/// 2. Feet of neighbours at the same height form chains. For every product the room above the top
///    of the one below speaks for a board or for a stack; a chain's members vote.
/// 3. Chains on boards that continue each other become rows. All else belongs to the row below.
/// 4. Bays: lines that no product crosses, if by chance they would be unlikely (split_bays).
///
/// A row that no product stands on cannot be found.
///
/// Requires: options in their ranges (ContractViolation). Boxes may be anything: those that are not
/// valid get no row.
/// Cost: about n^2 comparisons; 5 ms for a photo of 160 products, 0.1 s for 1000. Thread-safe: no
/// state.
ShelfReading find_rows(const std::vector<Box>& boxes, const RowOptions& options = {});

}  // namespace gondola::shelf
