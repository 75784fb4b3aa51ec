#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gondola/media/frame_source.hpp"

namespace gondola::media {

struct SequenceOptions {
  double fps = 25;  ///< > 0
};

/// Pictures as the frames of one video, which is named like the folder of the first.
class PictureSequence : public FrameSource {
 public:
  /// Requires: at least one path, fps > 0.
  PictureSequence(std::vector<std::string> paths, const SequenceOptions& options);

  /// Throws: FrameError, with read_image()'s message, when a picture cannot be read; it counts in
  /// Frame::index and time_s.
  std::optional<Frame> next() override;

  std::optional<std::size_t> size_hint() const override { return paths_.size(); }

 private:
  std::vector<std::string> paths_;
  std::string name_;
  double fps_;
  std::size_t next_ = 0;
};

}  // namespace gondola::media
