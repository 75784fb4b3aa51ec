#include "gondola/track/tracker.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gondola/core/error.hpp"

namespace gondola::track {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

constexpr Size kPicture{640, 480};

Detection found(float x, float y, float score = 0.9F, int class_id = 0, float width = 40,
                float height = 80) {
  return {{x, y, x + width, y + height}, score, class_id};
}

std::vector<std::int64_t> ids(const std::vector<Track>& tracks) {
  std::vector<std::int64_t> result;
  for (const Track& track : tracks) result.push_back(track.id);
  return result;
}

/// Everything must be seen twice, in the first frame too.
TrackerOptions without_trust() {
  TrackerOptions options;
  options.confirm_first_frame = false;
  return options;
}

TEST(Tracker, FollowsOneObject) {
  Tracker tracker;
  for (int frame = 0; frame < 10; ++frame) {
    const auto tracks =
        tracker.update({found(100.0F + 5 * static_cast<float>(frame), 50)}, frame / 25.0);
    ASSERT_THAT(ids(tracks), ElementsAre(1));
    EXPECT_EQ(tracks[0].class_id, 0);
    EXPECT_FLOAT_EQ(tracks[0].score, 0.9F);
    EXPECT_EQ(tracks[0].detection, 0U);
  }
  EXPECT_EQ(tracker.confirmed(), 1);
}

TEST(Tracker, GivesIdentitiesWithoutGapsToWhatIsSeenOftenEnough) {
  TrackerOptions options = without_trust();
  options.confirm_frames = 3;
  Tracker tracker(options);
  // The one at 300 is seen twice only, the others three times, one of them a frame later.
  EXPECT_THAT(tracker.update({found(100, 50), found(300, 50)}, 0.0), IsEmpty());
  EXPECT_THAT(tracker.update({found(100, 50), found(300, 50), found(500, 50)}, 0.1), IsEmpty());
  EXPECT_THAT(ids(tracker.update({found(100, 50), found(500, 50)}, 0.2)), ElementsAre(1));
  EXPECT_THAT(ids(tracker.update({found(100, 50), found(500, 50)}, 0.3)), ElementsAre(1, 2));
  EXPECT_EQ(tracker.confirmed(), 2);
}

TEST(Tracker, ForgetsATentativeTrackAtItsFirstMiss) {
  Tracker tracker(without_trust());
  for (int frame = 0; frame < 20; ++frame) {
    std::vector<Detection> flicker;
    if (frame % 2 == 0) flicker.push_back(found(100, 50));
    EXPECT_THAT(tracker.update(flicker, frame / 10.0), IsEmpty());
  }
  EXPECT_EQ(tracker.confirmed(), 0);
  tracker.finish();
  EXPECT_THAT(tracker.ended(), IsEmpty());
}

TEST(Tracker, BelievesTheFirstFrameIfAsked) {
  Tracker tracker;
  EXPECT_THAT(ids(tracker.update({found(100, 50), found(300, 50)}, 7.0)), ElementsAre(1, 2));
  EXPECT_THAT(ids(tracker.update({found(500, 50)}, 7.1)), IsEmpty());
  EXPECT_THAT(ids(tracker.update({found(500, 50)}, 7.2)), ElementsAre(3));
}

TEST(Tracker, KeepsIdentitiesWhenTwoCross) {
  // Two people walk through each other, at 4 and 5 pixels a frame; where they overlap, only the
  // nearer one is found.
  Tracker tracker;
  std::int64_t right_goer = 0;
  std::int64_t left_goer = 0;
  for (int frame = 0; frame < 80; ++frame) {
    const float right_x = 100 + 4 * static_cast<float>(frame);
    const float left_x = 400 - 5 * static_cast<float>(frame);
    std::vector<Detection> detections{found(right_x, 100)};
    const bool is_hidden = std::abs(right_x - left_x) < 20;
    if (!is_hidden) detections.push_back(found(left_x, 110));
    const auto tracks = tracker.update(detections, frame / 25.0);
    for (const Track& track : tracks) {
      std::int64_t& id = track.detection == 0 ? right_goer : left_goer;
      if (id == 0) id = track.id;
      EXPECT_EQ(track.id, id) << "frame " << frame;
    }
  }
  EXPECT_EQ(tracker.confirmed(), 2);
}

TEST(Tracker, FindsAnObjectAgainBehindAPillar) {
  Tracker tracker;
  for (int frame = 0; frame < 60; ++frame) {
    const float x = 50 + 5 * static_cast<float>(frame);
    std::vector<Detection> detections;
    const bool is_hidden = frame >= 20 && frame < 40;  // 0.8 s, 100 pixels
    if (!is_hidden) detections.push_back(found(x, 100));
    const auto tracks = tracker.update(detections, frame / 25.0, {}, kPicture);
    EXPECT_THAT(tracks, SizeIs(is_hidden ? 0 : 1));
    EXPECT_THAT(tracker.ended(), IsEmpty());
    EXPECT_TRUE(is_hidden || tracks.at(0).id == 1);
  }
}

TEST(Tracker, EndsATrackWhenItsMemoryIsOver) {
  TrackerOptions options;
  options.lost_memory_s = 0.5;
  Tracker tracker(options);
  tracker.update({found(100, 50, 0.9F, 3)}, 1.0);
  tracker.update({found(100, 50, 0.9F, 3)}, 1.25);
  tracker.update({}, 1.5);
  tracker.update({}, 1.75);  // exactly the memory: kept
  EXPECT_THAT(tracker.ended(), IsEmpty());
  tracker.update({}, 1.8);
  ASSERT_THAT(tracker.ended(), SizeIs(1));
  const EndedTrack& ended = tracker.ended()[0];
  EXPECT_EQ(ended.id, 1);
  EXPECT_EQ(ended.class_id, 3);
  EXPECT_DOUBLE_EQ(ended.first_seen_s, 1.0);
  EXPECT_DOUBLE_EQ(ended.last_seen_s, 1.25);
  EXPECT_EQ(ended.detections, 2);
  tracker.update({}, 1.9);
  EXPECT_THAT(tracker.ended(), IsEmpty());
  // What comes then is new.
  tracker.update({found(100, 50)}, 2.0);
  EXPECT_THAT(ids(tracker.update({found(100, 50)}, 2.1)), ElementsAre(2));
}

TEST(Tracker, MatchesAcrossAnyPauseWhatWasThereBeforeIt) {
  // One picture a minute, or a camera that was away.
  Tracker tracker;
  tracker.update({found(100, 50), found(300, 50)}, 0);
  EXPECT_THAT(ids(tracker.update({found(100, 50), found(300, 50)}, 60)), ElementsAre(1, 2));
}

TEST(Tracker, CarriesATrackOnByDetectionsOfLowScores) {
  const auto detections_of_second = [](float low_score) {
    TrackerOptions options;
    options.low_score = low_score;
    options.lost_memory_s = 0.2;
    Tracker tracker(options);
    std::int64_t last = 0;
    for (int frame = 0; frame < 20; ++frame) {
      const bool is_dim = frame >= 5 && frame < 15;
      for (const Track& track :
           tracker.update({found(100, 50, is_dim ? 0.15F : 0.9F)}, frame / 10.0)) {
        last = track.id;
      }
    }
    return last;
  };
  EXPECT_EQ(detections_of_second(0.1F), 1);
  EXPECT_EQ(detections_of_second(0.25F), 2);  // ends in between, and begins again
}

TEST(Tracker, BeginsNothingWithLowScores) {
  TrackerOptions options;
  options.new_track_score = 0.6F;
  Tracker tracker(options);
  for (int frame = 0; frame < 5; ++frame) {
    tracker.update({found(100, 50, 0.2F), found(300, 50, 0.5F), found(500, 50, 0.6F)},
                   frame / 10.0);
  }
  EXPECT_EQ(tracker.confirmed(), 1);
}

TEST(Tracker, LetsALostTrackBeFoundAgainByHighScoresOnly) {
  Tracker tracker;
  tracker.update({found(100, 50)}, 0.0);
  tracker.update({}, 0.1);
  EXPECT_THAT(tracker.update({found(100, 50, 0.2F)}, 0.2), IsEmpty());
  EXPECT_THAT(ids(tracker.update({found(100, 50, 0.3F)}, 0.3)), ElementsAre(1));
}

TEST(Tracker, KeepsClassesApart) {
  // A person behind a counter: two boxes, mostly the same place, of two classes.
  Tracker tracker;
  for (int frame = 0; frame < 10; ++frame) {
    std::vector<Detection> detections{found(100, 50, 0.9F, 1), found(110, 60, 0.8F, 2)};
    if (frame == 5) detections.erase(detections.begin());  // the other must not take its place
    const auto tracks = tracker.update(detections, frame / 10.0);
    EXPECT_THAT(ids(tracks),
                frame == 5 ? std::vector<std::int64_t>{2} : (std::vector<std::int64_t>{1, 2}));
  }
  EXPECT_THAT(tracker.confirmed_by_class(), ElementsAre(Pair(1, 1), Pair(2, 1)));
}

TEST(Tracker, SurvivesAFlickeringLabel) {
  Tracker tracker;
  for (int frame = 0; frame < 30; ++frame) {
    const int label = frame % 3 == 1 ? 7 : 4;
    const auto tracks = tracker.update({found(100, 50, 0.8F, label)}, frame / 10.0);
    ASSERT_THAT(ids(tracks), ElementsAre(1)) << "frame " << frame;
    EXPECT_EQ(tracks[0].class_id, 4);
  }
  EXPECT_THAT(tracker.confirmed_by_class(), ElementsAre(Pair(4, 1)));
}

TEST(Tracker, ChangesItsMindAboutAClassByVote) {
  Tracker tracker;
  std::vector<int> classes;
  for (int frame = 0; frame < 6; ++frame) {
    // Scores of class 4: 0.5; of class 7: 0.4, 0.8, 1.2: ahead with its second vote.
    const auto one = frame == 0 ? found(100, 50, 0.5F, 4) : found(100, 50, 0.4F, 7);
    classes.push_back(tracker.update({one}, frame / 10.0).at(0).class_id);
  }
  EXPECT_THAT(classes, ElementsAre(4, 4, 7, 7, 7, 7));
  tracker.finish();
  EXPECT_EQ(tracker.ended().at(0).class_id, 7);
  EXPECT_THAT(tracker.confirmed_by_class(), ElementsAre(Pair(7, 1)));
}

TEST(Tracker, IsBlindForClassesIfAsked) {
  // Moving by half a box, so that another class needs more overlap than there is.
  const auto confirmed = [](bool class_agnostic) {
    TrackerOptions options = without_trust();
    options.class_agnostic = class_agnostic;
    Tracker tracker(options);
    for (int frame = 0; frame < 6; ++frame) {
      tracker.update({found(100 + 16 * static_cast<float>(frame), 50, 0.9F, frame % 2)},
                     frame / 10.0);
    }
    return tracker.confirmed();
  };
  EXPECT_EQ(confirmed(true), 1);
  EXPECT_EQ(confirmed(false), 0);
}

TEST(Tracker, CountsAnObjectFoundTwiceOnce) {
  const auto confirmed = [](float duplicate_iou) {
    TrackerOptions options;
    options.duplicate_iou = duplicate_iou;
    Tracker tracker(options);
    for (int frame = 0; frame < 6; ++frame) {
      tracker.update({found(100, 50, 0.9F, 1), found(101, 50, 0.7F, 2)}, frame / 10.0);
    }
    return tracker.confirmed();
  };
  EXPECT_EQ(confirmed(0.85F), 1);
  EXPECT_EQ(confirmed(1), 2);
}

TEST(Tracker, EndsWhatHasLeftThePictureAndTakesANewcomerForANewOne) {
  Tracker tracker;
  // Out to the left at 20 pixels a frame; the box is clipped at the border.
  int frame = 0;
  for (; frame < 15; ++frame) {
    const float x = 200 - 20 * static_cast<float>(frame);
    const Box visible = clip({x, 100, x + 40, 180}, kPicture);
    std::vector<Detection> detections;
    if (visible.width() >= 4) detections.push_back({visible, 0.9F, 0});
    tracker.update(detections, frame / 25.0, {}, kPicture);
  }
  tracker.update({}, frame++ / 25.0, {}, kPicture);
  EXPECT_EQ(tracker.confirmed(), 1);
  // 0.3 s after it was last seen somebody else comes in there.
  std::vector<std::int64_t> seen;
  for (int i = 1; i < 10; ++i, ++frame) {
    const float x = -40 + 10 * static_cast<float>(i);
    const Box visible = clip({x, 100, x + 40, 180}, kPicture);
    for (const auto id : ids(tracker.update({{visible, 0.9F, 0}}, frame / 25.0, {}, kPicture))) {
      seen.push_back(id);
    }
  }
  ASSERT_FALSE(seen.empty());
  EXPECT_THAT(seen, testing::Each(2));
}

TEST(Tracker, ReportsTheEndOfWhatLeftBeforeItsMemoryIsOver) {
  TrackerOptions options;
  options.lost_memory_s = 100;
  Tracker tracker(options);
  int ended_at = 0;
  for (int frame = 0; frame < 40 && ended_at == 0; ++frame) {
    const float x = 200 - 20 * static_cast<float>(frame);
    const Box visible = clip({x, 100, x + 40, 180}, kPicture);
    std::vector<Detection> detections;
    if (visible.width() > 0) detections.push_back({visible, 0.9F, 0});
    tracker.update(detections, frame / 25.0, {}, kPicture);
    if (!tracker.ended().empty()) ended_at = frame;
  }
  // Gone from frame 12 on (200 - 240 = -40); ended when half its longer side, 40 pixels, away.
  EXPECT_GE(ended_at, 13);
  EXPECT_LE(ended_at, 16);
}

TEST(Tracker, KeepsBoxesInsideThePicture) {
  Tracker tracker;
  for (int frame = 0; frame < 8; ++frame) {
    const float x = 40 - 10 * static_cast<float>(frame);
    const Box visible = clip({x, -20, x + 60, 60}, kPicture);
    for (const Track& track : tracker.update({{visible, 0.9F, 0}}, frame / 25.0, {}, kPicture)) {
      EXPECT_GE(track.box.x1, 0);
      EXPECT_GE(track.box.y1, 0);
      EXPECT_NEAR(track.box.x2, visible.x2, 4);
    }
  }
  EXPECT_EQ(tracker.confirmed(), 1);
}

TEST(Tracker, FollowsTheCameraItIsToldOf) {
  // The picture jumps by 150 pixels to and fro: too far for two objects to be understood without.
  const auto confirmed = [](bool is_told) {
    Tracker tracker(without_trust());
    float at = 0;
    for (int frame = 0; frame < 10; ++frame) {
      const float to = frame % 2 == 0 ? 0.0F : 150.0F;
      Affine camera;
      if (is_told) camera.tx = to - at;
      at = to;
      tracker.update({found(100 + at, 100), found(300 + at, 260)}, frame / 10.0, camera, kPicture);
    }
    return tracker.confirmed();
  };
  EXPECT_EQ(confirmed(true), 2);
  EXPECT_EQ(confirmed(false), 0);
}

TEST(Tracker, TakesAnotherPictureSizeAsAScaledPicture) {
  Tracker tracker;
  tracker.update({found(100, 100), found(300, 260)}, 0.0, {}, kPicture);
  tracker.update({found(100, 100), found(300, 260)}, 0.1, {}, kPicture);
  const auto tracks =
      tracker.update({found(50, 50, 0.9F, 0, 20, 40), found(150, 130, 0.9F, 0, 20, 40)}, 0.2,
                     {0.5F, 0, 0, 0, 0.5F, 0}, {320, 240});
  EXPECT_THAT(ids(tracks), ElementsAre(1, 2));
}

TEST(Tracker, GoesByTimeAndNotByFrames) {
  // 100 pixels a second, first seen 25 times a second, then after half a second without frames.
  Tracker tracker;
  for (int frame = 0; frame < 25; ++frame) {
    tracker.update({found(100 + 4 * static_cast<float>(frame), 50)}, frame / 25.0);
  }
  EXPECT_THAT(ids(tracker.update({found(100 + 96 + 50, 50)}, 24 / 25.0 + 0.5)), ElementsAre(1));
}

TEST(Tracker, SteadiesFlickeringBoxes) {
  const auto flicker = [](float smoothing) {
    TrackerOptions options;
    options.smoothing = smoothing;
    Tracker tracker(options);
    std::mt19937 random(1);
    std::normal_distribution<float> jitter(0, 2);
    double sum = 0;
    for (int frame = 0; frame < 200; ++frame) {
      const Box box{100 + jitter(random), 100 + jitter(random), 160 + jitter(random),
                    200 + jitter(random)};
      const Track track = tracker.update({{box, 0.9F, 0}}, frame / 25.0).at(0);
      EXPECT_TRUE(smoothing != 0 || track.box == box);
      if (frame >= 50) sum += std::pow(track.box.x1 - 100, 2) + std::pow(track.box.x2 - 160, 2);
    }
    return std::sqrt(sum / 300);
  };
  EXPECT_NEAR(flicker(0), 2, 0.2);
  EXPECT_LT(flicker(1), 1.2);
  EXPECT_LT(flicker(1), flicker(0.5F));
  EXPECT_LT(flicker(0.5F), flicker(0));
}

TEST(Tracker, IgnoresWhatIsNoBoxAndNoScore) {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  Tracker tracker;
  const std::vector<Detection> detections{
      {{kNan, 0, 10, 10}, 0.9F, 0}, {{10, 10, 5, 20}, 0.9F, 0},     {{0, 0, kInfinity, 9}, 0.9F, 0},
      {{0, 0, 10, 10}, kNan, 0},    {{0, 0, 10, 10}, kInfinity, 0}, found(100, 50),
      {{5, 5, 5, 5}, 0.9F, 0}};
  for (int frame = 0; frame < 3; ++frame) {
    const auto tracks = tracker.update(detections, frame / 10.0);
    ASSERT_THAT(ids(tracks), ElementsAre(1));
    EXPECT_EQ(tracks[0].detection, 5U);
  }
}

TEST(Tracker, BearsBoxesOfAnySize) {
  std::mt19937 random(9);
  std::uniform_real_distribution<float> exponent(-38, 38);
  std::uniform_real_distribution<float> sign(-1, 1);
  const auto anything = [&] {
    return std::copysign(std::pow(10.0F, exponent(random)), sign(random));
  };
  for (const Size picture : {Size{}, kPicture}) {
    Tracker tracker;
    for (int frame = 0; frame < 30; ++frame) {
      std::vector<Detection> detections(20);
      for (Detection& one : detections) {
        one = {{anything(), anything(), anything(), anything()}, 0.9F, 0};
      }
      detections.push_back(found(100, 50));
      const auto tracks = tracker.update(detections, frame / 25.0, {}, picture);
      EXPECT_TRUE(std::any_of(tracks.begin(), tracks.end(),
                              [](const Track& one) { return one.detection == 20; }));
    }
  }
}

TEST(Tracker, TakesEmptyFrames) {
  Tracker tracker;
  EXPECT_THAT(tracker.update({}, 0.0), IsEmpty());
  EXPECT_THAT(tracker.update({}, 0.1, {}, kPicture), IsEmpty());
  tracker.update({found(100, 50)}, 0.2);
  tracker.update({found(100, 50)}, 0.3);
  EXPECT_THAT(tracker.update({}, 0.4), IsEmpty());
  EXPECT_THAT(ids(tracker.update({found(100, 50)}, 0.5)), ElementsAre(1));
}

TEST(Tracker, EndsEverythingAtTheEnd) {
  Tracker tracker;
  tracker.update({found(100, 50, 0.9F, 2), found(300, 50, 0.8F, 5)}, 0.0);
  tracker.update({found(100, 50, 0.9F, 2), found(500, 50, 0.8F, 5)}, 0.1);
  tracker.finish();
  ASSERT_THAT(tracker.ended(), SizeIs(2));
  EXPECT_EQ(tracker.ended()[0].id, 1);
  EXPECT_EQ(tracker.ended()[1].id, 2);
  EXPECT_THAT(tracker.confirmed_by_class(), ElementsAre(Pair(2, 1), Pair(5, 1)));
  // Identities go on.
  tracker.update({found(100, 50)}, 0.2);
  EXPECT_THAT(ids(tracker.update({found(100, 50)}, 0.3)), ElementsAre(3));
}

TEST(Tracker, RefusesTimeThatStandsStill) {
  const auto message_of = [](double second_time) -> std::string {
    Tracker tracker;
    tracker.update({}, 1.5);
    try {
      tracker.update({}, second_time);
    } catch (const ContractViolation& error) {
      return error.what();
    }
    return "no exception";
  };
  EXPECT_THAT(message_of(1.5), HasSubstr("a frame at 1.5 s after one at 1.5 s"));
  EXPECT_THAT(message_of(1.25), HasSubstr("a frame at 1.25 s after one at 1.5 s"));
  EXPECT_THAT(message_of(std::nan("")), HasSubstr("a frame at nan s"));
  EXPECT_EQ(message_of(1.75), "no exception");
}

TEST(TrackerOptions, AreRefusedAllAtOnce) {
  TrackerOptions options;
  options.low_score = 0.5F;
  options.confirm_frames = 0;
  options.smoothing = std::nanf("");
  options.motion.measurement = 0;
  try {
    const Tracker tracker(options);
    FAIL() << "no exception";
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), HasSubstr("low_score = 0.5; expected 0..high_score"));
    EXPECT_THAT(error.what(), HasSubstr("confirm_frames = 0; expected 1 or more"));
    EXPECT_THAT(error.what(), HasSubstr("smoothing = nan; expected 0..1"));
    EXPECT_THAT(error.what(), HasSubstr("motion.measurement = 0; expected above 0"));
  }
  EXPECT_NO_THROW(validate(TrackerOptions{}));
}

}  // namespace
}  // namespace gondola::track
