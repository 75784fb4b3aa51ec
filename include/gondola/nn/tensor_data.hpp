#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gondola::nn {

/// Element types that weights files hold.
enum class DType { kF64, kF32, kF16, kBF16, kI64, kI32, kI16, kI8, kU8, kBool };

/// Bytes per element: 1, 2, 4 or 8.
std::size_t size_of(DType dtype);

/// "float32", "bfloat16", "int64", "bool", ...
std::string_view name_of(DType dtype);

/// Bytes of a contiguous tensor; nothing when a dimension is negative or the product of the others
/// exceeds 2^63 - 1 (even beside a dimension of 0, because strides are such products), so that
/// sizes read from a file can be tested before they are used.
std::optional<std::size_t> checked_byte_size(DType dtype, const std::vector<std::int64_t>& shape);

/// "[16, 3, 3, 3]"; "[]" for a scalar.
std::string to_string(const std::vector<std::int64_t>& shape);

/// A tensor as bytes, independent of any tensor library.
///
/// A copy shares the bytes. They are never written after the tensor was made, so tensors may be
/// read from any number of threads.
struct TensorData {
  DType dtype = DType::kF32;
  std::vector<std::int64_t> shape;  ///< every dimension >= 0; empty for a scalar
  /// byte_size() bytes, contiguous, row-major, little-endian. Owned, or part of a larger buffer or
  /// file mapping that the pointer keeps alive. Not necessarily aligned for the element type: copy
  /// elements out with memcpy. May be null when there are no elements.
  std::shared_ptr<const std::byte> data;

  /// Product of the shape: 1 for a scalar, 0 when a dimension is 0.
  std::size_t element_count() const;
  std::size_t byte_size() const;
};

/// A tensor that owns `bytes`.
///
/// Requires: bytes.size() is what dtype and shape need (ContractViolation otherwise).
TensorData make_tensor(DType dtype, std::vector<std::int64_t> shape, std::vector<std::byte> bytes);

/// The elements as float32, in row-major order. Rounds to nearest where float32 cannot hold the
/// value (float64, int64, int32); false and true become 0 and 1.
std::vector<float> to_float32(const TensorData& tensor);

/// Tensors by name, in the order of the file (for a module: the order of its state_dict).
class NamedTensors {
 public:
  using Entry = std::pair<std::string, TensorData>;
  using const_iterator = std::vector<Entry>::const_iterator;

  /// Appends a tensor; false, and nothing changed, when the name is already there.
  [[nodiscard]] bool add(std::string name, TensorData tensor);

  /// The tensor of that name, or null. Valid until the next add().
  const TensorData* find(std::string_view name) const;

  std::size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }
  const_iterator begin() const { return entries_.begin(); }
  const_iterator end() const { return entries_.end(); }

 private:
  std::vector<Entry> entries_;
  std::map<std::string, std::size_t, std::less<>> index_;
};

}  // namespace gondola::nn
