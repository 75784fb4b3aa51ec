#include "capture_source.hpp"

#include <atomic>
#include <cctype>
#include <chrono>

#include <opencv2/core/utils/logger.hpp>
#include <opencv2/videoio.hpp>

#include "gondola/core/error.hpp"
#include "gondola/core/text.hpp"
#include "gondola/media/camera_list.hpp"
#include "late_capture.hpp"

namespace gondola::media {
namespace {

/// Fewer pictures wait in the driver than OpenCV would let; one alone halves some cameras' rate.
constexpr int kBuffers = 2;

/// cv::VideoWriter::fourcc() without the library it is in.
int fourcc(const std::string& letters) {
  int code = 0;
  for (int i = 0; i < 4; ++i) code |= static_cast<unsigned char>(letters[i]) << (8 * i);
  return code;
}

std::string fourcc_text(int code) {
  std::string text;
  for (int shift = 0; shift < 32; shift += 8) {
    const int letter = (code >> shift) & 0xFF;
    if (std::isprint(letter) != 0) text += static_cast<char>(letter);
  }
  return text;
}

/// What cv::VideoCapture reads.
class CaptureSource : public VideoSource {
 public:
  CaptureSource(std::string name, SourceKind kind) : name_(std::move(name)), kind_(kind) {
    // OpenCV prints what we say ourselves, in the words of its own sources.
    cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
  }

  bool open(const std::string& location, int backend) {
    return capture_->open(location, backend) && capture_->isOpened();
  }

  /// Order matters to V4L2: the format decides which sizes there are, the size which rates.
  void ask(const VideoOptions& options) {
    capture_->set(cv::CAP_PROP_BUFFERSIZE, kBuffers);
    if (!options.format.empty()) capture_->set(cv::CAP_PROP_FOURCC, fourcc(options.format));
    if (options.size.width > 0) {
      capture_->set(cv::CAP_PROP_FRAME_WIDTH, options.size.width);
      capture_->set(cv::CAP_PROP_FRAME_HEIGHT, options.size.height);
    }
    if (options.fps > 0) capture_->set(cv::CAP_PROP_FPS, options.fps);
  }

  VideoInfo info() const override {
    VideoInfo info;
    info.size = {static_cast<int>(capture_->get(cv::CAP_PROP_FRAME_WIDTH)),
                 static_cast<int>(capture_->get(cv::CAP_PROP_FRAME_HEIGHT))};
    info.fps = capture_->get(cv::CAP_PROP_FPS);
    info.codec = fourcc_text(static_cast<int>(capture_->get(cv::CAP_PROP_FOURCC)));
    info.backend = kind_ == SourceKind::kCamera ? "V4L2" : "GStreamer";
    return info;
  }

  void stop() override { stopped_ = true; }

  std::optional<Frame> next() override {
    Frame frame;
    const bool is_read = !stopped_ && capture_->read(frame.image);
    if (stopped_) return std::nullopt;
    if (!is_read || frame.image.empty()) {
      if (kind_ == SourceKind::kStream) return std::nullopt;
      throw IoError(concat("camera '", name_, "' gives no more pictures; is it still plugged in?"));
    }
    frame.taken_at = std::chrono::system_clock::now();
    const std::chrono::duration<double> since_opened = Clock::now() - opened_;
    frame.time_s = since_opened.count();
    frame.kind = kind_;
    frame.source = name_;
    frame.index = index_++;
    frame.image = as_bgr(frame.image);
    return frame;
  }

 private:
  using Clock = std::chrono::steady_clock;

  /// A pipeline may give grey or other pictures; cameras are converted by OpenCV.
  cv::Mat as_bgr(const cv::Mat& image) const {
    if (image.type() == CV_8UC3) return image.clone();  // the next read() overwrites it
    if (image.type() == CV_8UC1) {
      cv::Mat bgr;
      cv::merge(std::vector<cv::Mat>(3, image), bgr);
      return bgr;
    }
    throw IoError(concat("'", name_, "' gives pictures that are neither BGR nor grey; put ",
                         "'videoconvert ! video/x-raw,format=BGR' before the appsink"));
  }

  std::string name_;
  SourceKind kind_;
  LateCapture capture_;
  Clock::time_point opened_ = Clock::now();
  std::int64_t index_ = 0;
  std::atomic<bool> stopped_{false};
};

void check(const std::string& location, const VideoOptions& options) {
  if (!options.format.empty() && options.format.size() != 4) {
    throw ConfigError(concat("camera '", location, "': the format '", printable(options.format),
                             "' is not one of four letters, such as MJPG or YUYV"));
  }
  if (options.size.width < 0 || options.size.height < 0 ||
      (options.size.width == 0) != (options.size.height == 0)) {
    throw ConfigError(concat("camera '", location, "': no picture has the size ",
                             options.size.width, " x ", options.size.height));
  }
  if (!(options.fps >= 0)) {
    throw ConfigError(concat("camera '", location, "': ", options.fps,
                             " pictures a second cannot be had; expected 0 or more"));
  }
}

}  // namespace

std::unique_ptr<VideoSource> open_camera(const std::string& location, const VideoOptions& options) {
  check(location, options);
  const CameraInfo camera = look_at_camera(location);
  if (!camera.is_usable()) throw IoError(concat("camera '", location, "': ", camera.problem));
  auto source = std::make_unique<CaptureSource>(location, SourceKind::kCamera);
  if (!source->open(camera.path, cv::CAP_V4L2)) {
    throw IoError(concat("camera '", location, "' (", camera.name, ") cannot be opened by OpenCV, ",
                         "which knows none of its formats"));
  }
  source->ask(options);
  return source;
}

std::unique_ptr<VideoSource> open_gstreamer(const std::string& pipeline) {
  auto source = std::make_unique<CaptureSource>(pipeline, SourceKind::kStream);
  if (!source->open(pipeline, cv::CAP_GSTREAMER)) {
    throw IoError(
        concat("GStreamer pipeline '", pipeline,
               "' cannot be started; try it with gst-launch-1.0; it must end in appsink"));
  }
  return source;
}

}  // namespace gondola::media
