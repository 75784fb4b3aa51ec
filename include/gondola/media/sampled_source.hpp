#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "gondola/media/frame_source.hpp"

namespace gondola::media {

/// Which frames of a source to use.
struct SampleOptions {
  std::int64_t every = 1;  ///< each n-th frame, from the first; >= 1

  /// At most so many frames a second of the source's time, evenly; 0 = all.
  double max_fps = 0;

  std::optional<std::int64_t> max_frames =
      std::nullopt;  ///< end after so many, failed ones not counted; >= 0
};

/// Passes on a part of a source's frames. Frame::index and time_s stay those of the source, and so
/// do failures, except that of frames which would have been left out by `every`.
///
/// Throws: ConfigError when an option is out of range.
std::unique_ptr<FrameSource> sampled(std::unique_ptr<FrameSource> source,
                                     const SampleOptions& options);

}  // namespace gondola::media
