#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "gondola/nn/head.hpp"
#include "gondola/nn/layers.hpp"
#include "gondola/nn/model_spec.hpp"

namespace gondola::nn {

/// Backbone, neck and head, built from a ModelSpec. Stage i is the child `model.i`, the head the
/// last one. Weights are uninitialised until loaded (load_tensors()) or initialize_parameters().
///
/// Concurrent forward passes are safe in inference mode while nobody observes, fuses or loads.
class NetworkImpl : public torch::nn::Module {
 public:
  explicit NetworkImpl(ModelSpec spec);

  /// @param images  [N, 3, H, W] RGB, 0..1, H and W multiples of spec().max_stride()
  /// @return logits per level, [N, 4 * reg_max + class_count, H / stride, W / stride]
  /// Throws c10::Error naming both shapes when the input's is wrong.
  std::vector<at::Tensor> forward(const at::Tensor& images);

  /// Calls the observer after every layer of later forward passes; an empty function stops it.
  void observe(const LayerObserver& observer);

  /// Folds every batch norm into its convolution. For inference; call after loading, once.
  void fuse();

  const ModelSpec& spec() const { return spec_; }

 private:
  struct Stage {
    std::vector<int> from;
    std::function<at::Tensor(const std::vector<at::Tensor>&)> run;
  };

  ModelSpec spec_;
  std::vector<Stage> stages_;
  DetectHead head_{nullptr};
};
TORCH_MODULE(Network);

/// Fills every parameter: convolutions by Kaiming's uniform rule (He et al. 2015) from the seed,
/// batch norms to the identity, the head's last convolutions to the priors of one object per few
/// hundred cells. Same seed, same weights.
void initialize_parameters(Network& network, std::uint64_t seed);

}  // namespace gondola::nn
