#include "kernel_set.hpp"

#if defined(__AVX2__)
#include "map_kernels.hpp"
#include "tile_kernels.hpp"

namespace gondola::engine {
namespace {

TileFunction find_tile(const TileKey& key) {
  if (key.input != MapType::kFloat32 || key.output != MapType::kFloat32) return nullptr;
  return find_narrow_tile<Avx2, Float32Input<Avx2>, Float32Output<Avx2>>(key);
}

}  // namespace

const KernelSet* avx2_kernels() {
  const bool there = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  // Before the set is made, because this file's code may not run on another CPU.
  if (!there) return nullptr;
  static const KernelSet set = make_kernel_set<Avx2>("AVX2", find_tile);
  return &set;
}

}  // namespace gondola::engine
#else
const gondola::engine::KernelSet* gondola::engine::avx2_kernels() { return nullptr; }
#endif
