#pragma once

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

namespace gondola::engine {

/// Zeroed memory that starts at a cache line, so that vector loads do not straddle two.
class AlignedBuffer {
 public:
  AlignedBuffer() = default;
  explicit AlignedBuffer(std::size_t bytes) : bytes_(rounded(bytes)) {
    data_.reset(static_cast<std::byte*>(std::aligned_alloc(kAlignment, bytes_)));
    if (!data_) throw std::bad_alloc();
    std::memset(data_.get(), 0, bytes_);
  }

  std::byte* data() const { return data_.get(); }
  std::size_t size() const { return bytes_; }

 private:
  static constexpr std::size_t kAlignment = 64;
  static std::size_t rounded(std::size_t bytes) {
    return (bytes + kAlignment) / kAlignment * kAlignment;
  }
  struct Free {
    void operator()(std::byte* data) const { std::free(data); }
  };

  std::size_t bytes_ = 0;
  std::unique_ptr<std::byte, Free> data_;
};

}  // namespace gondola::engine
