#pragma once

#include <cstdint>
#include <vector>

#include <ATen/ATen.h>

#include "gondola/nn/candidates.hpp"
#include "gondola/nn/model_spec.hpp"

namespace gondola::nn {

/// A network's logits on the CPU, as select_candidates() reads them: float32, cell by cell. Maps
/// that are channels-last, float32 and on the CPU already are not copied.
class CellLogits {
 public:
  /// @param logits  one map per level, [N, 4 * reg_max + class_count, H_l, W_l], any type or device
  CellLogits(const std::vector<at::Tensor>& logits, const HeadSpec& head);

  /// The levels of one image, 0 <= image < N. Valid as long as this lives.
  std::vector<LevelLogits> levels(std::int64_t image) const;

 private:
  std::vector<at::Tensor> maps_;  ///< [N, H_l, W_l, 4 * reg_max + class_count], contiguous
  std::vector<int> strides_;
  int reg_max_;
};

}  // namespace gondola::nn
