#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include <spdlog/logger.h>

#include "audit_sink.hpp"
#include "gondola/media/camera_motion.hpp"
#include "gondola/media/panorama.hpp"
#include "gondola/pipeline/detection_sink.hpp"
#include "gondola/shelf/walk.hpp"

namespace gondola::app {

/// Makes one long picture of each video along a shelf, and one audit of it, which the store gets
/// unless the run was stopped on the way. Wants frames with tracks.
class WalkSink : public pipeline::DetectionSink {
 public:
  /// @param give_names  is shown the long picture before it is audited, and may change the classes
  ///                    of what was found; empty for none
  WalkSink(std::unique_ptr<AuditSink> audits,
           std::function<void(pipeline::FrameDetections&)> give_names,
           std::shared_ptr<spdlog::logger> log);

  void write(const pipeline::FrameDetections& result) override;
  void stopped_early() override { is_complete_ = false; }
  void end_source(const std::string& source) override;
  void finish() override;

 private:
  struct Source {
    shelf::Walk walk;
    media::Panorama panorama;
    media::CameraMotionEstimator camera;
    media::Frame first;  // without its pixels
    Size picture;        // of every frame
  };

  std::unique_ptr<AuditSink> audits_;
  std::function<void(pipeline::FrameDetections&)> give_names_;
  std::shared_ptr<spdlog::logger> log_;
  std::map<std::string, Source> sources_;  // that are under way
  bool is_complete_ = true;
};

}  // namespace gondola::app
