#include "video_container.hpp"

#include <filesystem>
#include <system_error>

#include "gondola/core/error.hpp"

namespace gondola::media {

namespace fs = std::filesystem;

VideoContainer::VideoContainer(const std::string& path, const char* format)
    : path_(path), output_(plan_output(path)) {
  if (!output_.is_replaceable()) fail("it is no regular file, which a video needs");
  const std::string file = "file:" + output_.temporary.string();
  check(avformat_alloc_output_context2(&context_, nullptr, format, file.c_str()));
  const int status = avio_open(&context_->pb, file.c_str(), AVIO_FLAG_WRITE);
  if (status < 0) {
    close();
    fail(av_reason(status));
  }
  stream_ = avformat_new_stream(context_, nullptr);
}

VideoContainer::~VideoContainer() {
  if (context_ == nullptr) return;
  close();
  std::error_code ignored;
  fs::remove(output_.temporary, ignored);
}

void VideoContainer::close() {
  avio_closep(&context_->pb);
  avformat_free_context(context_);
  context_ = nullptr;
}

void VideoContainer::fail(const std::string& reason) const {
  throw IoError(concat("cannot write ", path_, ": ", reason));
}

void VideoContainer::check(int status) const {
  if (status < 0) fail(av_reason(status));
}

bool VideoContainer::wants_global_header() const {
  return (context_->oformat->flags & AVFMT_GLOBALHEADER) != 0;
}

void VideoContainer::start(const char* option, const std::string& value) {
  AvOptions options;
  if (option != nullptr) options.set(option, value);
  check(avformat_write_header(context_, options.get()));
}

void VideoContainer::write(AVPacket& packet, AVRational unit) {
  packet.stream_index = stream_->index;
  av_packet_rescale_ts(&packet, unit, stream_->time_base);
  check(av_interleaved_write_frame(context_, &packet));
}

void VideoContainer::commit() {
  check(av_write_trailer(context_));
  check(avio_closep(&context_->pb));
  std::error_code error;
  fs::rename(output_.temporary, output_.target, error);
  if (error) fail(error.message());
  close();
}

}  // namespace gondola::media
