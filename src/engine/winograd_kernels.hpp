#pragma once

#include "kernel_set.hpp"
#include "tile_kernels.hpp"

// The transforms of Winograd's minimal filtering for 3x3 kernels and 4x4 results (Lavin and Gray
// 2016, section 4.3; points 0, 1, -1, 2, -2 and infinity), on vectors of channels.

namespace gondola::engine {
namespace {

/// B^T d: six values along one axis to six in the transformed space.
template <typename V>
void transform_six(const typename V::Floats d[6], typename V::Floats out[6]) {
  using F = typename V::Floats;
  const F two = V::all(2.0F);
  const F four = V::all(4.0F);
  const F minus_five = V::all(-5.0F);
  const F minus_four = V::all(-4.0F);
  const F even_one = V::multiply_add(minus_four, d[2], d[4]);   // d4 - 4 d2
  const F odd_one = V::multiply_add(minus_four, d[1], d[3]);    // d3 - 4 d1
  const F even_two = V::subtract(d[4], d[2]);                   // d4 - d2
  const F odd_two = V::multiply(two, V::subtract(d[3], d[1]));  // 2 (d3 - d1)
  out[0] = V::multiply_add(four, d[0], V::multiply_add(minus_five, d[2], d[4]));
  out[1] = V::add(even_one, odd_one);
  out[2] = V::subtract(even_one, odd_one);
  out[3] = V::add(even_two, odd_two);
  out[4] = V::subtract(even_two, odd_two);
  out[5] = V::multiply_add(four, d[1], V::multiply_add(minus_five, d[3], d[5]));
}

/// A^T m: back from six transformed values to four results.
template <typename V>
void restore_four(const typename V::Floats m[6], typename V::Floats out[4]) {
  using F = typename V::Floats;
  const F sum_one = V::add(m[1], m[2]);
  const F difference_one = V::subtract(m[1], m[2]);
  const F sum_two = V::add(m[3], m[4]);
  const F difference_two = V::subtract(m[3], m[4]);
  out[0] = V::add(m[0], V::add(sum_one, sum_two));
  out[1] = V::multiply_add(V::all(2.0F), difference_two, difference_one);
  out[2] = V::multiply_add(V::all(4.0F), sum_two, sum_one);
  out[3] = V::add(m[5], V::multiply_add(V::all(8.0F), difference_two, difference_one));
}

template <typename V>
void winograd_input(const MapView& input, int top, int left, float* to, std::ptrdiff_t plane) {
  for (int channel = 0; channel < input.channels; channel += V::kWidth) {
    typename V::Floats columns[6][6];  // [transformed row][column]
#pragma GCC unroll 6
    for (int x = 0; x < 6; ++x) {
      typename V::Floats d[6];
      typename V::Floats transformed[6];
#pragma GCC unroll 6
      for (int y = 0; y < 6; ++y) {
        // Beyond the border there is nothing: the last tiles may hang over the map's edge.
        const bool there = top + y <= input.height && left + x <= input.width;
        d[y] = there ? V::load(reinterpret_cast<const float*>(input.row(top + y) +
                                                              (left + x) * input.pixel_bytes) +
                               channel)
                     : V::zero();
      }
      transform_six<V>(d, transformed);
#pragma GCC unroll 6
      for (int y = 0; y < 6; ++y) columns[y][x] = transformed[y];
    }
#pragma GCC unroll 6
    for (int y = 0; y < 6; ++y) {
      typename V::Floats transformed[6];
      transform_six<V>(columns[y], transformed);
#pragma GCC unroll 6
      for (int x = 0; x < 6; ++x) V::store(to + (6 * y + x) * plane + channel, transformed[x]);
    }
  }
}

template <typename V, TileActivation kActivation>
void winograd_output_of(const WinogradOutput& arguments, const float* from, std::ptrdiff_t plane,
                        int top, int left) {
  const MapView& output = arguments.output;
  const int rows = output.height - top < 4 ? output.height - top : 4;
  const int columns = output.width - left < 4 ? output.width - left : 4;
  for (int channel = 0; channel < output.channels; channel += V::kWidth) {
    typename V::Floats restored[4][6];
#pragma GCC unroll 6
    for (int x = 0; x < 6; ++x) {
      typename V::Floats m[6];
      typename V::Floats out[4];
#pragma GCC unroll 6
      for (int y = 0; y < 6; ++y) m[y] = V::load(from + (6 * y + x) * plane + channel);
      restore_four<V>(m, out);
#pragma GCC unroll 4
      for (int y = 0; y < 4; ++y) restored[y][x] = out[y];
    }
    const typename V::Floats bias = V::load(arguments.bias + channel);
    const typename V::Floats slope = V::load(arguments.slope + channel);
    for (int y = 0; y < rows; ++y) {
      typename V::Floats out[4];
      restore_four<V>(restored[y], out);
#pragma GCC unroll 4
      for (int x = 0; x < 4; ++x) {
        out[x] = activated<V, kActivation, false>(V::add(out[x], bias), slope);
      }
      if constexpr (kActivation == TileActivation::kOther) {
        alignas(64) float values[4 * V::kWidth];
        for (int x = 0; x < 4; ++x) V::store(values + x * V::kWidth, out[x]);
        arguments.activate(values, 4 * V::kWidth, arguments.activation_parameter);
        for (int x = 0; x < 4; ++x) out[x] = V::load(values + x * V::kWidth);
      }
      for (int x = 0; x < columns; ++x) {
        typename V::Floats value = out[x];
        if (arguments.residual.data != nullptr) {
          const std::byte* pixel =
              arguments.residual.row(top + y) + (left + x) * arguments.residual.pixel_bytes;
          value = V::add(value, V::load(reinterpret_cast<const float*>(pixel) + channel));
        }
        std::byte* pixel = output.row(top + y) + (left + x) * output.pixel_bytes;
        V::store(reinterpret_cast<float*>(pixel) + channel, value);
      }
    }
  }
}

template <typename V>
void winograd_output(const WinogradOutput& arguments, const float* from, std::ptrdiff_t plane,
                     int top, int left) {
  switch (arguments.activation) {
    case TileActivation::kPiecewiseLinear:
      return winograd_output_of<V, TileActivation::kPiecewiseLinear>(arguments, from, plane, top,
                                                                     left);
    case TileActivation::kSilu:
      return winograd_output_of<V, TileActivation::kSilu>(arguments, from, plane, top, left);
    case TileActivation::kHardswish:
      return winograd_output_of<V, TileActivation::kHardswish>(arguments, from, plane, top, left);
    case TileActivation::kOther:
      return winograd_output_of<V, TileActivation::kOther>(arguments, from, plane, top, left);
  }
}

}  // namespace
}  // namespace gondola::engine
