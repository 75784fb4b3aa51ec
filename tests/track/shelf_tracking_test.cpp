// Following many equal products side by side, where the enemy of an identity is the neighbour.

#include <algorithm>
#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "track/moving_shelf.hpp"

namespace gondola::track {
namespace {

CameraPath pan(float pixels_per_second) {
  return [=](double time_s) {
    return std::pair(pixels_per_second * static_cast<float>(time_s), 0.0F);
  };
}

/// As people do it: the picture stands for a moment at the end, so that what came in last is seen
/// more than once.
CameraPath pan_and_stop(float pixels_per_second, double stop_s) {
  return [=](double time_s) { return pan(pixels_per_second)(std::min(time_s, stop_s)); };
}

void expect_within_one_percent(const ShelfResult& result) {
  const auto truth = static_cast<double>(result.products.size());
  EXPECT_NEAR(static_cast<double>(result.counted), truth, 0.01 * truth);
}

TEST(ShelfTracking, IsExactOnTrueBoxes) {
  for (const float speed : {-250.0F, 0.0F, 60.0F, 180.0F, 300.0F}) {
    const CameraPath camera = [speed](double time_s) {
      return std::pair(10000 + speed * static_cast<float>(time_s), 0.0F);
    };
    const ShelfResult result = follow_shelf({}, camera, frame_times(12, 10), {0, 0, 1});
    // Only what shows in the last frame for the first time can be missing.
    EXPECT_LE(result.counted, static_cast<std::int64_t>(result.products.size())) << speed;
    EXPECT_GE(result.counted, static_cast<std::int64_t>(result.products.size()) - 5) << speed;
    EXPECT_EQ(result.switches, 0) << speed;
    EXPECT_TRUE(result.shared.empty()) << speed;
  }
}

TEST(ShelfTracking, CountsWithinOnePercentOnAPanWithDroppedAndJitteredBoxes) {
  for (unsigned seed = 1; seed <= 4; ++seed) {
    const ShelfResult result =
        follow_shelf({}, pan_and_stop(180, 19.5), frame_times(20, 10), {0.1, 2, seed});
    EXPECT_GT(result.products.size(), 450U);
    expect_within_one_percent(result);
    EXPECT_LE(result.switches, 6) << "seed " << seed;
  }
}

TEST(ShelfTracking, NeedsTheCommonMotionForThat) {
  TrackerOptions options;
  options.follow_common_motion = false;
  const ShelfResult result = follow_shelf({}, pan(180), frame_times(20, 10), {0.1, 2, 1}, options);
  EXPECT_GT(result.switches, 100);
}

TEST(ShelfTracking, FollowsAPanFasterThanHalfAProductAFrame) {
  // 28 pixels a frame, products every 38 to 66.
  const ShelfResult result = follow_shelf({}, pan(280), frame_times(12, 10), {0.1, 1.5F, 1});
  const auto truth = static_cast<double>(result.products.size());
  EXPECT_NEAR(static_cast<double>(result.counted), truth, 0.02 * truth);
  EXPECT_LE(result.switches, 10);
}

TEST(ShelfTracking, CountsExactlyBeforeAFixedCamera) {
  for (unsigned seed = 1; seed <= 4; ++seed) {
    const ShelfResult result = follow_shelf({}, pan(0), frame_times(20, 10), {0.1, 2, seed});
    EXPECT_EQ(result.counted, static_cast<std::int64_t>(result.products.size()));
    EXPECT_EQ(result.switches, 0);
  }
}

TEST(ShelfTracking, FollowsAPanThatStopsAndGoesOn) {
  const CameraPath camera = [](double time_s) {
    const double moving = std::min(time_s, 4.0) + std::clamp(time_s - 7.0, 0.0, 6.5);
    return std::pair(static_cast<float>(180 * moving), 0.0F);
  };
  const ShelfResult result = follow_shelf({}, camera, frame_times(14, 10), {0.1, 2, 1});
  expect_within_one_percent(result);
  EXPECT_LE(result.switches, 5);
}

TEST(ShelfTracking, BearsAShakingHand) {
  // Pushes of up to 16 pixels from one frame to the next, on top of a pan, up and down as well:
  // rows at the upper and lower border come and go.
  std::mt19937 random(3);
  std::uniform_real_distribution<float> push(-8, 8);
  std::vector<std::pair<float, float>> pushes;
  for (int i = 0; i < 150; ++i) pushes.emplace_back(push(random), push(random));
  const CameraPath camera = [&](double time_s) {
    const auto& [x, y] = pushes.at(static_cast<std::size_t>(std::lround(time_s * 15)));
    return std::pair(100 * static_cast<float>(time_s) + x, y);
  };
  const ShelfResult result = follow_shelf({}, camera, frame_times(10, 15), {0.1, 2, 1});
  expect_within_one_percent(result);
  EXPECT_LE(result.switches, 10);
}

TEST(ShelfTracking, TakesFramesAtAnyTimes) {
  std::mt19937 random(5);
  std::uniform_real_distribution<> step(0.03, 0.17);
  std::vector<double> times{0};
  while (times.back() < 20) times.push_back(times.back() + step(random));
  const ShelfResult result = follow_shelf({}, pan(150), times, {0.1, 2, 1});
  expect_within_one_percent(result);
  EXPECT_LE(result.switches, 5);
}

TEST(ShelfTracking, BearsFramesWithTheSameTimeStamp) {
  // Every tenth frame has the time of the one before, and shows the shelf further on.
  std::vector<double> times;
  for (int i = 0; i < 150; ++i) {
    const bool repeats = i % 10 == 9;
    times.push_back(repeats ? std::nextafter(times.back(), 1e9) : i / 10.0);
  }
  const CameraPath camera = [&](double time_s) {
    const auto at = std::lower_bound(times.begin(), times.end(), time_s) - times.begin();
    return std::pair(15 * static_cast<float>(at), 0.0F);
  };
  const ShelfResult result = follow_shelf({}, camera, times, {0, 0, 1});
  const auto truth = static_cast<double>(result.products.size());
  EXPECT_NEAR(static_cast<double>(result.counted), truth, 0.02 * truth);
  EXPECT_LE(result.switches, 3);
}

TEST(ShelfTracking, CountsTheEndsOfAShelf) {
  ShelfScene scene;
  scene.first_x = 1200;
  scene.last_x = 2400;
  const ShelfResult result = follow_shelf(scene, pan(200), frame_times(16, 10), {0.1, 2, 1});
  expect_within_one_percent(result);
}

}  // namespace
}  // namespace gondola::track
