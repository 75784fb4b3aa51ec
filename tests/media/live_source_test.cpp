#include "gondola/media/live_source.hpp"

#include <chrono>
#include <deque>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <opencv2/core.hpp>

#include "gondola/core/error.hpp"
#include "media/mjpeg_server.hpp"
#include "media/numbered_video.hpp"

namespace gondola::media {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using test::MjpegServer;
using test::number_in;
using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Kind = LiveEvent::Kind;

/// Gives so many frames, then ends or throws.
class Burst : public VideoSource {
 public:
  Burst(int frames, std::string failure) : left_(frames), failure_(std::move(failure)) {}

  VideoInfo info() const override { return {{4, 2}, 25, "raw", "test", {}, {}}; }

  std::optional<Frame> next() override {
    if (left_-- > 0) {
      Frame frame;
      frame.image = cv::Mat(2, 4, CV_8UC3, cv::Scalar::all(0));
      return frame;
    }
    if (failure_ == "damaged") {
      failure_.clear();
      throw FrameError("camera", "damaged");
    }
    if (!failure_.empty()) throw IoError(failure_);
    return std::nullopt;
  }

 private:
  int left_;
  std::string failure_;
};

/// Opens what is listed, in order; then throws.
LiveSource::Opener script(std::deque<std::pair<int, std::string>> bursts) {
  auto left = std::make_shared<std::deque<std::pair<int, std::string>>>(std::move(bursts));
  return [left]() -> std::unique_ptr<VideoSource> {
    if (left->empty()) throw std::runtime_error("the script is over");
    const auto [frames, failure] = left->front();
    left->pop_front();
    if (frames == 0) throw IoError(failure);
    return std::make_unique<Burst>(frames, failure);
  };
}

TEST(LiveSource, OpensAgainWithPausesThatGrow) {
  std::vector<LiveEvent> events;
  ReopenOptions reopen;
  reopen.first_pause_s = 0.01;
  reopen.growth = 3;
  reopen.longest_pause_s = 0.05;
  LiveSource source(
      "camera", script({{0, "not there"}, {2, ""}, {0, "gone"}, {0, "gone"}, {1, ""}}),
      [&](const LiveEvent& event) { events.push_back(event); }, reopen);
  for (int i = 0; i < 3; ++i) {
    const std::optional<Frame> frame = source.next();
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->index, i);
    EXPECT_EQ(frame->source, "camera");
  }
  std::vector<Kind> kinds;
  std::vector<double> pauses;
  for (const LiveEvent& event : events) {
    EXPECT_EQ(event.source, "camera");
    kinds.push_back(event.kind);
    if (event.kind == Kind::kLost) pauses.push_back(event.pause_s);
  }
  EXPECT_THAT(kinds, ElementsAre(Kind::kLost, Kind::kOpened, Kind::kLost, Kind::kLost, Kind::kLost,
                                 Kind::kBack));
  EXPECT_THAT(pauses, ElementsAre(0.01, DoubleNear(0.03, 1e-9), 0.05, 0.05));
  EXPECT_EQ(events[0].reason, "not there");
  EXPECT_EQ(events[1].info.size, (Size{4, 2}));
  EXPECT_EQ(events[2].reason, "'camera' has ended");
}

TEST(LiveSource, PausesShortlyAgainAfterAGoodWhile) {
  std::vector<double> pauses;
  ReopenOptions reopen;
  reopen.first_pause_s = 0.01;
  reopen.settled_s = 0;  // every second frame ends the trouble
  LiveSource source(
      "camera", script({{0, "gone"}, {0, "gone"}, {3, "gone"}, {1, ""}}),
      [&](const LiveEvent& event) {
        if (event.kind == Kind::kLost) pauses.push_back(event.pause_s);
      },
      reopen);
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(source.next());
  EXPECT_THAT(pauses, ElementsAre(0.01, 0.02, 0.01));
}

TEST(LiveSource, PassesDamagedFramesOn) {
  ReopenOptions reopen;
  reopen.first_pause_s = 0.01;
  LiveSource source("camera", script({{1, "damaged"}, {1, ""}}), {}, reopen);
  ASSERT_TRUE(source.next());
  EXPECT_THROW(source.next(), FrameError);
  EXPECT_EQ(source.next().value().index, 2);
}

TEST(LiveSource, LetsOtherFailuresThrough) {
  LiveSource source("camera", script({}));
  EXPECT_THROW(source.next(), std::runtime_error);
}

TEST(LiveSource, TimeGoesOnOverInterruptions) {
  ReopenOptions reopen;
  reopen.first_pause_s = 0.2;
  LiveSource source("camera", script({{1, ""}, {1, ""}}), {}, reopen);
  const double first = source.next().value().time_s;
  const double second = source.next().value().time_s;
  EXPECT_LT(first, 0.1);
  EXPECT_GE(second - first, 0.2);
  EXPECT_LT(second - first, 1);
}

TEST(LiveSource, StopEndsAPauseAtOnce) {
  ReopenOptions reopen;
  reopen.first_pause_s = 20;
  LiveSource source("camera", script({{0, "not there"}}), {}, reopen);
  std::thread stopper([&] {
    std::this_thread::sleep_for(100ms);
    source.stop();
  });
  const Clock::time_point start = Clock::now();
  EXPECT_EQ(source.next(), std::nullopt);
  stopper.join();
  EXPECT_LT(Clock::now() - start, 3s);
  EXPECT_EQ(source.next(), std::nullopt);
}

class LiveCamera : public ::testing::Test {
 protected:
  std::unique_ptr<LiveSource> open(const std::string& address) {
    VideoOptions options;
    options.read_timeout_s = 0.5;
    ReopenOptions reopen;
    reopen.first_pause_s = 0.1;
    reopen.longest_pause_s = 0.2;
    return std::make_unique<LiveSource>(
        SourceItem{SourceKind::kStream, address}, options,
        [this](const LiveEvent& event) { events_.push_back(event); }, reopen);
  }

  std::size_t count(Kind kind) const {
    return static_cast<std::size_t>(
        std::count_if(events_.begin(), events_.end(),
                      [kind](const LiveEvent& event) { return event.kind == kind; }));
  }

  std::vector<LiveEvent> events_;
};

TEST_F(LiveCamera, ComesBackAfterTheServerWasRestartedWithAnotherSize) {
  auto server = std::make_unique<MjpegServer>(Size{192, 96}, 30);
  const int port = server->port();
  const auto source = open(server->address());
  double last_time = -1;
  for (int i = 0; i < 10; ++i) {
    const Frame frame = source->next().value();
    EXPECT_EQ(frame.image.size(), cv::Size(192, 96));
    EXPECT_GT(frame.time_s, last_time);
    last_time = frame.time_s;
  }
  server.reset();
  std::thread restarter([&] {
    std::this_thread::sleep_for(500ms);
    server = std::make_unique<MjpegServer>(Size{240, 120}, 30, port);
  });
  Frame frame;
  do {
    frame = source->next().value();
    EXPECT_GT(frame.time_s, last_time);
    last_time = frame.time_s;
  } while (frame.image.cols != 240);
  restarter.join();
  EXPECT_EQ(number_in(source->next().value().image) > 0, true);
  EXPECT_EQ(count(Kind::kOpened), 1u);
  EXPECT_GE(count(Kind::kLost), 1u);
  EXPECT_EQ(count(Kind::kBack), 1u);
  EXPECT_EQ(events_.back().info.size, (Size{240, 120}));
}

TEST_F(LiveCamera, GoesOnWithTheNewestPictureAfterAFreeze) {
  MjpegServer server({192, 96}, 30);
  const auto source = open(server.address());
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(source->next());
  server.freeze(true);
  std::thread thaw([&] {
    std::this_thread::sleep_for(2s);
    server.freeze(false);
  });
  const int before = server.last_sent();
  int number = 0;
  do {
    number = number_in(source->next().value().image);
  } while (number <= before);
  thaw.join();
  // Two seconds at 30 pictures a second: none of them is shown late.
  EXPECT_GT(number, before + 40);
  for (int i = 0; i < 10; ++i) number = number_in(source->next().value().image);
  EXPECT_GE(number, server.last_sent() - 1);
  EXPECT_GE(count(Kind::kLost), 1u);
  EXPECT_THAT(events_[1].reason, HasSubstr("nothing came from"));
}

TEST_F(LiveCamera, StopsWhileNobodyAnswers) {
  int port = 0;
  { port = MjpegServer({32, 32}, 1).port(); }
  const auto source = open(concat("http://127.0.0.1:", port, "/"));
  std::thread stopper([&] {
    std::this_thread::sleep_for(300ms);
    source->stop();
  });
  EXPECT_EQ(source->next(), std::nullopt);
  stopper.join();
  EXPECT_GE(count(Kind::kLost), 2u);
  EXPECT_THAT(events_[0].reason, HasSubstr("Connection refused"));
}

}  // namespace
}  // namespace gondola::media
