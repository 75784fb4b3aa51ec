#include "convolution.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "gondola/core/error.hpp"
#include "tile_choice.hpp"

namespace gondola::engine {
namespace {

// What a share of rows reads should stay in a core's second-level cache beside the weights.
constexpr std::ptrdiff_t kInputBytesPerPart = 200'000;

std::uint16_t to_bfloat16(float value) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof(bits));
  bits += 0x7FFF + ((bits >> 16) & 1);
  return static_cast<std::uint16_t>(bits >> 16);
}

}  // namespace

Convolution::Convolution(const Operation& operation, const ConvolutionMaps& maps,
                         const KernelSet& kernels, int threads)
    : input_(maps.input),
      output_(maps.output),
      residual_(maps.residual),
      stride_(operation.stride),
      reach_(operation.kernel / 2),
      threads_(threads) {
  TileKey key;
  key.input = input_.type;
  key.output = output_.type;
  key.activation = choose_activation(operation.activation, kernels).activation;

  int channel = 0;
  std::size_t weight_total = 0;
  for (const int vectors :
       split_vectors(kernels, key, (output_.channels + kernels.width - 1) / kernels.width)) {
    Block block;
    pack(operation, maps, kernels, block, channel, vectors);
    key.vectors = vectors;
    block.pixels = best_pixels(kernels, key, output_.width);
    key.pixels = block.pixels;
    block.tile = kernels.find_tile(key);
    blocks_.push_back(block);
    weight_total += packed_[packed_.size() - 2].size();
    channel += vectors * kernels.width;
  }

  const std::ptrdiff_t input_bytes = input_.row_bytes * input_.height;
  by_channels_ = static_cast<std::ptrdiff_t>(weight_total) > input_bytes &&
                 static_cast<int>(blocks_.size()) >= threads;
  const int wanted =
      by_channels_ ? 1
                   : static_cast<int>((input_bytes + kInputBytesPerPart - 1) / kInputBytesPerPart);
  // A multiple of the threads, so that all get the same.
  row_parts_ = std::min(output_.height, (wanted + threads - 1) / threads * threads);
}

void Convolution::pack(const Operation& operation, const ConvolutionMaps& maps,
                       const KernelSet& kernels, Block& block, int first_channel, int vectors) {
  const int width = kernels.width;
  const int kernel = operation.kernel;
  const int per_pack = 4 / static_cast<int>(element_bytes(input_.type));
  const std::vector<int> in_of = logical_channels(operation.input);
  const std::vector<int> out_of = logical_channels(operation.output);
  // The picture's three channels are not padded to a whole vector, the fourth only to a pack.
  const int used = input_.channels < kChannelAlignment ? operation.input.channels()
                                                       : static_cast<int>(in_of.size());
  const int packs = (used + per_pack - 1) / per_pack;
  const int lanes = vectors * width;
  const int in_channels = operation.input.channels();

  AlignedBuffer weights(static_cast<std::size_t>(kernel) * kernel * packs * lanes * 4);
  // Bias, scale and slope of every lane.
  AlignedBuffer constants(static_cast<std::size_t>(3) * lanes * sizeof(float));
  auto* bias = reinterpret_cast<float*>(constants.data());
  float* scale = bias + lanes;
  float* slope = scale + lanes;
  const TileActivationChoice activation = choose_activation(operation.activation, kernels);

  // Each lane's weights as they are to be stored, [input channel][kernel row][kernel column].
  const std::size_t row_size = static_cast<std::size_t>(in_channels) * kernel * kernel;
  const std::size_t taps = static_cast<std::size_t>(kernel) * kernel;
  std::vector<float> rows(static_cast<std::size_t>(lanes) * row_size);
  for (int lane = 0; lane < lanes; ++lane) {
    const auto memory = static_cast<std::size_t>(first_channel + lane);
    const int out = memory < out_of.size() ? out_of[memory] : -1;
    scale[lane] = 1;
    slope[lane] = activation.slope;
    if (out < 0) continue;
    const auto channel = static_cast<std::size_t>(out);
    float* row = rows.data() + static_cast<std::size_t>(lane) * row_size;
    std::copy_n(
        operation.weights->kernels.begin() + static_cast<std::ptrdiff_t>(channel * row_size),
        row_size, row);
    if (!operation.weights->slopes.empty()) slope[lane] = operation.weights->slopes[channel];
    double zero_point_sum = 0;
    if (input_.type == MapType::kUint8) {
      // Each input channel's scale goes into its weights, so that channels joined from several
      // producers may each have their own.
      for (std::size_t i = 0; i < row_size; ++i) row[i] *= maps.input_channels[i / taps].scale;
      scale[lane] = nn::round_to_int8(row, row_size);
      for (std::size_t i = 0; i < row_size; ++i) {
        zero_point_sum += static_cast<double>(row[i]) * maps.input_channels[i / taps].zero_point;
      }
    }
    bias[lane] =
        static_cast<float>(operation.weights->bias[channel] - zero_point_sum * scale[lane]);
  }

  for (int c = 0; c < used; ++c) {
    const int in = in_of[static_cast<std::size_t>(c)];
    if (in < 0) continue;
    for (int tap = 0; tap < kernel * kernel; ++tap) {
      const float* from = rows.data() + static_cast<std::size_t>(in) * taps + tap;
      const std::size_t place =
          static_cast<std::size_t>(tap * packs + c / per_pack) * static_cast<std::size_t>(lanes);
      store_lanes(weights.data(), place, static_cast<std::size_t>(c % per_pack), from, row_size,
                  static_cast<std::size_t>(lanes));
    }
  }

  TileArguments& arguments = block.arguments;
  arguments.weights = weights.data();
  arguments.bias = bias;
  arguments.scale = scale;
  arguments.slope = slope;
  arguments.input_row = input_.row_bytes;
  arguments.input_pixel = input_.pixel_bytes;
  arguments.input_step = input_.pixel_bytes * stride_;
  arguments.output_pixel = output_.pixel_bytes;
  arguments.residual_pixel = residual_.pixel_bytes;
  arguments.kernel_height = kernel;
  arguments.kernel_width = kernel;
  arguments.channel_packs = packs;
  if (input_.pixel_bytes == 4 * packs) {
    // Pixels side by side without a gap are one long run of channels.
    arguments.kernel_width = 1;
    arguments.channel_packs = packs * kernel;
  }
  arguments.activate = activation.activate;
  arguments.activation_parameter = activation.parameter;
  arguments.output_inverse_scale = 1 / output_.scale;
  arguments.output_zero_point = output_.zero_point;
  arguments.residual_scale = residual_.scale;
  arguments.residual_zero_point = residual_.zero_point;
  block.output = first_channel * static_cast<std::ptrdiff_t>(element_bytes(output_.type));
  block.residual = first_channel * static_cast<std::ptrdiff_t>(element_bytes(residual_.type));
  packed_.push_back(std::move(weights));
  packed_.push_back(std::move(constants));
}

// Writes one input channel's weight of every lane, `step` apart in `from`, at its place in a pack.
void Convolution::store_lanes(std::byte* weights, std::size_t first_pack, std::size_t within,
                              const float* from, std::size_t step, std::size_t lanes) const {
  switch (input_.type) {
    case MapType::kFloat32: {
      auto* to = reinterpret_cast<float*>(weights) + first_pack;
      for (std::size_t lane = 0; lane < lanes; ++lane) to[lane] = from[lane * step];
      break;
    }
    case MapType::kBFloat16: {
      auto* to = reinterpret_cast<std::uint16_t*>(weights) + 2 * first_pack + within;
      for (std::size_t lane = 0; lane < lanes; ++lane)
        to[2 * lane] = to_bfloat16(from[lane * step]);
      break;
    }
    case MapType::kUint8: {
      auto* to = reinterpret_cast<std::int8_t*>(weights) + 4 * first_pack + within;
      for (std::size_t lane = 0; lane < lanes; ++lane) {
        to[4 * lane] = static_cast<std::int8_t>(from[lane * step]);
      }
      break;
    }
  }
}

void Convolution::run_rows(const Block& block, int first, int last) const {
  const std::ptrdiff_t corner = -reach_ * (input_.row_bytes + input_.pixel_bytes);
  const int width = output_.width;
  for (int y = first; y < last; ++y) {
    const std::byte* input = input_.row(y * stride_) + corner;
    std::byte* output = output_.row(y) + block.output;
    const std::byte* residual =
        residual_.data == nullptr ? nullptr : residual_.row(y) + block.residual;
    for (int x = 0; x < width; x += block.pixels) {
      const int start = std::min(x, width - block.pixels);
      block.tile(block.arguments, input + start * block.arguments.input_step,
                 output + start * output_.pixel_bytes,
                 residual == nullptr ? nullptr : residual + start * residual_.pixel_bytes);
    }
  }
}

void Convolution::run(int member) const {
  const int blocks = static_cast<int>(blocks_.size());
  const int units = blocks * row_parts_;
  const int first = units * member / threads_;
  const int last = units * (member + 1) / threads_;
  for (int unit = first; unit < last; ++unit) {
    const int part = by_channels_ ? unit % row_parts_ : unit / blocks;
    const int block = by_channels_ ? unit / row_parts_ : unit % blocks;
    run_rows(blocks_[static_cast<std::size_t>(block)], output_.height * part / row_parts_,
             output_.height * (part + 1) / row_parts_);
  }
}

std::size_t Convolution::weight_bytes() const {
  std::size_t bytes = 0;
  for (const AlignedBuffer& buffer : packed_) bytes += buffer.size();
  return bytes;
}

}  // namespace gondola::engine
