#include "gondola/media/video_writer.hpp"

#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <opencv2/core.hpp>
#include <sys/resource.h>

#include "gondola/core/error.hpp"
#include "gondola/media/video_source.hpp"
#include "media/numbered_video.hpp"
#include "support/shared_data.hpp"

namespace gondola::media {
namespace {

namespace fs = std::filesystem;
using test::even_times;
using test::number_in;
using test::numbered_picture;
using test::packets_of;
using test::TempDir;
using test::write_numbered_video;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::size_t files_in(const TempDir& dir) {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator(dir.path()), fs::directory_iterator()));
}

std::string failure_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "none";
}

cv::Mat first_picture(const fs::path& path) {
  return open_video_file(path.string())->next().value().image;
}

TEST(VideoWriter, WritesWhatBrowsersPlay) {
  const TempDir dir;
  const fs::path path = dir / "clip.mp4";
  VideoWriter writer(path.string(), {64, 48});
  if (writer.codec() != "h264") GTEST_SKIP() << "this FFmpeg encodes no H.264";
  for (int i = 0; i < 5; ++i) writer.write(numbered_picture(i, {64, 48}), i / 30.0);
  writer.finish();
  const std::string bytes = test::read_text(path);
  EXPECT_NE(bytes.find("avc1"), std::string::npos);
  EXPECT_LT(bytes.find("moov"), bytes.find("mdat")) << "browsers play it while it loads";
}

TEST(VideoWriter, KeepsTheTimesOfFrames) {
  const TempDir dir;
  const std::vector<double> times{100, 100.01, 100.5, 100.5166, 103.25};
  VideoWriterOptions options;
  options.fps = 10;
  write_numbered_video(dir / "clip.mp4", times, {64, 48}, options);
  const std::vector<test::PacketPlace> packets = packets_of(dir / "clip.mp4");
  ASSERT_EQ(packets.size(), times.size());
  for (std::size_t i = 0; i < times.size(); ++i)
    EXPECT_NEAR(packets[i].time_s, times[i] - 100, 1e-5);
  EXPECT_NEAR(packets.back().duration_s, 0.1, 1e-5) << "the last frame stays for 1 / fps";
}

TEST(VideoWriter, NeverGoesBackInTime) {
  const TempDir dir;
  write_numbered_video(dir / "clip.mp4", {0, 0.5, 0.5, 0.2, 1}, {64, 48});
  const std::vector<test::PacketPlace> packets = packets_of(dir / "clip.mp4");
  ASSERT_EQ(packets.size(), 5u);
  EXPECT_NEAR(packets[2].time_s, 0.5, 1e-4);
  EXPECT_GT(packets[2].time_s, packets[1].time_s);
  EXPECT_GT(packets[3].time_s, packets[2].time_s);
  EXPECT_NEAR(packets[4].time_s, 1, 1e-5);
}

TEST(VideoWriter, RepeatsAndLeavesOutFramesWhereTimesMustBeEven) {
  const TempDir dir;
  VideoWriterOptions options;
  options.fps = 10;
  // At 10 frames/s in places 0, 1, 1, 4, 5: frame 1 gives way to 2, which stays for three places.
  write_numbered_video(dir / "clip.avi", {0, 0.06, 0.14, 0.4, 0.52}, {192, 96}, options);
  const auto source = open_video_file((dir / "clip.avi").string());
  std::vector<int> numbers;
  while (const std::optional<Frame> frame = source->next()) {
    EXPECT_NEAR(frame->time_s, static_cast<double>(numbers.size()) / 10, 1e-6);
    numbers.push_back(number_in(frame->image));
  }
  EXPECT_EQ(numbers, (std::vector<int>{0, 2, 2, 2, 3, 4}));
}

class EveryFormat : public ::testing::TestWithParam<const char*> {};

TEST_P(EveryFormat, KeepsColors) {
  const TempDir dir;
  const fs::path path = dir / (std::string("clip") + GetParam());
  const std::vector<cv::Scalar> colors{{0, 0, 0},      {255, 255, 255}, {128, 128, 128},
                                       {200, 60, 30},  {40, 180, 60},   {50, 40, 210},
                                       {30, 200, 220}, {230, 230, 40}};
  const cv::Size patch(32, 32);
  cv::Mat picture(patch.height, patch.width * static_cast<int>(colors.size()), CV_8UC3);
  const auto place = [&](std::size_t i) {
    return cv::Rect(static_cast<int>(i) * patch.width, 0, patch.width, patch.height);
  };
  for (std::size_t i = 0; i < colors.size(); ++i) picture(place(i)) = colors[i];
  VideoWriter writer(path.string(), {picture.cols, picture.rows});
  writer.write(picture, 0);
  writer.finish();

  const cv::Mat read = first_picture(path);
  ASSERT_EQ(read.size(), picture.size());
  for (std::size_t i = 0; i < colors.size(); ++i) {
    const cv::Rect inner = place(i) - cv::Size(16, 16) + cv::Point(8, 8);
    const cv::Scalar mean = cv::mean(read(inner));
    for (int channel = 0; channel < 3; ++channel)
      EXPECT_NEAR(mean[channel], colors[i][channel], 4)
          << "colour " << i << ", channel " << channel;
  }
}

TEST_P(EveryFormat, LosesNothingOfOddSizes) {
  const TempDir dir;
  const fs::path path = dir / (std::string("clip") + GetParam());
  cv::Mat picture(33, 65, CV_8UC3, cv::Scalar::all(40));
  picture.colRange(49, 65) = cv::Scalar::all(220);
  VideoWriter writer(path.string(), {65, 33});
  writer.write(picture, 0);
  writer.finish();
  const cv::Mat read = first_picture(path);
  // H.264 halves colours, so it needs even sides.
  const bool is_mp4 = path.extension() == ".mp4";
  ASSERT_EQ(read.size(), is_mp4 ? cv::Size(66, 34) : cv::Size(65, 33));
  EXPECT_NEAR(cv::mean(read.colRange(52, read.cols))[0], 220, 4);
  EXPECT_NEAR(cv::mean(read.colRange(0, 46))[0], 40, 4);
}

TEST_P(EveryFormat, FitsFramesOfAnotherSize) {
  const TempDir dir;
  const fs::path path = dir / (std::string("clip") + GetParam());
  VideoWriter writer(path.string(), {200, 100});
  writer.write(cv::Mat(100, 200, CV_8UC3, cv::Scalar::all(90)), 0);
  // 300 x 300 fits as 100 x 100 between borders of 50.
  writer.write(cv::Mat(300, 300, CV_8UC3, cv::Scalar::all(200)), 1.0 / 30);
  writer.finish();
  const auto source = open_video_file(path.string());
  ASSERT_TRUE(source->next());
  const cv::Mat read = source->next().value().image;
  ASSERT_EQ(read.size(), cv::Size(200, 100));
  EXPECT_NEAR(cv::mean(read.colRange(60, 140))[0], 200, 4);
  EXPECT_NEAR(cv::mean(read.colRange(0, 42))[0], 0, 4);
  EXPECT_NEAR(cv::mean(read.colRange(158, 200))[0], 0, 4);
}

TEST_P(EveryFormat, AppearsWhenItIsFinishedOnly) {
  const TempDir dir;
  const fs::path path = dir / (std::string("clip") + GetParam());
  test::write_text(path, "before");
  {
    VideoWriter writer(path.string(), {64, 48});
    for (int i = 0; i < 100; ++i) writer.write(numbered_picture(i, {64, 48}), i / 30.0);
    EXPECT_EQ(files_in(dir), 2u);
  }
  EXPECT_EQ(files_in(dir), 1u);
  EXPECT_EQ(test::read_text(path), "before");
  {
    VideoWriter writer(path.string(), {64, 48});
    writer.write(numbered_picture(0, {64, 48}), 0);
    EXPECT_EQ(test::read_text(path), "before");
    writer.finish();
  }
  EXPECT_EQ(files_in(dir), 1u);
  EXPECT_NE(test::read_text(path), "before");
}

TEST_P(EveryFormat, DoesNotKeepAVideoWithoutFrames) {
  const TempDir dir;
  VideoWriter writer((dir / (std::string("clip") + GetParam())).string(), {64, 48});
  writer.finish();
  EXPECT_EQ(files_in(dir), 0u);
}

TEST_P(EveryFormat, SaysThatTheDiskIsFull) {
  const TempDir dir;
  const fs::path path = dir / (std::string("clip") + GetParam());
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  rlimit small = before;
  small.rlim_cur = 40000;
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  setrlimit(RLIMIT_FSIZE, &small);
  const std::string failure = failure_of([&] {
    VideoWriter writer(path.string(), {320, 240});
    cv::Mat noise(240, 320, CV_8UC3);
    for (int i = 0; i < 40; ++i) {
      cv::randu(noise, 0, 255);
      writer.write(noise, i / 30.0);
    }
    writer.finish();
  });
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, old_handler);
  EXPECT_EQ(failure, "cannot write " + path.string() + ": File too large");
  EXPECT_EQ(files_in(dir), 0u);
}

INSTANTIATE_TEST_SUITE_P(VideoWriter, EveryFormat, ::testing::Values(".mp4", ".avi"));

TEST(VideoWriter, FollowsALink) {
  const TempDir dir;
  fs::create_symlink("real.mp4", dir / "link.mp4");
  write_numbered_video(dir / "link.mp4", even_times(3, 30), {64, 48});
  EXPECT_TRUE(fs::is_symlink(dir / "link.mp4"));
  EXPECT_TRUE(fs::is_regular_file(dir / "real.mp4"));
}

TEST(VideoWriter, SaysWhatCannotBeWritten) {
  const TempDir dir;
  const auto failure = [](const fs::path& path, Size size, const VideoWriterOptions& options = {}) {
    return failure_of([&] { VideoWriter(path.string(), size, options); });
  };
  EXPECT_EQ(failure("clip.mkv", {64, 48}),
            "cannot write clip.mkv: a video's name ends in .mp4 or .avi");
  EXPECT_EQ(failure("clip.mp4", {0, 48}),
            "cannot write clip.mp4: no video has frames of 0 x 48 pixels");
  EXPECT_EQ(failure("clip.mp4", {64, 48}, {0}),
            "cannot write clip.mp4 with 0 frames a second; expected more than 0");
  EXPECT_EQ(failure("clip.mp4", {64, 48}, {30, 52}),
            "cannot write clip.mp4 in quality (crf) 52; expected 0 (best) to 51");
  const std::string nowhere = (dir / "nowhere" / "clip.mp4").string();
  EXPECT_EQ(failure(nowhere, {64, 48}), "cannot write " + nowhere + ": No such file or directory");
  fs::create_directory(dir / "folder.mp4");
  EXPECT_EQ(failure(dir / "folder.mp4", {64, 48}),
            "cannot write " + (dir / "folder.mp4").string() + ": it is a folder");
}

}  // namespace
}  // namespace gondola::media
