#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "gondola/media/frame_source.hpp"

namespace gondola::media {

/// Reads picture files in the given order, each as a source of its own with one frame.
class ImageSource : public FrameSource {
 public:
  explicit ImageSource(std::vector<std::string> paths) : paths_(std::move(paths)) {}

  /// Throws: FrameError, with read_image()'s message, when a picture cannot be read.
  std::optional<Frame> next() override;

  std::optional<std::size_t> size_hint() const override { return paths_.size(); }

 private:
  std::vector<std::string> paths_;
  std::size_t next_ = 0;
};

}  // namespace gondola::media
