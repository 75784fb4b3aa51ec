#include <chrono>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <opencv2/core.hpp>

#include "gondola/core/error.hpp"
#include "gondola/media/video_source.hpp"
#include "media/mjpeg_server.hpp"
#include "media/numbered_video.hpp"

namespace gondola::media {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using test::MjpegServer;
using test::number_in;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string failure_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "none";
}

TEST(VideoStream, GivesThePicturesOfAWebCameraAsTheyCome) {
  MjpegServer server({192, 96}, 30);
  const auto stream = open_stream(server.address());
  EXPECT_EQ(stream->info().size, (Size{192, 96}));
  EXPECT_EQ(stream->info().codec, "mjpeg");
  int last = -1;
  double last_time = -1;
  for (int i = 0; i < 40; ++i) {
    const std::optional<Frame> frame = stream->next();
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->kind, SourceKind::kStream);
    EXPECT_EQ(frame->index, i);
    EXPECT_GT(number_in(frame->image), last);
    EXPECT_GT(frame->time_s, last_time);
    EXPECT_LT(std::chrono::system_clock::now() - frame->taken_at, 1s);
    last = number_in(frame->image);
    last_time = frame->time_s;
  }
  // Nothing waits between sender and reader once what opening took has been read.
  EXPECT_GE(last, server.last_sent() - 1);
}

TEST(VideoStream, NoticesSilence) {
  MjpegServer server({192, 96}, 30);
  VideoOptions options;
  options.read_timeout_s = 0.5;
  const auto stream = open_stream(server.address(), options);
  ASSERT_TRUE(stream->next());
  server.freeze(true);
  const Clock::time_point start = Clock::now();
  const std::string failure = failure_of([&] {
    while (stream->next()) {
    }
  });
  EXPECT_EQ(failure, "nothing came from '" + server.address() + "' for 0.5 s");
  EXPECT_LT(Clock::now() - start, 3s);
}

TEST(VideoStream, EndsWhenTheSenderEnds) {
  MjpegServer server({192, 96}, 30);
  const auto stream = open_stream(server.address());
  ASSERT_TRUE(stream->next());
  server.hang_up();
  while (stream->next()) {
  }
  EXPECT_EQ(stream->next(), std::nullopt);
}

TEST(VideoStream, StopEndsAWaitAtOnce) {
  MjpegServer server({192, 96}, 30);
  VideoOptions options;
  options.read_timeout_s = 20;
  const auto stream = open_stream(server.address(), options);
  ASSERT_TRUE(stream->next());
  server.freeze(true);
  std::thread stopper([&] {
    std::this_thread::sleep_for(200ms);
    stream->stop();
  });
  const Clock::time_point start = Clock::now();
  while (stream->next()) {
  }
  stopper.join();
  EXPECT_LT(Clock::now() - start, 3s);
}

TEST(VideoStream, SaysWhyAnAddressGivesNothingWithoutItsPassword) {
  int port = 0;
  { port = MjpegServer({32, 32}, 1).port(); }
  const std::string address = concat("http://me:secret@127.0.0.1:", port, "/");
  EXPECT_EQ(failure_of([&] { open_stream(address); }),
            concat("cannot read 'http://me:***@127.0.0.1:", port, "/': Connection refused"));
  EXPECT_THAT(failure_of([] { open_stream("rtsp://127.0.0.1:1/shelf"); }),
              StartsWith("cannot read 'rtsp://127.0.0.1:1/shelf': "));
}

TEST(VideoStream, RefusesATimeOfNothing) {
  VideoOptions options;
  options.read_timeout_s = 0;
  EXPECT_EQ(failure_of([&] { open_stream("http://127.0.0.1:1/", options); }),
            "a stream cannot be given up after 0 s of silence; expected more than 0");
}

TEST(GStreamerPipeline, GivesItsPictures) {
  std::unique_ptr<VideoSource> stream;
  try {
    stream = open_stream(
        "videotestsrc num-buffers=12 pattern=white ! video/x-raw,width=64,height=48,framerate=30/1 "
        "! "
        "videoconvert ! video/x-raw,format=BGR ! appsink");
  } catch (const IoError& error) {
    GTEST_SKIP() << "no GStreamer here: " << error.what();
  }
  EXPECT_EQ(stream->info().size, (Size{64, 48}));
  int count = 0;
  while (const std::optional<Frame> frame = stream->next()) {
    EXPECT_EQ(frame->image.size(), cv::Size(64, 48));
    EXPECT_GT(cv::mean(frame->image)[1], 230);
    ++count;
  }
  EXPECT_EQ(count, 12);
}

TEST(GStreamerPipeline, SaysThatItCannotBeStarted) {
  EXPECT_THAT(failure_of([] { open_stream("nosuchelement ! appsink"); }),
              StartsWith("GStreamer pipeline 'nosuchelement ! appsink' cannot be started"));
}

}  // namespace
}  // namespace gondola::media
