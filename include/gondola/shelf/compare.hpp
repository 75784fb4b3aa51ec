#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gondola/core/box.hpp"
#include "gondola/core/detection.hpp"
#include "gondola/shelf/gaps.hpp"
#include "gondola/shelf/planogram.hpp"
#include "gondola/shelf/rows.hpp"

namespace gondola::shelf {

/// What a planned position looks like in the picture.
enum class PositionStatus {
  kCorrect,       ///< at least half of its facings that can be seen hold its product
  kWrongProduct,  ///< something else stands there
  kWrongPlace,    ///< its product is not there but stands where the plan does not want it
  kEmpty,         ///< nothing stands there
  kHidden,        ///< outside the picture, or it cannot be told what is there
};

/// "correct", "wrong_product", "wrong_place", "empty", "hidden".
std::string_view name_of(PositionStatus status);

struct CompareOptions {
  /// 0..1. A planned facing of which less lies inside the picture is hidden; half as much will do
  /// where the model saw an empty place.
  double min_inside = 0.5;

  /// 0..1. A planned facing of which this share is covered by a gap, or by nothing, is empty.
  double gap_share = 0.4;

  /// > 0. How far from its planned place, in planned widths, a facing may stand; two widths, or
  /// this if it is more, when its label is the wanted one.
  double max_shift = 0.6;

  /// > 0. The same upwards and downwards, in planned heights.
  double max_rise = 0.4;

  /// 0..1. Picture and plan belong together when at least this share of the facings that were
  /// found fall on planned ones.
  double min_matched = 0.4;

  /// Labels that say only that something is a product, as where a catalogue did not recognise it:
  /// such a facing may be what the plan wants, and is neither right nor wrong.
  std::vector<std::string> unknown_labels;
};

struct PositionResult {
  PositionStatus status = PositionStatus::kHidden;
  int visible = 0;                      ///< planned facings known to hold a product or to be empty
  int correct = 0;                      ///< of those, with the right product
  int wrong = 0;                        ///< of those, with another product
  std::vector<std::size_t> detections;  ///< of the products on its facings, lowest ones
  Box box;                              ///< where it is expected, clipped; Box{} if outside
};

/// A picture compared with a planogram.
struct Comparison {
  /// Whether the picture was found on the planogram. Otherwise every position is hidden.
  bool registered = false;

  std::vector<PositionResult> positions;  ///< one per planned position

  /// Detections on facings that the plan does not know, lowest ones.
  std::vector<std::size_t> extra;

  /// Share of the positions that are not hidden which are correct; nothing if all are hidden.
  std::optional<double> position_compliance;
  /// Share of the facings that can be seen which hold the right product.
  std::optional<double> facing_compliance;
  /// Share of the fixtures with a position that is not hidden on which all those are correct.
  std::optional<double> row_compliance;
};

/// Compares what stands on a shelf with what should.
///
/// Products and labels: a class stands for the product whose id or name is its label. A product
/// without a class is matched by its place alone, and so is every product when the model knows one
/// class only; any label without a product may stand on such a place.
///
/// 1. Registration: with boards made parallel by the vanishing point of the rows, pairs of
///    neighbours on a row vote for scale and offset against pairs of neighbours of every planned
///    row, the best votes are refined to a homography with one radial distortion coefficient by
///    iteratively reweighted least squares on feet and tops, and the one that explains most facings
///    wins. No pixels are needed, and the picture may show a part.
/// 2. Alignment: planned and found facings of a row are aligned in order by dynamic programming,
///    at the cost of shift, of different widths and labels, and of leaving facings out. What is
///    left over goes where it covers a free place, small boxes that are in no row included, or
///    within two facings to one that wants its label.
///
/// @param detections  those that were read, in that order
/// @param class_names  labels by class id
/// @param gaps  as find_gaps() found them
/// @param model_knows_gaps  whether the model has a class for empty places: then a place is empty
///   when it sees one there, and else hidden; without it, when nothing was found before it
///
/// Requires: one placement per detection, class ids with a name (ContractViolation).
/// Thread-safe: no state.
Comparison compare(const ShelfReading& reading, const std::vector<Detection>& detections,
                   const std::vector<std::string>& class_names, const std::vector<Gap>& gaps,
                   bool model_knows_gaps, const Planogram& planogram, Size image,
                   const CompareOptions& options = {});

}  // namespace gondola::shelf
