#pragma once

#include <filesystem>
#include <vector>

#include "gondola/shelf/audit.hpp"

namespace gondola::app {

/// Reads the parts of a picture that are counted by themselves; configs/shelf/zones.yaml shows
/// every key.
///
/// Throws: IoError when the file cannot be read; ConfigError with file and line for unknown keys
/// and for whatever shelf::validate() refuses.
std::vector<shelf::Zone> read_zones_file(const std::filesystem::path& path);

}  // namespace gondola::app
