#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gondola/media/frame_source.hpp"
#include "gondola/pipeline/detection_sink.hpp"
#include "gondola/pipeline/detector.hpp"

namespace gondola::pipeline {

/// One source of a run. Several are read side by side, each by a thread of its own.
struct Feed {
  media::FrameSource* source = nullptr;  ///< not null; used by the run until it returns
  std::string name;                      ///< for the summary, such as "rtsp://door/1"

  /// A camera or stream, of which only the newest frame counts: frames that come while the detector
  /// is busy replace each other. False: every frame is detected, in order.
  bool live = false;
};

struct LoopOptions {
  int batch = 1;  ///< frames per detector call, >= 1; more may raise throughput and costs memory

  /// Frames of a source that is not live which wait for the detector, >= 0; each costs its pixels
  /// in memory. 0 = one batch. A few more are on their way between the stages.
  int read_ahead = 0;
};

/// A frame that could not be read, or a source that broke while others went on.
struct FrameFailure {
  std::string source;
  std::string reason;  ///< one line that names the source
};

/// Time spent per stage over all frames, milliseconds. The stages overlap: together they take more
/// than the run.
struct LoopTimes {
  double read = 0;
  StageTimes detect;
  double follow = 0;  ///< LoopCallbacks::follow, such as tracking
  double write = 0;   ///< all sinks, drawing and encoding included
};

/// What became of one feed.
struct FeedSummary {
  std::string name;
  std::int64_t frames = 0;   ///< detected and written
  std::int64_t failed = 0;   ///< that could not be read
  std::int64_t dropped = 0;  ///< passed over for newer ones; live feeds
  double max_lag_s = 0;      ///< the largest FrameTiming::lag_s
};

/// How far a run has come.
struct LoopProgress {
  std::int64_t done = 0;             ///< frames detected and written
  std::int64_t failed = 0;           ///< frames that could not be read
  std::optional<std::size_t> total;  ///< frames to expect, if known
};

struct LoopSummary {
  std::int64_t frames = 0;  ///< detected and written
  std::vector<FrameFailure> failures;
  std::vector<std::int64_t> detections_per_class;  ///< indexed by class id
  std::vector<FeedSummary> feeds;                  ///< in the order given
  LoopTimes times_ms;                              ///< sums; divide by frames for the mean
  double wall_s = 0;
  bool stopped = false;  ///< stop_requested said so before the sources ended

  std::int64_t detections() const;
};

/// What a run tells and asks. Empty functions are not called. All but `follow` are called on the
/// thread that runs the loop.
struct LoopCallbacks {
  /// Sees every frame between detector and sinks, and may change its detections: where objects are
  /// given identities and counted. In the order of the source; on one thread, not the loop's own.
  std::function<void(FrameDetections&)> follow;

  std::function<void(const LoopProgress&)> on_progress;  ///< after every frame, failed or done
  std::function<void(const FrameFailure&)> on_failure;
  std::function<void(const LoopSummary&)> on_statistics;  ///< every statistics_interval_s, so far
  double statistics_interval_s = 5;                       ///< > 0

  /// Asked after every batch and ten times a second, such as for Ctrl-C. What has been read by then
  /// is still detected and written.
  std::function<bool()> stop_requested;
};

/// Reads the frames of all feeds, detects, follows, and hands the results to the sinks, then
/// finishes the sinks, also when asked to stop. Frames of one feed stay in order.
///
/// Reading, preparing, the network, completing and following, and the sinks run in threads of their
/// own with bounded queues between, so that the slowest of them sets the pace; as many networks
/// side by side as the detector has; the sinks on the caller's thread, as windows need. With a live
/// feed a frame is taken only when the network is ready for it, so that what the sinks see is as
/// new as it can be.
///
/// A frame that cannot be read is reported and listed in the summary, and the run goes on. With
/// several feeds that holds for a source that breaks, too. Whatever else a source, the detector or
/// a sink throws ends the run: what has been detected before is still written, the sinks are left
/// unfinished, and it is thrown here.
///
/// Requires: at least one feed, no null source, batch >= 1, read_ahead >= 0, no null sink.
LoopSummary run_detection(const std::vector<Feed>& feeds, Detector& detector,
                          const std::vector<std::unique_ptr<DetectionSink>>& sinks,
                          const LoopOptions& options = {}, const LoopCallbacks& callbacks = {});

/// The same with one feed that is not live.
LoopSummary run_detection(media::FrameSource& source, Detector& detector,
                          const std::vector<std::unique_ptr<DetectionSink>>& sinks,
                          const LoopOptions& options = {}, const LoopCallbacks& callbacks = {});

}  // namespace gondola::pipeline
