#pragma once

#include <cstddef>
#include <cstdint>

namespace gondola::engine {

/// Element types of maps.
enum class MapType { kFloat32, kBFloat16, kUint8 };

// Static, because sources for different instruction sets must not share one copy.
[[maybe_unused]] static constexpr std::size_t element_bytes(MapType type) {
  return type == MapType::kFloat32 ? 4 : type == MapType::kBFloat16 ? 2 : 1;
}

/// Activations that tiles compute in registers; the others go through kOther.
enum class TileActivation {
  kPiecewiseLinear,  ///< x, or slope * x below 0: identity, relu, leaky_relu, prelu
  kSilu,
  kHardswish,
  kOther,
};

/// Replaces values by their activation, in place. count is a multiple of 16.
using ActivationFunction = void (*)(float* values, std::size_t count, float parameter);

/// What all tiles of one block of output channels share. Steps are in bytes.
struct TileArguments {
  /// [kernel row][kernel column][pack of input channels][vector][lane][channel of the pack].
  const std::byte* weights = nullptr;
  const float* bias = nullptr;   ///< per output channel of the block
  const float* scale = nullptr;  ///< uint8 input: from the integer sum to the real number
  const float* slope = nullptr;  ///< kPiecewiseLinear: below 0

  std::ptrdiff_t input_row = 0;    ///< from one row of the input to the next
  std::ptrdiff_t input_pixel = 0;  ///< from one column of the kernel to the next
  std::ptrdiff_t input_step = 0;   ///< from one output pixel's input to the next's
  std::ptrdiff_t output_pixel = 0;
  std::ptrdiff_t residual_pixel = 0;

  int kernel_height = 1;
  int kernel_width = 1;
  int channel_packs = 1;  ///< of 4 bytes: 1 float32, 2 bfloat16, 4 uint8

  ActivationFunction activate = nullptr;  ///< kOther
  float activation_parameter = 0;

  // uint8 maps: real = (stored - zero_point) * scale.
  float output_inverse_scale = 1;
  float output_zero_point = 0;
  float residual_scale = 1;
  float residual_zero_point = 0;
};

/// Computes a few neighbouring pixels of one output row, for the channels of one block.
///
/// @param input     the first pixel's input under the kernel's top left corner
/// @param output    the first pixel's first channel of the block
/// @param residual  the same in the map that is added after the activation; null for none. Of the
///                  output's type.
using TileFunction = void (*)(const TileArguments& arguments, const std::byte* input,
                              std::byte* output, const std::byte* residual);

/// Which of a kernel set's tiles.
struct TileKey {
  MapType input = MapType::kFloat32;
  MapType output = MapType::kFloat32;
  TileActivation activation = TileActivation::kPiecewiseLinear;
  int vectors = 1;  ///< of output channels
  int pixels = 1;
};

}  // namespace gondola::engine
