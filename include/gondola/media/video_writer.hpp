#pragma once

#include <memory>
#include <optional>
#include <string>

#include <opencv2/core/mat.hpp>

#include "gondola/core/box.hpp"

namespace gondola::media {

struct VideoWriterOptions {
  /// Frames a second, > 0: of .avi exactly, since that format knows nothing else; of .mp4 only how
  /// long the last frame stays.
  double fps = 30;

  /// Constant quality of H.264, 0 (lossless) to 51 (worst): 6 less make the file about twice as
  /// large. The other codecs follow it roughly.
  int crf = 23;

  /// x264's choice between time and size: ultrafast, superfast, veryfast, ... Each step costs about
  /// twice the time; the file of veryfast is a third of that of ultrafast.
  std::string preset = "ultrafast";
};

/// Whether the ending of a path is one that VideoWriter writes, in any case of letters.
bool is_writable_video(const std::string& path);

/// Writes a video that appears under its name complete or not at all.
///
/// `.mp4` is H.264 in yuv420p with its index in front, which every browser plays, where the FFmpeg
/// installed can encode it, else MPEG-4 Part 2, which browsers do not play; codec() tells. Frames
/// keep their times to 1/60000 s. `.avi` is Motion JPEG; its frames are repeated or left out so
/// that none is off by more than half a frame.
///
/// Not thread-safe. Encoding uses threads of its own.
class VideoWriter {
 public:
  /// @param size of the video, pixels; in .mp4 an odd side gets one more row or column, the last
  /// repeated
  ///
  /// Throws: ConfigError for an ending other than .mp4 and .avi or options out of range; IoError
  /// naming the path and the reason when it cannot be written.
  VideoWriter(const std::string& path, Size size, const VideoWriterOptions& options = {});

  /// Without finish() nothing is left behind, and a file that had the name stays.
  ~VideoWriter();
  VideoWriter(const VideoWriter&) = delete;
  VideoWriter& operator=(const VideoWriter&) = delete;

  /// Adds a frame that is shown from `time_s` on until the next; the video begins with the first
  /// one's. Times that do not grow count as the next possible.
  ///
  /// @param bgr CV_8UC3; one of another size than the video's is scaled to fit, with black borders
  ///
  /// Throws: IoError when it cannot be written (disk full).
  void write(const cv::Mat& bgr, double time_s);

  /// Completes the file and gives it its name; a video without frames is not kept. To be called
  /// once, last. Throws: IoError.
  void finish();

  /// What it is encoded with: "h264", "mpeg4" or "mjpeg".
  const std::string& codec() const { return codec_; }

 private:
  class Encoder;
  class Mp4Encoder;
  class AviEncoder;

  Size size_;
  std::unique_ptr<Encoder> encoder_;  // null after finish()
  std::string codec_;
  std::optional<double> start_s_;  // of the first frame
};

}  // namespace gondola::media
