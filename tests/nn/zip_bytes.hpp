#pragma once

#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include <zip.h>

namespace gondola::test {

struct ZipEntry {
  std::string name;
  std::string bytes;
  bool deflated = false;
};

/// A zip archive as libzip writes it.
inline std::string zip_bytes(const std::vector<ZipEntry>& entries) {
  zip_source_t* target = zip_source_buffer_create(nullptr, 0, 0, nullptr);
  zip_t* archive = zip_open_from_source(target, ZIP_TRUNCATE, nullptr);
  if (archive == nullptr) throw std::runtime_error("zip_open_from_source failed");
  zip_source_keep(target);
  for (const ZipEntry& entry : entries) {
    zip_source_t* source = zip_source_buffer(archive, entry.bytes.data(), entry.bytes.size(), 0);
    const zip_int64_t index = zip_file_add(archive, entry.name.c_str(), source, ZIP_FL_ENC_UTF_8);
    if (index < 0) throw std::runtime_error("zip_file_add failed: " + entry.name);
    zip_set_file_compression(archive, static_cast<zip_uint64_t>(index),
                             entry.deflated ? ZIP_CM_DEFLATE : ZIP_CM_STORE, 0);
  }
  if (zip_close(archive) != 0) throw std::runtime_error("zip_close failed");
  zip_source_open(target);
  zip_source_seek(target, 0, SEEK_END);
  std::string bytes(static_cast<std::size_t>(zip_source_tell(target)), '\0');
  zip_source_seek(target, 0, SEEK_SET);
  zip_source_read(target, bytes.data(), bytes.size());
  zip_source_close(target);
  zip_source_free(target);
  return bytes;
}

/// Offsets of fields in an entry's central directory header (APPNOTE 4.3.12).
constexpr std::size_t kZipFlags = 8;
constexpr std::size_t kZipMethod = 10;
constexpr std::size_t kZipCrc = 16;
constexpr std::size_t kZipCompressedSize = 20;
constexpr std::size_t kZipSize = 24;

/// Overwrites a field of the central directory header of `name`.
template <typename Integer>
void patch_zip(std::string& archive, const std::string& name, std::size_t field, Integer value) {
  constexpr std::size_t kNameOffset = 46;
  std::size_t at = archive.find("PK\x01\x02");
  while (at != std::string::npos && archive.compare(at + kNameOffset, name.size(), name) != 0) {
    at = archive.find("PK\x01\x02", at + 1);
  }
  if (at == std::string::npos) throw std::runtime_error("no entry " + name);
  std::memcpy(&archive[at + field], &value, sizeof value);
}

}  // namespace gondola::test
