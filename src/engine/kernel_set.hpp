#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "tile.hpp"

namespace gondola::engine {

/// Part of a map: some channels of all its pixels, in memory as [row][column][channel].
struct MapView {
  std::byte* data = nullptr;  ///< the first pixel's first channel of the part
  std::ptrdiff_t row_bytes = 0;
  std::ptrdiff_t pixel_bytes = 0;
  int height = 0;
  int width = 0;
  int channels = 0;  ///< multiple of 16
  MapType type = MapType::kFloat32;
  float scale = 1;  ///< uint8: real = (stored - zero_point) * scale
  float zero_point = 0;

  std::byte* row(int y) const { return data + y * row_bytes; }
};

/// A depthwise convolution of stride 1: every channel with its own kernel.
struct DepthwiseArguments {
  MapView input;  ///< with a border of kernel / 2 pixels around it
  MapView output;
  const float* weights = nullptr;  ///< [kernel row][kernel column][channel]
  const float* bias = nullptr;
  const float* slope = nullptr;
  int kernel = 3;
  TileActivation activation = TileActivation::kPiecewiseLinear;
  ActivationFunction activate = nullptr;
  float activation_parameter = 0;
};

/// Where the results of Winograd's filtering go.
struct WinogradOutput {
  MapView output;    ///< float32
  MapView residual;  ///< float32, added after the activation; data null for none
  const float* bias = nullptr;
  const float* slope = nullptr;
  TileActivation activation = TileActivation::kPiecewiseLinear;
  ActivationFunction activate = nullptr;
  float activation_parameter = 0;
};

/// The kernels compiled for one instruction set. Functions that take rows do [first, last).
struct KernelSet {
  const char* name = "";
  int width = 0;  ///< floats in a vector

  /// Null when there is no such tile.
  TileFunction (*find_tile)(const TileKey& key) = nullptr;
  /// Null for names that tiles compute themselves.
  ActivationFunction (*find_activation)(const char* name) = nullptr;
  void (*depthwise)(const DepthwiseArguments& arguments, int first, int last) = nullptr;
  /// Maximum over a window of `size` around each pixel, stride 1, cut at the map's edges.
  void (*max_pool)(const MapView& input, const MapView& output, int size, int first,
                   int last) = nullptr;
  /// Transforms the 6x6 pixels from (top, left) on, float32, into 36 values of every channel: value
  /// i at to + i * plane. The map has a border of one pixel.
  void (*winograd_input)(const MapView& input, int top, int left, float* to,
                         std::ptrdiff_t plane) = nullptr;
  /// The inverse for 4x4 results, as far as they are within the map.
  void (*winograd_output)(const WinogradOutput& arguments, const float* from, std::ptrdiff_t plane,
                          int top, int left) = nullptr;
  /// Same size and channels; types and quantisation may differ.
  void (*convert)(const MapView& input, const MapView& output, int first, int last) = nullptr;
  /// Rows of BGR bytes to pixels of 4 channels: red, green, blue, 0; 0..1 in float maps, the bytes
  /// themselves in uint8 maps.
  void (*pack_rows)(const std::uint8_t* bgr, std::ptrdiff_t row_bytes, const MapView& map,
                    int first, int last) = nullptr;
};

// Null where this build or this CPU has no such instructions. The portable set is always there.
const KernelSet& portable_kernels();
const KernelSet* avx2_kernels();
const KernelSet* avx512_kernels();           ///< float32 maps
const KernelSet* avx512_bfloat16_kernels();  ///< bfloat16 inputs
const KernelSet* avx512_uint8_kernels();     ///< uint8 inputs

}  // namespace gondola::engine
