#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "gondola/core/box.hpp"

namespace gondola::eval {

/// A box of one frame with the identity that it has in all frames.
struct IdentifiedBox {
  std::int64_t identity = 0;
  Box box;

  /// Truth only: something that need not be found. What is found there counts neither as right nor
  /// as wrong.
  bool ignored = false;
};

/// What was to be followed and what a tracker made of it, in one frame. Classes do not matter: to
/// measure one, leave the boxes of the others out.
struct TrackedFrame {
  std::vector<IdentifiedBox> truth;
  std::vector<IdentifiedBox> results;
};

/// Multi-object tracking accuracy and precision: Bernardin and Stiefelhagen, "Evaluating multiple
/// object tracking performance: the CLEAR MOT metrics", EURASIP JIVP 2008.
///
/// In every frame, truth and results that overlap enough are matched: first those that were matched
/// in the frame before, then for the highest sum of overlaps.
struct ClearMetrics {
  std::int64_t true_positives = 0;
  std::int64_t false_positives = 0;
  std::int64_t false_negatives = 0;

  /// How often an object is matched with another identity than when last matched.
  std::int64_t switches = 0;

  /// How often an object is matched again after frames in which it was not.
  std::int64_t fragmentations = 0;

  /// Objects matched in more than 0.8, and in less than 0.2 of their frames, and the others.
  std::int64_t mostly_tracked = 0;
  std::int64_t mostly_lost = 0;
  std::int64_t partly_tracked = 0;

  /// 1 less all errors (false positives, false negatives, switches) per box of the truth, at most
  /// 1; 0 without truth.
  double mota = 0;

  /// Mean overlap (IoU) of what is matched; 0 when nothing is.
  double motp = 0;
};

/// How long objects keep their identity: Ristani et al., "Performance measures and a data set for
/// multi-target, multi-camera tracking", ECCV workshops 2016. One identity of the results is paired
/// with one object over all frames, for the most frames in which they overlap enough.
struct IdentityMetrics {
  std::int64_t true_positives = 0;
  std::int64_t false_positives = 0;
  std::int64_t false_negatives = 0;
  double idf1 = 0;       ///< 2 TP / (boxes of truth and results); 0 without any
  double precision = 0;  ///< IDP: TP / boxes of the results
  double recall = 0;     ///< IDR: TP / boxes of the truth
};

/// Overlaps at which HOTA is measured: 0.05, 0.10, ... 0.95.
inline constexpr std::size_t kHotaThresholds = 19;

/// Higher order tracking accuracy: Luiten et al., "HOTA: a higher order metric for evaluating
/// multi-object tracking", IJCV 2021. By threshold of overlap, and their means.
struct HotaMetrics {
  /// Of one threshold, 0..1.
  struct Values {
    double hota = 0;       ///< geometric mean of the next two
    double detection = 0;  ///< DetA: TP / (TP + FP + FN)
    double association =
        0;  ///< AssA: mean over TPs of how exclusively its two identities belong together
    double localization = 0;  ///< LocA: mean overlap of TPs; 1 where there are none
  };

  Values mean;
  std::array<Values, kHotaThresholds> by_threshold;
};

/// The overlap of an entry of HotaMetrics::by_threshold.
double hota_threshold_at(std::size_t index);

struct TrackingOptions {
  /// Above 0, at most 1: IoU from which boxes are the same for the CLEAR and identity metrics.
  double iou_threshold = 0.5;
};

struct TrackingEvaluation {
  std::int64_t frames = 0;
  std::int64_t truth_boxes = 0;       ///< without ignored ones
  std::int64_t result_boxes = 0;      ///< without those found at ignored ones
  std::int64_t truth_identities = 0;  ///< different objects, without ignored ones
  std::int64_t result_identities = 0;
  ClearMetrics clear;
  IdentityMetrics identity;
  HotaMetrics hota;
};

/// Measures tracking by the rules of the MOTChallenge: in each frame, results are first matched
/// with all truth, ignored ones included, for the highest sum of overlaps from 0.5 up; those that
/// fall to ignored truth are left out, and so is that.
///
/// @param frames  all frames in order of time, those without boxes too
///
/// Requires: no identity twice in the truth, or twice in the results, of a frame; a threshold in
/// its range (ContractViolation otherwise). Boxes that enclose nothing overlap nothing. Cost: per
/// frame one comparison per pair of truth and result. Thread-safe: no state.
TrackingEvaluation evaluate_tracking(const std::vector<TrackedFrame>& frames,
                                     const TrackingOptions& options = {});

}  // namespace gondola::eval
