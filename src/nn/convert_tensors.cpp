#include <cstring>

#include "gondola/core/error.hpp"
#include "gondola/nn/float16.hpp"
#include "gondola/nn/model_file.hpp"

namespace gondola::nn {
namespace {

bool is_floating(DType dtype) {
  return dtype == DType::kF64 || dtype == DType::kF32 || dtype == DType::kF16 ||
         dtype == DType::kBF16;
}

template <typename Element, typename Narrow>
std::vector<std::byte> narrowed(const std::vector<float>& values, const Narrow& narrow) {
  std::vector<std::byte> bytes(values.size() * sizeof(Element));
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Element element = narrow(values[i]);
    std::memcpy(bytes.data() + i * sizeof(Element), &element, sizeof(Element));
  }
  return bytes;
}

std::vector<std::byte> encoded(const std::vector<float>& values, DType dtype) {
  switch (dtype) {
    case DType::kF16:
      return narrowed<std::uint16_t>(values, float32_to_float16);
    case DType::kBF16:
      return narrowed<std::uint16_t>(values, float32_to_bfloat16);
    default:
      return narrowed<float>(values, [](float value) { return value; });
  }
}

}  // namespace

NamedTensors convert_tensors(const NamedTensors& tensors, DType dtype) {
  GONDOLA_EXPECTS(dtype == DType::kF32 || dtype == DType::kF16 || dtype == DType::kBF16,
                  "convert_tensors: dtype ", name_of(dtype));
  NamedTensors converted;
  for (const auto& [name, tensor] : tensors) {
    const bool changes = is_floating(tensor.dtype) && tensor.dtype != dtype;
    static_cast<void>(converted.add(
        name,
        changes ? make_tensor(dtype, tensor.shape, encoded(to_float32(tensor), dtype)) : tensor));
  }
  return converted;
}

}  // namespace gondola::nn
