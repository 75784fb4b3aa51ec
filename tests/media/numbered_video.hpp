#pragma once

#include <filesystem>
#include <vector>

#include <opencv2/core/mat.hpp>

#include "gondola/core/box.hpp"
#include "gondola/media/video_writer.hpp"

namespace gondola::test {

/// A grey picture with a number in it that survives lossy coding: 12 vertical bars, black for 0 and
/// white for 1, lowest bit first.
cv::Mat numbered_picture(int number, Size size = {192, 96});

/// The number in such a picture, which may have been scaled.
int number_in(const cv::Mat& picture);

/// Writes numbered pictures 0, 1, ... that are shown at the given times, seconds.
void write_numbered_video(const std::filesystem::path& path, const std::vector<double>& times,
                          Size size = {192, 96}, const media::VideoWriterOptions& options = {});

/// 0, 1/fps, 2/fps, ...
std::vector<double> even_times(int count, double fps);

/// Where each packet of a video's only stream is in its file, and when its picture is shown: read
/// with libavformat alone.
struct PacketPlace {
  std::int64_t offset = 0;  ///< bytes
  int size = 0;             ///< bytes
  double time_s = 0;
  double duration_s = 0;
};
std::vector<PacketPlace> packets_of(const std::filesystem::path& path);

}  // namespace gondola::test
