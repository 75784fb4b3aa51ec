#include "winograd.hpp"

#include <algorithm>
#include <array>

#include "gondola/core/error.hpp"
#include "tile_choice.hpp"

namespace gondola::engine {
namespace {

constexpr int kValues = 36;  // of a transformed tile
constexpr int kTileSide = 4;

// A group's inputs and sums, beside the weights that pass through the same cache.
constexpr int kGroupBytes = 450'000;

// One transformed kernel value of every lane, and so on: [value][lane].
using LaneValues = std::array<std::array<float, kMaxLanes>, kValues>;

// G g along one axis, for all lanes: three values to six. Rows of G as published for these points.
void transform_three(const float* a, const float* b, const float* c, std::array<float*, 6> to) {
  for (int i = 0; i < kMaxLanes; ++i) {
    const float outer = a[i] + c[i];
    const float spread = a[i] + 4 * c[i];
    to[0][i] = a[i] / 4;
    to[1][i] = -(outer + b[i]) / 6;
    to[2][i] = -(outer - b[i]) / 6;
    to[3][i] = (spread + 2 * b[i]) / 24;
    to[4][i] = (spread - 2 * b[i]) / 24;
    to[5][i] = c[i];
  }
}

// G g G^T of every lane's kernel, given as [kernel value][lane].
void transform_kernels(const std::array<std::array<float, kMaxLanes>, 9>& kernels,
                       LaneValues& result) {
  std::array<std::array<std::array<float, kMaxLanes>, 3>, 6> half;
  for (std::size_t x = 0; x < 3; ++x) {
    transform_three(kernels[x].data(), kernels[3 + x].data(), kernels[6 + x].data(),
                    {half[0][x].data(), half[1][x].data(), half[2][x].data(), half[3][x].data(),
                     half[4][x].data(), half[5][x].data()});
  }
  for (std::size_t y = 0; y < 6; ++y) {
    auto* row = &result[6 * y];
    transform_three(
        half[y][0].data(), half[y][1].data(), half[y][2].data(),
        {row[0].data(), row[1].data(), row[2].data(), row[3].data(), row[4].data(), row[5].data()});
  }
}

int tiles_along(int size) { return (size + kTileSide - 1) / kTileSide; }

}  // namespace

bool WinogradConvolution::fits(const Operation& operation, const MapView& input,
                               const MapView& output) {
  return operation.kind == OperationKind::kConvolution && operation.kernel == 3 &&
         operation.stride == 1 && input.type == MapType::kFloat32 &&
         output.type == MapType::kFloat32 && input.channels >= kChannelAlignment;
}

WinogradConvolution::WinogradConvolution(const Operation& operation, const MapView& input,
                                         const MapView& output, const MapView& residual,
                                         const KernelSet& kernels, int threads)
    : input_(input), kernels_(kernels), threads_(threads) {
  tiles_across_ = tiles_along(output.width);
  tiles_ = tiles_across_ * tiles_along(output.height);
  const int fitting = kGroupBytes / (kValues * static_cast<int>(sizeof(float)) *
                                     (input.channels + output.channels));
  const int groups = (tiles_ + std::max(1, fitting) - 1) / std::max(1, fitting);
  // As many groups for every thread, all of about the same size.
  const int rounded = (groups + threads - 1) / threads * threads;
  group_ = (tiles_ + rounded - 1) / rounded;

  const TileActivationChoice activation = choose_activation(operation.activation, kernels);
  output_.output = output;
  output_.residual = residual;
  output_.activation = activation.activation;
  output_.activate = activation.activate;
  output_.activation_parameter = activation.parameter;

  TileKey key;  // float32 sums, as they are
  const std::vector<int> in_of = logical_channels(operation.input);
  const std::vector<int> out_of = logical_channels(operation.output);
  const int in_channels = operation.input.channels();

  const std::size_t lanes_in_all = static_cast<std::size_t>(output.channels) + 2 * kMaxLanes;
  constants_ = AlignedBuffer(4 * lanes_in_all * sizeof(float));
  auto* bias = reinterpret_cast<float*>(constants_.data());
  float* slope = bias + lanes_in_all;
  float* zeros = slope + lanes_in_all;
  float* ones = zeros + lanes_in_all;
  std::fill_n(ones, lanes_in_all, 1.0F);
  std::fill_n(slope, lanes_in_all, activation.slope);
  for (std::size_t i = 0; i < out_of.size(); ++i) {
    if (out_of[i] < 0) continue;
    bias[i] = operation.weights->bias[static_cast<std::size_t>(out_of[i])];
    if (!operation.weights->slopes.empty())
      slope[i] = operation.weights->slopes[static_cast<std::size_t>(out_of[i])];
  }
  output_.bias = bias;
  output_.slope = slope;

  int channel = 0;
  for (const int vectors :
       split_vectors(kernels, key, (output.channels + kernels.width - 1) / kernels.width)) {
    const int lanes = vectors * kernels.width;
    const std::size_t each = static_cast<std::size_t>(input.channels * lanes);
    AlignedBuffer weights(kValues * each * sizeof(float));
    auto* to = reinterpret_cast<float*>(weights.data());
    std::array<std::array<float, kMaxLanes>, 9> kernels_of_channel{};
    LaneValues values;
    for (std::size_t c = 0; c < in_of.size(); ++c) {
      if (in_of[c] < 0) continue;
      for (int lane = 0; lane < lanes; ++lane) {
        const auto memory = static_cast<std::size_t>(channel + lane);
        const int out = memory < out_of.size() ? out_of[memory] : -1;
        const std::size_t first = static_cast<std::size_t>(out * in_channels + in_of[c]) * 9;
        for (std::size_t i = 0; i < 9; ++i) {
          kernels_of_channel[i][static_cast<std::size_t>(lane)] =
              out < 0 ? 0 : operation.weights->kernels[first + i];
        }
      }
      transform_kernels(kernels_of_channel, values);
      for (std::size_t i = 0; i < kValues; ++i) {
        std::copy_n(values[i].data(), lanes, to + i * each + c * static_cast<std::size_t>(lanes));
      }
    }
    key.vectors = vectors;
    key.pixels = best_pixels(kernels, key, group_);
    Block block;
    block.tile = kernels.find_tile(key);
    block.channel = channel;
    block.pixels = key.pixels;
    block.value_bytes = static_cast<std::ptrdiff_t>(each * sizeof(float));
    block.arguments.weights = weights.data();
    block.arguments.bias = zeros;
    block.arguments.slope = ones;
    block.arguments.input_step = input.channels * static_cast<std::ptrdiff_t>(sizeof(float));
    block.arguments.output_pixel = output.channels * static_cast<std::ptrdiff_t>(sizeof(float));
    block.arguments.channel_packs = input.channels;
    blocks_.push_back(block);
    packed_.push_back(std::move(weights));
    channel += lanes;
  }
  for (int i = 0; i < threads; ++i) {
    scratch_.emplace_back(static_cast<std::size_t>(kValues) * static_cast<std::size_t>(group_) *
                              static_cast<std::size_t>(input.channels + output.channels) *
                              sizeof(float) +
                          kMaxLanes * sizeof(float));
  }
}

void WinogradConvolution::run(int member) const {
  auto* inputs = reinterpret_cast<float*>(scratch_[static_cast<std::size_t>(member)].data());
  float* sums = inputs + static_cast<std::ptrdiff_t>(kValues) * group_ * input_.channels;
  const int groups = (tiles_ + group_ - 1) / group_;
  for (int group = groups * member / threads_; group < groups * (member + 1) / threads_; ++group) {
    const int first = group * group_;
    run_group(first, std::min(group_, tiles_ - first), inputs, sums);
  }
}

void WinogradConvolution::run_group(int first_tile, int count, float* inputs, float* sums) const {
  const std::ptrdiff_t input_plane = static_cast<std::ptrdiff_t>(group_) * input_.channels;
  const std::ptrdiff_t sum_plane = static_cast<std::ptrdiff_t>(group_) * output_.output.channels;
  for (int i = 0; i < count; ++i) {
    const int tile = first_tile + i;
    kernels_.winograd_input(input_, tile / tiles_across_ * kTileSide - 1,
                            tile % tiles_across_ * kTileSide - 1, inputs + i * input_.channels,
                            input_plane);
  }
  for (int value = 0; value < kValues; ++value) {
    const auto* from = reinterpret_cast<const std::byte*>(inputs + value * input_plane);
    for (const Block& block : blocks_) {
      TileArguments arguments = block.arguments;
      arguments.weights += static_cast<std::ptrdiff_t>(value) * block.value_bytes;
      auto* to = reinterpret_cast<std::byte*>(sums + value * sum_plane + block.channel);
      // A small last group is filled up with what the one before it left.
      const int rows = std::max(count, block.pixels);
      for (int i = 0; i < rows; i += block.pixels) {
        const int start = std::min(i, rows - block.pixels);
        block.tile(arguments, from + start * arguments.input_step,
                   to + start * arguments.output_pixel, nullptr);
      }
    }
  }
  for (int i = 0; i < count; ++i) {
    const int tile = first_tile + i;
    kernels_.winograd_output(
        output_, sums + static_cast<std::ptrdiff_t>(i) * output_.output.channels, sum_plane,
        tile / tiles_across_ * kTileSide, tile % tiles_across_ * kTileSide);
  }
}

std::size_t WinogradConvolution::weight_bytes() const {
  std::size_t bytes = constants_.size();
  for (const AlignedBuffer& buffer : packed_) bytes += buffer.size();
  return bytes;
}

}  // namespace gondola::engine
