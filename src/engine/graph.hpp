#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gondola/nn/activation.hpp"
#include "gondola/nn/model_file.hpp"

namespace gondola::engine {

/// Channels that lie side by side in a map's memory and came from one tensor.
struct ChannelRun {
  int memory = 0;  ///< first channel in the map, a multiple of kChannelAlignment
  int count = 0;   ///< channels; those up to the next multiple of kChannelAlignment are unused
  int tensor = 0;  ///< index into Graph::tensors
  int first = 0;   ///< the tensor's channel that it starts with
};

/// Channels of a map start and end at multiples of this in memory, so that kernels never need to
/// stop within a vector.
inline constexpr int kChannelAlignment = 16;

/// A network's intermediate result: channels of a map, in their logical order.
struct Value {
  int map = 0;
  int height = 0;
  int width = 0;
  std::vector<ChannelRun> runs;

  int channels() const;
  /// Memory channels it spans, first and one past the last.
  int memory_first() const;
  int memory_last() const;
};

/// A block of memory for [height][width][channels], shared by all that is joined in it.
struct MapSpec {
  int height = 0;
  int width = 0;
  int channels = 0;
  int border = 0;  ///< pixels of padding around it that its readers want
};

enum class OperationKind { kConvolution, kDepthwise, kMaxPool, kUpsample, kCopy, kAttention };

struct AttentionShape {
  int heads = 0;
  int key_channels = 0;
  int head_channels = 0;
};

/// A convolution's numbers, batch norm folded in.
struct ConvolutionWeights {
  std::vector<float> kernels;  ///< [out][in / groups][kernel][kernel]
  std::vector<float> bias;     ///< [out]
  std::vector<float> slopes;   ///< prelu's, [out]; else empty
};

struct Operation {
  OperationKind kind = OperationKind::kConvolution;
  std::string name;  ///< module path; of a convolution: of the block that holds it
  Value input;
  Value output;
  /// Added after the activation (convolution), or before storing (attention).
  std::optional<Value> residual;

  std::shared_ptr<const ConvolutionWeights> weights;  ///< of convolutions
  std::string parameters;  ///< what their tensors' names in a file start with
  nn::ActivationSpec activation;
  int kernel = 1;  ///< also the pool's window
  int stride = 1;

  int factor = 2;  ///< upsample
  AttentionShape attention;

  std::int64_t multiply_adds = 0;
};

/// The head's output at one level.
struct LevelValues {
  Value boxes;    ///< 4 * reg_max logits
  Value classes;  ///< class logits
  int stride = 0;
};

/// A network as a list of operations on maps, in running order.
struct Graph {
  std::vector<MapSpec> maps;
  /// Names of what is computed, one per operation that makes new numbers; `images` is the first.
  std::vector<std::string> tensors;
  Value input;  ///< 3 channels; its map has 4
  std::vector<Operation> operations;
  std::vector<LevelValues> levels;
  std::vector<Value> kept;  ///< results of stages that are wanted after the run
};

/// Lays a network out for pictures of one size.
///
/// Joins are laid out so that producers write into their part; only a result that is joined twice
/// is copied. Throws WeightsError for tensors that are missing, misshapen or not finite.
///
/// @param kept_stages  numbers of the stages whose results go into Graph::kept
Graph build_graph(const nn::WeightsFile& weights, int image_height, int image_width,
                  const std::vector<int>& kept_stages = {});

}  // namespace gondola::engine
