#pragma once

#include <cstdint>
#include <vector>

#include "gondola/nn/layers.hpp"

namespace gondola::nn {

struct DetectHeadOptions {
  std::vector<std::int64_t> in_channels;  ///< per level, finest first
  int class_count = 0;
  int reg_max = 16;
  bool depthwise_class_branch = false;
};

/// Decoupled anchor-free head: per level one branch of convolutions for the box's distance
/// distributions and one for the class logits (Ge et al. 2021, YOLOX, for the decoupling; Li et al.
/// 2020, Generalized Focal Loss, for the distributions). Children `cv2.L` (boxes), `cv3.L`
/// (classes).
class DetectHeadImpl : public torch::nn::Module {
 public:
  DetectHeadImpl(const DetectHeadOptions& options, const BlockContext& context);

  /// @param levels  one map per level, [N, in_channels[l], H_l, W_l]
  /// @return logits per level, [N, 4 * reg_max + class_count, H_l, W_l]: left, top, right, bottom
  ///         bins first, then classes
  std::vector<at::Tensor> forward(const std::vector<at::Tensor>& levels);

  const DetectHeadOptions options;

  /// One level's branch: blocks in a row, then a plain convolution.
  struct Branch {
    std::vector<ConvBlock> blocks;
    Conv2d last{nullptr};
    at::Tensor forward(const at::Tensor& input);
  };
  std::vector<Branch> box_branches;
  std::vector<Branch> class_branches;
};
TORCH_MODULE(DetectHead);

}  // namespace gondola::nn
