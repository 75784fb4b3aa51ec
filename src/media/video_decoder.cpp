#include "video_decoder.hpp"

#include <algorithm>
#include <cstdlib>

extern "C" {
#include <libavutil/display.h>
#include <libavutil/pixdesc.h>
}
#include <opencv2/core.hpp>

#include "gondola/core/cpus.hpp"
#include "gondola/core/error.hpp"
#include "gondola/core/text.hpp"

namespace gondola::media {
namespace {

/// More threads than this decode hardly faster and hold a picture each.
constexpr int kMostThreads = 4;

AVRational frame_rate(const AVStream& stream) {
  return stream.avg_frame_rate.num > 0 && stream.avg_frame_rate.den > 0 ? stream.avg_frame_rate
                                                                        : stream.r_frame_rate;
}

/// How the picture on its side or head, as many a telephone films, becomes upright.
struct Upright {
  bool transpose = false;  ///< first
  bool flip_x = false;     ///< left and right change places
  bool flip_y = false;
};

Upright upright(const AVStream& stream) {
  const std::uint8_t* data = av_stream_get_side_data(&stream, AV_PKT_DATA_DISPLAYMATRIX, nullptr);
  if (data == nullptr) return {};
  // x' = m[0] x + m[3] y, y' = m[1] x + m[4] y, up to the scale.
  const auto* m = reinterpret_cast<const std::int32_t*>(data);
  if (std::abs(std::int64_t{m[1]}) > std::abs(std::int64_t{m[0]}))
    return {true, m[3] < 0, m[1] < 0};
  return {false, m[0] < 0, m[4] < 0};
}

/// Formats of full-range JPEG video under their modern names: the range is a property of its own.
AVPixelFormat modern(AVPixelFormat format) {
  switch (format) {
    case AV_PIX_FMT_YUVJ420P:
      return AV_PIX_FMT_YUV420P;
    case AV_PIX_FMT_YUVJ422P:
      return AV_PIX_FMT_YUV422P;
    case AV_PIX_FMT_YUVJ444P:
      return AV_PIX_FMT_YUV444P;
    case AV_PIX_FMT_YUVJ440P:
      return AV_PIX_FMT_YUV440P;
    case AV_PIX_FMT_YUVJ411P:
      return AV_PIX_FMT_YUV411P;
    default:
      return format;
  }
}

int color_matrix(const AVFrame& frame) {
  switch (frame.colorspace) {
    case AVCOL_SPC_BT709:
      return SWS_CS_ITU709;
    case AVCOL_SPC_BT2020_CL:
    case AVCOL_SPC_BT2020_NCL:
      return SWS_CS_BT2020;
    case AVCOL_SPC_SMPTE240M:
      return SWS_CS_SMPTE240M;
    case AVCOL_SPC_FCC:
      return SWS_CS_FCC;
    default:
      return SWS_CS_ITU601;
  }
}

}  // namespace

VideoDecoder::VideoDecoder(const std::string& url, Options options)
    : options_(std::move(options)), packet_(av_packet_alloc()), frame_(av_frame_alloc()) {
  try {
    await_data();
    open_input(url);
    open_codec();
  } catch (...) {
    avformat_close_input(&input_);
    throw;
  }
}

VideoDecoder::~VideoDecoder() { avformat_close_input(&input_); }

void VideoDecoder::fail(const std::string& what) const {
  throw IoError(concat("cannot read '", options_.name, "': ", what));
}

void VideoDecoder::fail_reading(int status) const {
  if (is_late()) {
    throw IoError(
        concat("nothing came from '", options_.name, "' for ", *options_.silence_s, " s"));
  }
  fail(av_reason(status));
}

int VideoDecoder::is_interrupted(void* decoder) {
  const auto* self = static_cast<const VideoDecoder*>(decoder);
  return self->is_late() || (self->options_.stop && *self->options_.stop) ? 1 : 0;
}

bool VideoDecoder::is_late() const { return Clock::now() > deadline_; }

void VideoDecoder::await_data() {
  if (!options_.silence_s) return;
  const std::chrono::duration<double> silence(*options_.silence_s);
  deadline_ = Clock::now() + std::chrono::duration_cast<Clock::duration>(silence);
}

void VideoDecoder::open_input(const std::string& url) {
  const AvErrors errors;
  AvOptions input;
  for (const auto& [name, value] : options_.input) input.set(name, value);
  input_ = avformat_alloc_context();
  input_->interrupt_callback = {is_interrupted, this};
  int status = avformat_open_input(&input_, url.c_str(), nullptr, input.get());
  if (status < 0) {
    if (errors.first().find("moov atom not found") != std::string::npos)
      fail("it has no index: it is no video, or its recording or copying was not completed");
    if (status == AVERROR_INVALIDDATA) fail("it is no video that FFmpeg knows");
    fail_reading(status);
  }
  // FFmpeg takes any text for pictures of a terminal.
  if (std::string_view(input_->iformat->name) == "tty") fail("it is a text, not a video");
  await_data();
  status = avformat_find_stream_info(input_, nullptr);
  if (status < 0) fail_reading(status);
  const int index = av_find_best_stream(input_, AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0);
  if (index < 0 || (input_->streams[index]->disposition & AV_DISPOSITION_ATTACHED_PIC) != 0)
    fail(input_->nb_streams > 0 ? "there is no video in it" : "it is no video that FFmpeg knows");
  for (unsigned i = 0; i < input_->nb_streams; ++i)
    input_->streams[i]->discard = static_cast<int>(i) == index ? AVDISCARD_DEFAULT : AVDISCARD_ALL;
  stream_ = input_->streams[index];
  origin_ = stream_->start_time;
}

void VideoDecoder::open_codec() {
  const AvErrors errors;
  const AVCodecID id = stream_->codecpar->codec_id;
  const AVCodec* decoder = avcodec_find_decoder(id);
  if (decoder == nullptr) {
    fail(concat("the FFmpeg installed here cannot decode ", avcodec_get_name(id),
                "; convert it to H.264"));
  }
  codec_.reset(avcodec_alloc_context3(decoder));
  int status = avcodec_parameters_to_context(codec_.get(), stream_->codecpar);
  if (status >= 0) {
    codec_->pkt_timebase = stream_->time_base;
    codec_->thread_count = std::min(usable_cpus(), kMostThreads);
    if (options_.silence_s) {
      // Threads that work on a picture each would hold back as many pictures.
      codec_->thread_type = FF_THREAD_SLICE;
      codec_->flags |= AV_CODEC_FLAG_LOW_DELAY;
    }
    status = avcodec_open2(codec_.get(), decoder, nullptr);
  }
  if (status < 0) fail(concat("its ", decoder->name, " cannot be decoded: ", av_reason(status)));
}

VideoInfo VideoDecoder::info() const {
  VideoInfo info;
  info.size = {codec_->width, codec_->height};
  if (upright(*stream_).transpose) std::swap(info.size.width, info.size.height);
  const AVRational rate = frame_rate(*stream_);
  if (rate.num > 0 && rate.den > 0) info.fps = av_q2d(rate);
  info.codec = avcodec_get_name(codec_->codec_id);
  info.backend = "FFmpeg";
  if (options_.silence_s) return info;
  if (stream_->nb_frames > 0) info.frames = static_cast<std::size_t>(stream_->nb_frames);
  if (stream_->duration > 0)
    info.duration_s = static_cast<double>(stream_->duration) * av_q2d(stream_->time_base);
  else if (input_->duration > 0)
    info.duration_s = static_cast<double>(input_->duration) / AV_TIME_BASE;
  return info;
}

VideoDecoder::Outcome VideoDecoder::decode() {
  const AvErrors errors;
  while (true) {
    int status = avcodec_receive_frame(codec_.get(), frame_.get());
    if (status >= 0) {
      const bool is_damaged =
          frame_->decode_error_flags != 0 || (frame_->flags & AV_FRAME_FLAG_CORRUPT) != 0;
      return is_damaged ? Outcome::kDamaged : Outcome::kPicture;
    }
    if (status == AVERROR_EOF) return Outcome::kEnd;
    if (status != AVERROR(EAGAIN)) return Outcome::kDamaged;

    await_data();
    status = av_read_frame(input_, packet_.get());
    if (status < 0) {
      // Broken connections have many names; all of these mean that nothing more comes.
      const bool is_over = status == AVERROR_EOF || status == AVERROR(EIO);
      if (options_.silence_s && (is_late() || !is_over)) fail_reading(status);
      // The pictures that the decoder still holds.
      avcodec_send_packet(codec_.get(), nullptr);
      continue;
    }
    if (packet_->stream_index == stream_->index)
      status = avcodec_send_packet(codec_.get(), packet_.get());
    av_packet_unref(packet_.get());
    if (status < 0 && status != AVERROR(EAGAIN)) return Outcome::kDamaged;
  }
}

std::optional<std::int64_t> VideoDecoder::timestamp() const {
  const std::int64_t stamp = frame_->best_effort_timestamp;
  if (stamp == AV_NOPTS_VALUE) return std::nullopt;
  if (origin_ == AV_NOPTS_VALUE) origin_ = stamp;
  return stamp;
}

double VideoDecoder::seconds(std::int64_t timestamp) const {
  const std::int64_t origin = origin_ == AV_NOPTS_VALUE ? 0 : origin_;
  return static_cast<double>(timestamp - origin) * av_q2d(stream_->time_base);
}

std::optional<VideoDecoder::Position> VideoDecoder::find(double time_s) {
  struct Stamp {
    std::int64_t time;
    bool is_key;
  };
  std::vector<Stamp> stamps;
  while (av_read_frame(input_, packet_.get()) >= 0) {
    const bool is_ours = packet_->stream_index == stream_->index;
    const std::int64_t time = packet_->pts != AV_NOPTS_VALUE ? packet_->pts : packet_->dts;
    const std::int64_t decoded = packet_->dts;
    const bool is_key = (packet_->flags & AV_PKT_FLAG_KEY) != 0;
    const bool is_shown = (packet_->flags & AV_PKT_FLAG_DISCARD) == 0;
    av_packet_unref(packet_.get());
    if (!is_ours || !is_shown) continue;
    if (time == AV_NOPTS_VALUE) return std::nullopt;
    stamps.push_back({time, is_key});
    // No later picture is shown before it is decoded.
    if (decoded != AV_NOPTS_VALUE && seconds(decoded) >= time_s - kTimeTolerance) break;
  }
  std::sort(stamps.begin(), stamps.end(),
            [](const Stamp& a, const Stamp& b) { return a.time < b.time; });
  const auto found = std::find_if(stamps.begin(), stamps.end(), [&](const Stamp& stamp) {
    return seconds(stamp.time) >= time_s - kTimeTolerance;
  });
  if (found == stamps.end()) {
    const double last = stamps.empty() ? 0 : seconds(stamps.back().time);
    fail(concat("it has no frame at ", time_s, " s or later; its last is at ", last, " s"));
  }
  Position position;
  position.timestamp = found->time;
  position.number = found - stamps.begin();
  position.key = stamps.front().time;
  for (auto stamp = stamps.begin(); stamp <= found; ++stamp)
    if (stamp->is_key) position.key = stamp->time;
  return position;
}

bool VideoDecoder::seek(std::int64_t key) {
  avcodec_flush_buffers(codec_.get());
  return av_seek_frame(input_, stream_->index, key, AVSEEK_FLAG_BACKWARD) >= 0;
}

void VideoDecoder::prepare_conversion() {
  const auto format = static_cast<AVPixelFormat>(frame_->format);
  const bool is_full_range = frame_->color_range == AVCOL_RANGE_JPEG || modern(format) != format;
  const Conversion wanted{frame_->width, frame_->height, format, color_matrix(*frame_),
                          is_full_range ? 1 : 0};
  if (conversion_ != nullptr && wanted.width == converts_.width &&
      wanted.height == converts_.height && wanted.format == converts_.format &&
      wanted.matrix == converts_.matrix && wanted.range == converts_.range)
    return;
  conversion_.reset(sws_getContext(frame_->width, frame_->height, modern(format), frame_->width,
                                   frame_->height, AV_PIX_FMT_BGR24, SWS_BILINEAR, nullptr, nullptr,
                                   nullptr));
  if (conversion_ == nullptr) {
    const char* name = av_get_pix_fmt_name(format);
    fail(concat("its pixel format ", name != nullptr ? name : "?", " cannot be converted"));
  }
  constexpr int kUnchanged = 1 << 16;  // of contrast and saturation, fixed point
  sws_setColorspaceDetails(conversion_.get(), sws_getCoefficients(wanted.matrix), wanted.range,
                           sws_getCoefficients(SWS_CS_DEFAULT), 1, 0, kUnchanged, kUnchanged);
  converts_ = wanted;
}

cv::Mat VideoDecoder::picture() {
  const AvErrors errors;
  prepare_conversion();
  // libswscale works on 16 pixels at a time: where a row has no room for the last of them it leaves
  // some out or writes into what is not ours.
  constexpr int kStep = 16;
  const int width = (frame_->width + kStep - 1) / kStep * kStep;
  cv::Mat image(frame_->height, width, CV_8UC3);
  std::uint8_t* planes[] = {image.data, nullptr, nullptr, nullptr};
  const int strides[] = {static_cast<int>(image.step[0]), 0, 0, 0};
  sws_scale(conversion_.get(), frame_->data, frame_->linesize, 0, frame_->height, planes, strides);
  if (width != frame_->width) image = image.colRange(0, frame_->width).clone();

  const Upright turn = upright(*stream_);
  if (turn.transpose) cv::transpose(image, image);
  if (turn.flip_x && turn.flip_y)
    cv::flip(image, image, -1);
  else if (turn.flip_x || turn.flip_y)
    cv::flip(image, image, turn.flip_x ? 1 : 0);
  return image;
}

}  // namespace gondola::media
