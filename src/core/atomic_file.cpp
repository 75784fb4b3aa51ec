#include "gondola/core/atomic_file.hpp"

#include <cerrno>
#include <cstring>
#include <streambuf>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gondola/core/error.hpp"
#include "gondola/core/output_path.hpp"

namespace gondola {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const fs::path& path, const std::string& reason) {
  throw IoError(concat("cannot write ", path.string(), ": ", reason));
}

std::string reason_of(int error) { return std::strerror(error); }

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
  const OutputPath output = plan_output(path_);
  target_ = output.target;
  temporary_ = output.temporary;
  const fs::path& opened = output.is_replaceable() ? temporary_ : target_;
  const int flags = O_WRONLY | O_CLOEXEC | (output.is_replaceable() ? O_CREAT | O_EXCL : 0);
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
