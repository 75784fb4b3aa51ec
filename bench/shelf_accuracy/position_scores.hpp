#pragma once

#include <string>
#include <vector>

#include "gondola/shelf/compare.hpp"
#include "gondola/shelf/planogram.hpp"
#include "shelf_accuracy/drawn_shelf.hpp"

namespace gondola::bench {

/// What the model that looks at a shelf can tell.
struct ModelKnowledge {
  bool labels = true;  ///< one class per product, or a single one
  bool gaps = true;    ///< a class for empty places
};

/// A shelf that differs from its planogram: some positions emptied, some with another product. With
/// a model of one class nothing is replaced, since nobody could tell.
struct ChangedShelf {
  shelf::Planogram planogram;
  std::vector<std::string> class_names;
  std::vector<Detection> detections;
  /// By position, as docs/shelf.md defines it. kHidden where nothing of it is labelled.
  std::vector<shelf::PositionStatus> status;
  std::vector<bool> unseen;   ///< by position: it can be seen, but no box of it was found
  std::vector<bool> cut_off;  ///< by position: labelled, but no facing is half inside
};

/// 7 % of the positions are emptied, 10 % hold another product.
ChangedShelf change_shelf(const DrawnShelf& shelf, const ModelKnowledge& knowledge,
                          const Imperfection& imperfection);

/// Positions by their status. Those cut off by the picture's edge and those that are hidden and
/// found hidden are left out.
struct PositionScore {
  int positions = 0;
  int right = 0;
  int undecided = 0;  ///< can be seen, found hidden
  int unseen = 0;     ///< of those, positions without a box: the detector missed all of it
  int invented = 0;   ///< hidden, found otherwise
  int pictures = 0;
  int registered = 0;

  PositionScore& operator+=(const PositionScore& other);
};

PositionScore score_positions(const ChangedShelf& shelf, const shelf::Comparison& comparison);

}  // namespace gondola::bench
