#include "gondola/media/chained_source.hpp"

#include "gondola/core/error.hpp"

namespace gondola::media {

std::optional<Frame> ChainedSource::next() {
  while (true) {
    std::shared_ptr<FrameSource> source;
    {
      const std::lock_guard lock(mutex_);
      if (stopped_) return std::nullopt;
      source = current_;
    }
    try {
      if (source == nullptr) source = open_next();
      if (source == nullptr) return std::nullopt;
      if (std::optional<Frame> frame = source->next()) return frame;
      put_away();
    } catch (const FrameError&) {
      throw;
    } catch (const IoError& error) {
      put_away();
      throw FrameError(parts_[opened_ - 1].name, error.what());
    }
  }
}

std::shared_ptr<FrameSource> ChainedSource::open_next() {
  if (opened_ == parts_.size()) return nullptr;
  std::shared_ptr<FrameSource> source = parts_[opened_++].open();
  const std::lock_guard lock(mutex_);
  if (stopped_) return nullptr;
  return current_ = source;
}

void ChainedSource::put_away() {
  const std::lock_guard lock(mutex_);
  current_ = nullptr;
}

void ChainedSource::stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  if (current_ != nullptr) current_->stop();
}

}  // namespace gondola::media
