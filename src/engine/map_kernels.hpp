#pragma once

#include "activation_math.hpp"
#include "kernel_set.hpp"
#include "winograd_kernels.hpp"

// Everything that is not a dense convolution, as templates on the instruction set.

namespace gondola::engine {
namespace {

constexpr int kChunk = 16;  // channels that one step handles; maps hold multiples of it

inline float to_float(std::uint16_t bfloat16) {
  const std::uint32_t bits = static_cast<std::uint32_t>(bfloat16) << 16;
  float value;
  __builtin_memcpy(&value, &bits, sizeof(value));
  return value;
}

// To the nearest, halves to even; NaN does not occur in maps of finite weights.
inline std::uint16_t to_bfloat16(float value) {
  std::uint32_t bits;
  __builtin_memcpy(&bits, &value, sizeof(bits));
  bits += 0x7FFF + ((bits >> 16) & 1);
  return static_cast<std::uint16_t>(bits >> 16);
}

// Real numbers of kChunk channels, from and to any type of map.
inline void load_chunk(const MapView& map, const std::byte* from, float* reals) {
  switch (map.type) {
    case MapType::kFloat32:
      __builtin_memcpy(reals, from, kChunk * sizeof(float));
      break;
    case MapType::kBFloat16: {
      std::uint16_t halves[kChunk];
      __builtin_memcpy(halves, from, sizeof(halves));
      for (int i = 0; i < kChunk; ++i) reals[i] = to_float(halves[i]);
      break;
    }
    case MapType::kUint8:
      for (int i = 0; i < kChunk; ++i) {
        reals[i] =
            (static_cast<float>(static_cast<std::uint8_t>(from[i])) - map.zero_point) * map.scale;
      }
      break;
  }
}

inline void store_chunk(const MapView& map, std::byte* to, const float* reals) {
  switch (map.type) {
    case MapType::kFloat32:
      __builtin_memcpy(to, reals, kChunk * sizeof(float));
      break;
    case MapType::kBFloat16: {
      std::uint16_t halves[kChunk];
      for (int i = 0; i < kChunk; ++i) halves[i] = to_bfloat16(reals[i]);
      __builtin_memcpy(to, halves, sizeof(halves));
      break;
    }
    case MapType::kUint8:
      for (int i = 0; i < kChunk; ++i) {
        const float stored = __builtin_rintf(reals[i] / map.scale + map.zero_point);
        to[i] = static_cast<std::byte>(stored < 0     ? 0
                                       : stored > 255 ? 255
                                                      : static_cast<int>(stored));
      }
      break;
  }
}

template <typename V>
void depthwise(const DepthwiseArguments& a, int first, int last) {
  const std::ptrdiff_t bytes = static_cast<std::ptrdiff_t>(element_bytes(a.input.type));
  const std::ptrdiff_t output_bytes = static_cast<std::ptrdiff_t>(element_bytes(a.output.type));
  const int reach = a.kernel / 2;
  for (int y = first; y < last; ++y) {
    for (int x = 0; x < a.output.width; ++x) {
      for (int channel = 0; channel < a.output.channels; channel += kChunk) {
        alignas(64) float sums[kChunk];
        alignas(64) float pixel[kChunk];
        __builtin_memcpy(sums, a.bias + channel, sizeof(sums));
        for (int ky = 0; ky < a.kernel; ++ky) {
          for (int kx = 0; kx < a.kernel; ++kx) {
            load_chunk(a.input,
                       a.input.row(y + ky - reach) + (x + kx - reach) * a.input.pixel_bytes +
                           channel * bytes,
                       pixel);
            const float* weights = a.weights + (ky * a.kernel + kx) * a.output.channels + channel;
            for (int v = 0; v < kChunk; v += V::kWidth) {
              V::store(sums + v, V::multiply_add(V::load(pixel + v), V::load(weights + v),
                                                 V::load(sums + v)));
            }
          }
        }
        for (int v = 0; v < kChunk; v += V::kWidth) {
          typename V::Floats sum = V::load(sums + v);
          switch (a.activation) {
            case TileActivation::kPiecewiseLinear:
              sum = V::scaled_below_zero(sum, V::load(a.slope + channel + v));
              break;
            case TileActivation::kSilu:
              sum = silu<V>(sum);
              break;
            case TileActivation::kHardswish:
              sum = hardswish<V>(sum);
              break;
            case TileActivation::kOther:
              break;
          }
          V::store(sums + v, sum);
        }
        if (a.activation == TileActivation::kOther) {
          a.activate(sums, kChunk, a.activation_parameter);
        }
        store_chunk(a.output, a.output.row(y) + x * a.output.pixel_bytes + channel * output_bytes,
                    sums);
      }
    }
  }
}

// The pixels that a window around one covers.
struct Window {
  int top;
  int bottom;
  int left;
  int right;
};

inline Window window_around(const MapView& map, int y, int x, int size) {
  const int reach = size / 2;
  return {y - reach > 0 ? y - reach : 0, y + reach < map.height - 1 ? y + reach : map.height - 1,
          x - reach > 0 ? x - reach : 0, x + reach < map.width - 1 ? x + reach : map.width - 1};
}

template <typename V, typename Load, typename Store>
void max_pool_of_reals(const MapView& input, const MapView& output, int size, int first, int last,
                       Load load, Store store) {
  const auto bytes = static_cast<std::ptrdiff_t>(element_bytes(input.type));
  for (int y = first; y < last; ++y) {
    for (int x = 0; x < input.width; ++x) {
      const Window window = window_around(input, y, x, size);
      for (int channel = 0; channel < input.channels; channel += V::kWidth) {
        const std::ptrdiff_t offset = channel * bytes;
        typename V::Floats best =
            load(input.row(window.top) + window.left * input.pixel_bytes + offset);
        for (int wy = window.top; wy <= window.bottom; ++wy) {
          const std::byte* row = input.row(wy) + offset;
          for (int wx = window.left; wx <= window.right; ++wx) {
            best = V::larger(best, load(row + wx * input.pixel_bytes));
          }
        }
        store(output.row(y) + x * output.pixel_bytes + offset, best);
      }
    }
  }
}

// Quantised numbers order like the real ones.
inline void max_pool_of_bytes(const MapView& input, const MapView& output, int size, int first,
                              int last) {
  for (int y = first; y < last; ++y) {
    for (int x = 0; x < input.width; ++x) {
      const Window window = window_around(input, y, x, size);
      for (int channel = 0; channel < input.channels; channel += kChunk) {
        std::uint8_t best[kChunk] = {};
        for (int wy = window.top; wy <= window.bottom; ++wy) {
          for (int wx = window.left; wx <= window.right; ++wx) {
            std::uint8_t other[kChunk];
            __builtin_memcpy(other, input.row(wy) + wx * input.pixel_bytes + channel, kChunk);
            for (int i = 0; i < kChunk; ++i) best[i] = best[i] > other[i] ? best[i] : other[i];
          }
        }
        __builtin_memcpy(output.row(y) + x * output.pixel_bytes + channel, best, kChunk);
      }
    }
  }
}

template <typename V>
void max_pool(const MapView& input, const MapView& output, int size, int first, int last) {
  switch (input.type) {
    case MapType::kFloat32:
      max_pool_of_reals<V>(
          input, output, size, first, last,
          [](const std::byte* from) { return V::load(reinterpret_cast<const float*>(from)); },
          [](std::byte* to, typename V::Floats v) { V::store(reinterpret_cast<float*>(to), v); });
      break;
    case MapType::kBFloat16:
      // Only plans for CPUs with AVX-512 hold such maps.
      if constexpr (V::kWidth == kChunk) {
        max_pool_of_reals<V>(
            input, output, size, first, last,
            [](const std::byte* from) { return V::load_bfloat16(from); },
            [](std::byte* to, typename V::Floats v) { V::store_bfloat16(to, v); });
      }
      break;
    case MapType::kUint8:
      max_pool_of_bytes(input, output, size, first, last);
      break;
  }
}

inline void convert(const MapView& input, const MapView& output, int first, int last) {
  const auto input_bytes = static_cast<std::ptrdiff_t>(element_bytes(input.type));
  const auto output_bytes = static_cast<std::ptrdiff_t>(element_bytes(output.type));
  const bool same = input.type == output.type &&
                    (input.type != MapType::kUint8 ||
                     (input.scale == output.scale && input.zero_point == output.zero_point));
  for (int y = first; y < last; ++y) {
    for (int x = 0; x < input.width; ++x) {
      const std::byte* from = input.row(y) + x * input.pixel_bytes;
      std::byte* to = output.row(y) + x * output.pixel_bytes;
      if (same) {
        __builtin_memcpy(to, from, static_cast<std::size_t>(input.channels * input_bytes));
        continue;
      }
      for (int channel = 0; channel < input.channels; channel += kChunk) {
        float reals[kChunk];
        load_chunk(input, from + channel * input_bytes, reals);
        store_chunk(output, to + channel * output_bytes, reals);
      }
    }
  }
}

// v / 255 rounded once, as the division gives it, of every byte.
template <typename Element>
struct UnitLevels {
  Element of[256];
};

constexpr UnitLevels<float> unit_levels() {
  UnitLevels<float> levels{};
  for (int value = 0; value < 256; ++value) levels.of[value] = static_cast<float>(value) / 255.0F;
  return levels;
}

inline UnitLevels<std::uint16_t> bfloat16_levels() {
  UnitLevels<std::uint16_t> levels{};
  for (int value = 0; value < 256; ++value) {
    levels.of[value] = to_bfloat16(static_cast<float>(value) / 255.0F);
  }
  return levels;
}

template <typename Element>
void pack_pixels(const std::uint8_t* bgr, int width, const UnitLevels<Element>& levels,
                 std::byte* to) {
  for (int x = 0; x < width; ++x) {
    const Element pixel[4] = {levels.of[bgr[3 * x + 2]], levels.of[bgr[3 * x + 1]],
                              levels.of[bgr[3 * x]], 0};
    __builtin_memcpy(to + x * sizeof(pixel), pixel, sizeof(pixel));
  }
}

inline void pack_rows(const std::uint8_t* bgr, std::ptrdiff_t row_bytes, const MapView& map,
                      int first, int last) {
  switch (map.type) {
    case MapType::kFloat32: {
      constexpr UnitLevels<float> kLevels = unit_levels();
      for (int y = first; y < last; ++y) {
        pack_pixels(bgr + y * row_bytes, map.width, kLevels, map.row(y));
      }
      break;
    }
    case MapType::kBFloat16: {
      const UnitLevels<std::uint16_t> levels = bfloat16_levels();
      for (int y = first; y < last; ++y) {
        pack_pixels(bgr + y * row_bytes, map.width, levels, map.row(y));
      }
      break;
    }
    case MapType::kUint8:
      for (int y = first; y < last; ++y) {
        const std::uint8_t* row = bgr + y * row_bytes;
        std::byte* to = map.row(y);
        for (int x = 0; x < map.width; ++x) {
          const std::uint8_t pixel[4] = {row[3 * x + 2], row[3 * x + 1], row[3 * x], 0};
          __builtin_memcpy(to + x * sizeof(pixel), pixel, sizeof(pixel));
        }
      }
      break;
  }
}

template <typename V, typename V::Floats (*kFunction)(typename V::Floats)>
void activate(float* values, std::size_t count, float) {
  for (std::size_t i = 0; i < count; i += V::kWidth) {
    V::store(values + i, kFunction(V::load(values + i)));
  }
}

template <typename V>
void activate_elu(float* values, std::size_t count, float alpha) {
  for (std::size_t i = 0; i < count; i += V::kWidth) {
    V::store(values + i, elu<V>(V::load(values + i), alpha));
  }
}

template <typename V>
ActivationFunction find_activation(const char* name) {
  if (__builtin_strcmp(name, "gelu") == 0) return activate<V, gelu<V>>;
  if (__builtin_strcmp(name, "mish") == 0) return activate<V, mish<V>>;
  if (__builtin_strcmp(name, "elu") == 0) return activate_elu<V>;
  if (__builtin_strcmp(name, "tanh") == 0) return activate<V, hyperbolic_tangent<V>>;
  if (__builtin_strcmp(name, "sigmoid") == 0) return activate<V, sigmoid<V>>;
  return nullptr;
}

template <typename V>
KernelSet make_kernel_set(const char* name, TileFunction (*find_tile)(const TileKey&)) {
  KernelSet set;
  set.name = name;
  set.width = V::kWidth;
  set.find_tile = find_tile;
  set.find_activation = find_activation<V>;
  set.depthwise = depthwise<V>;
  set.max_pool = max_pool<V>;
  set.winograd_input = winograd_input<V>;
  set.winograd_output = winograd_output<V>;
  set.convert = convert;
  set.pack_rows = pack_rows;
  return set;
}

}  // namespace
}  // namespace gondola::engine
