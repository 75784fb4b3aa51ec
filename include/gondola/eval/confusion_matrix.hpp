#pragma once

#include <cstddef>
#include <vector>

#include "gondola/core/detection.hpp"
#include "gondola/core/labelled_box.hpp"

namespace gondola::eval {

/// How often objects of one class were taken for another, with one more "class" for background:
/// objects that were missed, and detections where there is nothing.
class ConfusionMatrix {
 public:
  /// Requires: class_count >= 0.
  explicit ConfusionMatrix(int class_count = 0);

  int class_count() const { return class_count_; }

  /// The index of the background, after the last class.
  int background() const { return class_count_; }

  /// How often `truth` was taken for `predicted`. Both 0..background().
  std::size_t at(int truth, int predicted) const { return counts_[index_of(truth, predicted)]; }

  /// Adds one image.
  ///
  /// Pairs of an object and a detection of any class with at least `iou_threshold` are matched one
  /// to one, highest IoU first, of equal ones those that agree in class, then the higher score.
  /// Crowds match nothing; a detection left over that lies in a crowd of its class by the threshold
  /// or more is not counted.
  ///
  /// Requires: class ids below class_count(), iou_threshold > 0 (ContractViolation otherwise).
  void add_image(const std::vector<LabelledBox>& objects, const std::vector<Detection>& detections,
                 float iou_threshold);

 private:
  std::size_t index_of(int truth, int predicted) const;
  void add(int truth, int predicted) { ++counts_[index_of(truth, predicted)]; }

  int class_count_;
  std::vector<std::size_t> counts_;  // row by row, a row per true class
};

}  // namespace gondola::eval
