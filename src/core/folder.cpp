#include "gondola/core/folder.hpp"

#include <cerrno>
#include <cstring>
#include <system_error>

#include <unistd.h>

#include "gondola/core/error.hpp"

namespace gondola {

void make_folder(const std::filesystem::path& folder) {
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  if (failed) {
    throw IoError(concat("cannot make folder '", folder.string(), "': ", failed.message()));
  }
  if (access(folder.c_str(), W_OK | X_OK) != 0) {
    throw IoError(
        concat("cannot write into folder '", folder.string(), "': ", std::strerror(errno)));
  }
}

}  // namespace gondola
