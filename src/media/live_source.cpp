#include "gondola/media/live_source.hpp"

#include <algorithm>
#include <utility>

#include "gondola/core/error.hpp"

namespace gondola::media {

LiveSource::LiveSource(const SourceItem& item, VideoOptions options,
                       std::function<void(const LiveEvent&)> on_event, ReopenOptions reopen)
    : LiveSource(without_password(item.location), nullptr, std::move(on_event), reopen) {
  options.stop = stopped_;
  opener_ = [item, options = std::move(options)] { return open_video(item, options); };
}

LiveSource::LiveSource(std::string name, Opener opener,
                       std::function<void(const LiveEvent&)> on_event, ReopenOptions reopen)
    : name_(std::move(name)),
      opener_(std::move(opener)),
      on_event_(std::move(on_event)),
      reopen_(reopen),
      stopped_(std::make_shared<std::atomic<bool>>(false)) {
  GONDOLA_EXPECTS(reopen_.first_pause_s > 0 && reopen_.growth >= 1 &&
                      reopen_.longest_pause_s >= reopen_.first_pause_s,
                  "LiveSource: pauses of ", reopen_.first_pause_s, " to ", reopen_.longest_pause_s,
                  " s, growing by ", reopen_.growth);
}

std::optional<Frame> LiveSource::next() {
  if (!started_) started_ = Clock::now();
  while (!*stopped_) {
    std::string reason;
    try {
      if (source_ == nullptr) open();
      if (std::optional<Frame> frame = source_->next()) {
        const Clock::time_point now = Clock::now();
        if (!arrived_) arrived_ = now;
        if (now - *arrived_ > std::chrono::duration<double>(reopen_.settled_s)) pause_s_ = 0;
        frame->source = name_;
        frame->index = index_++;
        frame->time_s = std::chrono::duration<double>(now - *started_).count();
        return frame;
      }
      reason = concat("'", name_, "' has ended");
    } catch (const FrameError&) {
      ++index_;
      throw;
    } catch (const IoError& error) {
      reason = error.what();
    }
    close();
    if (!*stopped_) pause(reason);
  }
  close();
  return std::nullopt;
}

void LiveSource::stop() {
  std::shared_ptr<VideoSource> source;
  {
    const std::lock_guard lock(mutex_);
    *stopped_ = true;
    source = source_;
  }
  wake_.notify_all();
  if (source != nullptr) source->stop();
}

void LiveSource::open() {
  std::shared_ptr<VideoSource> source = opener_();
  {
    const std::lock_guard lock(mutex_);
    source_ = source;
    if (*stopped_) source_->stop();
  }
  arrived_.reset();
  LiveEvent event;
  event.kind = std::exchange(was_open_, true) ? LiveEvent::Kind::kBack : LiveEvent::Kind::kOpened;
  event.info = source->info();
  tell(std::move(event));
}

void LiveSource::close() {
  // Closing may take a moment, during which stop() need not wait.
  std::shared_ptr<VideoSource> closed;
  const std::lock_guard lock(mutex_);
  closed = std::exchange(source_, nullptr);
}

void LiveSource::pause(const std::string& reason) {
  pause_s_ = pause_s_ == 0 ? reopen_.first_pause_s
                           : std::min(pause_s_ * reopen_.growth, reopen_.longest_pause_s);
  LiveEvent event;
  event.kind = LiveEvent::Kind::kLost;
  event.reason = reason;
  event.pause_s = pause_s_;
  tell(std::move(event));
  std::unique_lock lock(mutex_);
  wake_.wait_for(lock, std::chrono::duration<double>(pause_s_),
                 [this] { return stopped_->load(); });
}

void LiveSource::tell(LiveEvent event) const {
  if (!on_event_) return;
  event.source = name_;
  on_event_(event);
}

}  // namespace gondola::media
