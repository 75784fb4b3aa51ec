#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gondola/core/detection.hpp"

namespace gondola {

/// What happens to a candidate that overlaps a better one.
enum class NmsMethod {
  kGreedy,        ///< removed when its IoU with a kept box exceeds the threshold
  kSoftGaussian,  ///< its score is multiplied by exp(-IoU^2 / sigma)
  kSoftLinear,    ///< its score is multiplied by 1 - IoU when the IoU exceeds the threshold
  kDiou,   ///< removed when its DIoU exceeds the threshold: spares neighbours with other centres
  kMerge,  ///< removed as in kGreedy, but the kept box becomes the average of those it removed
};

struct NmsOptions {
  NmsMethod method = NmsMethod::kGreedy;

  /// 0..1. Overlap up to and including this is tolerated; raising it keeps more boxes. No effect on
  /// kSoftGaussian.
  float iou_threshold = 0.7F;

  /// Whether boxes of different classes compete. Otherwise each class is treated on its own,
  /// exactly: by comparing class ids, not by moving the boxes apart.
  bool class_agnostic = false;

  /// At most this many results, the best ones; 0 for no limit.
  std::size_t max_detections = 0;

  /// > 0, kSoftGaussian only. Raising it weakens the decay and keeps more boxes.
  float soft_sigma = 0.5F;

  /// >= 0, both soft methods only: a candidate whose score is or falls below this is dropped.
  float soft_score_threshold = 0.001F;
};

/// Non-maximum suppression: of boxes that cover the same object, keeps one.
///
/// Candidates whose box is not valid (is_valid()) or whose score is not finite are dropped first.
/// The others are visited from the highest score down, equal scores in input order, and results
/// come in that order too. `iou(kept, candidate) > iou_threshold`, with the iou() of box_iou.hpp,
/// removes a candidate; equality keeps it. There is no cap on candidates or results but
/// max_detections, which gives the first entries of the unlimited result.
///
/// kSoft...: the candidate with the highest decayed score is next; results carry decayed scores.
///   Bodla et al., "Soft-NMS", ICCV 2017, section 3.
/// kDiou: diou() takes the place of iou(). Zheng et al., "Distance-IoU Loss", AAAI 2020, section
///   "Non-Maximum Suppression using DIoU".
/// kMerge: a removed candidate joins, of the kept boxes that remove it, the one it has the highest
///   IoU with, the earlier at equal IoU. Each corner of a result is the mean of its members' and
///   its own, weighted by score (negative ones count as 0; without a positive one the kept box
///   stays as it is), as in Solovyev et al., "Weighted boxes fusion", 2021. Score and class are
///   those of the kept box; overlap is always measured with the box before averaging.
///
/// Requires: options in the ranges given there (ContractViolation otherwise).
/// Cost: kGreedy, kDiou, kMerge: one radix sort, then close to constant time per candidate whatever
/// the sizes of the boxes, for thresholds >= 1/16; below that, and for the soft methods, up to one
/// comparison per pair of candidate and kept box of its class. Thread-safe: no state.
std::vector<Detection> nms(const std::vector<Detection>& candidates,
                           const NmsOptions& options = {});

/// "greedy", "soft" (Gaussian), "soft-linear", "diou", "merge"; nothing for any other name.
std::optional<NmsMethod> nms_method_from_name(std::string_view name);

/// The inverse of nms_method_from_name().
std::string_view name_of(NmsMethod method);

/// All names, in the order of the enumeration.
std::vector<std::string> nms_method_names();

}  // namespace gondola
