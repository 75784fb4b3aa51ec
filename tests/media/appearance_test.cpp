#include "gondola/media/appearance.hpp"

#include <cmath>
#include <numeric>

#include <gtest/gtest.h>
#include <opencv2/imgproc.hpp>

#include "gondola/core/error.hpp"

namespace gondola::media {
namespace {

double product(const std::vector<float>& a, const std::vector<float>& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

/// A package with a label: a band of another colour with a ring on it.
cv::Mat package(int width, int height, const cv::Scalar& carton, const cv::Scalar& band) {
  cv::Mat image(height, width, CV_8UC3, carton);
  image.rowRange(height / 3, height * 2 / 3).setTo(band);
  cv::ellipse(image, {width / 2, height / 2}, {width / 4, height / 8}, 0, 0, 360, carton,
              std::max(2, width / 16), cv::LINE_AA);
  return image;
}

const cv::Scalar kRed(40, 40, 200);
const cv::Scalar kBlue(200, 60, 40);
const cv::Scalar kWhite(240, 240, 240);

TEST(Appearance, IsTwoVectorsOfLengthOne) {
  for (const cv::Mat& image :
       {package(60, 120, kRed, kWhite), cv::Mat(9, 5, CV_8UC3, cv::Scalar(0, 0, 0))}) {
    const Appearance look = appearance(image);
    EXPECT_EQ(look.colors.size(), 768U);
    EXPECT_EQ(look.edges.size(), 217U);
    EXPECT_NEAR(product(look.colors, look.colors), 1, 1e-5);
    EXPECT_NEAR(product(look.edges, look.edges), 1, 1e-5);
  }
}

TEST(Appearance, HardlyDependsOnTheSize) {
  const Appearance small = appearance(package(64, 128, kRed, kWhite));
  const Appearance large = appearance(package(320, 640, kRed, kWhite));
  EXPECT_GT(product(small.colors, large.colors), 0.98);
  EXPECT_GT(product(small.edges, large.edges), 0.95);
}

TEST(Appearance, ChangesWithTheColourAndTheEdgesHardlyDo) {
  const Appearance red = appearance(package(64, 128, kRed, kWhite));
  const Appearance blue = appearance(package(64, 128, kBlue, kWhite));
  EXPECT_LT(product(red.colors, blue.colors), 0.6);
  EXPECT_GT(product(red.edges, blue.edges), product(red.colors, blue.colors) + 0.1);
}

TEST(Appearance, TellsWhereAColourIs) {
  cv::Mat red_on_top(128, 64, CV_8UC3, kWhite);
  red_on_top.rowRange(0, 64).setTo(kRed);
  cv::Mat white_on_top;
  cv::flip(red_on_top, white_on_top, 0);
  EXPECT_LT(product(appearance(red_on_top).colors, appearance(white_on_top).colors), 0.85);
}

TEST(Appearance, TellsUprightFromLyingStripesOfTheSameColours) {
  cv::Mat upright(128, 64, CV_8UC3, kWhite);
  for (int x = 0; x < 64; x += 16) upright.colRange(x, x + 8).setTo(kRed);
  cv::Mat lying(128, 64, CV_8UC3, kWhite);
  for (int y = 0; y < 128; y += 32) lying.rowRange(y, y + 16).setTo(kRed);
  const Appearance a = appearance(upright);
  const Appearance b = appearance(lying);
  EXPECT_GT(product(a.colors, b.colors), 0.9);
  EXPECT_LT(product(a.edges, b.edges), 0.5);
}

TEST(Appearance, OfOneColourIsItsBinInEveryBand) {
  // L* 0 of black is the lowest of 4 steps, a* and b* 0 lie in the middle between bins 3 and 4 of
  // 8: four bins share each band evenly. Three bands, the same share each: 12 equal numbers.
  const Appearance black = appearance(cv::Mat(20, 20, CV_8UC3, cv::Scalar(0, 0, 0)));
  int filled = 0;
  for (const float value : black.colors) {
    if (value < 1e-3F) continue;
    ++filled;
    EXPECT_NEAR(value, std::sqrt(1.0 / 12), 1e-3);
  }
  EXPECT_EQ(filled, 12);
  // And there are no edges: all of the vector is the constant.
  EXPECT_NEAR(black.edges.back(), 1, 1e-6);
}

TEST(Appearance, TakesAViewIntoALargerPicture) {
  cv::Mat shelf(300, 300, CV_8UC3, kWhite);
  const cv::Mat crop = package(64, 128, kRed, kBlue);
  crop.copyTo(shelf(cv::Rect(100, 50, 64, 128)));
  const Appearance cut = appearance(shelf(cv::Rect(100, 50, 64, 128)));
  EXPECT_EQ(cut.colors, appearance(crop).colors);
  EXPECT_EQ(cut.edges, appearance(crop).edges);
}

TEST(Appearance, WantsAPictureInColour) {
  EXPECT_THROW(appearance(cv::Mat()), ContractViolation);
  EXPECT_THROW(appearance(cv::Mat(8, 8, CV_8UC1)), ContractViolation);
}

}  // namespace
}  // namespace gondola::media
