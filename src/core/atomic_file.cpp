#include "gondola/core/atomic_file.hpp"

#include <atomic>
#include <cerrno>
#include <cstring>
#include <streambuf>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gondola/core/error.hpp"

namespace gondola {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const fs::path& path, const std::string& reason) {
  throw IoError(concat("cannot write ", path.string(), ": ", reason));
}

std::string reason_of(int error) { return std::strerror(error); }

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

/// Writes to a file descriptor and, unlike std::filebuf, remembers why a write failed.
class AtomicFile::Buffer : public std::streambuf {
 public:
  explicit Buffer(int descriptor) : descriptor_(descriptor), bytes_(kCapacity) {
    setp(bytes_.data(), bytes_.data() + bytes_.size());
  }
  ~Buffer() override { close(); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  /// errno of the first failure, 0 if there was none.
  int error() const { return error_; }

  bool close() {
    if (descriptor_ < 0) return error_ == 0;
    if (::close(descriptor_) != 0 && error_ == 0) error_ = errno;
    descriptor_ = -1;
    return error_ == 0;
  }

 protected:
  int_type overflow(int_type next) override {
    if (sync() != 0) return traits_type::eof();
    if (!traits_type::eq_int_type(next, traits_type::eof())) sputc(traits_type::to_char_type(next));
    return traits_type::not_eof(next);
  }

  int sync() override {
    const bool written = write_all(pbase(), static_cast<std::size_t>(pptr() - pbase()));
    setp(bytes_.data(), bytes_.data() + bytes_.size());
    return written ? 0 : -1;
  }

  std::streamsize xsputn(const char* text, std::streamsize count) override {
    if (count <= epptr() - pptr()) {
      std::memcpy(pptr(), text, static_cast<std::size_t>(count));
      pbump(static_cast<int>(count));
      return count;
    }
    // Too much for the rest of the buffer: tensors of many megabytes need no copy.
    if (sync() != 0 || !write_all(text, static_cast<std::size_t>(count))) return 0;
    return count;
  }

 private:
  static constexpr std::size_t kCapacity = 1U << 16U;

  bool write_all(const char* text, std::size_t count) {
    while (count > 0 && error_ == 0) {
      const ssize_t written = ::write(descriptor_, text, count);
      if (written >= 0) {
        text += written;
        count -= static_cast<std::size_t>(written);
      } else if (errno != EINTR) {
        error_ = errno;
      }
    }
    return error_ == 0;
  }

  int descriptor_;
  int error_ = 0;
  std::vector<char> bytes_;
};

AtomicFile::AtomicFile(fs::path path) : path_(std::move(path)), stream_(nullptr) {
  if (!path_.has_filename()) fail(path_, "no file name given");
  target_ = follow_links(path_);
  std::error_code error;
  const fs::file_status status = fs::status(target_, error);
  if (fs::is_directory(status)) fail(path_, "it is a folder");
  const bool replaceable = !fs::exists(status) || fs::is_regular_file(status);
  if (replaceable) temporary_ = temporary_beside(target_);

  const fs::path& opened = replaceable ? temporary_ : target_;
  const int flags = O_WRONLY | O_CLOEXEC | (replaceable ? O_CREAT | O_EXCL : 0);
  constexpr mode_t kModeBeforeUmask = 0666;
  const int descriptor = ::open(opened.c_str(), flags, kModeBeforeUmask);
  if (descriptor < 0) fail(path_, reason_of(errno));
  buffer_ = std::make_unique<Buffer>(descriptor);
  stream_.rdbuf(buffer_.get());
}

AtomicFile::~AtomicFile() {
  buffer_->close();
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

std::ostream& AtomicFile::stream() { return stream_; }

void AtomicFile::commit() {
  const bool flushed = static_cast<bool>(stream_.flush());
  const bool closed = buffer_->close();
  if (buffer_->error() != 0) fail(path_, reason_of(buffer_->error()));
  if (!flushed || !closed) fail(path_, "the output was marked as failed");
  if (temporary_.empty()) return;
  if (::rename(temporary_.c_str(), target_.c_str()) != 0) fail(path_, reason_of(errno));
  temporary_.clear();
}

void write_file(const std::filesystem::path& path, std::string_view bytes) {
  AtomicFile file(path);
  file.stream() << bytes;
  file.commit();
}

}  // namespace gondola
