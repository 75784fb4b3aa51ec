#include <algorithm>
#include <atomic>
#include <cmath>
#include <filesystem>

#include "gondola/core/error.hpp"
#include "gondola/media/video_source.hpp"
#include "video_decoder.hpp"

namespace gondola::media {
namespace {

namespace fs = std::filesystem;

std::unique_ptr<VideoDecoder> open_decoder(const std::string& path) {
  VideoDecoder::Options options;
  options.name = path;
  // A file may be a list of others; they must not make us go to the network.
  options.input = {{"protocol_whitelist", "file,crypto,data"}};
  return std::make_unique<VideoDecoder>("file:" + path, std::move(options));
}

void check(const std::string& path, const VideoOptions& options) {
  if (!(options.start_s >= 0 && std::isfinite(options.start_s))) {
    throw ConfigError(
        concat("a video cannot be read from ", options.start_s, " s on; expected 0 or more"));
  }
  if (options.end_s && !(*options.end_s > options.start_s)) {
    throw ConfigError(concat("a video cannot be read from ", options.start_s, " s to ",
                             *options.end_s, " s; expected an end after the start"));
  }
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) throw IoError(concat("cannot read '", path, "': no such file"));
  if (fs::is_directory(status)) throw IoError(concat("cannot read '", path, "': it is a folder"));
  if (fs::is_regular_file(status) && fs::file_size(path, error) == 0 && !error)
    throw IoError(concat("cannot read '", path, "': it is empty (0 bytes)"));
}

class VideoFile : public VideoSource {
 public:
  VideoFile(const std::string& path, const VideoOptions& options) : path_(path), options_(options) {
    check(path_, options_);
    if (options_.start_s > 0) {
      start_ = open_decoder(path_)->find(options_.start_s);
    }
    decoder_ = open_decoder(path_);
    info_ = decoder_->info();
    if (start_ && !decoder_->seek(start_->key)) start_over();
  }

  VideoInfo info() const override { return info_; }

  std::optional<std::size_t> size_hint() const override {
    const bool is_whole = options_.start_s == 0 && !options_.end_s;
    return is_whole ? info_.frames : std::nullopt;
  }

  void stop() override { stopped_ = true; }

  std::optional<Frame> next() override {
    while (!stopped_) {
      switch (decoder_->decode()) {
        case VideoDecoder::Outcome::kEnd:
          if (!start_ || !sought_) return end();
          start_over();  // the container led us past every picture that stands alone
          break;
        case VideoDecoder::Outcome::kDamaged:
          if (start_) break;  // nobody asked for what comes before the start
          throw FrameError(path_, concat("frame ", index_++, " of '", path_, "' is damaged"));
        case VideoDecoder::Outcome::kPicture:
          if (std::optional<Frame> frame = take()) return frame;
      }
    }
    return std::nullopt;
  }

 private:
  /// The decoder's picture as a frame, unless it is not wanted.
  std::optional<Frame> take() {
    const std::optional<std::int64_t> timestamp = decoder_->timestamp();
    if (start_) {
      if (!timestamp || *timestamp < start_->timestamp) {
        if (!sought_) ++index_;
        return std::nullopt;
      }
      if (sought_ && *timestamp != start_->timestamp) {
        // The container led us past it.
        start_over();
        return std::nullopt;
      }
      index_ = start_->number;
      start_.reset();
    }
    const double nominal_s = info_.fps > 0 ? 1 / info_.fps : 0;
    Frame frame;
    frame.kind = SourceKind::kVideo;
    frame.source = path_;
    frame.index = index_++;
    frame.time_s =
        timestamp ? decoder_->seconds(*timestamp) : static_cast<double>(frame.index) * nominal_s;
    if (frame.time_s < options_.start_s - kTimeTolerance) return std::nullopt;
    // Time never runs backwards for those who measure with it, whatever a file says.
    frame.time_s = std::max(frame.time_s, last_time_s_);
    last_time_s_ = frame.time_s;
    if (options_.end_s && frame.time_s >= *options_.end_s - kTimeTolerance) {
      stopped_ = true;
      return std::nullopt;
    }
    frame.image = decoder_->picture();
    has_delivered_ = true;
    return frame;
  }

  void start_over() {
    decoder_ = open_decoder(path_);
    sought_ = false;
    index_ = 0;
  }

  std::optional<Frame> end() {
    if (stopped_.exchange(true)) return std::nullopt;
    const std::int64_t expected = info_.frames ? static_cast<std::int64_t>(*info_.frames) : 0;
    // Containers count a few more than there are to see, such as those that an edit leaves out.
    const std::int64_t tolerated = std::max<std::int64_t>(2, expected / 100);
    if (index_ + tolerated < expected) {
      throw FrameError(path_, concat("'", path_, "' is cut off: it ends after ", index_, " of ",
                                     expected, " frames"));
    }
    if (!has_delivered_ && options_.start_s > 0) {
      throw IoError(concat("cannot read '", path_, "': it has no frame at ", options_.start_s,
                           " s or later; its last is at ", last_time_s_, " s"));
    }
    if (index_ == 0) throw IoError(concat("cannot read '", path_, "': there are no frames in it"));
    return std::nullopt;
  }

  std::string path_;
  VideoOptions options_;
  std::unique_ptr<VideoDecoder> decoder_;
  VideoInfo info_;
  std::optional<VideoDecoder::Position> start_;  // until the first frame has been found
  bool sought_ = true;                           // the decoder did not begin at the first frame
  std::int64_t index_ = 0;
  double last_time_s_ = 0;
  bool has_delivered_ = false;
  std::atomic<bool> stopped_{false};
};

}  // namespace

std::unique_ptr<VideoSource> open_video_file(const std::string& path, const VideoOptions& options) {
  return std::make_unique<VideoFile>(path, options);
}

}  // namespace gondola::media
