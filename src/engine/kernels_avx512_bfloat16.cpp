#include "kernel_set.hpp"

#if defined(__AVX512BF16__)
#include "map_kernels.hpp"
#include "tile_kernels.hpp"

namespace gondola::engine {
namespace {

TileFunction find_tile(const TileKey& key) {
  if (key.input != BFloat16Input::kType) return nullptr;
  switch (key.output) {
    case MapType::kFloat32:
      return find_wide_tile<Avx512, BFloat16Input, Float32Output<Avx512>>(key);
    case MapType::kBFloat16:
      return find_wide_tile<Avx512, BFloat16Input, BFloat16Output<Avx512>>(key);
    case MapType::kUint8:
      return find_wide_tile<Avx512, BFloat16Input, Uint8Output<Avx512>>(key);
  }
  return nullptr;
}

}  // namespace

const KernelSet* avx512_bfloat16_kernels() {
  const bool there = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                     __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
                     __builtin_cpu_supports("avx512bf16");
  // Before the set is made, because this file's code may not run on another CPU.
  if (!there) return nullptr;
  static const KernelSet set = make_kernel_set<Avx512>("AVX-512 BF16", find_tile);
  return &set;
}

}  // namespace gondola::engine
#else
const gondola::engine::KernelSet* gondola::engine::avx512_bfloat16_kernels() { return nullptr; }
#endif
