#include "memory_plan.hpp"

#include <algorithm>
#include <numeric>

namespace gondola::engine {

MemoryPlan plan_memory(const std::vector<Lifetime>& blocks) {
  constexpr std::size_t kAlignment = 64;
  std::vector<std::size_t> order(blocks.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return blocks[a].bytes > blocks[b].bytes; });

  struct Placed {
    std::size_t begin;
    std::size_t end;
    const Lifetime* life;
  };
  std::vector<Placed> placed;  // by address
  MemoryPlan plan;
  plan.offsets.resize(blocks.size());
  for (const std::size_t index : order) {
    const Lifetime& block = blocks[index];
    const std::size_t bytes = (block.bytes + kAlignment - 1) / kAlignment * kAlignment;
    std::size_t begin = 0;
    for (const Placed& other : placed) {
      const bool together = other.life->first <= block.last && block.first <= other.life->last;
      if (!together) continue;
      if (begin + bytes <= other.begin) break;
      begin = std::max(begin, other.end);
    }
    plan.offsets[index] = begin;
    plan.bytes = std::max(plan.bytes, begin + bytes);
    const Placed entry{begin, begin + bytes, &block};
    placed.insert(
        std::upper_bound(placed.begin(), placed.end(), entry,
                         [](const Placed& a, const Placed& b) { return a.begin < b.begin; }),
        entry);
  }
  return plan;
}

}  // namespace gondola::engine
