#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "gondola/nn/tensor_data.hpp"

namespace gondola::nn {

/// What a .safetensors file holds. The format: 8 bytes little-endian header length, a JSON header
/// {"__metadata__": {text: text}, name: {"dtype", "shape", "data_offsets"}}, then the tensors'
/// bytes (https://github.com/huggingface/safetensors, "Format").
struct SafetensorsFile {
  std::map<std::string, std::string> metadata;
  NamedTensors tensors;  ///< in the order of the header
};

/// Longest header the format allows, in bytes.
inline constexpr std::size_t kMaxSafetensorsHeader = 100'000'000;

/// Reads a .safetensors file. The file is mapped, not copied: the cost is that of the header,
/// tensor bytes are read from disk when they are touched, and the mapping lives as long as any
/// tensor that points into it.
///
/// Everything the header says is checked before it is used: its length, types, shapes, and that the
/// tensors' byte ranges fit their shapes and cover the data exactly, without holes or overlaps.
///
/// Replace a weights file that may be in use by renaming a new one over it, as write_safetensors()
/// does: the mapping then keeps the old file. A file cut short in place while it is mapped cannot
/// be guarded against, and touching a lost page ends the process with SIGBUS. Copy the tensors (or
/// load them into a network) and drop the SafetensorsFile to end the mapping.
///
/// Throws: IoError when the file cannot be opened or mapped; WeightsError, one line naming the
/// file, the tensor and the fault, when its content is wrong.
SafetensorsFile read_safetensors(const std::filesystem::path& path);

/// The same for a file that is already in memory: the tensors point into `bytes` and share its
/// ownership. `source_name` stands for the path in error messages.
SafetensorsFile parse_safetensors(std::shared_ptr<const std::byte> bytes, std::size_t size,
                                  const std::string& source_name);

/// Writes a .safetensors file through a temporary file beside it and a rename, so that a reader
/// sees the old file or the new one, never a part of it.
///
/// The header lists the tensors in their order and is padded with spaces to a multiple of 8 bytes;
/// the bytes are laid out by decreasing element size, so that every tensor is aligned. The same
/// input gives the same bytes.
///
/// Requires: no tensor is called "__metadata__", and each has its bytes (ContractViolation
/// otherwise). Throws: IoError when the file cannot be written; WeightsError when a name or a
/// metadata value is not UTF-8, or the header would exceed kMaxSafetensorsHeader.
void write_safetensors(const std::filesystem::path& path,
                       const std::map<std::string, std::string>& metadata,
                       const NamedTensors& tensors);

}  // namespace gondola::nn
