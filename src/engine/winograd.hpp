#pragma once

#include <vector>

#include "aligned_buffer.hpp"
#include "graph.hpp"
#include "kernel_set.hpp"

namespace gondola::engine {

/// A 3x3 convolution of stride 1 in float32 by Winograd's minimal filtering F(4x4, 3x3): a quarter
/// of the multiplications, for transforms that cost less than they save (Lavin and Gray 2016).
///
/// Tiles of 4x4 results are taken in groups: transform their inputs, multiply the 36 matrices that
/// hold one transformed value of every tile and channel, transform back. A group's matrices stay in
/// the second-level cache. Errors are those of float32 sums, times a few.
class WinogradConvolution {
 public:
  /// Whether it is defined for the operation, and faster than the direct way.
  static bool fits(const Operation& operation, const MapView& input, const MapView& output);

  /// @param residual  data null for none
  WinogradConvolution(const Operation& operation, const MapView& input, const MapView& output,
                      const MapView& residual, const KernelSet& kernels, int threads);

  /// One member's share. The border around the input must be filled.
  void run(int member) const;

  std::size_t weight_bytes() const;

 private:
  struct Block {
    TileArguments arguments;  ///< of the first of the 36 matrices
    TileFunction tile = nullptr;
    int channel = 0;
    int pixels = 1;                  ///< of the tile
    std::ptrdiff_t value_bytes = 0;  ///< from one matrix's weights to the next's
  };

  void run_group(int first_tile, int count, float* inputs, float* sums) const;

  MapView input_;
  WinogradOutput output_;
  const KernelSet& kernels_;
  int threads_;
  int tiles_across_;
  int tiles_;
  int group_;  ///< tiles
  std::vector<Block> blocks_;
  std::vector<AlignedBuffer> packed_;
  AlignedBuffer constants_;             ///< bias, slope
  std::vector<AlignedBuffer> scratch_;  ///< per member
};

}  // namespace gondola::engine
