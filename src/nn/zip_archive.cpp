#include "zip_archive.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include <zip.h>

#include "gondola/core/error.hpp"
#include "text.hpp"

namespace gondola::nn {
namespace {

/// A zip_error_t that is initialised and finished.
class ZipError {
 public:
  ZipError() { zip_error_init(&error_); }
  ~ZipError() { zip_error_fini(&error_); }
  ZipError(const ZipError&) = delete;
  ZipError& operator=(const ZipError&) = delete;

  zip_error_t* get() { return &error_; }
  std::string text() { return zip_error_strerror(&error_); }

 private:
  zip_error_t error_{};
};

struct CloseEntry {
  void operator()(zip_file_t* entry) const { zip_fclose(entry); }
};

struct OpenedArchive {
  zip* archive = nullptr;
  std::uint64_t file_size = 0;
};

/// Opens what `source` holds; takes the source over, also when it throws.
OpenedArchive open_source(zip_source_t* source, ZipError& error, const std::string& source_name) {
  OpenedArchive opened;
  zip_stat_t status;
  if (source != nullptr && zip_source_stat(source, &status) == 0) {
    opened.file_size = status.size;
    opened.archive = zip_open_from_source(source, ZIP_RDONLY, error.get());
  }
  if (opened.archive == nullptr) {
    zip_source_free(source);
    throw WeightsError(concat(source_name, ": not a whole zip archive (", error.text(),
                              "); the file is truncated or damaged: copy or download it again"));
  }
  return opened;
}

/// The most that deflate can expand: 258 bytes for every 2 bits (RFC 1951, 3.2.5).
constexpr std::uint64_t kMaxDeflateRatio = 1032;

}  // namespace

void ZipArchive::Discard::operator()(zip* archive) const { zip_discard(archive); }

ZipArchive::ZipArchive(zip* archive, std::uint64_t file_size, std::string source_name)
    : archive_(archive), file_size_(file_size), source_name_(std::move(source_name)) {}

ZipArchive ZipArchive::open(const std::filesystem::path& path) {
  std::FILE* file = std::fopen(path.c_str(), "rbe");
  if (file == nullptr) {
    throw IoError(concat("cannot open ", path.string(), ": ", std::strerror(errno)));
  }
  ZipError error;
  zip_source_t* source = zip_source_filep_create(file, 0, -1, error.get());
  if (source == nullptr) std::fclose(file);  // otherwise the source closes it
  const OpenedArchive opened = open_source(source, error, path.string());
  return {opened.archive, opened.file_size, path.string()};
}

ZipArchive ZipArchive::from_memory(const std::byte* bytes, std::size_t size,
                                   const std::string& source_name) {
  ZipError error;
  zip_source_t* source = zip_source_buffer_create(bytes, size, 0, error.get());
  const OpenedArchive opened = open_source(source, error, source_name);
  return {opened.archive, opened.file_size, source_name};
}

std::vector<std::string> ZipArchive::names() const {
  const zip_int64_t count = zip_get_num_entries(archive_.get(), 0);
  std::vector<std::string> names;
  names.reserve(static_cast<std::size_t>(count));
  for (zip_int64_t i = 0; i < count; ++i) {
    const char* name = zip_get_name(archive_.get(), static_cast<zip_uint64_t>(i), ZIP_FL_ENC_RAW);
    names.emplace_back(name == nullptr ? "" : name);
  }
  return names;
}

bool ZipArchive::contains(const std::string& name) const {
  return zip_name_locate(archive_.get(), name.c_str(), ZIP_FL_ENC_RAW) >= 0;
}

std::optional<std::uint64_t> ZipArchive::stated_size(const std::string& name) const {
  zip_stat_t status;
  if (zip_stat(archive_.get(), name.c_str(), ZIP_FL_ENC_RAW, &status) != 0) return std::nullopt;
  return status.size;
}

std::vector<char> ZipArchive::read(const std::string& name, std::uint64_t max_size) const {
  const auto fail = [&](const auto&... parts) {
    throw WeightsError(concat(source_name_, ": entry ", in_quotes(name), ": ", parts...));
  };
  constexpr const char* kWayOut = "; the file is damaged: copy or download it again";

  zip_stat_t status;
  if (zip_stat(archive_.get(), name.c_str(), ZIP_FL_ENC_RAW, &status) != 0) {
    fail("missing from the archive", kWayOut);
  }
  if (status.size > max_size) {
    fail("states ", status.size, " bytes, more than the limit of ", max_size);
  }
  if (status.comp_method != ZIP_CM_STORE && status.comp_method != ZIP_CM_DEFLATE) {
    fail("compression method ", status.comp_method,
         "; expected stored or deflated: save the checkpoint again with torch.save");
  }
  const bool deflated = status.comp_method == ZIP_CM_DEFLATE;
  if (status.comp_size > file_size_ ||
      status.size > status.comp_size * (deflated ? kMaxDeflateRatio : 1)) {
    fail("states ", status.size, " bytes from ", status.comp_size, " compressed ones in a file of ",
         file_size_, kWayOut);
  }

  const std::unique_ptr<zip_file_t, CloseEntry> entry(
      zip_fopen_index(archive_.get(), status.index, 0));
  if (entry == nullptr) {
    fail("cannot be opened (", zip_error_strerror(zip_get_error(archive_.get())), ")", kWayOut);
  }
  const auto size = static_cast<std::size_t>(status.size);
  std::vector<char> bytes;
  std::size_t filled = 0;
  // Deflated bytes are proven only by inflating them, so the buffer grows with what arrived. The
  // read past the stated end makes libzip compare the checksum, and shows an entry that holds more.
  constexpr std::size_t kFirstChunk = std::size_t{64} << 10;
  for (;;) {
    if (filled == bytes.size()) {
      const std::size_t wanted = deflated ? std::max(kFirstChunk, 2 * filled) : size + 1;
      bytes.resize(std::min(wanted, size + 1));
    }
    const zip_int64_t count = zip_fread(entry.get(), bytes.data() + filled, bytes.size() - filled);
    if (count < 0) {
      fail("cannot be read (", zip_error_strerror(zip_file_get_error(entry.get())), ")", kWayOut);
    }
    if (count == 0) break;
    filled += static_cast<std::size_t>(count);
    if (filled > size) fail("holds more than the ", size, " bytes it states", kWayOut);
  }
  if (filled < size) fail("holds ", filled, " of the ", size, " bytes it states", kWayOut);
  bytes.resize(size);
  return bytes;
}

}  // namespace gondola::nn
