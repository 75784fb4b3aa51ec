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

struct LoopOptions {
  int batch = 1;  ///< frames per detector call, >= 1; more may raise throughput and costs memory

  /// Frames read while the detector works, >= 0; each costs its pixels in memory. 0 = one batch.
  int read_ahead = 0;
};

/// A frame that could not be read.
struct FrameFailure {
  std::string source;
  std::string reason;  ///< one line that names the source
};

/// How far a run has come.
struct LoopProgress {
  std::int64_t done = 0;             ///< frames detected and written
  std::int64_t failed = 0;           ///< frames that could not be read
  std::optional<std::size_t> total;  ///< frames to expect, if known
};

/// Called on the thread that runs the loop. Empty functions are not called.
struct LoopCallbacks {
  std::function<void(const LoopProgress&)> on_progress;  ///< after every frame, failed or done
  std::function<void(const FrameFailure&)> on_failure;
  std::function<bool()> stop_requested;  ///< asked before every batch, such as after Ctrl-C
};

/// Time spent per stage over all frames, milliseconds. Reading overlaps with the rest.
struct LoopTimes {
  double read = 0;
  StageTimes detect;
  double write = 0;  ///< all sinks, drawing included
};

struct LoopSummary {
  std::int64_t frames = 0;  ///< detected and written
  std::vector<FrameFailure> failures;
  std::vector<std::int64_t> detections_per_class;  ///< indexed by class id
  LoopTimes times_ms;                              ///< sums; divide by frames for the mean
  double wall_s = 0;
  bool stopped = false;  ///< stop_requested said so before the source ended

  std::int64_t detections() const;
};

/// Reads every frame of the source, detects, and hands the results to the sinks in source order,
/// then finishes the sinks, also when asked to stop.
///
/// A frame that cannot be read is reported and listed in the summary, and the run goes on. Whatever
/// else the source, the detector or a sink throws ends the run and is thrown here, with the sinks
/// left unfinished.
///
/// A second thread reads ahead; the source is used only there until this returns.
///
/// Requires: batch >= 1, read_ahead >= 0, no null sink.
LoopSummary run_detection(media::FrameSource& source, Detector& detector,
                          const std::vector<std::unique_ptr<DetectionSink>>& sinks,
                          const LoopOptions& options = {}, const LoopCallbacks& callbacks = {});

}  // namespace gondola::pipeline
