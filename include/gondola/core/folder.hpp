#pragma once

#include <filesystem>

namespace gondola {

/// Makes a folder for results, its parents included, unless it is there.
///
/// Throws: IoError when that fails or the folder cannot be written.
void make_folder(const std::filesystem::path& folder);

}  // namespace gondola
