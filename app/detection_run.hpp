#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "command.hpp"
#include "detector_options.hpp"
#include "gondola/core/class_names.hpp"
#include "gondola/pipeline/detect_loop.hpp"
#include "gondola/track/tracker.hpp"
#include "model_options.hpp"
#include "result_options.hpp"
#include "source_options.hpp"

namespace gondola::app {

/// A command that looks for objects in pictures and videos, as it is typed.
struct DetectionFlags {
  SourceFlags source;
  ModelOptions model;
  DetectorFlags detector;
  ResultFlags result;
  double statistics_interval_s = 5;
};

/// Loads the model that is named, and refuses one without weights. Says what had to be assumed.
nn::WeightsFile load_detector_weights(const DetectionFlags& flags, Context& context);

/// The score that detections must exceed: as asked for, or the model's own.
float score_threshold(const DetectionFlags& flags, const nn::WeightsFile& weights);

/// Sets the threads and makes the detector: for many pictures or a video one that looks at several
/// side by side, for a live source or few pictures one that is done with each as soon as can be.
detect::Detector open_detector(const DetectionFlags& flags, const nn::WeightsFile& weights,
                               const OpenFeeds& opened, Context& context);

/// Makes a detector for following objects: it also hands on what it is less sure of, which may
/// carry on what was seen before.
struct FollowedDetector {
  detect::Detector detector;
  track::TrackerOptions tracker;  ///< with the thresholds that belong to it
};
FollowedDetector open_followed_detector(DetectionFlags flags, const nn::WeightsFile& weights,
                                        const OpenFeeds& opened, Context& context);

/// What a command adds to the detection.
struct DetectionExtras {
  bool pictures_as_video = false;  ///< pictures are the frames of one video
  std::function<void(pipeline::FrameDetections&)> follow;
  std::string follow_word = "track";  ///< what that does, for the log
  std::optional<ClassNames> names;  ///< where follow gives classes that the detector does not have
  std::string mot;                  ///< file for the tracks; empty for none

  /// Sinks of the command's own, which come first, and whether they are all.
  std::vector<std::unique_ptr<pipeline::DetectionSink>> sinks;
  bool writes_nothing_else = false;
};

/// Detects in all sources with progress, statistics and Ctrl-C, writes the results and logs what
/// came of it. Returns the exit code.
int run_detection(const DetectionFlags& flags, const media::SourceList& sources, OpenFeeds& opened,
                  detect::Detector& detector, DetectionExtras& extras, Context& context);

}  // namespace gondola::app
