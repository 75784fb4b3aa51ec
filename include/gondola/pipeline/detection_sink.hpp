#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gondola/core/detection.hpp"
#include "gondola/media/frame.hpp"
#include "gondola/media/overlay.hpp"

namespace gondola::pipeline {

/// How a frame's source keeps up.
struct FrameTiming {
  double lag_s = 0;          ///< from the frame's capture until it had been detected; live sources
  std::int64_t dropped = 0;  ///< frames of the source that were passed over until now
};

/// One frame with what was found in it.
struct FrameDetections {
  media::Frame frame;
  std::vector<Detection> detections;  ///< boxes in frame pixels
  std::vector<std::int64_t> tracks;   ///< identity of each detection; empty when nothing is tracked
  FrameTiming timing;
  media::Overlay overlay;  ///< lines and zones with their counts, where there are any
};

/// Takes results one frame at a time: a file format, annotated pictures, later a window or a store.
class DetectionSink {
 public:
  virtual ~DetectionSink() = default;

  /// Throws: IoError when the result cannot be written. The pixels are shared: clone to draw.
  virtual void write(const FrameDetections& result) = 0;

  /// Told, before sources are, that the run was asked to stop: what is under way has more frames.
  virtual void stopped_early() {}

  /// Told after the last frame of a source, when other sources may follow or go on.
  virtual void end_source(const std::string& /*source*/) {}

  /// Completes the output. A sink destroyed without finish() leaves no half-written file behind
  /// where its format allows that.
  virtual void finish() = 0;
};

}  // namespace gondola::pipeline
