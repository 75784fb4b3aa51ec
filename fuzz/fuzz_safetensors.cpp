#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>

#include "gondola/core/error.hpp"
#include "gondola/nn/safetensors.hpp"

namespace nn = gondola::nn;

/// Parses the input as a .safetensors file and touches every element of what it yields.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // A copy of exactly this size, so that a read past the end is seen.
  const std::shared_ptr<std::byte[]> bytes(new std::byte[size]);
  if (size > 0) std::memcpy(bytes.get(), data, size);
  try {
    const nn::SafetensorsFile file =
        nn::parse_safetensors({bytes, bytes.get()}, size, "input.safetensors");
    for (const auto& [name, tensor] : file.tensors) {
      if (nn::to_float32(tensor).size() != tensor.element_count()) __builtin_trap();
      if (file.tensors.find(name) != &tensor) __builtin_trap();
    }
  } catch (const gondola::WeightsError&) {
    // What a damaged file has to give.
  }
  return 0;
}
