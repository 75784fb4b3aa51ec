#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <vector>

#include "gondola/core/detection.hpp"
#include "gondola/core/labelled_box.hpp"
#include "gondola/eval/average_precision.hpp"
#include "gondola/eval/confidence.hpp"
#include "gondola/eval/confusion_matrix.hpp"
#include "gondola/eval/counting.hpp"
#include "gondola/eval/matching.hpp"

namespace gondola::eval {

/// What there is in one image and what was found in it; all boxes in its pixels.
struct ImageEvaluation {
  std::vector<LabelledBox> truth;
  std::vector<Detection> detections;  ///< in any order
};

struct EvaluationOptions {
  /// At most this many detections per image and class, the best ones, as COCO's maxDets; 0 for all.
  std::size_t max_detections = 0;

  /// 0..1. Detections with a score above it make up the confusion matrix and the counts.
  float confidence = 0.25F;
};

/// The IoUs that average precision is averaged over: 0.50, 0.55, ..., 0.95.
inline constexpr std::size_t kIouThresholds = 10;

constexpr float iou_threshold_at(std::size_t index) {
  return static_cast<float>(50 + 5 * index) / 100.0F;
}

struct AveragePrecision {
  std::array<double, kIouThresholds> per_iou{};  ///< 0..1, at iou_threshold_at()

  double mean() const;  ///< AP, the mean over all IoUs
  double at_50() const { return per_iou[0]; }
  double at_75() const { return per_iou[5]; }
};

/// Share of the objects that are found, averaged over all IoUs, when only the best so many
/// detections per image and class are looked at.
struct AverageRecall {
  double best_1 = 0;
  double best_10 = 0;
  double best_100 = 0;
  double best_300 = 0;
  double all = 0;
};

/// How well objects of one range of sizes are detected.
struct SizeEvaluation {
  std::size_t objects = 0;
  AveragePrecision precision;
  AverageRecall recall;
};

/// One per ObjectSize; nothing where there is no object of that size, so nothing to measure.
using SizeEvaluations = std::array<std::optional<SizeEvaluation>, kObjectSizes.size()>;

/// At IoU 0.5, with all detections above a confidence.
struct PrecisionRecall {
  double precision = 1;  ///< share of the detections that are right; 1 without any
  double recall = 0;     ///< share of the objects that are found

  double f1() const {
    return precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0;
  }
};

struct ClassEvaluation {
  std::size_t images = 0;      ///< with at least one object of this class
  std::size_t objects = 0;     ///< crowds left out
  std::size_t detections = 0;  ///< with any score, those ignored included
  SizeEvaluations by_size;

  // The next three mean nothing without objects.
  PrecisionAtRecall precision_at_recall{};              ///< at IoU 0.5
  std::vector<PrecisionRecall> precision_recall_curve;  ///< at the confidences of confidence_at()
  PrecisionRecall at_best_f1;                           ///< at Evaluation::best_f1_confidence

  CountingEvaluation counting;

  const std::optional<SizeEvaluation>& any_size() const { return by_size[0]; }
};

/// Everything measured. Means are over the classes that have objects, each with the same weight.
struct Evaluation {
  std::size_t images = 0;
  std::size_t objects = 0;  ///< crowds left out
  std::size_t detections = 0;
  SizeEvaluations by_size;  ///< objects are sums, the rest means

  PrecisionAtRecall precision_at_recall{};              ///< mean, at IoU 0.5
  std::vector<PrecisionRecall> precision_recall_curve;  ///< means, at confidence_at()
  std::vector<double> f1_curve;  ///< mean of the classes' F1, at confidence_at()
  double best_f1 = 0;            ///< the highest of f1_curve
  float best_f1_confidence = 0;  ///< where it is; the lowest such confidence
  PrecisionRecall at_best_f1;    ///< means, there

  /// IoU 0.5, detections above EvaluationOptions::confidence, one class per box.
  ConfusionMatrix confusion;

  /// Objects per picture whatever their class, of the classes that have objects: others may just
  /// not be labelled. Detections that lie in a crowd are not counted, and of detections with the
  /// very same box but different classes, as a detector that reports every class above a threshold
  /// gives, only the best: one thing is not two.
  CountingEvaluation counting;

  std::vector<ClassEvaluation> classes;  ///< by class id

  const std::optional<SizeEvaluation>& any_size() const { return by_size[0]; }
};

/// Measures detections against the truth after COCO's rules (see ClassMatcher).
///
/// Detections of all images are ranked by score, equal scores in the order of the images and of
/// the detections in them. Recalls are compared with the 101 points exactly, in whole numbers.
///
/// Requires: class ids in 0..class_count - 1, finite scores (ContractViolation otherwise). Boxes
/// that are not valid match nothing.
/// Cost: about linear in the detections, times 40 for the pairs of IoU and size. Thread-safe.
Evaluation evaluate(const std::vector<ImageEvaluation>& images, int class_count,
                    const EvaluationOptions& options = {});

}  // namespace gondola::eval
