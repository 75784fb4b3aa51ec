#pragma once

#include <vector>

#include "gondola/nn/activation.hpp"
#include "graph.hpp"
#include "kernel_set.hpp"

namespace gondola::engine {

/// Widest block of output channels that any tile computes.
inline constexpr int kMaxLanes = 80;

/// The number of pixels at once that wastes least of a row of this width. A tile that passes the
/// row's end is moved back and computes some pixels twice.
int best_pixels(const KernelSet& kernels, TileKey key, int width);

/// Splits a number of vectors into blocks that have tiles: as few as possible, and of like size,
/// since narrow ones load each input for few products.
std::vector<int> split_vectors(const KernelSet& kernels, const TileKey& key, int vectors);

/// For each memory channel that a value spans, its logical channel, or -1.
std::vector<int> logical_channels(const Value& value);

/// How a network's activation is computed in a tile.
struct TileActivationChoice {
  TileActivation activation = TileActivation::kPiecewiseLinear;
  ActivationFunction activate = nullptr;
  float parameter = 0;
  float slope = 1;  ///< kPiecewiseLinear without slopes of its own
};
TileActivationChoice choose_activation(const nn::ActivationSpec& spec, const KernelSet& kernels);

}  // namespace gondola::engine
