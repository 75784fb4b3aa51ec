#pragma once

#include <vector>

#include "aligned_buffer.hpp"
#include "graph.hpp"
#include "kernel_set.hpp"

namespace gondola::engine {

/// Self-attention over all positions of a float32 map (Vaswani et al. 2017), plus a position code.
class Attention {
 public:
  /// @param qkv     the whole map that holds query, key and value of each head, float32
  /// @param code    added to the result; whole map, float32
  /// @param output  whole map, any type
  Attention(const Operation& operation, const MapView& qkv, const MapView& code,
            const MapView& output, const KernelSet& kernels, int threads);

  /// One member's share: some of the positions.
  void run(int member) const;

 private:
  Operation operation_;
  MapView qkv_;
  MapView code_;
  MapView output_;
  const KernelSet& kernels_;
  int threads_;
  std::vector<AlignedBuffer> scratch_;  ///< per member: scores of one position, one result
};

}  // namespace gondola::engine
