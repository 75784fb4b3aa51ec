#include "checkpoint_tensors.hpp"

#include <array>
#include <cstring>
#include <limits>
#include <string_view>

#include "gondola/core/error.hpp"
#include "text.hpp"

namespace gondola::nn {
namespace {

/// More dimensions than any tensor library can use.
constexpr std::size_t kMaxRank = 64;

struct StorageType {
  std::string_view name;
  DType dtype;
};

constexpr std::array<StorageType, 10> kStorageTypes = {{{"DoubleStorage", DType::kF64},
                                                        {"FloatStorage", DType::kF32},
                                                        {"HalfStorage", DType::kF16},
                                                        {"BFloat16Storage", DType::kBF16},
                                                        {"LongStorage", DType::kI64},
                                                        {"IntStorage", DType::kI32},
                                                        {"ShortStorage", DType::kI16},
                                                        {"CharStorage", DType::kI8},
                                                        {"ByteStorage", DType::kU8},
                                                        {"BoolStorage", DType::kBool}}};

std::optional<DType> dtype_of_storage(const PickleGlobal& type) {
  if (type.module != "torch") return std::nullopt;
  for (const StorageType& known : kStorageTypes) {
    if (known.name == type.name) return known.dtype;
  }
  return std::nullopt;
}

bool is_contiguous(const std::vector<std::int64_t>& shape,
                   const std::vector<std::int64_t>& strides) {
  std::int64_t expected = 1;
  for (std::size_t i = shape.size(); i-- > 0;) {
    if (shape[i] != 1 && strides[i] != expected) return false;
    expected *= shape[i];
  }
  return true;
}

/// Index of a tensor's last element in its storage; nothing when it exceeds 64 bits. The tensor has
/// elements, and no number is negative. As no stride is negative either, every element's index lies
/// between `offset` and this one.
std::optional<std::uint64_t> last_index(std::uint64_t offset,
                                        const std::vector<std::int64_t>& shape,
                                        const std::vector<std::int64_t>& strides) {
  constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t index = offset;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const auto steps = static_cast<std::uint64_t>(shape[i] - 1);
    const auto stride = static_cast<std::uint64_t>(strides[i]);
    if (steps == 0 || stride == 0) continue;
    if (steps > (kMax - index) / stride) return std::nullopt;
    index += steps * stride;
  }
  return index;
}

/// Copies the elements of a strided tensor to `target` in row-major order. The arithmetic is modulo
/// 2^64, because the stride of a dimension of 1 may be any number.
void copy_strided(const char* source, const std::vector<std::int64_t>& shape,
                  const std::vector<std::int64_t>& strides, std::size_t element_size,
                  std::size_t element_count, std::byte* target) {
  std::vector<std::int64_t> position(shape.size(), 0);
  std::uint64_t index = 0;
  for (std::size_t n = 0; n < element_count; ++n) {
    std::memcpy(target + n * element_size, source + index * element_size, element_size);
    for (std::size_t d = shape.size(); d-- > 0;) {
      const auto stride = static_cast<std::uint64_t>(strides[d]);
      index += stride;
      if (++position[d] < shape[d]) break;
      index -= stride * static_cast<std::uint64_t>(shape[d]);
      position[d] = 0;
    }
  }
}

}  // namespace

CheckpointTensors::CheckpointTensors(const PickleGraph& graph, const ZipArchive& archive,
                                     std::string prefix, const std::string& source_name,
                                     const CheckpointLimits& limits)
    : graph_(graph),
      archive_(archive),
      prefix_(std::move(prefix)),
      source_name_(source_name),
      limits_(limits) {}

template <typename... Parts>
void CheckpointTensors::fail(const std::string& name, const Parts&... parts) const {
  throw WeightsError(concat(source_name_, ": tensor ", in_quotes(name), ": ", parts...));
}

/// The tensor record inside a parameter record; any other value as it is.
ValueId CheckpointTensors::without_parameter(ValueId id) const {
  const auto* object = graph_.get<PickleObject>(id);
  if (object == nullptr) return id;
  const auto* function = graph_.get<PickleGlobal>(object->callable);
  const auto* arguments = graph_.get<PickleTuple>(object->arguments);
  const bool parameter =
      function != nullptr && function->module == "torch._utils" &&
      (function->name == "_rebuild_parameter" || function->name == "_rebuild_parameter_with_state");
  return parameter && arguments != nullptr && !arguments->items.empty() ? arguments->items[0] : id;
}

bool CheckpointTensors::is_tensor(ValueId id) const {
  const auto* object = graph_.get<PickleObject>(without_parameter(id));
  const auto* function = object == nullptr ? nullptr : graph_.get<PickleGlobal>(object->callable);
  return function != nullptr && function->module == "torch._utils" &&
         function->name == "_rebuild_tensor_v2";
}

TensorData CheckpointTensors::load(ValueId id, const std::string& name) {
  if (!is_tensor(id)) {
    fail(name, "is ", describe(graph_, id),
         "; expected a dense tensor: save the checkpoint again with its weights as float16 or "
         "float32");
  }
  const ValueId record = without_parameter(id);
  const auto known = tensors_.find(record);
  if (known != tensors_.end()) return known->second;
  const auto* arguments = graph_.get<PickleTuple>(graph_.get<PickleObject>(record)->arguments);
  if (arguments == nullptr || arguments->items.size() < 4) fail(name, "incomplete tensor record");
  return tensors_[record] = rebuild(arguments->items, name);
}

/// `arguments` of _rebuild_tensor_v2: storage, storage offset, shape, strides, ...
TensorData CheckpointTensors::rebuild(const std::vector<ValueId>& arguments,
                                      const std::string& name) {
  const auto* offset = graph_.get<std::int64_t>(arguments[1]);
  std::optional<std::vector<std::int64_t>> shape = sizes(arguments[2]);
  const std::optional<std::vector<std::int64_t>> strides = sizes(arguments[3]);
  if (offset == nullptr || *offset < 0 || !shape || !strides || shape->size() != strides->size()) {
    fail(name,
         "expected an offset, a shape and as many strides, none negative; the file is damaged");
  }
  const Storage storage = load_storage(arguments[0], name);
  const std::optional<std::size_t> bytes = checked_byte_size(storage.dtype, *shape);
  if (!bytes) fail(name, "shape ", to_string(*shape), " is too large");
  if (*bytes == 0) return {storage.dtype, std::move(*shape), nullptr};

  const auto first = static_cast<std::uint64_t>(*offset);
  const std::optional<std::uint64_t> last = last_index(first, *shape, *strides);
  if (!last || *last >= storage.element_count) {
    fail(name, "shape ", to_string(*shape), " with strides ", to_string(*strides), " at offset ",
         *offset, " reaches outside its storage of ", storage.element_count, " elements");
  }
  if (is_contiguous(*shape, *strides)) {
    const auto* start =
        reinterpret_cast<const std::byte*>(storage.bytes->data()) + first * size_of(storage.dtype);
    return {storage.dtype, std::move(*shape), {storage.bytes, start}};
  }
  return gather(storage, first, std::move(*shape), *strides, name);
}

/// A contiguous copy. Every element is proven to lie in the storage.
TensorData CheckpointTensors::gather(const Storage& storage, std::uint64_t offset,
                                     std::vector<std::int64_t> shape,
                                     const std::vector<std::int64_t>& strides,
                                     const std::string& name) {
  const std::size_t element_size = size_of(storage.dtype);
  const std::size_t byte_size = *checked_byte_size(storage.dtype, shape);
  if (byte_size > storage.bytes->size() && byte_size > limits_.max_expanded_bytes) {
    fail(name, "shape ", to_string(shape), " with strides ", to_string(strides), " needs ",
         byte_size, " bytes from a storage of ", storage.bytes->size(), "; the limit is ",
         limits_.max_expanded_bytes);
  }
  // Honest checkpoints have each weight in some other memory order at most, some of them twice.
  const std::uint64_t limit = 4 * storage_bytes_ + limits_.max_expanded_bytes;
  if (byte_size > limit - gathered_bytes_) {
    fail(name, "the copies that bring strided tensors into order exceed ", limit,
         " bytes; the file holds ", storage_bytes_, " bytes of tensors");
  }
  gathered_bytes_ += byte_size;

  std::vector<std::byte> bytes(byte_size);
  copy_strided(storage.bytes->data() + offset * element_size, shape, strides, element_size,
               byte_size / element_size, bytes.data());
  return make_tensor(storage.dtype, std::move(shape), std::move(bytes));
}

/// A persistent id ('storage', torch.<Type>Storage, key, device, element count): entry data/<key>.
CheckpointTensors::Storage CheckpointTensors::load_storage(ValueId id, const std::string& name) {
  const auto* persistent = graph_.get<PicklePersistentId>(id);
  const auto* record = persistent == nullptr ? nullptr : graph_.get<PickleTuple>(persistent->id);
  if (record == nullptr || record->items.size() < 5) {
    fail(name, "its storage is ", describe(graph_, id), "; expected a reference to an entry");
  }
  const auto* tag = graph_.get<PickleString>(record->items[0]);
  const auto* type = graph_.get<PickleGlobal>(record->items[1]);
  const auto* key = graph_.get<PickleString>(record->items[2]);
  const auto* count = graph_.get<std::int64_t>(record->items[4]);
  if (tag == nullptr || tag->text != "storage" || type == nullptr || key == nullptr ||
      count == nullptr || *count < 0) {
    fail(name, "damaged reference to its storage; expected type, key, device and element count");
  }
  const std::optional<DType> dtype = dtype_of_storage(*type);
  if (!dtype) {
    fail(name, "its storage is a ", in_quotes(concat(type->module, ".", type->name)),
         "; supported are 16 to 64 bit floats, 8 to 64 bit integers and bool: convert the weights "
         "to float32");
  }
  const std::optional<std::size_t> expected = checked_byte_size(*dtype, {*count});

  auto known = storages_.find(key->text);
  if (known == storages_.end()) {
    const std::string entry = concat(prefix_, "data/", key->text);
    const std::optional<std::uint64_t> stated = archive_.stated_size(entry);
    if (!stated) fail(name, "its storage ", in_quotes(entry), " is missing from the archive");
    if (stated != expected) {
      fail(name, "its storage ", in_quotes(entry), " has ", *stated, " bytes; expected ", *count,
           " elements of ", size_of(*dtype));
    }
    if (*stated > limits_.max_tensor_bytes - storage_bytes_) {
      fail(name, "the tensors take more than the limit of ", limits_.max_tensor_bytes, " bytes");
    }
    Bytes bytes = std::make_shared<const std::vector<char>>(archive_.read(entry, *stated));
    storage_bytes_ += *stated;
    known = storages_.emplace(key->text, std::move(bytes)).first;
  }
  if (known->second->size() != expected) {
    fail(name, "its storage ", in_quotes(key->text), " has ", known->second->size(),
         " bytes; expected ", *count, " elements of ", size_of(*dtype));
  }
  return {*dtype, static_cast<std::uint64_t>(*count), known->second};
}

/// A tuple (or torch.Size) of numbers that are not negative.
std::optional<std::vector<std::int64_t>> CheckpointTensors::sizes(ValueId id) const {
  const auto* tuple = graph_.get<PickleTuple>(id);
  if (const auto* object = graph_.get<PickleObject>(id)) {
    const auto* type = graph_.get<PickleGlobal>(object->callable);
    const auto* arguments = graph_.get<PickleTuple>(object->arguments);
    if (type != nullptr && type->module == "torch" && type->name == "Size" &&
        arguments != nullptr && arguments->items.size() == 1) {
      tuple = graph_.get<PickleTuple>(arguments->items[0]);
    }
  }
  if (tuple == nullptr || tuple->items.size() > kMaxRank) return std::nullopt;
  std::vector<std::int64_t> numbers;
  for (const ValueId item : tuple->items) {
    const auto* number = graph_.get<std::int64_t>(item);
    if (number == nullptr || *number < 0) return std::nullopt;
    numbers.push_back(*number);
  }
  return numbers;
}

}  // namespace gondola::nn
