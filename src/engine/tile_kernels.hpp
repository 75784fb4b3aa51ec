#pragma once

#include "activation_math.hpp"
#include "tile.hpp"

// The tile, as a template on instruction set, input type, output type, activation and size.

namespace gondola::engine {
namespace {

/// float32 times float32, one channel a pack.
template <typename V>
struct Float32Input {
  static constexpr MapType kType = MapType::kFloat32;
  using Sums = typename V::Floats;
  using Weights = typename V::Floats;
  static constexpr int kWeightBytes = 4 * V::kWidth;

  static Sums zero() { return V::zero(); }
  static Weights load(const std::byte* from) {
    return V::load(reinterpret_cast<const float*>(from));
  }
  static Weights spread(const std::byte* from) {
    float value;
    __builtin_memcpy(&value, from, sizeof(value));
    return V::all(value);
  }
  static void add_product(Sums& sums, const Weights& pixel, const Weights& weights) {
    sums = V::multiply_add(pixel, weights, sums);
  }
  static typename V::Floats to_real(const Sums& sums, const float*) { return sums; }
};

#if defined(__AVX512BF16__)
/// Products of two neighbouring channels added in float32.
struct BFloat16Input {
  static constexpr MapType kType = MapType::kBFloat16;
  using Sums = __m512;
  using Weights = __m512i;
  static constexpr int kWeightBytes = 64;

  static Sums zero() { return _mm512_setzero_ps(); }
  static Weights load(const std::byte* from) { return _mm512_loadu_si512(from); }
  static Weights spread(const std::byte* from) {
    int pair;
    __builtin_memcpy(&pair, from, sizeof(pair));
    return _mm512_set1_epi32(pair);
  }
  // As instructions, because GCC 12 copies the accumulator around its own intrinsic.
  static void add_product(Sums& sums, const Weights& pixel, const Weights& weights) {
    asm("vdpbf16ps %2, %1, %0" : "+v"(sums) : "v"(pixel), "v"(weights));
  }
  static __m512 to_real(const Sums& sums, const float*) { return sums; }
};
#endif

#if defined(__AVX512VNNI__)
/// Products of four neighbouring channels, unsigned times signed bytes, added in int32.
struct Uint8Input {
  static constexpr MapType kType = MapType::kUint8;
  using Sums = __m512i;
  using Weights = __m512i;
  static constexpr int kWeightBytes = 64;

  static Sums zero() { return _mm512_setzero_si512(); }
  static Weights load(const std::byte* from) { return _mm512_loadu_si512(from); }
  static Weights spread(const std::byte* from) {
    int four;
    __builtin_memcpy(&four, from, sizeof(four));
    return _mm512_set1_epi32(four);
  }
  static void add_product(Sums& sums, const Weights& pixel, const Weights& weights) {
    asm("vpdpbusd %2, %1, %0" : "+v"(sums) : "v"(pixel), "v"(weights));
  }
  static __m512 to_real(const Sums& sums, const float* scale) {
    return _mm512_mul_ps(_mm512_cvtepi32_ps(sums), _mm512_loadu_ps(scale));
  }
};
#endif

template <typename V>
struct Float32Output {
  static constexpr MapType kType = MapType::kFloat32;
  static constexpr int kBytes = 4;
  static typename V::Floats load(const TileArguments&, const std::byte* from) {
    return V::load(reinterpret_cast<const float*>(from));
  }
  static void store(const TileArguments&, std::byte* to, typename V::Floats v) {
    V::store(reinterpret_cast<float*>(to), v);
  }
};

template <typename V>
struct BFloat16Output {
  static constexpr MapType kType = MapType::kBFloat16;
  static constexpr int kBytes = 2;
  static typename V::Floats load(const TileArguments&, const std::byte* from) {
    return V::load_bfloat16(from);
  }
  static void store(const TileArguments&, std::byte* to, typename V::Floats v) {
    V::store_bfloat16(to, v);
  }
};

template <typename V>
struct Uint8Output {
  static constexpr MapType kType = MapType::kUint8;
  static constexpr int kBytes = 1;
  static typename V::Floats load(const TileArguments& arguments, const std::byte* from) {
    return V::multiply(V::subtract(V::load_uint8(from), V::all(arguments.residual_zero_point)),
                       V::all(arguments.residual_scale));
  }
  static void store(const TileArguments& arguments, std::byte* to, typename V::Floats v) {
    V::store_uint8(to, V::multiply_add(v, V::all(arguments.output_inverse_scale),
                                       V::all(arguments.output_zero_point)));
  }
};

template <typename V, TileActivation kActivation, bool kRough>
typename V::Floats activated(typename V::Floats x, typename V::Floats slope) {
  if constexpr (kActivation == TileActivation::kPiecewiseLinear) {
    return V::scaled_below_zero(x, slope);
  } else if constexpr (kActivation == TileActivation::kSilu) {
    return kRough ? rough_silu<V>(x) : silu<V>(x);
  } else if constexpr (kActivation == TileActivation::kHardswish) {
    return hardswish<V>(x);
  } else {
    return x;
  }
}

/// See TileFunction. The sums of kPixels x kVectors vectors stay in registers while the kernel's
/// pixels and channels are walked through once.
template <typename V, typename Input, typename Output, TileActivation kActivation, int kVectors,
          int kPixels>
void convolve_tile(const TileArguments& shared, const std::byte* input, std::byte* output,
                   const std::byte* residual) {
  typename Input::Sums sums[kPixels][kVectors];
#pragma GCC unroll 32
  for (int p = 0; p < kPixels; ++p) {
#pragma GCC unroll 8
    for (int v = 0; v < kVectors; ++v) sums[p][v] = Input::zero();
  }

  const std::byte* weights = shared.weights;
  const std::ptrdiff_t step = shared.input_step;
  for (int y = 0; y < shared.kernel_height; ++y) {
    for (int x = 0; x < shared.kernel_width; ++x) {
      const std::byte* pixel = input + y * shared.input_row + x * shared.input_pixel;
      for (int pack = 0; pack < shared.channel_packs; ++pack) {
        typename Input::Weights row[kVectors];
#pragma GCC unroll 8
        for (int v = 0; v < kVectors; ++v) {
          row[v] = Input::load(weights + v * Input::kWeightBytes);
        }
#pragma GCC unroll 32
        for (int p = 0; p < kPixels; ++p) {
          const typename Input::Weights value = Input::spread(pixel + p * step);
#pragma GCC unroll 8
          for (int v = 0; v < kVectors; ++v) Input::add_product(sums[p][v], value, row[v]);
        }
        weights += kVectors * Input::kWeightBytes;
        pixel += 4;
      }
    }
  }

  // Nothing of what follows may be loaded before: every register was the loop's.
  asm volatile("" ::: "memory");
  // A copy that no store can change, so that what is in it stays in registers from here on.
  const TileArguments arguments = shared;

  // Results that are rounded to 8 bits do not gain from a long exponential.
  constexpr bool kRough = Input::kType != MapType::kFloat32;
  if constexpr (kActivation == TileActivation::kOther) {
    alignas(64) float values[kPixels][kVectors * V::kWidth];
#pragma GCC unroll 32
    for (int p = 0; p < kPixels; ++p) {
#pragma GCC unroll 8
      for (int v = 0; v < kVectors; ++v) {
        const typename V::Floats real = Input::to_real(sums[p][v], arguments.scale + v * V::kWidth);
        V::store(values[p] + v * V::kWidth, V::add(real, V::load(arguments.bias + v * V::kWidth)));
      }
    }
    arguments.activate(values[0], kPixels * kVectors * V::kWidth, arguments.activation_parameter);
    for (int p = 0; p < kPixels; ++p) {
      for (int v = 0; v < kVectors; ++v) {
        typename V::Floats x = V::load(values[p] + v * V::kWidth);
        const int channel = v * V::kWidth * Output::kBytes;
        if (residual != nullptr) {
          x = V::add(x, Output::load(arguments, residual + p * arguments.residual_pixel + channel));
        }
        Output::store(arguments, output + p * arguments.output_pixel + channel, x);
      }
    }
  } else {
#pragma GCC unroll 8
    for (int v = 0; v < kVectors; ++v) {
      const typename V::Floats bias = V::load(arguments.bias + v * V::kWidth);
      const typename V::Floats slope = kActivation == TileActivation::kPiecewiseLinear
                                           ? V::load(arguments.slope + v * V::kWidth)
                                           : V::zero();
      const int channel = v * V::kWidth * Output::kBytes;
#pragma GCC unroll 32
      for (int p = 0; p < kPixels; ++p) {
        typename V::Floats x =
            V::add(Input::to_real(sums[p][v], arguments.scale + v * V::kWidth), bias);
        x = activated<V, kActivation, kRough>(x, slope);
        if (residual != nullptr) {
          x = V::add(x, Output::load(arguments, residual + p * arguments.residual_pixel + channel));
        }
        Output::store(arguments, output + p * arguments.output_pixel + channel, x);
      }
    }
  }
}

template <typename V, typename Input, typename Output, int kVectors, int kPixels>
TileFunction tile_of_activation(TileActivation activation) {
  switch (activation) {
    case TileActivation::kPiecewiseLinear:
      return convolve_tile<V, Input, Output, TileActivation::kPiecewiseLinear, kVectors, kPixels>;
    case TileActivation::kSilu:
      return convolve_tile<V, Input, Output, TileActivation::kSilu, kVectors, kPixels>;
    case TileActivation::kHardswish:
      return convolve_tile<V, Input, Output, TileActivation::kHardswish, kVectors, kPixels>;
    case TileActivation::kOther:
      return convolve_tile<V, Input, Output, TileActivation::kOther, kVectors, kPixels>;
  }
  return nullptr;
}

template <int kVectors, int kPixels>
struct TileSize {};

/// The tile of the asked size among those listed.
template <typename V, typename Input, typename Output>
TileFunction tile_of_size(const TileKey&) {
  return nullptr;
}
template <typename V, typename Input, typename Output, int kVectors, int kPixels,
          typename... Others>
TileFunction tile_of_size(const TileKey& key, TileSize<kVectors, kPixels>, Others... others) {
  if (key.vectors == kVectors && key.pixels == kPixels) {
    return tile_of_activation<V, Input, Output, kVectors, kPixels>(key.activation);
  }
  return tile_of_size<V, Input, Output>(key, others...);
}

// Sizes whose sums, weights and one pixel fit into 32 registers (AVX-512).
template <typename V, typename Input, typename Output>
TileFunction find_wide_tile(const TileKey& key) {
  return tile_of_size<V, Input, Output>(key, TileSize<1, 16>{}, TileSize<1, 10>{}, TileSize<1, 1>{},
                                        TileSize<2, 10>{}, TileSize<2, 8>{}, TileSize<2, 1>{},
                                        TileSize<3, 7>{}, TileSize<3, 5>{}, TileSize<3, 1>{},
                                        TileSize<4, 5>{}, TileSize<4, 4>{}, TileSize<4, 1>{},
                                        TileSize<5, 5>{}, TileSize<5, 4>{}, TileSize<5, 1>{});
}

// The same for 16 registers.
template <typename V, typename Input, typename Output>
TileFunction find_narrow_tile(const TileKey& key) {
  return tile_of_size<V, Input, Output>(key, TileSize<2, 6>{}, TileSize<2, 5>{}, TileSize<2, 4>{},
                                        TileSize<2, 1>{});
}

}  // namespace
}  // namespace gondola::engine
