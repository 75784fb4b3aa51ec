#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>

namespace gondola::nn {

/// The bytes of a whole file.
struct FileBytes {
  std::shared_ptr<const std::byte>
      data;  ///< null for an empty file; unmaps when the last copy dies
  std::size_t size = 0;
};

/// Maps a regular file read-only. See read_safetensors() for what happens when it shrinks
/// meanwhile.
///
/// Throws: IoError when it cannot be opened or mapped, or is not a regular file.
FileBytes map_file(const std::filesystem::path& path);

}  // namespace gondola::nn
