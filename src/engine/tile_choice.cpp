#include "tile_choice.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "gondola/core/error.hpp"

namespace gondola::engine {
namespace {

constexpr int kMaxVectors = 5;
constexpr int kMaxPixels = 16;

bool has_tile(const KernelSet& kernels, TileKey key, int vectors) {
  key.vectors = vectors;
  key.pixels = 1;
  return kernels.find_tile(key) != nullptr;
}

}  // namespace

int best_pixels(const KernelSet& kernels, TileKey key, int width) {
  // What a tile costs besides its pixels, in pixels.
  constexpr double kOverhead = 0.7;
  double best_cost = std::numeric_limits<double>::max();
  int best = 0;
  for (int pixels = 1; pixels <= std::min(kMaxPixels, width); ++pixels) {
    key.pixels = pixels;
    if (kernels.find_tile(key) == nullptr) continue;
    const double cost = std::ceil(static_cast<double>(width) / pixels) * (pixels + kOverhead);
    if (cost < best_cost) {
      best_cost = cost;
      best = pixels;
    }
  }
  GONDOLA_EXPECTS(best > 0, "no tile of ", key.vectors, " vectors");
  return best;
}

std::vector<int> split_vectors(const KernelSet& kernels, const TileKey& key, int vectors) {
  std::vector<double> cost(static_cast<std::size_t>(vectors) + 1,
                           std::numeric_limits<double>::max());
  std::vector<int> last(cost.size(), 0);
  cost[0] = 0;
  for (int sum = 1; sum <= vectors; ++sum) {
    for (int size = 1; size <= std::min(kMaxVectors, sum); ++size) {
      if (!has_tile(kernels, key, size)) continue;
      const double before = cost[static_cast<std::size_t>(sum - size)];
      if (before == std::numeric_limits<double>::max()) continue;
      const double total = before + size + 0.4 + 0.6 / size;
      if (total < cost[static_cast<std::size_t>(sum)]) {
        cost[static_cast<std::size_t>(sum)] = total;
        last[static_cast<std::size_t>(sum)] = size;
      }
    }
  }
  std::vector<int> sizes;
  for (int sum = vectors; sum > 0; sum -= last[static_cast<std::size_t>(sum)]) {
    GONDOLA_EXPECTS(last[static_cast<std::size_t>(sum)] > 0, vectors, " vectors have no tiles");
    sizes.push_back(last[static_cast<std::size_t>(sum)]);
  }
  return sizes;
}

std::vector<int> logical_channels(const Value& value) {
  const int first = value.memory_first();
  std::vector<int> logical(static_cast<std::size_t>(value.memory_last() - first), -1);
  int next = 0;
  for (const ChannelRun& run : value.runs) {
    for (int i = 0; i < run.count; ++i) {
      logical[static_cast<std::size_t>(run.memory - first + i)] = next++;
    }
  }
  return logical;
}

TileActivationChoice choose_activation(const nn::ActivationSpec& spec, const KernelSet& kernels) {
  TileActivationChoice choice;
  choice.parameter = static_cast<float>(spec.parameter.value_or(0));
  if (spec.name == "identity") {
    choice.slope = 1;
  } else if (spec.name == "relu") {
    choice.slope = 0;
  } else if (spec.name == "leaky_relu" || spec.name == "prelu") {
    choice.slope = choice.parameter;
  } else if (spec.name == "silu") {
    choice.activation = TileActivation::kSilu;
  } else if (spec.name == "hardswish") {
    choice.activation = TileActivation::kHardswish;
  } else {
    choice.activation = TileActivation::kOther;
    choice.activate = kernels.find_activation(spec.name.c_str());
    GONDOLA_EXPECTS(choice.activate != nullptr, "no kernel for activation '", spec.name, "'");
  }
  return choice;
}

}  // namespace gondola::engine
