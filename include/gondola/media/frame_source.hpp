#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "gondola/core/error.hpp"
#include "gondola/media/frame.hpp"

namespace gondola::media {

/// One frame cannot be read; the frames after it may be fine.
class FrameError : public IoError {
 public:
  FrameError(std::string source, const std::string& message)
      : IoError(message), source_(std::move(source)) {}

  /// The file, device or address that failed. The message names it too.
  const std::string& source() const { return source_; }

 private:
  std::string source_;
};

/// Delivers frames one after another: a list of pictures, a video, a camera, a stream.
///
/// Used by one thread at a time, stop() aside.
class FrameSource {
 public:
  virtual ~FrameSource() = default;

  /// The next frame, or nullopt when there are no more.
  ///
  /// Throws: FrameError when this frame cannot be read; calling next() again goes on with the one
  /// after it. Any other exception ends the source.
  virtual std::optional<Frame> next() = 0;

  /// Ends the source early, from any thread: next() returns nullopt from now on, and one that waits
  /// for a camera or a stream returns soon. Sources that never wait need not do anything.
  virtual void stop() {}

  /// How many frames a fresh source delivers, failed ones included; nullopt when nobody can know.
  virtual std::optional<std::size_t> size_hint() const { return std::nullopt; }
};

}  // namespace gondola::media
