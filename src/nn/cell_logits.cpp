#include "gondola/nn/cell_logits.hpp"

namespace gondola::nn {

CellLogits::CellLogits(const std::vector<at::Tensor>& logits, const HeadSpec& head)
    : strides_(head.strides), reg_max_(head.reg_max) {
  for (const at::Tensor& map : logits) {
    maps_.push_back(map.to(at::kCPU, at::kFloat).permute({0, 2, 3, 1}).contiguous());
  }
}

std::vector<LevelLogits> CellLogits::levels(std::int64_t image) const {
  std::vector<LevelLogits> levels;
  for (std::size_t i = 0; i < maps_.size(); ++i) {
    const at::Tensor& map = maps_[i];
    const std::int64_t channels = map.size(3);
    const float* cells = map.data_ptr<float>() + image * map.stride(0);
    levels.push_back({cells, cells + 4 * reg_max_, static_cast<int>(map.size(1)),
                      static_cast<int>(map.size(2)), strides_[i], channels, channels});
  }
  return levels;
}

}  // namespace gondola::nn
