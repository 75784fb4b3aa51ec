#pragma once

#include <cstddef>
#include <vector>

#include "aligned_buffer.hpp"
#include "gondola/nn/quantization.hpp"
#include "graph.hpp"
#include "kernel_set.hpp"

namespace gondola::engine {

/// The parts of a convolution's operation in memory. Views span memory channels
/// [value.memory_first(), value.memory_last()).
struct ConvolutionMaps {
  MapView input;
  MapView output;
  MapView residual;  ///< data null for none
  /// Quantisation of each logical input channel; empty when the input is not uint8.
  std::vector<nn::TensorQuantization> input_channels;
};

/// A dense convolution ready to run: weights packed for the tiles that fit its shape.
class Convolution {
 public:
  /// @param kernels  the set whose tiles read the input's type
  /// @param threads  that will share the work
  Convolution(const Operation& operation, const ConvolutionMaps& maps, const KernelSet& kernels,
              int threads);

  /// One member's share. The border around the input must be filled.
  void run(int member) const;

  std::size_t weight_bytes() const;

 private:
  struct Block {
    TileArguments arguments;
    TileFunction tile = nullptr;
    int pixels = 1;             ///< of the tile
    std::ptrdiff_t output = 0;  ///< bytes before the block's first channel in a pixel
    std::ptrdiff_t residual = 0;
  };

  void pack(const Operation& operation, const ConvolutionMaps& maps, const KernelSet& kernels,
            Block& block, int first_channel, int vectors);
  void store_lanes(std::byte* weights, std::size_t first_pack, std::size_t within,
                   const float* from, std::size_t step, std::size_t lanes) const;
  void run_rows(const Block& block, int first, int last) const;

  MapView input_;
  MapView output_;
  MapView residual_;
  int stride_ = 1;
  int reach_ = 0;  ///< rows and columns of the kernel before its centre
  int threads_ = 1;
  int row_parts_ = 1;
  /// Whether a share is all rows of some channels, because the weights are what is large.
  bool by_channels_ = false;
  std::vector<Block> blocks_;
  std::vector<AlignedBuffer> packed_;
};

}  // namespace gondola::engine
