#pragma once

#include <mutex>

namespace gondola::media {

/// While it lives, what this thread writes to std::cerr is dropped; other threads' output passes.
///
/// OpenCV reports a file that it cannot decode on std::cerr, with no way to turn that off. One
/// thread at a time; others wait.
class SilenceCerr {
 public:
  SilenceCerr();
  ~SilenceCerr();
  SilenceCerr(const SilenceCerr&) = delete;
  SilenceCerr& operator=(const SilenceCerr&) = delete;

 private:
  std::unique_lock<std::mutex> turn_;
};

}  // namespace gondola::media
