#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
extern "C" {
#include <libavformat/avformat.h>
}
#include <opencv2/core.hpp>

#include "gondola/media/video_source.hpp"
#include "gondola/media/video_writer.hpp"
#include "media/numbered_video.hpp"
#include "support/shared_data.hpp"

namespace gondola::media {
namespace {

namespace fs = std::filesystem;
using test::even_times;
using test::number_in;
using test::numbered_picture;
using test::TempDir;
using test::write_numbered_video;
using ::testing::HasSubstr;

struct Reading {
  std::vector<int> numbers;  ///< read off the pictures
  std::vector<std::int64_t> indices;
  std::vector<double> times;
  std::vector<std::string> failures;
};

Reading read_all(FrameSource& source) {
  Reading reading;
  while (true) {
    try {
      const std::optional<Frame> frame = source.next();
      if (!frame) return reading;
      reading.numbers.push_back(number_in(frame->image));
      reading.indices.push_back(frame->index);
      reading.times.push_back(frame->time_s);
    } catch (const FrameError& error) {
      reading.failures.emplace_back(error.what());
    }
  }
}

Reading read_all(const fs::path& path, const VideoOptions& options = {}) {
  return read_all(*open_video_file(path.string(), options));
}

std::string failure_of(const fs::path& path, const VideoOptions& options = {}) {
  try {
    read_all(path, options);
  } catch (const Error& error) {
    return error.what();
  }
  return "none";
}

void expect_count_up(const Reading& reading, int first, int last) {
  ASSERT_EQ(reading.numbers.size(), static_cast<std::size_t>(last - first + 1));
  for (int i = first; i <= last; ++i) {
    const auto place = static_cast<std::size_t>(i - first);
    EXPECT_EQ(reading.numbers[place], i);
    EXPECT_EQ(reading.indices[place], i);
  }
}

/// Paces of 1/30 s, with gaps that grow: 0, 1/30, 3/30, 6/30, ...
std::vector<double> uneven_times(int count) {
  std::vector<double> times;
  for (int i = 0; i < count; ++i) times.push_back(i * (i + 1) / 2 / 30.0);
  return times;
}

class EveryContainer : public ::testing::TestWithParam<const char*> {};

TEST_P(EveryContainer, GivesEveryFrameInOrderWithItsTime) {
  const TempDir dir;
  const fs::path path = dir / (std::string("clip") + GetParam());
  const std::vector<double> times = even_times(400, 25);
  write_numbered_video(path, times, {192, 96}, {25});
  const auto source = open_video_file(path.string());
  EXPECT_EQ(source->info().size, (Size{192, 96}));
  EXPECT_NEAR(source->info().fps, 25, 1e-9);
  EXPECT_EQ(source->info().frames, 400u);
  EXPECT_EQ(source->size_hint(), 400u);
  EXPECT_NEAR(source->info().duration_s.value(), 16, 1e-3);
  const Reading reading = read_all(*source);
  expect_count_up(reading, 0, 399);
  for (std::size_t i = 0; i < times.size(); ++i) EXPECT_NEAR(reading.times[i], times[i], 2e-5);
  EXPECT_TRUE(reading.failures.empty());
  EXPECT_EQ(source->next(), std::nullopt);
}

INSTANTIATE_TEST_SUITE_P(VideoFile, EveryContainer, ::testing::Values(".mp4", ".avi"));

TEST(VideoFile, KeepsTimesThatAreNotEvenlySpaced) {
  const TempDir dir;
  const std::vector<double> times = uneven_times(60);
  write_numbered_video(dir / "clip.mp4", times);
  const Reading reading = read_all(dir / "clip.mp4");
  expect_count_up(reading, 0, 59);
  for (std::size_t i = 0; i < times.size(); ++i) EXPECT_NEAR(reading.times[i], times[i], 2e-5);
}

TEST(VideoFile, StartsAndEndsAtTheExactFrame) {
  const TempDir dir;
  // Key frames every 250 frames: 300 must be reached by decoding from 250 on.
  write_numbered_video(dir / "clip.mp4", even_times(600, 30));
  VideoOptions options;
  options.start_s = 10;
  options.end_s = 11;
  const auto source = open_video_file((dir / "clip.mp4").string(), options);
  EXPECT_EQ(source->size_hint(), std::nullopt);
  const Reading reading = read_all(*source);
  expect_count_up(reading, 300, 329);
  EXPECT_NEAR(reading.times.front(), 10, 2e-5);
}

TEST(VideoFile, TakesTypedTimesForTheFrameTheyMean) {
  const TempDir dir;
  write_numbered_video(dir / "clip.mp4", even_times(60, 30));
  VideoOptions options;
  options.start_s = 0.333;  // frame 10 is at 0.33333...
  options.end_s = 0.667;    // and frame 20, the first that is not wanted, at 0.66666...
  expect_count_up(read_all(dir / "clip.mp4", options), 10, 19);
}

TEST(VideoFile, StartsExactlyAmongUnevenTimes) {
  const TempDir dir;
  write_numbered_video(dir / "clip.mp4", uneven_times(60));
  VideoOptions options;
  options.start_s = 5;  // frame 17 is at 17 * 18 / 60 = 5.1 s, frame 16 at 16 * 17 / 60 = 4.53 s
  expect_count_up(read_all(dir / "clip.mp4", options), 17, 59);
}

/// Repacks an .mp4, packet by packet.
void remux(const fs::path& from, const fs::path& to) {
  AVFormatContext* input = nullptr;
  AVFormatContext* output = nullptr;
  ASSERT_GE(avformat_open_input(&input, from.c_str(), nullptr, nullptr), 0);
  ASSERT_GE(avformat_alloc_output_context2(&output, nullptr, nullptr, to.c_str()), 0);
  AVStream* stream = avformat_new_stream(output, nullptr);
  avcodec_parameters_copy(stream->codecpar, input->streams[0]->codecpar);
  stream->codecpar->codec_tag = 0;
  ASSERT_GE(avio_open(&output->pb, to.c_str(), AVIO_FLAG_WRITE), 0);
  ASSERT_GE(avformat_write_header(output, nullptr), 0);
  AVPacket* packet = av_packet_alloc();
  while (av_read_frame(input, packet) >= 0) {
    av_packet_rescale_ts(packet, input->streams[0]->time_base, stream->time_base);
    ASSERT_GE(av_interleaved_write_frame(output, packet), 0);
  }
  av_packet_free(&packet);
  av_write_trailer(output);
  avio_closep(&output->pb);
  avformat_free_context(output);
  avformat_close_input(&input);
}

class EverySeeking : public ::testing::TestWithParam<const char*> {};

TEST_P(EverySeeking, StartsExactlyAlsoInContainersThatSeekBadly) {
  const TempDir dir;
  const fs::path path = dir / (std::string("clip") + GetParam());
  VideoWriterOptions writing;
  writing.preset = "veryfast";  // whose pictures are not stored in the order they are shown in
  write_numbered_video(dir / "made.mp4", even_times(300, 30), {192, 96}, writing);
  remux(dir / "made.mp4", path);
  for (const int first : {1, 100, 249, 250, 251, 299}) {
    VideoOptions options;
    options.start_s = first / 30.0;
    expect_count_up(read_all(path, options), first, 299);
  }
}

INSTANTIATE_TEST_SUITE_P(VideoFile, EverySeeking, ::testing::Values(".mp4", ".mkv", ".ts", ".flv"));

TEST(VideoFile, SaysWhereItEndsToAStartBeyond) {
  const TempDir dir;
  write_numbered_video(dir / "clip.mp4", even_times(31, 30));
  VideoOptions options;
  options.start_s = 2.5;
  EXPECT_EQ(failure_of(dir / "clip.mp4", options),
            "cannot read '" + (dir / "clip.mp4").string() +
                "': it has no frame at 2.5 s or later; its last is at 1 s");
}

TEST(VideoFile, RefusesAnEndBeforeTheStart) {
  const TempDir dir;
  write_numbered_video(dir / "clip.mp4", even_times(3, 30));
  VideoOptions options;
  options.start_s = 2;
  options.end_s = 1;
  EXPECT_EQ(failure_of(dir / "clip.mp4", options),
            "a video cannot be read from 2 s to 1 s; expected an end after the start");
}

TEST(VideoFile, StopEndsIt) {
  const TempDir dir;
  write_numbered_video(dir / "clip.mp4", even_times(10, 30));
  const auto source = open_video_file((dir / "clip.mp4").string());
  ASSERT_TRUE(source->next());
  source->stop();
  EXPECT_EQ(source->next(), std::nullopt);
}

TEST(VideoFile, PassesOverDamageAndGoesOn) {
  const TempDir dir;
  const fs::path path = dir / "clip.mp4";
  write_numbered_video(path, even_times(100, 30));
  // Frame 40's bytes, all but the length in front, become nonsense.
  const test::PacketPlace packet = test::packets_of(path).at(40);
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(packet.offset + 4);
  file << std::string(static_cast<std::size_t>(packet.size) - 4, '\xff');
  file.close();

  const Reading reading = read_all(path);
  ASSERT_EQ(reading.failures.size(), 1u);
  EXPECT_EQ(reading.failures.front(), "frame 40 of '" + path.string() + "' is damaged");
  ASSERT_EQ(reading.numbers.size(), 99u);
  EXPECT_EQ(reading.indices[39], 39);
  EXPECT_EQ(reading.indices[40], 41);
  EXPECT_EQ(reading.indices.back(), 99);
  EXPECT_EQ(reading.numbers[39], 39);
}

TEST(VideoFile, GivesWhatACutOffFileHasAndSaysSo) {
  const TempDir dir;
  const fs::path path = dir / "clip.mp4";
  write_numbered_video(path, even_times(100, 30));
  fs::resize_file(path, static_cast<std::uintmax_t>(test::packets_of(path).at(60).offset));
  const Reading reading = read_all(path);
  expect_count_up(reading, 0, 59);
  ASSERT_EQ(reading.failures.size(), 1u);
  EXPECT_EQ(reading.failures.front(),
            "'" + path.string() + "' is cut off: it ends after 60 of 100 frames");
}

TEST(VideoFile, SaysWhatIsWrongWithAFile) {
  const TempDir dir;
  const auto refuses = [&](const fs::path& path, const std::string& reason) {
    EXPECT_EQ(failure_of(path), "cannot read '" + path.string() + "': " + reason);
  };
  refuses(dir / "missing.mp4", "no such file");
  refuses(dir.path(), "it is a folder");

  test::write_text(dir / "empty.mp4", "");
  refuses(dir / "empty.mp4", "it is empty (0 bytes)");

  test::write_text(dir / "noise.mp4", std::string(5000, '\xa7'));
  refuses(dir / "noise.mp4",
          "it has no index: it is no video, or its recording or copying was not completed");
  test::write_text(dir / "noise.mkv", std::string(5000, '\xa7'));
  refuses(dir / "noise.mkv", "it is no video that FFmpeg knows");

  test::write_text(dir / "notes.txt", "milk\nbread\n");
  EXPECT_THAT(failure_of(dir / "notes.txt"), HasSubstr("cannot read"));

  write_numbered_video(dir / "clip.avi", even_times(10, 30));
  // A second of silence: 8000 samples of 8 bits.
  const std::string header(
      "RIFF\x64\x1f\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x40\x1f\0\0\x40\x1f\0\0\1\0"
      "\x08\0data\x40\x1f\0\0",
      44);
  test::write_text(dir / "sound.wav", header + std::string(8000, '\x80'));
  refuses(dir / "sound.wav", "there is no video in it");
}

TEST(VideoFile, KnowsAFileThatWasNotCompleted) {
  const TempDir dir;
  // The boxes of an .mp4 whose index would have come last.
  const std::string head(
      "\0\0\0\x18"
      "ftypisom\0\0\x02\0isommp42\0\0\x0f\xffmdat",
      32);
  test::write_text(dir / "cut.mp4", head + std::string(4087, 'x'));
  EXPECT_EQ(
      failure_of(dir / "cut.mp4"),
      "cannot read '" + (dir / "cut.mp4").string() +
          "': it has no index: it is no video, or its recording or copying was not completed");
}

TEST(VideoFile, IsUprightWhateverWayItWasFilmed) {
  const TempDir dir;
  const fs::path path = dir / "clip.mp4";
  // Left half dark, right half bright, lying: 64 x 32.
  cv::Mat lying(32, 64, CV_8UC3, cv::Scalar::all(20));
  lying.colRange(32, 64) = cv::Scalar::all(235);
  VideoWriter writer(path.string(), {64, 32});
  for (int i = 0; i < 3; ++i) writer.write(lying, i / 30.0);
  writer.finish();

  // The track header's matrix a b u c d v x y w, 40 bytes after the track's flags and times. It is
  // the unit matrix now: 1 0 0 0 1 0 0 0 2^30, 16.16 fixed point.
  std::string bytes = test::read_text(path);
  const std::string unit(
      "\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x40\0\0\0", 36);
  const std::size_t track = bytes.find("tkhd");
  ASSERT_NE(track, std::string::npos);
  const std::size_t matrix = bytes.find(unit, track);
  ASSERT_NE(matrix, std::string::npos);
  // x' = c y = -y, y' = b x = x: a quarter turn clockwise, left becomes top.
  const std::string quarter(
      "\0\0\0\0\0\1\0\0\0\0\0\0\xff\xff\0\0\0\0\0\0\0\0\0\0\0\x20\0\0\0\0\0\0\x40\0\0\0", 36);
  bytes.replace(matrix, quarter.size(), quarter);
  test::write_text(path, bytes);

  const auto source = open_video_file(path.string());
  EXPECT_EQ(source->info().size, (Size{32, 64}));
  const std::optional<Frame> frame = source->next();
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->image.size(), cv::Size(32, 64));
  EXPECT_LT(cv::mean(frame->image.rowRange(0, 30))[0], 60);
  EXPECT_GT(cv::mean(frame->image.rowRange(34, 64))[0], 200);
}

TEST(VideoFile, ReadsRealVideosCompletely) {
  GONDOLA_REQUIRE_SHARED("video");
  const auto frames = [](const char* name) {
    const auto source = open_video_file((test::shared_dir() / "video" / name).string());
    std::int64_t count = 0;
    double last = -1;
    while (const std::optional<Frame> frame = source->next()) {
      EXPECT_EQ(frame->index, count++);
      EXPECT_GT(frame->time_s, last);
      last = frame->time_s;
    }
    return count;
  };
  EXPECT_EQ(frames("bottle-detection.mp4"), 1189);
  EXPECT_EQ(frames("one-by-one-person-detection.mp4"), 1394);
  EXPECT_EQ(frames("store-aisle-detection-preview.avi"), 67);
}

}  // namespace
}  // namespace gondola::media
