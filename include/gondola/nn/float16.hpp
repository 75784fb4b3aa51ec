#pragma once

#include <cstdint>

namespace gondola::nn {

/// Conversions between IEEE 754 binary32 and the two 16-bit formats of weights files, given as
/// their bit patterns: binary16 ("half") and bfloat16 (the upper half of a binary32).
///
/// Widening is exact. Narrowing rounds to nearest, ties to even; what is too large becomes
/// infinity, what is too small a subnormal or a zero of the same sign. A NaN stays a NaN: its sign
/// and the upper bits of its payload are kept, and the quiet bit is set. No state: thread-safe.
float float16_to_float32(std::uint16_t bits);
std::uint16_t float32_to_float16(float value);
float bfloat16_to_float32(std::uint16_t bits);
std::uint16_t float32_to_bfloat16(float value);

}  // namespace gondola::nn
