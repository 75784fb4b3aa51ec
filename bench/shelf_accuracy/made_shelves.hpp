#pragma once

/// Shelves of flat packages that a tilted camera with a bent lens sees with exact projection, as
/// the tests of gondola::shelf use them. Nothing hides anything there.
namespace gondola::bench {

struct MadeScore {
  int positions = 0;  ///< less those hidden and found hidden
  int right = 0;
};

/// Statuses of planned positions on 50 shelves of two bays, with pitch and roll of 6 degrees and a
/// bend of -0.15, 8 % of the positions empty.
///
/// @param yaw  degrees
/// @param labels  whether every product has a class, or all have one
/// @param rough  whether a tenth of the products are missing, and the others' sides 2 % off
MadeScore score_made_shelves(double yaw, bool labels, bool rough);

}  // namespace gondola::bench
