#include "batch_norm_kernels.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>

// The compiler writes each kernel once per instruction set, and the loader picks at start: a Debian
// build targets the oldest x86-64, where these loops would run at a quarter of the speed.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define GONDOLA_PER_CPU __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define GONDOLA_PER_CPU
#endif
#define GONDOLA_INLINE inline __attribute__((always_inline))

namespace gondola::nn {
namespace {

using BFloat16Bits = std::uint16_t;

// 16 channels at a time. GCC's and Clang's vector types make one AVX-512 register of it, or two of
// AVX, or four of SSE; loops over plain floats were vectorised for some activations and not for
// others.
constexpr int kLanes = 16;
using Lanes = float __attribute__((vector_size(kLanes * sizeof(float))));
using Words = std::uint32_t __attribute__((vector_size(kLanes * sizeof(std::uint32_t))));
using HalfWords = std::uint16_t __attribute__((vector_size(kLanes * sizeof(std::uint16_t))));

// All the bits of a vector as another one of the same size.
template <typename To, typename From>
GONDOLA_INLINE To bits_as(const From& from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  std::memcpy(&to, &from, sizeof to);
  return to;
}

// The first `width` elements; the others are zero. Full vectors come first: width is a constant
// there.
GONDOLA_INLINE Lanes load(const float* from, int width) {
  Lanes lanes{};
  std::memcpy(&lanes, from, static_cast<std::size_t>(width) * sizeof *from);
  return lanes;
}

GONDOLA_INLINE Lanes load(const BFloat16Bits* from, int width) {
  HalfWords halves{};
  std::memcpy(&halves, from, static_cast<std::size_t>(width) * sizeof *from);
  return bits_as<Lanes>(__builtin_convertvector(halves, Words) << 16);
}

GONDOLA_INLINE void store(const Lanes& lanes, float* into, int width) {
  std::memcpy(into, &lanes, static_cast<std::size_t>(width) * sizeof *into);
}

// Rounds to nearest, ties to even.
GONDOLA_INLINE void store(const Lanes& lanes, BFloat16Bits* into, int width) {
  const auto bits = bits_as<Words>(lanes);
  const HalfWords halves =
      __builtin_convertvector((bits + 0x7FFFU + ((bits >> 16) & 1U)) >> 16, HalfWords);
  std::memcpy(into, &halves, static_cast<std::size_t>(width) * sizeof *into);
}

GONDOLA_INLINE Lanes clamp(const Lanes& x, float low, float high) {
  const Lanes above = x > low ? x : Lanes{} + low;
  return above < high ? above : Lanes{} + high;
}

// e^x within 1e-6 of its value for |x| <= 87, in operations that all have a vector form: 2^n comes
// from the exponent's bits, 2^f for |f| <= 1/2 from its Taylor polynomial.
GONDOLA_INLINE Lanes exponential(const Lanes& x) {
  constexpr float kLog2E = 1.44269504F;
  constexpr float kRoundToInteger = 12582912.0F;  // 1.5 * 2^23: adding it leaves no fraction
  const Lanes t = clamp(x, -87.0F, 87.0F) * kLog2E;
  const Lanes shifted = t + kRoundToInteger;
  const Lanes f = t - (shifted - kRoundToInteger);
  Lanes p = f * 1.5403530e-4F + 1.3333558e-3F;
  p = p * f + 9.6181291e-3F;
  p = p * f + 5.5504109e-2F;
  p = p * f + 2.4022651e-1F;
  p = p * f + 6.9314718e-1F;
  p = p * f + 1.0F;
  return bits_as<Lanes>(bits_as<Words>(p) + (bits_as<Words>(shifted) << 23));
}

GONDOLA_INLINE Lanes logistic(const Lanes& z) { return 1.0F / (1.0F + exponential(-z)); }

// Each activation's value and derivative at z.
struct Identity {
  GONDOLA_INLINE Lanes value(const Lanes& z) const { return z; }
  GONDOLA_INLINE Lanes derivative(const Lanes&) const { return Lanes{} + 1.0F; }
};

struct LeakyRelu {
  float slope;
  GONDOLA_INLINE Lanes value(const Lanes& z) const { return z > 0.0F ? z : slope * z; }
  GONDOLA_INLINE Lanes derivative(const Lanes& z) const {
    return z > 0.0F ? Lanes{} + 1.0F : Lanes{} + slope;
  }
};

struct Silu {
  GONDOLA_INLINE Lanes value(const Lanes& z) const { return z * logistic(z); }
  GONDOLA_INLINE Lanes derivative(const Lanes& z) const {
    const Lanes s = logistic(z);
    return s * (1.0F + z * (1.0F - s));
  }
};

struct Hardswish {
  GONDOLA_INLINE Lanes value(const Lanes& z) const {
    return z * clamp(z + 3.0F, 0.0F, 6.0F) * (1.0F / 6.0F);
  }
  GONDOLA_INLINE Lanes derivative(const Lanes& z) const {
    const Lanes inside = z * (1.0F / 3.0F) + 0.5F;
    const Lanes below = z > -3.0F ? inside : Lanes{};
    return z < 3.0F ? below : Lanes{} + 1.0F;
  }
};

// Blocks of rows stay in the first-level cache from one 16 channels to the next, and are few enough
// for float sums to be exact before they are added up as doubles.
constexpr std::int64_t kRowBlock = 64;

// Calls body(first_row, last_row, first_channel, width) for every block.
template <typename Body>
GONDOLA_INLINE void for_blocks(std::int64_t first, std::int64_t last, std::int64_t channels,
                               const Body& body) {
  for (std::int64_t row = first; row < last; row += kRowBlock) {
    const std::int64_t end = std::min(row + kRowBlock, last);
    std::int64_t channel = 0;
    for (; channel + kLanes <= channels; channel += kLanes) body(row, end, channel, kLanes);
    if (channel < channels) body(row, end, channel, static_cast<int>(channels - channel));
  }
}

GONDOLA_INLINE void add_to(double* totals, const Lanes& sums, int width) {
  for (int i = 0; i < width; ++i) totals[i] += static_cast<double>(sums[i]);
}

template <typename T>
GONDOLA_INLINE void moments(const ChannelRows& input, std::int64_t channels, std::int64_t first,
                            std::int64_t last, double* sums, double* squares) {
  const T* data = static_cast<const T*>(input.data);
  for_blocks(
      first, last, channels,
      [&](std::int64_t row, std::int64_t end, std::int64_t channel, int width)
          __attribute__((always_inline)) {
            Lanes sum{};
            Lanes square{};
            for (; row < end; ++row) {
              const Lanes x = load(data + row * input.row_stride + channel, width);
              sum += x;
              square += x * x;
            }
            add_to(sums + channel, sum, width);
            add_to(squares + channel, square, width);
          });
}

// The numbers of up to 16 channels that every pass over their rows needs.
struct ChannelBlock {
  GONDOLA_INLINE ChannelBlock(const NormedMap& map, std::int64_t channel, int width)
      : mean(load(map.mean + channel, width)),
        inverse_deviation(load(map.inverse_deviation + channel, width)),
        scale(load(map.scale + channel, width)),
        shift(load(map.shift + channel, width)) {}

  GONDOLA_INLINE Lanes normalized(const Lanes& x) const { return (x - mean) * inverse_deviation; }
  GONDOLA_INLINE Lanes before_activation(const Lanes& normed) const {
    return normed * scale + shift;
  }

  Lanes mean;
  Lanes inverse_deviation;
  Lanes scale;
  Lanes shift;
};

template <typename T, typename Activation>
GONDOLA_INLINE void forward(const NormedMap& map, Activation activation, const ChannelRows& input,
                            std::int64_t first, std::int64_t last, void* output) {
  const T* data = static_cast<const T*>(input.data);
  T* result = static_cast<T*>(output);
  for_blocks(
      first, last, map.channels,
      [&](std::int64_t row, std::int64_t end, std::int64_t channel, int width)
          __attribute__((always_inline)) {
            const ChannelBlock block(map, channel, width);
            for (; row < end; ++row) {
              const Lanes x = load(data + row * input.row_stride + channel, width);
              const Lanes z = block.before_activation(block.normalized(x));
              store(activation.value(z), result + row * map.channels + channel, width);
            }
          });
}

template <typename T, typename Activation>
GONDOLA_INLINE void parameter_gradients(const NormedMap& map, Activation activation,
                                        const ChannelRows& input, const ChannelRows& gradient,
                                        std::int64_t first, std::int64_t last, double* shift_total,
                                        double* scale_total) {
  const T* data = static_cast<const T*>(input.data);
  const T* gradients = static_cast<const T*>(gradient.data);
  for_blocks(
      first, last, map.channels,
      [&](std::int64_t row, std::int64_t end, std::int64_t channel, int width)
          __attribute__((always_inline)) {
            const ChannelBlock block(map, channel, width);
            Lanes shift_sum{};
            Lanes scale_sum{};
            for (; row < end; ++row) {
              const Lanes normed =
                  block.normalized(load(data + row * input.row_stride + channel, width));
              const Lanes g = load(gradients + row * gradient.row_stride + channel, width) *
                              activation.derivative(block.before_activation(normed));
              shift_sum += g;
              scale_sum += g * normed;
            }
            add_to(shift_total + channel, shift_sum, width);
            add_to(scale_total + channel, scale_sum, width);
          });
}

template <typename T, typename Activation>
GONDOLA_INLINE void backward(const NormedMap& map, Activation activation, const ChannelRows& input,
                             const ChannelRows& gradient, const float* mean_gradient,
                             const float* mean_projection, std::int64_t first, std::int64_t last,
                             void* result) {
  const T* data = static_cast<const T*>(input.data);
  const T* gradients = static_cast<const T*>(gradient.data);
  T* into = static_cast<T*>(result);
  for_blocks(
      first, last, map.channels,
      [&](std::int64_t row, std::int64_t end, std::int64_t channel, int width)
          __attribute__((always_inline)) {
            const ChannelBlock block(map, channel, width);
            const Lanes average = load(mean_gradient + channel, width);
            const Lanes projection = load(mean_projection + channel, width);
            const Lanes factor = block.scale * block.inverse_deviation;
            for (; row < end; ++row) {
              const Lanes normed =
                  block.normalized(load(data + row * input.row_stride + channel, width));
              const Lanes g = load(gradients + row * gradient.row_stride + channel, width) *
                              activation.derivative(block.before_activation(normed));
              store(factor * (g - average - normed * projection),
                    into + row * map.channels + channel, width);
            }
          });
}

// Calls body(element, activation) with the map's element type (as a value of it) and activation.
template <typename Body>
GONDOLA_INLINE void dispatch(const NormedMap& map, const Body& body) {
  const auto with_type = [&](auto element) __attribute__((always_inline)) {
    switch (map.activation) {
      case FusedActivation::kIdentity:
        return body(element, Identity{});
      case FusedActivation::kRelu:
        return body(element, LeakyRelu{0.0F});
      case FusedActivation::kLeakyRelu:
        return body(element, LeakyRelu{map.slope});
      case FusedActivation::kSilu:
        return body(element, Silu{});
      case FusedActivation::kHardswish:
        return body(element, Hardswish{});
    }
  };
  if (map.type == ElementType::kFloat32) {
    with_type(float{});
  } else {
    with_type(BFloat16Bits{});
  }
}

}  // namespace

GONDOLA_PER_CPU
void add_moments(ElementType type, const ChannelRows& input, std::int64_t channels,
                 std::int64_t first, std::int64_t last, double* sums, double* squares) {
  if (type == ElementType::kFloat32) {
    moments<float>(input, channels, first, last, sums, squares);
  } else {
    moments<BFloat16Bits>(input, channels, first, last, sums, squares);
  }
}

GONDOLA_PER_CPU
void normalize_and_activate(const NormedMap& map, const ChannelRows& input, std::int64_t first,
                            std::int64_t last, void* output) {
  dispatch(
      map, [&](auto element, auto activation) __attribute__((always_inline)) {
        forward<decltype(element)>(map, activation, input, first, last, output);
      });
}

GONDOLA_PER_CPU
void add_parameter_gradients(const NormedMap& map, const ChannelRows& input,
                             const ChannelRows& output_gradient, std::int64_t first,
                             std::int64_t last, double* shift_gradient, double* scale_gradient) {
  dispatch(
      map, [&](auto element, auto activation) __attribute__((always_inline)) {
        parameter_gradients<decltype(element)>(map, activation, input, output_gradient, first, last,
                                               shift_gradient, scale_gradient);
      });
}

GONDOLA_PER_CPU
void input_gradient(const NormedMap& map, const ChannelRows& input,
                    const ChannelRows& output_gradient, const float* mean_gradient,
                    const float* mean_projection, std::int64_t first, std::int64_t last,
                    void* gradient) {
  dispatch(
      map, [&](auto element, auto activation) __attribute__((always_inline)) {
        backward<decltype(element)>(map, activation, input, output_gradient, mean_gradient,
                                    mean_projection, first, last, gradient);
      });
}

}  // namespace gondola::nn
