#include "gondola/media/place_likeness.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>
#include <opencv2/imgproc.hpp>

#include "gondola/core/error.hpp"

namespace gondola::media {
namespace {

constexpr Box kPlace{40, 30, 80, 110};

/// A shelf with one package at kPlace, or without it.
cv::Mat shelf(bool has_package) {
  cv::Mat image(160, 120, CV_8UC3, cv::Scalar(90, 90, 90));
  cv::rectangle(image, {0, 20, 120, 8}, cv::Scalar(60, 70, 80), cv::FILLED);
  cv::rectangle(image, {0, 100, 120, 14}, cv::Scalar(200, 200, 210), cv::FILLED);
  if (!has_package) return image;
  cv::rectangle(image, {42, 32, 36, 70}, cv::Scalar(40, 40, 190), cv::FILLED);
  cv::rectangle(image, {42, 50, 36, 24}, cv::Scalar(240, 240, 240), cv::FILLED);
  cv::circle(image, {60, 62}, 9, cv::Scalar(180, 40, 20), cv::FILLED);
  return image;
}

cv::Mat with_noise(const cv::Mat& image, double deviation, int seed) {
  cv::RNG random(static_cast<std::uint64_t>(seed));
  cv::Mat noise(image.size(), CV_32FC3);
  random.fill(noise, cv::RNG::NORMAL, 0, deviation);
  cv::Mat noisy;
  image.convertTo(noisy, CV_32FC3);
  noisy += noise;
  noisy.convertTo(noisy, CV_8UC3);
  return noisy;
}

TEST(PlaceLikeness, IsOneForTheSamePicture) {
  EXPECT_NEAR(place_likeness(shelf(true), shelf(true), kPlace), 1, 1e-6);
}

TEST(PlaceLikeness, BearsNoiseAndAnotherExposure) {
  cv::Mat darker;
  with_noise(shelf(true), 12, 1).convertTo(darker, CV_8UC3, 0.7, 10);
  EXPECT_GT(place_likeness(with_noise(shelf(true), 12, 2), darker, kPlace), 0.95);
}

TEST(PlaceLikeness, TellsAPackageFromTheBoardBehindIt) {
  EXPECT_LT(place_likeness(shelf(true), shelf(false), kPlace), 0.5);
  EXPECT_LT(place_likeness(with_noise(shelf(false), 12, 3), with_noise(shelf(true), 12, 4), kPlace),
            0.5);
}

TEST(PlaceLikeness, TellsAPackageThatWasMoved) {
  cv::Mat moved;
  const cv::Mat shift = (cv::Mat_<double>(2, 3) << 1, 0, 0, 0, 1, -14);
  cv::warpAffine(shelf(true), moved, shift, cv::Size(120, 160));
  EXPECT_LT(place_likeness(shelf(true), moved, kPlace), 0.8);
}

TEST(PlaceLikeness, LooksOnlyAtThePlace) {
  EXPECT_NEAR(place_likeness(shelf(true), shelf(false), {85, 10, 115, 140}), 1, 1e-6);
}

TEST(PlaceLikeness, IsNothingWhereNothingCanBeTold) {
  const cv::Mat flat(160, 120, CV_8UC3, cv::Scalar(90, 90, 90));
  EXPECT_EQ(place_likeness(flat, flat, kPlace), 0);
  EXPECT_EQ(place_likeness(shelf(true), shelf(true), {130, 30, 150, 60}), 0);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(place_likeness(shelf(true), shelf(true), {nan, 30, 150, 60}), 0);
  EXPECT_EQ(place_likeness(shelf(true), shelf(true), {60, 60, 60, 60}), 0);
}

TEST(PlaceLikeness, IsRightAtThePicturesEdge) {
  EXPECT_NEAR(place_likeness(shelf(true), shelf(true), {-20, 90, 20, 400}), 1, 1e-6);
}

TEST(PlaceLikeness, RefusesPicturesOfTwoSizes) {
  EXPECT_THROW(place_likeness(shelf(true), cv::Mat(10, 10, CV_8UC3), kPlace), ContractViolation);
  EXPECT_THROW(place_likeness({}, {}, kPlace), ContractViolation);
}

}  // namespace
}  // namespace gondola::media
