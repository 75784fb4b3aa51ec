#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <opencv2/core/mat.hpp>

#include "gondola/media/video_options.hpp"
#include "libav.hpp"

namespace gondola::media {

/// Times that people type, such as 3.333, mean the frame at 3.33333 too. Seconds.
inline constexpr double kTimeTolerance = 1e-3;

/// Decodes the pictures of a file or address with FFmpeg, one after another.
///
/// Used by one thread.
class VideoDecoder {
 public:
  struct Options {
    std::string name;                                        ///< for messages
    std::vector<std::pair<const char*, std::string>> input;  ///< options of FFmpeg's reading side

    /// Reading that takes longer fails; nullopt for files, which are read as fast as they are.
    std::optional<double> silence_s;

    /// True ends waits for the network, now and later, with an IoError; may be null.
    std::shared_ptr<std::atomic<bool>> stop;
  };

  enum class Outcome {
    kPicture,
    kDamaged,  ///< a picture that cannot be shown; others may follow
    kEnd,
  };

  /// The first picture at or after a time, in the stream's units.
  struct Position {
    std::int64_t timestamp = 0;  ///< of that picture
    std::int64_t number = 0;     ///< how many pictures are before it
    std::int64_t key = 0;        ///< time stamp of the last key picture not after it
  };

  /// Throws: IoError.
  VideoDecoder(const std::string& url, Options options);
  ~VideoDecoder();
  VideoDecoder(const VideoDecoder&) = delete;
  VideoDecoder& operator=(const VideoDecoder&) = delete;

  VideoInfo info() const;

  /// Goes to the next picture. Throws: IoError when a live source is silent or breaks.
  Outcome decode();

  /// The picture that decode() found, upright, as CV_8UC3 in memory of its own.
  cv::Mat picture();

  /// Its time stamp in the stream's units, if it has one.
  std::optional<std::int64_t> timestamp() const;

  /// Seconds from the first picture of the stream.
  double seconds(std::int64_t timestamp) const;

  /// Looks for a time, seconds, reading from the very start without decoding: for a new decoder,
  /// which is good for nothing but seek() afterwards.
  ///
  /// @return nullopt when the stream has no time stamps.
  /// Throws: IoError, naming the end, when there is no picture that late.
  std::optional<Position> find(double time_s);

  /// Makes decode() go on from a key picture. May land elsewhere, as containers differ in what they
  /// know: compare timestamp(). False when it cannot seek.
  bool seek(std::int64_t key);

 private:
  using Clock = std::chrono::steady_clock;

  static int is_interrupted(void* decoder);
  void open_input(const std::string& url);
  void open_codec();
  void await_data();
  bool is_late() const;
  void prepare_conversion();
  [[noreturn]] void fail(const std::string& what) const;
  [[noreturn]] void fail_reading(int status) const;

  Options options_;
  Clock::time_point deadline_ = Clock::time_point::max();
  AVFormatContext* input_ = nullptr;
  AVStream* stream_ = nullptr;  // of input_
  AvPtr<AVCodecContext> codec_;
  AvPtr<AVPacket> packet_;
  AvPtr<AVFrame> frame_;
  AvPtr<SwsContext> conversion_;
  struct Conversion {
    int width = 0, height = 0, format = -1, matrix = -1, range = -1;
  } converts_;
  mutable std::int64_t origin_ = AV_NOPTS_VALUE;  // time stamp of the first picture
};

}  // namespace gondola::media
