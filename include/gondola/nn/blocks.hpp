#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "gondola/nn/layers.hpp"

namespace gondola::nn {

// The stages' building blocks. All map [N, in, H, W] to [N, out, H, W] in float32 or bfloat16 and
// are thread-safe for concurrent forward passes in inference mode while unobserved. Child names
// (`cv1`, `m.0`, ...) are the checkpoint's public format; they are those of the Ultralytics family,
// so that its weights load by name.

/// A unit that C2f repeats in a row: Bottleneck or C3k.
class UnitImpl : public torch::nn::Module {
 public:
  virtual at::Tensor forward(const at::Tensor& input) = 0;
};

/// Modules numbered `0`, `1`, ... below their parent's name for the list.
class UnitListImpl : public torch::nn::Module {
 public:
  void push(std::shared_ptr<UnitImpl> unit);
  const std::vector<std::shared_ptr<UnitImpl>>& units() const { return units_; }

 private:
  std::vector<std::shared_ptr<UnitImpl>> units_;
};
TORCH_MODULE(UnitList);

/// Two 3x3 convolutions, the first to `expansion` times the channels, with a skip connection when
/// `shortcut` (He et al. 2016, as used in YOLOv5 and later). Children `cv1`, `cv2`.
class BottleneckImpl : public UnitImpl {
 public:
  BottleneckImpl(std::int64_t channels, bool shortcut, double expansion,
                 const BlockContext& context);
  at::Tensor forward(const at::Tensor& input) override;

  const bool shortcut;
  ConvBlock cv1{nullptr};
  ConvBlock cv2{nullptr};
};

/// Cross stage partial block of two bottlenecks (Wang et al. 2020, CSPNet). Children `cv1`, `cv2`,
/// `cv3`, `m`.
class C3kImpl : public UnitImpl {
 public:
  C3kImpl(std::int64_t channels, bool shortcut, const BlockContext& context);
  at::Tensor forward(const at::Tensor& input) override;

  ConvBlock cv1{nullptr};
  ConvBlock cv2{nullptr};
  ConvBlock cv3{nullptr};
  UnitList m{nullptr};
};

struct C2fOptions {
  C2fOptions(std::int64_t in, std::int64_t out) : in_channels(in), out_channels(out) {}

  std::int64_t in_channels;
  std::int64_t out_channels;
  std::int64_t repeats = 1;
  bool shortcut = false;
  double expansion = 0.5;  ///< hidden channels as a share of out_channels
};

/// Splits its input in two halves, runs units in a row on the second, and joins everything that was
/// produced on the way (YOLOv8). Children `cv1`, `cv2`, `m`.
class C2fImpl : public torch::nn::Module {
 public:
  using UnitFactory = std::function<std::shared_ptr<UnitImpl>(std::int64_t channels)>;

  C2fImpl(const C2fOptions& options, const UnitFactory& make_unit, const BlockContext& context);
  at::Tensor forward(const at::Tensor& input);

  ConvBlock cv1{nullptr};
  ConvBlock cv2{nullptr};
  UnitList m{nullptr};
};
TORCH_MODULE(C2f);

/// C2f with bottlenecks at full width: YOLOv8's C2f.
C2f make_c2f(const C2fOptions& options, const BlockContext& context);

/// C2f with C3k units, or with bottlenecks at half width: YOLO11's C3k2.
C2f make_c3k2(const C2fOptions& options, bool c3k, const BlockContext& context);

/// Spatial pyramid pooling by three 5x5 maxima in a row (He et al. 2015; the fast form of YOLOv5).
/// Children `cv1`, `cv2`.
class SppfImpl : public Layer {
 public:
  SppfImpl(std::int64_t in_channels, std::int64_t out_channels, std::int64_t kernel,
           const BlockContext& context);
  at::Tensor forward(const at::Tensor& input);

  const std::int64_t kernel;
  ConvBlock cv1{nullptr};
  ConvBlock cv2{nullptr};
};
TORCH_MODULE(Sppf);

/// Self-attention over all positions (Vaswani et al. 2017) with a depthwise convolution as position
/// code, as in YOLO11. Children `qkv`, `proj`, `pe`.
class AttentionImpl : public Layer {
 public:
  AttentionImpl(std::int64_t channels, std::int64_t heads, const BlockContext& context);
  at::Tensor forward(const at::Tensor& input);

  const std::int64_t heads;
  const std::int64_t head_channels;
  const std::int64_t key_channels;
  ConvBlock qkv{nullptr};
  ConvBlock proj{nullptr};
  ConvBlock pe{nullptr};
};
TORCH_MODULE(Attention);

/// Attention and a two-layer feed-forward network, each with a skip connection. Children `attn`,
/// `ffn`.
class PsaUnitImpl : public UnitImpl {
 public:
  PsaUnitImpl(std::int64_t channels, const BlockContext& context);
  at::Tensor forward(const at::Tensor& input) override;

  Attention attn{nullptr};
  ConvBlock expand{nullptr};   ///< `ffn.0`
  ConvBlock project{nullptr};  ///< `ffn.1`
};

/// Cross stage partial block whose one half goes through position-sensitive attention (YOLO11).
/// Keeps the channel count, which must be a multiple of 128 (two halves, heads of 64 channels).
/// Children `cv1`, `cv2`, `m`.
class C2psaImpl : public torch::nn::Module {
 public:
  C2psaImpl(std::int64_t channels, std::int64_t repeats, const BlockContext& context);
  at::Tensor forward(const at::Tensor& input);

  ConvBlock cv1{nullptr};
  ConvBlock cv2{nullptr};
  UnitList m{nullptr};
};
TORCH_MODULE(C2psa);

/// Nearest-neighbour enlargement by a whole factor.
class UpsampleImpl : public Layer {
 public:
  explicit UpsampleImpl(std::int64_t factor);
  at::Tensor forward(const at::Tensor& input);

  const std::int64_t factor;
};
TORCH_MODULE(Upsample);

/// Joins its inputs along the channels.
class ConcatImpl : public Layer {
 public:
  at::Tensor forward(const std::vector<at::Tensor>& inputs);
};
TORCH_MODULE(Concat);

}  // namespace gondola::nn
