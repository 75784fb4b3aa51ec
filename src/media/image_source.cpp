#include "gondola/media/image_source.hpp"

#include "gondola/media/read_image.hpp"

namespace gondola::media {

std::optional<Frame> ImageSource::next() {
  if (next_ == paths_.size()) return std::nullopt;
  const std::string& path = paths_[next_++];
  try {
    Frame frame;
    frame.image = read_image(path);
    frame.source = path;
    return frame;
  } catch (const IoError& error) {
    throw FrameError(path, error.what());
  }
}

}  // namespace gondola::media
