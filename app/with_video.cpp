#include <spdlog/fmt/fmt.h>

#include "gondola/media/live_source.hpp"
#include "gondola/media/video_source.hpp"
#include "programs.hpp"
#include "video_sink.hpp"
#include "window_sink.hpp"

namespace gondola::app {
namespace {

/// What a source turned out to give: `1280x720, 30 frames/s, MJPG (V4L2)`.
std::string description(const media::VideoInfo& info) {
  std::string text = fmt::format("{}x{}", info.size.width, info.size.height);
  if (info.fps > 0) text += fmt::format(", {:.4g} frames/s", info.fps);
  if (!info.codec.empty()) text += ", " + info.codec;
  if (!info.backend.empty()) text += " (" + info.backend + ")";
  return text;
}

void log_event(const media::LiveEvent& event, spdlog::logger& log) {
  switch (event.kind) {
    case media::LiveEvent::Kind::kOpened:
      log.info("{}: {}", event.source, description(event.info));
      break;
    case media::LiveEvent::Kind::kLost:
      log.warn("{}; trying again in {:.2g} s", event.reason, event.pause_s);
      break;
    case media::LiveEvent::Kind::kBack:
      log.info("{} is back: {}", event.source, description(event.info));
      break;
  }
}

}  // namespace

bool has_video() { return true; }

std::unique_ptr<media::FrameSource> open_video_file(const std::string& path,
                                                    const media::VideoOptions& options) {
  return media::open_video_file(path, options);
}

std::unique_ptr<media::FrameSource> open_live_source(const media::SourceItem& item,
                                                     const media::VideoOptions& options,
                                                     bool must_open,
                                                     const std::shared_ptr<spdlog::logger>& log) {
  const auto on_event = [log](const media::LiveEvent& event) { log_event(event, *log); };
  if (!must_open) return std::make_unique<media::LiveSource>(item, options, on_event);
  std::shared_ptr<std::unique_ptr<media::VideoSource>> first =
      std::make_shared<std::unique_ptr<media::VideoSource>>(media::open_video(item, options));
  const auto open = [first, item, options] {
    return *first != nullptr ? std::move(*first) : media::open_video(item, options);
  };
  return std::make_unique<media::LiveSource>(item.location, open, on_event);
}

std::unique_ptr<pipeline::DetectionSink> make_video_sink(
    const std::string& folder, std::shared_ptr<pipeline::Annotator> annotator,
    const std::shared_ptr<spdlog::logger>& log) {
  return std::make_unique<VideoSink>(folder, std::move(annotator), log);
}

std::unique_ptr<pipeline::DetectionSink> make_window_sink(
    std::shared_ptr<pipeline::Annotator> annotator, const std::string& folder,
    std::shared_ptr<std::atomic<bool>> closed) {
  return std::make_unique<WindowSink>(std::move(annotator), folder, std::move(closed));
}

}  // namespace gondola::app
