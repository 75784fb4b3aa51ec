#pragma once

#include <filesystem>
#include <string>

namespace gondola::data {

/// A whole file. Throws: IoError saying why when it cannot be read.
std::string read_text(const std::filesystem::path& path);

}  // namespace gondola::data
