#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

struct zip;

namespace gondola::nn {

/// A zip archive opened for reading, whose headers are not trusted: no allocation is larger than
/// the bytes that prove it.
class ZipArchive {
 public:
  /// Throws: IoError when the file cannot be opened; WeightsError when it is not a whole archive.
  static ZipArchive open(const std::filesystem::path& path);

  /// Requires: the bytes outlive the archive.
  static ZipArchive from_memory(const std::byte* bytes, std::size_t size,
                                const std::string& source_name);

  /// Names of all entries, in the archive's order.
  std::vector<std::string> names() const;

  bool contains(const std::string& name) const;

  /// Uncompressed size of an entry as its header states it; nothing when there is no such entry.
  std::optional<std::uint64_t> stated_size(const std::string& name) const;

  /// All bytes of an entry, stored or deflated.
  ///
  /// Throws: WeightsError naming the entry when it is missing, states more than max_size or more
  /// than its compressed bytes can hold, does not hold what it states, fails its checksum, is
  /// encrypted, or is compressed in another way.
  std::vector<char> read(const std::string& name, std::uint64_t max_size) const;

 private:
  struct Discard {
    void operator()(zip* archive) const;
  };

  ZipArchive(zip* archive, std::uint64_t file_size, std::string source_name);

  std::unique_ptr<zip, Discard> archive_;
  std::uint64_t file_size_;
  std::string source_name_;
};

}  // namespace gondola::nn
