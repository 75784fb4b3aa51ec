#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace gondola::test {

/// What one library may use. Everything it does not name is refused.
struct Layer {
  std::string_view name;
  std::vector<std::string_view> layers;      ///< libraries of Gondola it may include and link
  std::vector<std::string_view> in_headers;  ///< third parties in its public headers and sources
  std::vector<std::string_view> in_sources;  ///< further third parties, in src/ alone
};

/// The table of layers of the whole design, the libraries still to be written included. `core` is
/// in every row because its value types are what the libraries say to each other.
const std::vector<Layer>& allowed_layers();

/// Compares the includes of include/gondola/, src/ and app/, and the gondola:: entries of
/// the CMake files in src/, with the table. The standard library is open to everyone, the operating
/// system to every source file.
///
/// A source file belongs to the target whose SOURCES name it, and a header to the target that owns
/// the source of the same name, or that names the header in its SOURCES; else to the library of its
/// folder.
///
/// @return one sorted line per offence, such as
///         `src/count/zone.cpp:2: count may not include torch/torch.h`
/// Throws std::runtime_error when root is no checkout of Gondola.
std::vector<std::string> find_violations(const std::filesystem::path& root,
                                         const std::vector<Layer>& allowed);

}  // namespace gondola::test
