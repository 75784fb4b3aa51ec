#include "media/numbered_video.hpp"

#include <stdexcept>

extern "C" {
#include <libavformat/avformat.h>
}
#include <opencv2/core.hpp>

namespace gondola::test {
namespace {

constexpr int kBits = 12;

cv::Rect bar(int bit, cv::Size picture) {
  const int left = picture.width * bit / kBits;
  return {left, 0, picture.width * (bit + 1) / kBits - left, picture.height};
}

}  // namespace

cv::Mat numbered_picture(int number, Size size) {
  cv::Mat picture(size.height, size.width, CV_8UC3);
  for (int bit = 0; bit < kBits; ++bit)
    picture(bar(bit, picture.size())) = cv::Scalar::all(((number >> bit) & 1) != 0 ? 235 : 20);
  return picture;
}

int number_in(const cv::Mat& picture) {
  int number = 0;
  for (int bit = 0; bit < kBits; ++bit)
    if (cv::mean(picture(bar(bit, picture.size())))[0] > 128) number |= 1 << bit;
  return number;
}

void write_numbered_video(const std::filesystem::path& path, const std::vector<double>& times,
                          Size size, const media::VideoWriterOptions& options) {
  media::VideoWriter writer(path.string(), size, options);
  for (std::size_t i = 0; i < times.size(); ++i)
    writer.write(numbered_picture(static_cast<int>(i), size), times[i]);
  writer.finish();
}

std::vector<double> even_times(int count, double fps) {
  std::vector<double> times;
  for (int i = 0; i < count; ++i) times.push_back(i / fps);
  return times;
}

std::vector<PacketPlace> packets_of(const std::filesystem::path& path) {
  AVFormatContext* input = nullptr;
  if (avformat_open_input(&input, path.c_str(), nullptr, nullptr) < 0)
    throw std::runtime_error("cannot open " + path.string());
  std::vector<PacketPlace> places;
  AVPacket* packet = av_packet_alloc();
  const double unit = av_q2d(input->streams[0]->time_base);
  while (av_read_frame(input, packet) >= 0) {
    places.push_back({packet->pos, packet->size, static_cast<double>(packet->pts) * unit,
                      static_cast<double>(packet->duration) * unit});
    av_packet_unref(packet);
  }
  av_packet_free(&packet);
  avformat_close_input(&input);
  return places;
}

}  // namespace gondola::test
