#include "map_kernels.hpp"
#include "tile_kernels.hpp"

namespace gondola::engine {
namespace {

TileFunction find_tile(const TileKey& key) {
  if (key.input != MapType::kFloat32 || key.output != MapType::kFloat32) return nullptr;
  return find_narrow_tile<Portable, Float32Input<Portable>, Float32Output<Portable>>(key);
}

}  // namespace

const KernelSet& portable_kernels() {
  static const KernelSet set = make_kernel_set<Portable>("portable", find_tile);
  return set;
}

}  // namespace gondola::engine
