#pragma once

#include <filesystem>

namespace gondola {

/// Where a file is written that is to appear under its name complete or not at all.
struct OutputPath {
  std::filesystem::path target;  ///< what is replaced in the end: the path with links followed
  std::filesystem::path
      temporary;  ///< where to write until then, in the same folder; unused so far

  /// A device or pipe (/dev/stdout) cannot be replaced: `temporary` is empty.
  bool is_replaceable() const { return !temporary.empty(); }
};

/// Plans the writing of a file; touches nothing.
///
/// Throws: IoError naming the path when it has no file name or is a folder.
OutputPath plan_output(const std::filesystem::path& path);

}  // namespace gondola
