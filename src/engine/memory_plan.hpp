#pragma once

#include <cstddef>
#include <vector>

namespace gondola::engine {

/// A block of memory that is needed from one step to another, both included.
struct Lifetime {
  std::size_t bytes = 0;
  int first = 0;
  int last = 0;
};

struct MemoryPlan {
  std::vector<std::size_t> offsets;  ///< per block, multiples of 64
  std::size_t bytes = 0;             ///< all blocks together
};

/// Places blocks so that those needed at the same time do not overlap: the largest first, each at
/// the lowest address that is free for its lifetime.
MemoryPlan plan_memory(const std::vector<Lifetime>& blocks);

}  // namespace gondola::engine
