#pragma once

#include <map>
#include <memory>
#include <string>

#include <spdlog/logger.h>

#include "gondola/media/video_writer.hpp"
#include "gondola/pipeline/annotator.hpp"
#include "gondola/pipeline/detection_sink.hpp"
#include "gondola/pipeline/result_names.hpp"

namespace gondola::app {

/// Annotated videos in a folder, made if missing: one .mp4 for each video, camera and stream, named
/// like it. Pictures are left to others.
class VideoSink : public pipeline::DetectionSink {
 public:
  /// Throws: IoError when the folder cannot be made.
  VideoSink(std::string folder, std::shared_ptr<pipeline::Annotator> annotator,
            std::shared_ptr<spdlog::logger> log);

  /// Throws: ConfigError when a video would replace the one it is made from; IoError.
  void write(const pipeline::FrameDetections& result) override;
  void end_source(const std::string& source) override;
  void finish() override;

 private:
  std::string path_for(const media::Frame& frame);

  std::string folder_;
  std::shared_ptr<pipeline::Annotator> annotator_;
  std::shared_ptr<spdlog::logger> log_;
  std::map<std::string, std::unique_ptr<media::VideoWriter>> writers_;  // by source
  pipeline::ResultNames file_names_;
  bool told_codec_ = false;
};

}  // namespace gondola::app
