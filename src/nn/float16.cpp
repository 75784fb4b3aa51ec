#include "gondola/nn/float16.hpp"

#include <cstring>

namespace gondola::nn {
namespace {

std::uint32_t bits_of(float value) {
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

float float_of(std::uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

/// `value` without its lowest `count` bits, rounded to nearest, ties to even. 0 < count < 32.
std::uint32_t shift_rounded(std::uint32_t value, unsigned count) {
  const std::uint32_t kept = value >> count;
  const std::uint32_t rest = value & ((1U << count) - 1U);
  const std::uint32_t half = 1U << (count - 1U);
  return kept + (rest > half || (rest == half && (kept & 1U) != 0) ? 1U : 0U);
}

}  // namespace

float float16_to_float32(std::uint16_t bits) {
  const std::uint32_t sign = (bits & 0x8000U) << 16U;
  const std::uint32_t exponent = (bits >> 10U) & 0x1FU;
  const std::uint32_t mantissa = bits & 0x3FFU;
  if (exponent == 0x1F) return float_of(sign | 0x7F800000U | mantissa << 13U);
  if (exponent == 0) {
    // Zero or subnormal: mantissa * 2^-24, exact in float32.
    const float magnitude = static_cast<float>(mantissa) * 0x1p-24F;
    return sign != 0 ? -magnitude : magnitude;
  }
  return float_of(sign | (exponent + (127 - 15)) << 23U | mantissa << 13U);
}

std::uint16_t float32_to_float16(float value) {
  const std::uint32_t bits = bits_of(value);
  const std::uint32_t sign = (bits >> 16U) & 0x8000U;
  const std::uint32_t magnitude = bits & 0x7FFFFFFFU;
  if (magnitude > 0x7F800000U) {
    return static_cast<std::uint16_t>(sign | 0x7E00U | ((magnitude >> 13U) & 0x3FFU));
  }
  // 65520 lies halfway between the largest half, 65504, and 65536.
  if (magnitude >= bits_of(65520.0F)) return static_cast<std::uint16_t>(sign | 0x7C00U);
  if (magnitude >= bits_of(0x1p-14F)) {
    // A mantissa that rounds up to 2.0 carries into the exponent, which is the right result.
    const std::uint32_t rebased = magnitude - ((127U - 15U) << 23U);
    return static_cast<std::uint16_t>(sign | shift_rounded(rebased, 13));
  }
  // Half of the smallest subnormal, 2^-25, is a tie that goes to the even zero.
  if (magnitude <= bits_of(0x1p-25F)) return static_cast<std::uint16_t>(sign);
  const std::uint32_t exponent = magnitude >> 23U;  // 102..112: 2^-25 < value < 2^-14
  const std::uint32_t mantissa = (magnitude & 0x7FFFFFU) | 0x800000U;
  // value = mantissa * 2^(exponent - 150) = (mantissa >> (126 - exponent)) * 2^-24
  return static_cast<std::uint16_t>(sign | shift_rounded(mantissa, 126U - exponent));
}

float bfloat16_to_float32(std::uint16_t bits) {
  return float_of(static_cast<std::uint32_t>(bits) << 16U);
}

std::uint16_t float32_to_bfloat16(float value) {
  const std::uint32_t bits = bits_of(value);
  // Rounding could carry a NaN's mantissa into an infinity or the sign.
  if ((bits & 0x7FFFFFFFU) > 0x7F800000U) return static_cast<std::uint16_t>(bits >> 16U | 0x40U);
  return static_cast<std::uint16_t>(shift_rounded(bits, 16));
}

}  // namespace gondola::nn
