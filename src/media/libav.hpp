#pragma once

#include <memory>
#include <string>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libswscale/swscale.h>
}

namespace gondola::media {

struct AvDeleter {
  void operator()(AVCodecContext* context) const { avcodec_free_context(&context); }
  void operator()(AVFrame* frame) const { av_frame_free(&frame); }
  void operator()(AVPacket* packet) const { av_packet_free(&packet); }
  void operator()(SwsContext* context) const { sws_freeContext(context); }
};
template <typename Type>
using AvPtr = std::unique_ptr<Type, AvDeleter>;

/// Text for a status that an FFmpeg function returned, such as "Connection refused".
std::string av_reason(int status);

/// Named options for FFmpeg's open functions, which take out those they know.
class AvOptions {
 public:
  AvOptions() = default;
  ~AvOptions() { av_dict_free(&options_); }
  AvOptions(const AvOptions&) = delete;
  AvOptions& operator=(const AvOptions&) = delete;

  void set(const char* name, const std::string& value);
  AVDictionary** get() { return &options_; }

 private:
  AVDictionary* options_ = nullptr;
};

/// Keeps FFmpeg from printing, for good. While an object lives, it collects the first error that
/// FFmpeg reports from this thread: often clearer than the status ("moov atom not found").
/// Objects of one thread do not overlap.
class AvErrors {
 public:
  AvErrors();
  ~AvErrors();
  AvErrors(const AvErrors&) = delete;
  AvErrors& operator=(const AvErrors&) = delete;

  const std::string& first() const { return first_; }

 private:
  std::string first_;
};

}  // namespace gondola::media
