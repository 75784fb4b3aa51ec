#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "gondola/media/sources.hpp"
#include "gondola/media/video_options.hpp"
#include "gondola/media/video_source.hpp"

namespace gondola::media {

/// Something that happened to a live source. To be shown or logged.
struct LiveEvent {
  enum class Kind {
    kOpened,  ///< the first time; `info` tells what came of the wishes
    kLost,    ///< or could not be opened; tried again after `pause_s`
    kBack,    ///< opened after kLost; `info` may differ from before
  };
  Kind kind = Kind::kOpened;
  std::string source;  ///< as in Frame::source
  std::string reason;  ///< of kLost: one line that names the source
  double pause_s = 0;  ///< of kLost
  VideoInfo info;      ///< of kOpened and kBack
};

/// Pauses between attempts to open a source that is gone.
struct ReopenOptions {
  double first_pause_s = 0.5;  ///< > 0
  double growth = 2;           ///< each pause over the one before, >= 1
  double longest_pause_s = 30;

  /// Frames for so long end the trouble: the next pause is the first again.
  double settled_s = 10;
};

/// A camera or stream for ever: whenever it fails or ends it is closed and opened again, after
/// pauses that grow, until stop(). It need not be there at the start and may come back with another
/// frame size.
///
/// Frame::index and time_s go on over interruptions; time_s counts from the first next().
///
/// next() and the events use one thread at a time, stop() any.
class LiveSource : public FrameSource {
 public:
  using Opener = std::function<std::unique_ptr<VideoSource>()>;

  /// @param on_event called from within next(); may be empty
  LiveSource(const SourceItem& item, VideoOptions options,
             std::function<void(const LiveEvent&)> on_event = {}, ReopenOptions reopen = {});

  /// The same for anything that can be opened again and again. `opener` throws IoError when it
  /// cannot be, and anything else to give up.
  LiveSource(std::string name, Opener opener, std::function<void(const LiveEvent&)> on_event = {},
             ReopenOptions reopen = {});

  /// Waits for the next frame, however long that takes; nullopt only after stop().
  ///
  /// Throws: FrameError for a damaged frame; the others follow.
  std::optional<Frame> next() override;

  /// Ends a pause at once, and opening and reading of an address in a tenth of a second; that of a
  /// camera or pipeline when its next picture comes.
  void stop() override;

 private:
  using Clock = std::chrono::steady_clock;

  void open();
  void close();
  void pause(const std::string& reason);
  void tell(LiveEvent event) const;

  std::string name_;
  Opener opener_;
  std::function<void(const LiveEvent&)> on_event_;
  ReopenOptions reopen_;

  std::shared_ptr<std::atomic<bool>> stopped_;  // set under mutex_, so that no pause misses it
  std::mutex mutex_;                            // of source_ against stop(); not held while reading
  std::condition_variable wake_;
  std::shared_ptr<VideoSource> source_;

  bool was_open_ = false;
  double pause_s_ = 0;                        // the last one; 0 = no trouble
  std::optional<Clock::time_point> started_;  // first next()
  std::optional<Clock::time_point> arrived_;  // first frame since it was opened
  std::int64_t index_ = 0;
};

}  // namespace gondola::media
