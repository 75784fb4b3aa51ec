#include "gondola/core/output_path.hpp"

#include <atomic>
#include <string>
#include <system_error>

#include <unistd.h>

#include "gondola/core/error.hpp"

namespace gondola {
namespace {

namespace fs = std::filesystem;

/// The file a chain of links ends at, also where that file does not exist yet.
fs::path follow_links(const fs::path& path) {
  constexpr int kMostLinks = 40;  // where Linux gives up, too
  fs::path target = path;
  std::error_code error;
  for (int i = 0; i < kMostLinks && fs::is_symlink(target, error); ++i) {
    const fs::path link = fs::read_symlink(target, error);
    if (error) break;
    target = target.parent_path() / link;
  }
  return target;
}

/// Unique among the programs and threads that write to this folder.
fs::path temporary_beside(const fs::path& target) {
  static std::atomic<unsigned> serial{0};
  constexpr std::size_t kLongestName = 200;  // 255 is the limit of most file systems
  const std::string name = target.filename().string().substr(0, kLongestName);
  return target.parent_path() / concat('.', name, ".tmp-", ::getpid(), '-', ++serial);
}

}  // namespace

OutputPath plan_output(const fs::path& path) {
  const auto refuse = [&](const char* reason) {
    throw IoError(concat("cannot write ", path.string(), ": ", reason));
  };
  if (!path.has_filename()) refuse("no file name given");
  OutputPath output;
  output.target = follow_links(path);
  std::error_code error;
  const fs::file_status status = fs::status(output.target, error);
  if (fs::is_directory(status)) refuse("it is a folder");
  const bool is_replaceable = !fs::exists(status) || fs::is_regular_file(status);
  if (is_replaceable) output.temporary = temporary_beside(output.target);
  return output;
}

}  // namespace gondola
