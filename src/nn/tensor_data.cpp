#include "gondola/nn/tensor_data.hpp"

#include <cstring>
#include <limits>

#include "gondola/core/error.hpp"
#include "gondola/nn/float16.hpp"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "weights files are little-endian, and their bytes are used as they are"
#endif

namespace gondola::nn {
namespace {

template <typename Element, typename Convert>
std::vector<float> convert_elements(const TensorData& tensor, Convert convert) {
  std::vector<float> result(tensor.element_count());
  const std::byte* source = tensor.data.get();
  for (float& value : result) {
    Element element;
    std::memcpy(&element, source, sizeof element);
    value = convert(element);
    source += sizeof element;
  }
  return result;
}

template <typename Element>
std::vector<float> cast_elements(const TensorData& tensor) {
  return convert_elements<Element>(tensor, [](Element e) { return static_cast<float>(e); });
}

}  // namespace

std::size_t size_of(DType dtype) {
  switch (dtype) {
    case DType::kF64:
    case DType::kI64:
      return 8;
    case DType::kF32:
    case DType::kI32:
      return 4;
    case DType::kF16:
    case DType::kBF16:
    case DType::kI16:
      return 2;
    case DType::kI8:
    case DType::kU8:
    case DType::kBool:
      return 1;
  }
  GONDOLA_EXPECTS(false, "no such DType: ", static_cast<int>(dtype));
  return 0;
}

std::string_view name_of(DType dtype) {
  switch (dtype) {
    case DType::kF64:
      return "float64";
    case DType::kF32:
      return "float32";
    case DType::kF16:
      return "float16";
    case DType::kBF16:
      return "bfloat16";
    case DType::kI64:
      return "int64";
    case DType::kI32:
      return "int32";
    case DType::kI16:
      return "int16";
    case DType::kI8:
      return "int8";
    case DType::kU8:
      return "uint8";
    case DType::kBool:
      return "bool";
  }
  GONDOLA_EXPECTS(false, "no such DType: ", static_cast<int>(dtype));
  return "";
}

std::optional<std::size_t> checked_byte_size(DType dtype, const std::vector<std::int64_t>& shape) {
  constexpr auto kMax = static_cast<std::size_t>(std::numeric_limits<std::int64_t>::max());
  std::size_t bytes = size_of(dtype);
  bool empty = false;
  for (const std::int64_t dimension : shape) {
    if (dimension < 0) return std::nullopt;
    if (dimension == 0) {
      empty = true;
    } else if (bytes > kMax / static_cast<std::size_t>(dimension)) {
      return std::nullopt;
    } else {
      bytes *= static_cast<std::size_t>(dimension);
    }
  }
  return empty ? 0 : bytes;
}

std::string to_string(const std::vector<std::int64_t>& shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (i > 0) text += ", ";
    text += std::to_string(shape[i]);
  }
  return text + "]";
}

std::size_t TensorData::element_count() const { return byte_size() / size_of(dtype); }

std::size_t TensorData::byte_size() const {
  const std::optional<std::size_t> bytes = checked_byte_size(dtype, shape);
  GONDOLA_EXPECTS(bytes.has_value(), "impossible tensor shape ", to_string(shape));
  return *bytes;
}

TensorData make_tensor(DType dtype, std::vector<std::int64_t> shape, std::vector<std::byte> bytes) {
  const std::optional<std::size_t> expected = checked_byte_size(dtype, shape);
  GONDOLA_EXPECTS(expected == bytes.size(), name_of(dtype), " tensor of shape ", to_string(shape),
                  " given ", bytes.size(), " bytes");
  const auto owner = std::make_shared<const std::vector<std::byte>>(std::move(bytes));
  return {dtype, std::move(shape), std::shared_ptr<const std::byte>(owner, owner->data())};
}

std::vector<float> to_float32(const TensorData& tensor) {
  switch (tensor.dtype) {
    case DType::kF64:
      return cast_elements<double>(tensor);
    case DType::kF32:
      return cast_elements<float>(tensor);
    case DType::kF16:
      return convert_elements<std::uint16_t>(tensor, float16_to_float32);
    case DType::kBF16:
      return convert_elements<std::uint16_t>(tensor, bfloat16_to_float32);
    case DType::kI64:
      return cast_elements<std::int64_t>(tensor);
    case DType::kI32:
      return cast_elements<std::int32_t>(tensor);
    case DType::kI16:
      return cast_elements<std::int16_t>(tensor);
    case DType::kI8:
      return cast_elements<std::int8_t>(tensor);
    case DType::kU8:
      return cast_elements<std::uint8_t>(tensor);
    case DType::kBool:
      return convert_elements<std::uint8_t>(tensor, [](auto e) { return e != 0 ? 1.0F : 0.0F; });
  }
  GONDOLA_EXPECTS(false, "no such DType: ", static_cast<int>(tensor.dtype));
  return {};
}

bool NamedTensors::add(std::string name, TensorData tensor) {
  if (!index_.emplace(name, entries_.size()).second) return false;
  entries_.emplace_back(std::move(name), std::move(tensor));
  return true;
}

const TensorData* NamedTensors::find(std::string_view name) const {
  const auto found = index_.find(name);
  return found == index_.end() ? nullptr : &entries_[found->second].second;
}

}  // namespace gondola::nn
