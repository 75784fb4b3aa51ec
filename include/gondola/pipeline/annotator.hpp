#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>

#include <opencv2/core/mat.hpp>

#include "gondola/core/class_names.hpp"
#include "gondola/media/draw.hpp"
#include "gondola/media/overlay.hpp"
#include "gondola/pipeline/detection_sink.hpp"

namespace gondola::pipeline {

struct AnnotationOptions {
  media::DrawOptions draw;
  double trail_s = 2;  ///< tracked objects draw the way they came for so long, seconds; 0 = not

  /// Frames of videos, cameras and streams tell in a corner how fast they are processed, and for
  /// live ones how old they are and how many were passed over.
  bool status = true;
};

/// Draws what was found onto frames, for several sinks at once.
///
/// Remembers the way of every tracked object that is still seen. Used by one thread at a time.
class Annotator {
 public:
  explicit Annotator(ClassNames names, AnnotationOptions options = {});

  /// The annotated frame. Asked again for the same frame it gives the same pixels, which are not to
  /// be changed. Frames of a source come in order.
  cv::Mat annotated(const FrameDetections& result);

 private:
  struct Path {
    std::deque<std::pair<double, cv::Point2f>> points;  // time in seconds, foot of the box
  };
  struct SourceState {
    std::map<std::int64_t, Path> paths;
    std::deque<double> finished_s;  // when the last frames were done, by the clock
  };

  void remember(SourceState& state, const FrameDetections& result) const;
  std::string status_of(SourceState& state, const FrameDetections& result) const;

  ClassNames names_;
  AnnotationOptions options_;
  std::map<std::string, SourceState> sources_;

  std::string last_source_;
  std::int64_t last_index_ = -1;
  cv::Mat last_;
};

}  // namespace gondola::pipeline
