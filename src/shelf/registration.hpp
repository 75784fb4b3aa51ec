#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "gondola/core/box.hpp"
#include "gondola/shelf/planogram.hpp"
#include "gondola/shelf/rows.hpp"
#include "shelf_map.hpp"

namespace gondola::shelf {

constexpr std::size_t kNothing = static_cast<std::size_t>(-1);

/// How far to the side a product may stand from where the plan wants one of its label and still be
/// that one, in planned widths.
constexpr double kNearby = 2;

/// One facing the plan wants, in its unit.
struct PlannedFacing {
  std::size_t position = 0;
  std::size_t fixture = 0;
  std::size_t product = 0;
  double x = 0;  ///< of its middle
  double foot = 0;
  double width = 0;
  double height = 0;
};

/// One product that was found.
struct SeenFacing {
  std::size_t row = 0;    ///< index into ShelfReading::rows, kNothing for what is too small for one
  bool on_board = false;  ///< the lowest of its facing
  Box base;
  std::size_t detection = 0;
  std::size_t product = kNothing;  ///< that its label names, if the plan has it
  bool is_known = true;            ///< false: its label does not say which product it is
};

/// What the facings of plan and picture may have in common.
struct Facings {
  std::vector<PlannedFacing> planned;  ///< fixture by fixture, left to right
  std::vector<SeenFacing> seen;        ///< row by row, left to right, then those in no row
  std::vector<bool> has_class;         ///< by product: whether the model knows it
  bool tells_apart = false;            ///< whether the model has several classes

  /// Whether what was found is certainly not what the plan wants there.
  bool disagree(const PlannedFacing& plan, const SeenFacing& found) const;
};

/// Whether a found box may be a planned facing's product by its size: what is too small for a row
/// only where the plan wants something as small.
bool is_large_enough(const PlannedFacing& plan, const SeenFacing& found, const ShelfMap& map);

/// For every seen facing the planned one it stands on, kNothing for none.
using Alignment = std::vector<std::size_t>;

/// Which products take part: those that the reading puts on a board, or all, for it may be wrong.
enum class Candidates { kOnBoards, kAll };

/// Row by row, in order, by dynamic programming.
///
/// @param max_shift  to the side, in planned widths, for products whose label is not the wanted one
/// @param max_rise  up or down, in planned heights
Alignment align(const Facings& facings, const ShelfMap& map, double max_shift, double max_rise,
                Candidates candidates);

/// The map that explains most facings; nothing when there are too few in common.
std::optional<ShelfMap> register_picture(const Facings& facings, const ShelfReading& reading,
                                         Size image);

}  // namespace gondola::shelf
