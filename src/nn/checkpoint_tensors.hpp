#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gondola/nn/checkpoint.hpp"
#include "gondola/nn/pickle.hpp"
#include "gondola/nn/tensor_data.hpp"
#include "zip_archive.hpp"

namespace gondola::nn {

/// Makes tensors of their records in a checkpoint's pickle, reading storages as they are needed.
///
/// Keeps references to everything it is given.
class CheckpointTensors {
 public:
  /// `prefix` is the folder of data.pkl in the archive, with its slash.
  CheckpointTensors(const PickleGraph& graph, const ZipArchive& archive, std::string prefix,
                    const std::string& source_name, const CheckpointLimits& limits);

  /// Whether the value records a tensor or a parameter.
  bool is_tensor(ValueId id) const;

  /// The tensor, contiguous. The same record gives the same bytes again at no cost.
  ///
  /// Throws: WeightsError naming `name` when the value does not record a dense tensor, or its
  /// storage cannot hold it.
  TensorData load(ValueId id, const std::string& name);

 private:
  using Bytes = std::shared_ptr<const std::vector<char>>;

  struct Storage {
    DType dtype = DType::kF32;
    std::uint64_t element_count = 0;
    Bytes bytes;
  };

  ValueId without_parameter(ValueId id) const;
  TensorData rebuild(const std::vector<ValueId>& arguments, const std::string& name);
  Storage load_storage(ValueId id, const std::string& name);
  TensorData gather(const Storage& storage, std::uint64_t offset, std::vector<std::int64_t> shape,
                    const std::vector<std::int64_t>& strides, const std::string& name);
  std::optional<std::vector<std::int64_t>> sizes(ValueId id) const;

  template <typename... Parts>
  [[noreturn]] void fail(const std::string& name, const Parts&... parts) const;

  const PickleGraph& graph_;
  const ZipArchive& archive_;
  std::string prefix_;
  const std::string& source_name_;
  const CheckpointLimits& limits_;

  std::map<ValueId, TensorData> tensors_;
  std::map<std::string, Bytes, std::less<>> storages_;
  std::uint64_t storage_bytes_ = 0;
  std::uint64_t gathered_bytes_ = 0;
};

}  // namespace gondola::nn
