#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "gondola/eval/matching.hpp"

namespace gondola::eval {

/// Precision at the recalls 0, 0.01, ..., 1.
using PrecisionAtRecall = std::array<double, 101>;

/// The interpolated precision-recall curve: at each recall, the highest precision that is reached
/// there or at any higher recall; 0 at recalls that are never reached.
///
/// @param outcomes  of all detections of a class, highest score first; ignored ones play no part
/// @param objects   how many there were to be found, > 0 (ContractViolation otherwise)
///
/// Everingham et al., "The Pascal Visual Object Classes Challenge", IJCV 2010, section 4.2, with
/// COCO's 101 points in place of 11.
PrecisionAtRecall precision_at_recall(const std::vector<Outcome>& outcomes, std::size_t objects);

/// The mean over the 101 recalls, 0..1.
double average_precision(const PrecisionAtRecall& precision);

}  // namespace gondola::eval
