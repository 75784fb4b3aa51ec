#include "gondola/media/camera_motion.hpp"

#include <cmath>

#include <gtest/gtest.h>
#include <opencv2/imgproc.hpp>

#include "gondola/core/error.hpp"

namespace gondola::media {
namespace {

/// A wall of rows of packages that are all alike but for what is printed on them.
cv::Mat wall(std::uint64_t seed) {
  cv::RNG random(seed);
  cv::Mat picture(900, 1500, CV_8UC3, cv::Scalar(90, 100, 110));
  for (int y = 10; y < picture.rows - 100; y += 110) {
    for (int x = 5; x < picture.cols - 50; x += 50) {
      const cv::Rect package(x, y, 44, 100);
      picture(package) = cv::Scalar(60, 60, 190);
      const cv::Rect label(x + random.uniform(2, 12), y + random.uniform(5, 50), 25, 30);
      picture(label) =
          cv::Scalar(random.uniform(0, 255), random.uniform(0, 255), random.uniform(0, 255));
    }
  }
  cv::GaussianBlur(picture, picture, {}, 1.5);
  return picture;
}

/// What a camera sees of it from some place.
cv::Mat view(const cv::Mat& wall, double x, double y, cv::Size size = {960, 540}) {
  cv::Mat seen;
  const cv::Matx23d there(1, 0, -x, 0, 1, -y);
  cv::warpAffine(wall, seen, there, size, cv::INTER_LINEAR);
  cv::Mat noise(seen.size(), CV_8UC3);
  cv::randn(noise, cv::Scalar::all(8), cv::Scalar::all(4));
  seen += noise;
  return seen;
}

TEST(CameraMotion, FollowsAPanAlongPackagesThatAreAlike) {
  const cv::Mat shelf = wall(1);
  CameraMotionEstimator motion;
  EXPECT_EQ(motion.update(view(shelf, 20, 100)), Affine{});
  // To the right by 13.6 and up by 4.2: what is seen moves the other way.
  for (int step = 1; step <= 20; ++step) {
    const Affine seen = motion.update(view(shelf, 20 + 13.6 * step, 100 - 4.2 * step));
    EXPECT_NEAR(seen.tx, -13.6, 1) << "step " << step;
    EXPECT_NEAR(seen.ty, 4.2, 1) << "step " << step;
    EXPECT_EQ(seen.xx, 1);
    EXPECT_EQ(seen.yx, 0);
  }
}

TEST(CameraMotion, IsTheSameInPicturesOfOddSizes) {
  const cv::Mat shelf = wall(2);
  for (const cv::Size size : {cv::Size(641, 479), cv::Size(1279, 719), cv::Size(97, 61)}) {
    CameraMotionEstimator motion;
    motion.update(view(shelf, 30, 50, size));
    const Affine seen = motion.update(view(shelf, 38, 53, size));
    EXPECT_NEAR(seen.tx, -8, 1) << size;
    EXPECT_NEAR(seen.ty, -3, 1) << size;
  }
}

TEST(CameraMotion, IsNoneWhereOnlySomebodyMoves) {
  const cv::Mat shelf = wall(3);
  const cv::Mat person = wall(4);
  CameraMotionEstimator motion;
  for (int step = 0; step < 10; ++step) {
    cv::Mat seen = view(shelf, 20, 100);
    const cv::Rect place(100 + 30 * step, 60, 280, 480);
    person(cv::Rect(0, 0, place.width, place.height)).copyTo(seen(place));
    const Affine moved = motion.update(seen);
    EXPECT_LT(std::hypot(moved.tx, moved.ty), 1) << "step " << step;
  }
}

TEST(CameraMotion, IsNoneAcrossACutAndAChangeOfSize) {
  CameraMotionEstimator motion;
  const cv::Mat shelf = wall(5);
  motion.update(view(shelf, 0, 0));
  cv::Mat other(540, 960, CV_8UC3);
  cv::randu(other, 0, 255);
  cv::GaussianBlur(other, other, {}, 8);
  EXPECT_EQ(motion.update(other), Affine{});
  motion.update(view(shelf, 0, 0));
  EXPECT_EQ(motion.update(view(shelf, 20, 0, {640, 360})), Affine{});
}

TEST(CameraMotion, IsNoneInTheDark) {
  CameraMotionEstimator motion;
  const cv::Mat black(540, 960, CV_8UC3, cv::Scalar::all(0));
  motion.update(black);
  EXPECT_EQ(motion.update(black), Affine{});
}

TEST(CameraMotion, RefusesPicturesThatAreNone) {
  CameraMotionEstimator motion;
  EXPECT_THROW(motion.update(cv::Mat(540, 960, CV_8UC1)), ContractViolation);
  EXPECT_THROW(motion.update(cv::Mat(8, 8, CV_8UC3)), ContractViolation);
}

}  // namespace
}  // namespace gondola::media
