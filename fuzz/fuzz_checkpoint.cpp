#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <zip.h>

#include "gondola/core/error.hpp"
#include "gondola/nn/checkpoint.hpp"

namespace nn = gondola::nn;

namespace {

void add_entry(zip_t* archive, const char* name, const void* data, std::size_t size) {
  zip_source_t* source = zip_source_buffer(archive, data, size, 0);
  const zip_int64_t index = zip_file_add(archive, name, source, ZIP_FL_ENC_UTF_8);
  if (index < 0) __builtin_trap();
  // Deflating takes ten times as long as everything else here, and whole archives cover it.
  zip_set_file_compression(archive, static_cast<zip_uint64_t>(index), ZIP_CM_STORE, 0);
}

/// A valid archive with the input as its data.pkl and three storages of 16, 64 and 0 bytes, so that
/// mutations reach what lies behind the checksums.
std::vector<char> archive_around(const std::uint8_t* pickle, std::size_t size) {
  static constexpr std::array<std::uint8_t, 64> kStorage{};
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* target = zip_source_buffer_create(nullptr, 0, 0, &error);
  zip_t* archive = zip_open_from_source(target, ZIP_TRUNCATE, &error);
  if (archive == nullptr) __builtin_trap();
  zip_source_keep(target);
  add_entry(archive, "m/data.pkl", pickle, size);
  add_entry(archive, "m/data/0", kStorage.data(), 16);
  add_entry(archive, "m/data/1", kStorage.data(), 64);
  add_entry(archive, "m/data/2", kStorage.data(), 0);
  if (zip_close(archive) != 0) __builtin_trap();
  zip_source_open(target);
  zip_source_seek(target, 0, SEEK_END);
  std::vector<char> bytes(static_cast<std::size_t>(zip_source_tell(target)));
  zip_source_seek(target, 0, SEEK_SET);
  zip_source_read(target, bytes.data(), bytes.size());
  zip_source_close(target);
  zip_source_free(target);
  zip_error_fini(&error);
  return bytes;
}

void read(const void* data, std::size_t size) {
  // The limits are lower than the defaults, so that what reaches them does so in time.
  nn::CheckpointLimits limits;
  limits.max_tensor_bytes = 1U << 22U;
  limits.max_expanded_bytes = 1U << 16U;
  try {
    const nn::Checkpoint checkpoint =
        nn::parse_checkpoint(static_cast<const std::byte*>(data), size, "input.pt", limits);
    std::size_t elements = 0;
    for (const auto& [name, tensor] : checkpoint.tensors) {
      // The same storage may be there under any number of names.
      if ((elements += tensor.element_count()) > (1U << 20U)) break;
      if (nn::to_float32(tensor).size() != tensor.element_count()) __builtin_trap();
    }
  } catch (const gondola::WeightsError&) {
    // What a damaged file has to give.
  }
}

}  // namespace

/// Reads the input as a whole checkpoint when it begins like a zip archive, else as the data.pkl of
/// one.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size >= 2 && data[0] == 'P' && data[1] == 'K') {
    read(data, size);
  } else {
    const std::vector<char> archive = archive_around(data, size);
    read(archive.data(), archive.size());
  }
  return 0;
}
