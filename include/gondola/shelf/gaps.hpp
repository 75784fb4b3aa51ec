#pragma once

#include <vector>

#include "gondola/core/box.hpp"
#include "gondola/core/detection.hpp"
#include "gondola/shelf/rows.hpp"

namespace gondola::shelf {

struct GapOptions {
  /// > 0. Free board of so many facings' widths is a gap. Raising it gives up narrow gaps.
  double min_room = 1.0;

  /// Whether the free ends of rows are gaps as far as the rows above and below reach.
  bool row_ends = true;

  /// Whether free board is a gap although the model knows empty places and saw none there. It may
  /// be a product that was not detected, a post, or somebody standing before the shelf.
  bool keep_unconfirmed = false;

  /// 0..1. A detected gap and a free stretch of board are the same place when they share this part
  /// of the smaller one.
  double same_share = 0.4;
};

/// What says that a place is empty.
enum class GapSource {
  kBoard,  ///< free board between products
  kModel,  ///< a detection of an empty place
  kBoth,
};

/// An empty place with room for at least one facing.
struct Gap {
  Box box;          ///< the detection's; else from the board to the height of the goods beside it
  int row = -1;     ///< index into ShelfReading::rows; -1 for a detection on no row that was found
  int before = 0;   ///< index of the facing to its right; the number of facings at the row's end
  int facings = 1;  ///< that would fit: its width over the usual width of facings there
  float score = 0;  ///< the detection's; 0 for free board alone
  GapSource source = GapSource::kBoard;
};

/// Empty places of all rows, row by row from the left.
///
/// Free board: the space between two neighbours of a row, between the last product of a bay and the
/// first of the next where their board goes on, or between a row's end and the end that the rows
/// above and below have in common. The usual width there is the median over the six
/// nearest facings of the row, so it follows the perspective.
/// Detections: every one is a gap, of the row on whose line it stands, in place of the free board
/// that it covers or is covered by.
///
/// A product that was not detected looks like an empty place on the board, unless what is stacked
/// on it was found: only a model that knows empty places tells the two apart (keep_unconfirmed).
///
/// @param detections  empty places the model found; classes do not matter
/// @param model_knows_gaps  whether the model has a class for them, so that none found means none
///
/// Requires: options in their ranges (ContractViolation). Thread-safe: no state.
std::vector<Gap> find_gaps(const ShelfReading& reading, const std::vector<Detection>& detections,
                           bool model_knows_gaps, Size image, const GapOptions& options = {});

}  // namespace gondola::shelf
