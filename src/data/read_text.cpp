#include "read_text.hpp"

#include <fstream>
#include <iterator>

#include "gondola/core/error.hpp"

namespace gondola::data {

std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file || std::filesystem::is_directory(path)) {
    throw IoError(concat("cannot read '", path.string(), "': ",
                         std::filesystem::is_directory(path) ? "it is a folder"
                         : std::filesystem::exists(path)     ? "permission denied"
                                                             : "no such file"));
  }
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace gondola::data
