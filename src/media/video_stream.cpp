#include <atomic>
#include <chrono>
#include <utility>

#include "capture_source.hpp"
#include "gondola/core/error.hpp"
#include "gondola/core/text.hpp"
#include "gondola/media/video_source.hpp"
#include "video_decoder.hpp"

namespace gondola::media {
namespace {

/// A sender may keep the line busy and yet never give a picture. Some cameras send one that stands
/// alone, which is what decoding begins with, every ten seconds only.
constexpr std::chrono::seconds kLongestWithoutPicture{30};

VideoDecoder::Options decoder_options(const std::string& address, const VideoOptions& options,
                                      std::shared_ptr<std::atomic<bool>> stop) {
  VideoDecoder::Options decoder;
  decoder.name = without_password(address);
  decoder.silence_s = options.read_timeout_s;
  decoder.stop = std::move(stop);
  // What is read to find out about the stream is shown later than it came; so little of it.
  decoder.input = {{"analyzeduration", "1000000"}, {"probesize", "500000"}};
  if (starts_with(address, "rtsp")) {
    // Over UDP a single lost packet spoils the pictures up to the next that stands alone.
    decoder.input.emplace_back("rtsp_transport", "tcp");
    decoder.input.emplace_back("reorder_queue_size", "0");
  }
  return decoder;
}

class VideoStream : public VideoSource {
 public:
  VideoStream(const std::string& address, const VideoOptions& options)
      : name_(without_password(address)),
        stopped_(options.stop ? options.stop : std::make_shared<std::atomic<bool>>(false)),
        decoder_(address, decoder_options(address, options, stopped_)),
        opened_(Clock::now()) {}

  VideoInfo info() const override { return decoder_.info(); }

  void stop() override { *stopped_ = true; }

  std::optional<Frame> next() override {
    const Clock::time_point asked = Clock::now();
    while (!*stopped_) {
      VideoDecoder::Outcome outcome{};
      try {
        outcome = decoder_.decode();
      } catch (const IoError&) {
        if (*stopped_) break;
        throw;
      }
      if (outcome == VideoDecoder::Outcome::kEnd) break;
      if (outcome == VideoDecoder::Outcome::kPicture) return frame();
      // Who joins in the middle cannot show anything until a picture comes that stands alone.
      if (index_ > 0)
        throw FrameError(name_, concat("frame ", index_++, " of '", name_, "' is damaged"));
      if (Clock::now() - asked > kLongestWithoutPicture) {
        throw IoError(concat("no picture of '", name_, "' could be decoded in ",
                             kLongestWithoutPicture.count(), " s"));
      }
    }
    return std::nullopt;
  }

 private:
  using Clock = std::chrono::steady_clock;

  Frame frame() {
    Frame frame;
    frame.taken_at = std::chrono::system_clock::now();
    frame.time_s = std::chrono::duration<double>(Clock::now() - opened_).count();
    frame.kind = SourceKind::kStream;
    frame.source = name_;
    frame.index = index_++;
    frame.image = decoder_.picture();
    return frame;
  }

  std::string name_;
  std::shared_ptr<std::atomic<bool>> stopped_;
  VideoDecoder decoder_;
  Clock::time_point opened_;
  std::int64_t index_ = 0;
};

}  // namespace

std::unique_ptr<VideoSource> open_stream(const std::string& address, const VideoOptions& options) {
  if (!(options.read_timeout_s > 0)) {
    throw ConfigError(concat("a stream cannot be given up after ", options.read_timeout_s,
                             " s of silence; expected more than 0"));
  }
  if (is_gstreamer_pipeline(address)) return open_gstreamer(address);
  return std::make_unique<VideoStream>(address, options);
}

std::unique_ptr<VideoSource> open_video(const SourceItem& item, const VideoOptions& options) {
  GONDOLA_EXPECTS(item.kind != SourceKind::kImage, "open_video: '", item.location,
                  "' is a picture; read_image() reads those");
  if (item.kind == SourceKind::kCamera) return open_camera(item.location, options);
  if (item.kind == SourceKind::kStream) return open_stream(item.location, options);
  return open_video_file(item.location, options);
}

}  // namespace gondola::media
