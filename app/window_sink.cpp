#include "window_sink.hpp"

#include <utility>

#include <opencv2/highgui.hpp>

#include "gondola/media/draw.hpp"

namespace gondola::app {
namespace {

constexpr const char* kWindow = "gondola";
constexpr int kEscape = 27;

}  // namespace

WindowSink::WindowSink(ClassNames names) : names_(std::move(names)) {}

WindowSink::~WindowSink() { cv::destroyAllWindows(); }

void WindowSink::write(const pipeline::FrameDetections& result) {
  if (closed_) return;
  cv::Mat picture = result.frame.image.clone();
  media::draw_detections(picture, result.detections, names_);
  cv::namedWindow(kWindow, cv::WINDOW_NORMAL | cv::WINDOW_KEEPRATIO);
  cv::imshow(kWindow, picture);
  const int key = cv::waitKey(0) & 0xff;
  closed_ = key == 'q' || key == kEscape;
}

}  // namespace gondola::app
