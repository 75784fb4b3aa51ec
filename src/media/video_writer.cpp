#include "gondola/media/video_writer.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <optional>
#include <vector>

#include <opencv2/imgproc.hpp>

#include "gondola/core/cpus.hpp"
#include "gondola/core/error.hpp"
#include "gondola/media/write_image.hpp"
#include "video_container.hpp"

namespace gondola::media {
namespace {

constexpr int kWorstCrf = 51;

std::string ending_of(const std::string& path) {
  std::string ending = std::filesystem::path(path).extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return ending;
}

void check(const std::string& path, Size size, const VideoWriterOptions& options) {
  if (!is_writable_video(path))
    throw ConfigError(concat("cannot write ", path, ": a video's name ends in .mp4 or .avi"));
  if (!(options.fps > 0) || !std::isfinite(options.fps)) {
    throw ConfigError(concat("cannot write ", path, " with ", options.fps,
                             " frames a second; expected more than 0"));
  }
  if (options.crf < 0 || options.crf > kWorstCrf) {
    throw ConfigError(concat("cannot write ", path, " in quality (crf) ", options.crf,
                             "; expected 0 (best) to ", kWorstCrf));
  }
  constexpr int kLongestSide = 16384;
  if (size.width < 1 || size.height < 1 || std::max(size.width, size.height) > kLongestSide) {
    throw IoError(concat("cannot write ", path, ": no video has frames of ", size.width, " x ",
                         size.height, " pixels"));
  }
}

/// The image scaled to fit a size, between black borders.
cv::Mat fitted(const cv::Mat& bgr, cv::Size size) {
  if (bgr.size() == size) return bgr;
  const double scale = std::min(static_cast<double>(size.width) / bgr.cols,
                                static_cast<double>(size.height) / bgr.rows);
  const cv::Size scaled(std::clamp(cvRound(bgr.cols * scale), 1, size.width),
                        std::clamp(cvRound(bgr.rows * scale), 1, size.height));
  cv::Mat picture(size, CV_8UC3, cv::Scalar::all(0));
  const cv::Point corner((size.width - scaled.width) / 2, (size.height - scaled.height) / 2);
  cv::resize(bgr, picture(cv::Rect(corner, scaled)), scaled, 0, 0, cv::INTER_AREA);
  return picture;
}

}  // namespace

/// One way to encode and to store.
class VideoWriter::Encoder {
 public:
  virtual ~Encoder() = default;

  /// @param bgr of the video's size
  /// @param time_s from the first frame
  virtual void write(const cv::Mat& bgr, double time_s) = 0;

  virtual void finish() = 0;
  virtual const char* codec() const = 0;
};

/// H.264, else MPEG-4, with the times of frames, in .mp4.
class VideoWriter::Mp4Encoder : public VideoWriter::Encoder {
 public:
  Mp4Encoder(const std::string& path, Size size, const VideoWriterOptions& options)
      : file_(path, "mp4"),
        fps_(options.fps),
        packet_(av_packet_alloc()),
        frame_(av_frame_alloc()) {
    const cv::Size even(size.width + size.width % 2, size.height + size.height % 2);
    open_codec(even, options);
    AVStream& stream = file_.stream();
    file_.check(avcodec_parameters_from_context(stream.codecpar, codec_.get()));
    stream.time_base = codec_->time_base;
    stream.avg_frame_rate = codec_->framerate;
    file_.start("movflags", "+faststart");
    frame_->format = codec_->pix_fmt;
    frame_->width = codec_->width;
    frame_->height = codec_->height;
    frame_->quality = codec_->global_quality;
  }

  const char* codec() const override { return avcodec_get_name(codec_->codec_id); }

  void write(const cv::Mat& bgr, double time_s) override {
    to_yuv(bgr);
    // The encoder copies these planes, which belong to yuv_.
    const int width = frame_->width;
    const int height = frame_->height;
    frame_->data[0] = yuv_.data;
    frame_->data[1] = frame_->data[0] + static_cast<std::ptrdiff_t>(width) * height;
    frame_->data[2] = frame_->data[1] + static_cast<std::ptrdiff_t>(width / 2) * (height / 2);
    frame_->linesize[0] = width;
    frame_->linesize[1] = frame_->linesize[2] = width / 2;
    last_ = std::max<std::int64_t>(std::llround(time_s * kTicksPerSecond), last_ + 1);
    frame_->pts = last_;
    file_.check(avcodec_send_frame(codec_.get(), frame_.get()));
    store();
  }

  void finish() override {
    file_.check(avcodec_send_frame(codec_.get(), nullptr));
    store();
    file_.commit();
  }

 private:
  /// A multiple of all usual rates; MPEG-4 can count to 65535.
  static constexpr int kTicksPerSecond = 60000;

  void open_codec(cv::Size size, const VideoWriterOptions& options) {
    static constexpr std::array kEncoders = {"libx264", "libopenh264", "mpeg4"};
    for (const char* name : kEncoders) {
      const AVCodec* encoder = avcodec_find_encoder_by_name(name);
      if (encoder != nullptr && try_codec(*encoder, size, options)) return;
    }
    file_.fail("the FFmpeg installed here can encode neither H.264 nor MPEG-4; name an .avi");
  }

  bool try_codec(const AVCodec& encoder, cv::Size size, const VideoWriterOptions& options) {
    // More threads encode hardly faster, and each delays the file by a frame.
    constexpr int kMostThreads = 4;
    codec_.reset(avcodec_alloc_context3(&encoder));
    codec_->width = size.width;
    codec_->height = size.height;
    codec_->time_base = {1, kTicksPerSecond};
    codec_->framerate = av_d2q(options.fps, kTicksPerSecond);
    codec_->pix_fmt = AV_PIX_FMT_YUV420P;
    codec_->color_range = AVCOL_RANGE_MPEG;  // this and the matrix: of to_yuv()
    codec_->colorspace = AVCOL_SPC_SMPTE170M;
    codec_->thread_count = std::min(usable_cpus(), kMostThreads);
    if (file_.wants_global_header()) codec_->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    AvOptions private_options;
    if (codec_->codec_id == AV_CODEC_ID_H264) {
      private_options.set("preset", options.preset);
      private_options.set("crf", std::to_string(options.crf));
    } else {
      codec_->flags |= AV_CODEC_FLAG_QSCALE;
      codec_->global_quality = FF_QP2LAMBDA * quantizer_like(options.crf);
    }
    return avcodec_open2(codec_.get(), &encoder, private_options.get()) >= 0;
  }

  /// The quantiser of MPEG-4 that looks like an H.264 quality.
  static int quantizer_like(int crf) {
    constexpr int kBest = 2;
    constexpr int kWorst = 31;
    return std::clamp(static_cast<int>(std::lround(std::exp2((crf - 17) / 6.0))), kBest, kWorst);
  }

  /// libswscale is faster only where it rounds colours down.
  void to_yuv(const cv::Mat& bgr) {
    if (bgr.cols == frame_->width && bgr.rows == frame_->height) {
      cv::cvtColor(bgr, yuv_, cv::COLOR_BGR2YUV_I420);
      return;
    }
    cv::copyMakeBorder(bgr, even_, 0, frame_->height - bgr.rows, 0, frame_->width - bgr.cols,
                       cv::BORDER_REPLICATE);
    cv::cvtColor(even_, yuv_, cv::COLOR_BGR2YUV_I420);
  }

  /// Every packet that the encoder has ready.
  void store() {
    while (true) {
      const int status = avcodec_receive_packet(codec_.get(), packet_.get());
      if (status == AVERROR(EAGAIN) || status == AVERROR_EOF) return;
      file_.check(status);
      // Only the last one's shows: of the others the next one's time is the end.
      packet_->duration = std::llround(kTicksPerSecond / fps_);
      file_.write(*packet_, codec_->time_base);
    }
  }

  VideoContainer file_;
  double fps_;
  AvPtr<AVCodecContext> codec_;
  AvPtr<AVPacket> packet_;
  AvPtr<AVFrame> frame_;
  cv::Mat even_;
  cv::Mat yuv_;  // I420: the planes one below the other
  std::int64_t last_ = -1;
};

/// JPEG pictures, evenly spaced, in .avi.
class VideoWriter::AviEncoder : public VideoWriter::Encoder {
 public:
  AviEncoder(const std::string& path, Size size, const VideoWriterOptions& options)
      : path_(path),
        file_(path, "avi"),
        // From 100 for lossless to 49 for the worst.
        quality_(kBestQuality - options.crf),
        fps_(options.fps),
        unit_(av_inv_q(av_d2q(options.fps, 1 << 16))),
        packet_(av_packet_alloc()) {
    AVStream& stream = file_.stream();
    stream.codecpar->codec_type = AVMEDIA_TYPE_VIDEO;
    stream.codecpar->codec_id = AV_CODEC_ID_MJPEG;
    stream.codecpar->width = size.width;
    stream.codecpar->height = size.height;
    stream.time_base = unit_;
    stream.avg_frame_rate = av_inv_q(unit_);
    file_.start();
  }

  const char* codec() const override { return avcodec_get_name(AV_CODEC_ID_MJPEG); }

  /// A picture is stored when the next one's place is known, so that it can be repeated until then,
  /// or give its own place to that.
  void write(const cv::Mat& bgr, double time_s) override {
    const std::int64_t place = std::llround(time_s * fps_);
    while (place_ < place) store();
    jpeg_ = encode_jpeg(bgr, quality_, path_);
  }

  void finish() override {
    store();
    file_.commit();
  }

 private:
  static constexpr int kBestQuality = 100;

  void store() {
    file_.check(av_new_packet(packet_.get(), static_cast<int>(jpeg_.size())));
    std::memcpy(packet_->data, jpeg_.data(), jpeg_.size());
    packet_->pts = packet_->dts = place_++;
    packet_->duration = 1;
    packet_->flags |= AV_PKT_FLAG_KEY;
    file_.write(*packet_, unit_);
  }

  std::string path_;
  VideoContainer file_;
  int quality_;
  double fps_;
  AVRational unit_;  // of places, seconds
  AvPtr<AVPacket> packet_;
  std::vector<unsigned char> jpeg_;  // at place_
  std::int64_t place_ = 0;
};

bool is_writable_video(const std::string& path) {
  const std::string ending = ending_of(path);
  return ending == ".mp4" || ending == ".avi";
}

VideoWriter::VideoWriter(const std::string& path, Size size, const VideoWriterOptions& options)
    : size_(size) {
  const AvErrors errors;
  check(path, size, options);
  if (ending_of(path) == ".avi")
    encoder_ = std::make_unique<AviEncoder>(path, size, options);
  else
    encoder_ = std::make_unique<Mp4Encoder>(path, size, options);
  codec_ = encoder_->codec();
}

VideoWriter::~VideoWriter() = default;

void VideoWriter::write(const cv::Mat& bgr, double time_s) {
  const AvErrors errors;
  GONDOLA_EXPECTS(encoder_ != nullptr, "VideoWriter: written to after finish()");
  GONDOLA_EXPECTS(!bgr.empty() && bgr.type() == CV_8UC3,
                  "VideoWriter: expected a BGR image of type CV_8UC3, got type ", bgr.type());
  if (!start_s_) start_s_ = time_s;
  encoder_->write(fitted(bgr, {size_.width, size_.height}), time_s - *start_s_);
}

void VideoWriter::finish() {
  const AvErrors errors;
  GONDOLA_EXPECTS(encoder_ != nullptr, "VideoWriter: finished twice");
  if (start_s_) encoder_->finish();
  encoder_.reset();
}

}  // namespace gondola::media
