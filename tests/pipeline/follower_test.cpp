#include "gondola/pipeline/follower.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gondola/core/error.hpp"

namespace {

using gondola::ClassNames;
using gondola::ConfigError;
using gondola::Detection;
using gondola::count::LineOptions;
using gondola::media::Frame;
using gondola::media::SourceKind;
using gondola::pipeline::Follower;
using gondola::pipeline::FollowOptions;
using gondola::pipeline::FrameDetections;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

const ClassNames kNames({"person", "cart"});

/// A frame, 10 a second, with one person whose feet are at a height.
FrameDetections frame(const std::string& source, int index, float feet,
                      cv::Size size = {400, 300}) {
  FrameDetections result;
  result.frame.image = cv::Mat(size, CV_8UC3, cv::Scalar::all(90));
  result.frame.source = source;
  result.frame.kind = SourceKind::kVideo;
  result.frame.index = index;
  result.frame.time_s = index / 10.0;
  const auto x = static_cast<float>(size.width) / 2;
  result.detections = {{{x - 20, feet - 80, x + 20, feet}, 0.9F, 0}};
  return result;
}

/// A line across the middle of the picture, from left to right: down is in.
FollowOptions with_door() {
  FollowOptions options;
  LineOptions door;
  door.name = "door";
  door.segment = {{0, 0.5}, {1, 0.5}};
  options.scene.lines = {door};
  return options;
}

/// Walks a person from one height to another in 20 frames.
void walk(Follower& follower, const std::string& source, int first_index, float from, float to,
          FrameDetections* last = nullptr) {
  for (int i = 0; i < 20; ++i) {
    FrameDetections result =
        frame(source, first_index + i, from + (to - from) * static_cast<float>(i) / 19);
    follower.follow(result);
    if (last != nullptr) *last = result;
  }
}

TEST(Follower, LeavesConfirmedTracksWithTheirIdentities) {
  FollowOptions options;
  options.tracker.confirm_first_frame = false;
  Follower follower(options, kNames);
  FrameDetections first = frame("a.mp4", 0, 100);
  follower.follow(first);
  EXPECT_THAT(first.detections, IsEmpty());
  EXPECT_THAT(first.tracks, IsEmpty());
  FrameDetections second = frame("a.mp4", 1, 100);
  follower.follow(second);
  EXPECT_THAT(second.tracks, ElementsAre(1));
  ASSERT_EQ(second.detections.size(), 1U);
  EXPECT_NEAR(second.detections[0].box.y2, 100, 1);
  EXPECT_EQ(second.detections[0].class_id, 0);
}

TEST(Follower, CountsAtLinesAndDrawsThem) {
  Follower follower(with_door(), kNames);
  FrameDetections last;
  walk(follower, "a.mp4", 0, 90, 250, &last);
  ASSERT_EQ(last.overlay.lines.size(), 1U);
  EXPECT_EQ(last.overlay.lines[0].text, "door: 1 in, 0 out");
  EXPECT_EQ(last.overlay.lines[0].from, cv::Point2f(0, 150));
  EXPECT_EQ(last.overlay.lines[0].to, cv::Point2f(400, 150));
  EXPECT_GT(last.overlay.lines[0].inward.y, 0);
}

TEST(Follower, KeepsSourcesApart) {
  Follower follower(with_door(), kNames);
  walk(follower, "a.mp4", 0, 90, 250);
  walk(follower, "b.mp4", 0, 250, 90);
  follower.finish();
  const auto counts = follower.counts();
  ASSERT_EQ(counts.size(), 2U);
  EXPECT_EQ(counts[0].source, "a.mp4");
  EXPECT_THAT(counts[0].unique, ElementsAre(Pair(0, 1)));
  EXPECT_EQ(counts[0].totals.front().in, 1U);
  EXPECT_EQ(counts[0].totals.front().out, 0U);
  EXPECT_EQ(counts[1].totals.front().in, 0U);
  EXPECT_EQ(counts[1].totals.front().out, 1U);
}

TEST(Follower, TellsRowsAndEventsWhenTheyAreThere) {
  FollowOptions options = with_door();
  options.scene.intervals.interval_s = 1;
  std::vector<std::string> told;
  Follower::Callbacks callbacks;
  callbacks.on_event = [&](const Frame& at, const gondola::count::SceneEvent& event) {
    told.push_back(gondola::concat(at.source, ' ', name_of(event.kind), ' ', event.name));
    EXPECT_TRUE(at.image.empty());
  };
  std::size_t rows = 0;
  callbacks.on_row = [&](const Frame&, const gondola::count::CountRow& row) {
    rows += row.scope == gondola::count::ScopeKind::kLine && row.label.empty() ? 1 : 0;
  };
  Follower follower(options, kNames, callbacks);
  walk(follower, "a.mp4", 0, 90, 250);
  EXPECT_THAT(told, ElementsAre("a.mp4 in door"));
  EXPECT_EQ(rows, 1U);  // the second of two seconds is not over
  follower.finish();
  EXPECT_EQ(rows, 2U);
}

TEST(Follower, GoesOnWhenAStreamComesBackWithAnotherSize) {
  Follower follower(with_door(), kNames);
  walk(follower, "rtsp://door", 0, 90, 250);
  for (int i = 0; i < 20; ++i) {
    FrameDetections result =
        frame("rtsp://door", 100 + i, 180 + static_cast<float>(i) * 16, {800, 600});
    follower.follow(result);
    EXPECT_EQ(result.overlay.lines[0].to, cv::Point2f(800, 300));
  }
  EXPECT_EQ(follower.counts()[0].totals.front().in, 2U);
}

TEST(Follower, TakesFramesWithTheSameTime) {
  Follower follower({}, kNames);
  FrameDetections first = frame("a.mp4", 0, 100);
  follower.follow(first);
  FrameDetections again = frame("a.mp4", 1, 100);
  again.frame.time_s = 0;
  follower.follow(again);
  EXPECT_THAT(again.tracks, ElementsAre(1));
  EXPECT_EQ(follower.counts().size(), 1U);
}

TEST(Follower, StartsAnewWhenTheSameFileComesAgain) {
  Follower follower(with_door(), kNames);
  walk(follower, "a.mp4", 0, 90, 250);
  walk(follower, "a.mp4", 0, 90, 250);
  follower.finish();
  const auto counts = follower.counts();
  ASSERT_EQ(counts.size(), 2U);
  EXPECT_EQ(counts[0].totals.front().in, 1U);
  EXPECT_EQ(counts[1].totals.front().in, 1U);
}

TEST(Follower, AsksTheCameraMotionOfEachSource) {
  int made = 0;
  int asked = 0;
  FollowOptions options;
  options.make_camera_motion = [&] {
    ++made;
    return [&asked](const cv::Mat&) {
      ++asked;
      return gondola::Affine{};
    };
  };
  Follower follower(options, kNames);
  walk(follower, "a.mp4", 0, 90, 100);
  walk(follower, "b.mp4", 0, 90, 100);
  EXPECT_EQ(made, 2);
  EXPECT_EQ(asked, 40);
}

TEST(Follower, NamesALabelThatTheModelDoesNotHave) {
  FollowOptions options = with_door();
  options.scene.lines[0].labels = {"persn"};
  Follower follower(options, kNames);
  FrameDetections first = frame("a.mp4", 0, 100);
  try {
    follower.follow(first);
    FAIL() << "no exception";
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), HasSubstr("persn"));
    EXPECT_THAT(error.what(), HasSubstr("person"));
  }
}

}  // namespace
