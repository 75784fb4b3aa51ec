#include "gondola/engine/precision.hpp"

#include "kernel_set.hpp"

namespace gondola::engine {

std::string to_string(Precision precision) {
  switch (precision) {
    case Precision::kFloat32:
      return "fp32";
    case Precision::kBFloat16:
      return "bf16";
    case Precision::kInt8:
      return "int8";
  }
  return {};
}

std::string precision_problem(Precision precision) {
  if (precision == Precision::kBFloat16 && avx512_bfloat16_kernels() == nullptr) {
    return "this CPU has no AVX-512 BF16 instructions; use --precision fp32";
  }
  if (precision == Precision::kInt8 && avx512_uint8_kernels() == nullptr) {
    return "this CPU has no AVX-512 VNNI instructions; use --precision fp32";
  }
  return {};
}

}  // namespace gondola::engine
