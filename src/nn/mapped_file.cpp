#include "mapped_file.hpp"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gondola/core/error.hpp"

namespace gondola::nn {
namespace {

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  ~FileDescriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;

  int get() const { return fd_; }

 private:
  int fd_;
};

}  // namespace

FileBytes map_file(const std::filesystem::path& path) {
  // Not blocking: opening a pipe would otherwise wait for a writer.
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status = {};
  if (file.get() < 0 || ::fstat(file.get(), &status) != 0) {
    throw IoError(concat("cannot open ", path.string(), ": ", std::strerror(errno)));
  }
  if (!S_ISREG(status.st_mode)) {
    throw IoError(
        concat("cannot read ", path.string(), ": expected a file, not a folder or device"));
  }
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size == 0) return {};
  void* start = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (start == MAP_FAILED) {
    throw IoError(concat("cannot map ", path.string(), ": ", std::strerror(errno)));
  }
  const auto unmap = [size](const std::byte* data) {
    ::munmap(const_cast<std::byte*>(data), size);
  };
  return {std::shared_ptr<const std::byte>(static_cast<const std::byte*>(start), unmap), size};
}

}  // namespace gondola::nn
