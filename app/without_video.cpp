#include "programs.hpp"

namespace gondola::app {

bool has_video() { return false; }

std::unique_ptr<media::FrameSource> open_video_file(const std::string& /*path*/,
                                                    const media::VideoOptions& /*options*/) {
  never_reached("a video");
}

std::unique_ptr<media::FrameSource> open_live_source(
    const media::SourceItem& /*item*/, const media::VideoOptions& /*options*/, bool /*must_open*/,
    const std::shared_ptr<spdlog::logger>& /*log*/) {
  never_reached("a camera");
}

std::unique_ptr<pipeline::DetectionSink> make_video_sink(
    const std::string& /*folder*/, std::shared_ptr<pipeline::Annotator> /*annotator*/,
    const std::shared_ptr<spdlog::logger>& /*log*/) {
  never_reached("a video");
}

std::unique_ptr<pipeline::DetectionSink> make_window_sink(
    std::shared_ptr<pipeline::Annotator> /*annotator*/, const std::string& /*folder*/,
    std::shared_ptr<std::atomic<bool>> /*closed*/) {
  never_reached("a window");
}

Command add_synth_command(CLI::App& app) {
  return stand_in(app, "synth", kSynthDescription, Program::kVideo);
}
Command add_track_command(CLI::App& app) {
  return stand_in(app, "track", kTrackDescription, Program::kVideo);
}
Command add_cameras_command(CLI::App& app) {
  return stand_in(app, "cameras", kCamerasDescription, Program::kVideo);
}

}  // namespace gondola::app
