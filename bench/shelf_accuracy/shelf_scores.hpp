#pragma once

#include <cstddef>
#include <vector>

#include "gondola/core/box.hpp"
#include "gondola/data/shelf_picture.hpp"
#include "gondola/shelf/audit.hpp"
#include "shelf_accuracy/drawn_shelf.hpp"

namespace gondola::bench {

/// Rows and facings of synthetic shelves.
struct RowScore {
  std::size_t products = 0;  ///< that were seen
  std::size_t complete = 0;  ///< of those, in the found row that most of their board's are in
  int facings = 0;           ///< columns with a product that was seen
  int facing_error = 0;      ///< too many or too few, summed over pictures

  RowScore& operator+=(const RowScore& other);
};

/// @param seen  the products of the audit, in that order
RowScore score_rows(const DrawnShelf& shelf, const std::vector<SeenProduct>& seen,
                    const shelf::Audit& audit);

/// Why a gap that was found is none.
enum class FalseGap {
  kMissed,  ///< a labelled product stands there that the detector did not see
  kHidden,  ///< a product stands there that nobody could label, hidden by more than 65 %
  kNarrow,  ///< the board is free, but there is no room for a facing
  kOther,
};
constexpr std::size_t kFalseGaps = 4;

/// Gaps against all free stretches of board.
///
/// A found and a true one match at an IoU of at least 0.3, or when half of one is covered. Wanted
/// are the stretches that are seen and have room for a facing of the median width around. Finding
/// one of the others that hold a facing, which are hidden or have room for a narrower neighbour
/// only, is neither right nor wrong.
struct GapScore {
  int found = 0;
  int right = 0;     ///< match a stretch that is wanted
  int doubtful = 0;  ///< match none but one that is neither right nor wrong
  int wanted = 0;
  int recalled = 0;  ///< wanted stretches that were matched
  int labelled = 0;  ///< gaps that training labels call so
  int labelled_recalled = 0;
  int false_for[kFalseGaps] = {};

  /// Of the hidden products nothing can be known: with them and without.
  double precision_on_what_is_seen() const;
  double precision() const;
  double recall() const;
  double recall_of_labelled() const;
  GapScore& operator+=(const GapScore& other);
};

GapScore score_gaps(const DrawnShelf& shelf, const std::vector<SeenProduct>& seen,
                    const std::vector<Box>& found);

}  // namespace gondola::bench
