#include "window_sink.hpp"

#include <filesystem>
#include <utility>

#include <opencv2/highgui.hpp>

#include "gondola/core/folder.hpp"
#include "gondola/media/write_image.hpp"
#include "gondola/pipeline/result_names.hpp"

namespace gondola::app {
namespace {

constexpr int kEscape = 27;
constexpr int kNoKey = -1;
constexpr int kPollInterval_ms = 50;

std::string window_of(const media::Frame& frame) {
  return frame.kind == media::SourceKind::kImage ? "gondola" : "gondola: " + frame.source;
}

/// Next to the other results: `door_000123.jpg`.
std::string snapshot_path(const std::string& folder, const media::Frame& frame) {
  return (std::filesystem::path(folder) / (pipeline::result_stem(frame) + ".jpg")).string();
}

}  // namespace

WindowSink::WindowSink(std::shared_ptr<pipeline::Annotator> annotator, std::string folder,
                       std::shared_ptr<std::atomic<bool>> closed)
    : annotator_(std::move(annotator)), folder_(std::move(folder)), closed_(std::move(closed)) {}

WindowSink::~WindowSink() { cv::destroyAllWindows(); }

void WindowSink::write(const pipeline::FrameDetections& result) {
  if (*closed_) return;
  const std::string window = window_of(result.frame);
  cv::namedWindow(window, cv::WINDOW_NORMAL | cv::WINDOW_KEEPRATIO);
  cv::imshow(window, annotator_->annotated(result));
  if (result.frame.kind != media::SourceKind::kImage) {
    const int key = cv::waitKey(1);
    if (key == kNoKey || !handle(key, window, result)) return;
  }
  // A picture stays, and so does a paused frame, until a key says otherwise.
  while (!*closed_) {
    const int key = cv::waitKey(kPollInterval_ms);
    if (key != kNoKey && handle(key, window, result)) return;
    if (cv::getWindowProperty(window, cv::WND_PROP_VISIBLE) < 1) *closed_ = true;
  }
}

bool WindowSink::handle(int key, const std::string& window,
                        const pipeline::FrameDetections& result) {
  switch (key & 0xff) {
    case 'q':
    case kEscape:
      *closed_ = true;
      return true;
    case 's':
      make_folder(folder_);
      media::write_image(snapshot_path(folder_, result.frame), annotator_->annotated(result));
      return false;
    case 'f':
      full_screen_ = !full_screen_;
      cv::setWindowProperty(window, cv::WND_PROP_FULLSCREEN,
                            full_screen_ ? cv::WINDOW_FULLSCREEN : cv::WINDOW_NORMAL);
      return false;
    case ' ':
      return true;
    default:
      return result.frame.kind == media::SourceKind::kImage;
  }
}

}  // namespace gondola::app
