#include "gondola/media/picture_sequence.hpp"

#include <filesystem>
#include <utility>

#include "gondola/core/error.hpp"
#include "gondola/media/read_image.hpp"

namespace gondola::media {

PictureSequence::PictureSequence(std::vector<std::string> paths, const SequenceOptions& options)
    : paths_(std::move(paths)), fps_(options.fps) {
  GONDOLA_EXPECTS(!paths_.empty(), "PictureSequence: no pictures");
  GONDOLA_EXPECTS(fps_ > 0, "PictureSequence: fps is ", fps_);
  const std::string folder = std::filesystem::path(paths_.front()).parent_path().string();
  name_ = folder.empty() ? "." : folder;
}

std::optional<Frame> PictureSequence::next() {
  if (next_ == paths_.size()) return std::nullopt;
  const std::size_t index = next_++;
  Frame frame;
  try {
    frame.image = read_image(paths_[index]);
  } catch (const IoError& error) {
    throw FrameError(paths_[index], error.what());
  }
  frame.source = name_;
  frame.kind = SourceKind::kVideo;
  frame.index = static_cast<std::int64_t>(index);
  frame.time_s = static_cast<double>(index) / fps_;
  return frame;
}

}  // namespace gondola::media
