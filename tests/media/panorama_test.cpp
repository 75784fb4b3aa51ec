#include "gondola/media/panorama.hpp"

#include <gtest/gtest.h>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "gondola/core/error.hpp"

namespace gondola::media {
namespace {

/// A picture with no two places alike.
cv::Mat textured(cv::Size size) {
  cv::Mat noise(size, CV_8UC3);
  cv::RNG random(7);
  random.fill(noise, cv::RNG::UNIFORM, 0, 256);
  cv::GaussianBlur(noise, noise, {7, 7}, 0);
  return noise;
}

double largest_difference(const cv::Mat& a, const cv::Mat& b) {
  EXPECT_EQ(a.size(), b.size());
  return a.size() == b.size() ? cv::norm(a, b, cv::NORM_INF) : 255;
}

TEST(Panorama, PutsAPictureTogetherAgain) {
  const cv::Mat whole = textured({1500, 300});
  Panorama panorama;
  // Begins in the middle, goes right, then left beyond the beginning.
  const auto look = [&](int x) {
    panorama.paint(whole(cv::Rect(x, 0, 320, 300)), {static_cast<float>(x - 600), 0});
  };
  for (int x = 600; x <= 1180; x += 7) look(x);
  look(1180);
  for (int x = 1180; x >= 0; x -= 9) look(x);
  look(0);
  EXPECT_EQ(largest_difference(panorama.picture(), whole), 0);
  const Affine map = panorama.to_picture();
  EXPECT_EQ(map.xx, 1);
  EXPECT_EQ(map.tx, 600);
  EXPECT_EQ(map.ty, 0);
}

TEST(Panorama, FollowsACameraThatRises) {
  const cv::Mat whole = textured({200, 900});
  Panorama panorama;
  for (int y = 700; y >= 0; y -= 10)
    panorama.paint(whole(cv::Rect(0, y, 200, 200)), {0, static_cast<float>(y)});
  EXPECT_EQ(largest_difference(panorama.picture(), whole), 0);
  EXPECT_EQ(panorama.to_picture().ty, 0);
}

TEST(Panorama, ShowsEveryPlaceAsTheFrameSawItFromTheFront) {
  // Frame n is grey n: which frame painted what is plain to see.
  Panorama panorama;
  for (int i = 0; i <= 40; ++i)
    panorama.paint(cv::Mat(100, 200, CV_8UC3, cv::Scalar::all(5 * i)), {10.0F * i, 0});
  const cv::Mat picture = panorama.picture();
  ASSERT_EQ(picture.cols, 600);
  for (int x = 0; x < picture.cols; ++x) {
    const double nearest = std::min(40.0, std::max(0.0, (x - 100) / 10.0));
    EXPECT_NEAR(picture.at<cv::Vec3b>(50, x)[0] / 5.0, nearest, 1.2) << x;
  }
}

TEST(Panorama, HalvesWhatGetsTooLong) {
  cv::Mat whole(64, 2000, CV_8UC3);
  for (int x = 0; x < whole.cols; ++x) whole.col(x).setTo(cv::Scalar(x / 8, 255 - x / 8, 128));
  Panorama panorama(600);
  for (int x = 0; x <= 1800; x += 8)
    panorama.paint(whole(cv::Rect(x, 0, 200, 64)), {static_cast<float>(x), 0});
  const cv::Mat picture = panorama.picture();
  EXPECT_LE(picture.cols, 600);
  EXPECT_GE(picture.cols, 490);
  const Affine map = panorama.to_picture();
  EXPECT_EQ(map.xx, 0.25F);
  for (int x = 20; x < 1980; x += 40) {
    const int at = static_cast<int>(static_cast<float>(x) * map.xx + map.tx);
    EXPECT_NEAR(picture.at<cv::Vec3b>(8, at)[0], x / 8, 3) << x;
  }
}

TEST(Panorama, IsEmptyBeforeTheFirstFrame) {
  Panorama panorama;
  EXPECT_TRUE(panorama.picture().empty());
  EXPECT_THROW(panorama.paint(cv::Mat(), {}), ContractViolation);
}

}  // namespace
}  // namespace gondola::media
