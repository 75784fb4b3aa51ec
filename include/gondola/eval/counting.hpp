#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace gondola::eval {

/// What there was to count in one picture, and what was found.
struct PictureCount {
  std::size_t objects = 0;    ///< the true count
  std::vector<float> scores;  ///< one per detection, finite, in any order
};

/// How far counts are off when every detection with a score above `confidence` is counted. The
/// error of a picture is its count less the true one.
struct CountingError {
  float confidence = 0;
  double mae = 0;   ///< mean absolute error, objects per picture
  double rmse = 0;  ///< root of the mean squared error, objects per picture
  double bias = 0;  ///< mean error, objects per picture: > 0 counts too many
};

/// How well a class, or all together, are counted.
struct CountingEvaluation {
  double mean_objects = 0;           ///< true count per picture
  CountingError asked;               ///< at the confidence that was asked for
  CountingError best;                ///< at the confidence with the lowest MAE
  std::vector<CountingError> curve;  ///< at the confidences of confidence_at()

  /// An MAE in percent of the mean true count; nothing when there was nothing to count.
  std::optional<double> percent_of_mean(double mae) const {
    if (mean_objects <= 0) return std::nullopt;
    return 100 * mae / mean_objects;
  }
};

/// Measures counting over all pictures.
///
/// The best confidence is searched among all that tell any two scores apart, not on a grid. It lies
/// midway between the lowest score it counts and the next one below, and never below all scores,
/// since nothing is known about detections that are not there. Of equal MAEs the one with the lower
/// RMSE wins, then the higher confidence. Without any detection it is the one asked for.
///
/// Scores of 0 and less are never counted: no confidence, from 0 to 1, lets them pass.
///
/// Requires: finite scores, confidence >= 0 (ContractViolation otherwise).
/// Cost: one sort of all scores.
CountingEvaluation evaluate_counting(const std::vector<PictureCount>& pictures, float confidence);

}  // namespace gondola::eval
