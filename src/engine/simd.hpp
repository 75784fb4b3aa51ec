#pragma once

#include <cstddef>
#include <cstdint>

#if defined(__AVX2__)
#include <immintrin.h>
#endif

// Vectors of floats, one struct per instruction set with the same members, so that kernels are
// templates on it. Included only by the sources that are compiled for their instruction set; what
// is here must stay internal to them, or the linker could give a plain CPU the wrong copy.

namespace gondola::engine {
namespace {

#if defined(__AVX512F__)

struct Avx512 {
  using Floats = __m512;
  static constexpr int kWidth = 16;

  static Floats zero() { return _mm512_setzero_ps(); }
  static Floats all(float value) { return _mm512_set1_ps(value); }
  static Floats load(const float* from) { return _mm512_loadu_ps(from); }
  static void store(float* to, Floats v) { _mm512_storeu_ps(to, v); }
  static Floats add(Floats a, Floats b) { return _mm512_add_ps(a, b); }
  static Floats subtract(Floats a, Floats b) { return _mm512_sub_ps(a, b); }
  static Floats multiply(Floats a, Floats b) { return _mm512_mul_ps(a, b); }
  static Floats divide(Floats a, Floats b) { return _mm512_div_ps(a, b); }
  static Floats multiply_add(Floats a, Floats b, Floats c) { return _mm512_fmadd_ps(a, b, c); }
  static Floats larger(Floats a, Floats b) { return _mm512_max_ps(a, b); }
  static Floats smaller(Floats a, Floats b) { return _mm512_min_ps(a, b); }
  /// v, or v * slope where v is below 0.
  static Floats scaled_below_zero(Floats v, Floats slope) {
    return _mm512_mask_mul_ps(v, _mm512_cmp_ps_mask(v, zero(), _CMP_LT_OQ), v, slope);
  }
  /// low where v is below 0, else high.
  static Floats below_zero(Floats v, Floats low, Floats high) {
    return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(v, zero(), _CMP_LT_OQ), high, low);
  }
  /// v minus the whole number below it, 0..1.
  static Floats fraction(Floats v) { return _mm512_reduce_ps(v, _MM_FROUND_TO_NEG_INF); }
  /// a * 2^floor(exponent).
  static Floats times_power_of_two(Floats a, Floats exponent) {
    return _mm512_scalef_ps(a, exponent);
  }
  /// 1 / v with an error of 2^-14.
  static Floats rough_reciprocal(Floats v) { return _mm512_rcp14_ps(v); }

  static Floats load_bfloat16(const std::byte* from) {
    const __m256i halves = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(halves), 16));
  }
  static void store_bfloat16(std::byte* to, Floats v) {
#if defined(__AVX512BF16__)
    const __m256bh rounded = _mm512_cvtneps_pbh(v);
    __builtin_memcpy(to, &rounded, sizeof(rounded));
#else
    const __m512i bits = _mm512_castps_si512(v);
    const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
    const __m512i rounded =
        _mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7FFF)));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to),
                        _mm512_cvtepi32_epi16(_mm512_srli_epi32(rounded, 16)));
#endif
  }
  static Floats load_uint8(const std::byte* from) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
    return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(bytes));
  }
  static void store_uint8(std::byte* to, Floats v) {
    const __m512i whole = _mm512_max_epi32(_mm512_cvtps_epi32(v), _mm512_setzero_si512());
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm512_cvtusepi32_epi8(whole));
  }
};

#elif defined(__AVX2__)

struct Avx2 {
  using Floats = __m256;
  static constexpr int kWidth = 8;

  static Floats zero() { return _mm256_setzero_ps(); }
  static Floats all(float value) { return _mm256_set1_ps(value); }
  static Floats load(const float* from) { return _mm256_loadu_ps(from); }
  static void store(float* to, Floats v) { _mm256_storeu_ps(to, v); }
  static Floats add(Floats a, Floats b) { return _mm256_add_ps(a, b); }
  static Floats subtract(Floats a, Floats b) { return _mm256_sub_ps(a, b); }
  static Floats multiply(Floats a, Floats b) { return _mm256_mul_ps(a, b); }
  static Floats divide(Floats a, Floats b) { return _mm256_div_ps(a, b); }
  static Floats multiply_add(Floats a, Floats b, Floats c) { return _mm256_fmadd_ps(a, b, c); }
  static Floats larger(Floats a, Floats b) { return _mm256_max_ps(a, b); }
  static Floats smaller(Floats a, Floats b) { return _mm256_min_ps(a, b); }
  static Floats scaled_below_zero(Floats v, Floats slope) {
    return _mm256_blendv_ps(v, _mm256_mul_ps(v, slope), _mm256_cmp_ps(v, zero(), _CMP_LT_OQ));
  }
  static Floats below_zero(Floats v, Floats low, Floats high) {
    return _mm256_blendv_ps(high, low, _mm256_cmp_ps(v, zero(), _CMP_LT_OQ));
  }
  static Floats fraction(Floats v) {
    // Where v is infinite, the difference is NaN and the smaller one 1.
    return smaller(_mm256_sub_ps(v, _mm256_floor_ps(v)), all(1.0F));
  }
  static Floats times_power_of_two(Floats a, Floats exponent) {
    // In two halves, so that exponents beyond a float's range end in 0 or infinity.
    const __m256 limited = smaller(larger(_mm256_floor_ps(exponent), all(-250.0F)), all(250.0F));
    const __m256i whole = _mm256_cvtps_epi32(limited);
    const __m256i half = _mm256_srai_epi32(whole, 1);
    return multiply(multiply(a, power(half)), power(_mm256_sub_epi32(whole, half)));
  }
  static Floats rough_reciprocal(Floats v) { return _mm256_div_ps(all(1.0F), v); }

 private:
  static Floats power(__m256i exponent) {
    return _mm256_castsi256_ps(
        _mm256_slli_epi32(_mm256_add_epi32(exponent, _mm256_set1_epi32(127)), 23));
  }
};

#else

/// For every other CPU, written so that compilers make of it what vectors they have.
struct Portable {
  static constexpr int kWidth = 8;
  struct Floats {
    float lane[kWidth];
  };

  template <typename Function>
  static Floats each(Function function) {
    Floats result;
    for (int i = 0; i < kWidth; ++i) result.lane[i] = function(i);
    return result;
  }
  static Floats zero() { return all(0.0F); }
  static Floats all(float value) {
    return each([&](int) { return value; });
  }
  static Floats load(const float* from) {
    return each([&](int i) { return from[i]; });
  }
  static void store(float* to, Floats v) {
    for (int i = 0; i < kWidth; ++i) to[i] = v.lane[i];
  }
  static Floats add(Floats a, Floats b) {
    return each([&](int i) { return a.lane[i] + b.lane[i]; });
  }
  static Floats subtract(Floats a, Floats b) {
    return each([&](int i) { return a.lane[i] - b.lane[i]; });
  }
  static Floats multiply(Floats a, Floats b) {
    return each([&](int i) { return a.lane[i] * b.lane[i]; });
  }
  static Floats divide(Floats a, Floats b) {
    return each([&](int i) { return a.lane[i] / b.lane[i]; });
  }
  static Floats multiply_add(Floats a, Floats b, Floats c) {
    return each([&](int i) { return a.lane[i] * b.lane[i] + c.lane[i]; });
  }
  static Floats larger(Floats a, Floats b) {
    return each([&](int i) { return a.lane[i] > b.lane[i] ? a.lane[i] : b.lane[i]; });
  }
  static Floats smaller(Floats a, Floats b) {
    return each([&](int i) { return a.lane[i] < b.lane[i] ? a.lane[i] : b.lane[i]; });
  }
  static Floats scaled_below_zero(Floats v, Floats slope) {
    return each([&](int i) { return v.lane[i] < 0 ? v.lane[i] * slope.lane[i] : v.lane[i]; });
  }
  static Floats below_zero(Floats v, Floats low, Floats high) {
    return each([&](int i) { return v.lane[i] < 0 ? low.lane[i] : high.lane[i]; });
  }
  static Floats fraction(Floats v) {
    // Where v is infinite, the difference is NaN and the smaller one 1.
    return smaller(each([&](int i) { return v.lane[i] - __builtin_floorf(v.lane[i]); }), all(1.0F));
  }
  static Floats times_power_of_two(Floats a, Floats exponent) {
    return each([&](int i) {
      const float limited = exponent.lane[i] < -250  ? -250.0F
                            : exponent.lane[i] > 250 ? 250.0F
                                                     : __builtin_floorf(exponent.lane[i]);
      return __builtin_ldexpf(a.lane[i], static_cast<int>(limited));
    });
  }
  static Floats rough_reciprocal(Floats v) {
    return each([&](int i) { return 1.0F / v.lane[i]; });
  }
};

#endif

}  // namespace
}  // namespace gondola::engine
