#pragma once

#include <cstdint>
#include <vector>

#include "gondola/core/detection.hpp"
#include "gondola/media/frame.hpp"

namespace gondola::pipeline {

/// One frame with what was found in it.
struct FrameDetections {
  media::Frame frame;
  std::vector<Detection> detections;  ///< boxes in frame pixels
  std::vector<std::int64_t> tracks;   ///< identity of each detection; empty when nothing is tracked
};

/// Takes results one frame at a time: a file format, annotated pictures, later a window or a store.
class DetectionSink {
 public:
  virtual ~DetectionSink() = default;

  /// Throws: IoError when the result cannot be written. The pixels are shared: clone to draw.
  virtual void write(const FrameDetections& result) = 0;

  /// Completes the output. A sink destroyed without finish() leaves no half-written file behind
  /// where its format allows that.
  virtual void finish() = 0;
};

}  // namespace gondola::pipeline
