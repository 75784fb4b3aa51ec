#pragma once

#include <string>

#include "gondola/core/output_path.hpp"
#include "libav.hpp"

namespace gondola::media {

/// A video file with one stream that appears under its name when it is complete.
///
/// All throw IoError that names the path as the caller gave it.
class VideoContainer {
 public:
  /// @param format FFmpeg's name of it: "mp4", "avi"
  VideoContainer(const std::string& path, const char* format);

  /// Without commit() nothing is left behind.
  ~VideoContainer();
  VideoContainer(const VideoContainer&) = delete;
  VideoContainer& operator=(const VideoContainer&) = delete;

  /// Whether the codec's parameters are to be in front of the file, not in the stream.
  bool wants_global_header() const;

  /// The stream to be described before start().
  AVStream& stream() { return *stream_; }

  /// Writes what comes before the pictures.
  void start(const char* option = nullptr, const std::string& value = {});

  /// Writes a packet, whose times are in `unit`, and empties it.
  void write(AVPacket& packet, AVRational unit);

  void commit();

  [[noreturn]] void fail(const std::string& reason) const;

  /// Throws for the failures among the results of FFmpeg's functions.
  void check(int status) const;

 private:
  void close();

  std::string path_;
  OutputPath output_;
  AVFormatContext* context_ = nullptr;
  AVStream* stream_ = nullptr;  // of context_
};

}  // namespace gondola::media
