#include "gondola/media/overlay.hpp"

#include <gtest/gtest.h>
#include <opencv2/core.hpp>

#include "gondola/core/error.hpp"
#include "gondola/media/draw.hpp"

namespace {

using gondola::media::draw_heat;
using gondola::media::draw_overlay;
using gondola::media::Overlay;

cv::Mat grey() { return {300, 400, CV_8UC3, cv::Scalar::all(90)}; }

bool is_changed(const cv::Mat& image, int x, int y) {
  return image.at<cv::Vec3b>(y, x) != cv::Vec3b(90, 90, 90);
}

TEST(Overlay, DrawsNothingWhenThereIsNothing) {
  cv::Mat image = grey();
  draw_overlay(image, {});
  EXPECT_EQ(cv::norm(image, grey()), 0);
}

TEST(Overlay, TintsZonesInsideOnlyAndOutlinesThem) {
  cv::Mat image = grey();
  Overlay overlay;
  overlay.zones.push_back({{{100, 100}, {300, 100}, {300, 250}, {100, 250}}, ""});
  draw_overlay(image, overlay);
  EXPECT_TRUE(is_changed(image, 200, 200));
  EXPECT_FALSE(is_changed(image, 50, 200));
  EXPECT_FALSE(is_changed(image, 200, 280));
  const cv::Vec3b inside = image.at<cv::Vec3b>(200, 200);
  const cv::Vec3b edge = image.at<cv::Vec3b>(200, 100);
  EXPECT_GT(cv::norm(cv::Scalar(edge) - cv::Scalar(90, 90, 90)),
            2 * cv::norm(cv::Scalar(inside) - cv::Scalar(90, 90, 90)));
}

TEST(Overlay, DrawsZonesThatReachOutOfThePicture) {
  cv::Mat image = grey();
  Overlay overlay;
  overlay.zones.push_back({{{-50, -50}, {100, -50}, {100, 100}, {-50, 100}}, "corner"});
  overlay.zones.push_back({{{500, 500}, {600, 500}, {600, 600}}, ""});
  overlay.zones.push_back({{}, "none"});
  draw_overlay(image, overlay);
  EXPECT_TRUE(is_changed(image, 90, 90));
  EXPECT_FALSE(is_changed(image, 200, 200));
}

TEST(Overlay, PointsLinesInward) {
  cv::Mat down = grey();
  Overlay overlay;
  overlay.lines.push_back({{50, 150}, {350, 150}, {0, 1}, ""});
  draw_overlay(down, overlay);
  EXPECT_TRUE(is_changed(down, 100, 150));
  EXPECT_TRUE(is_changed(down, 200, 160));
  EXPECT_FALSE(is_changed(down, 200, 140));
}

TEST(Overlay, TrailsHaveTheColourOfTheirTrack) {
  cv::Mat image = grey();
  Overlay overlay;
  overlay.trails.push_back({7, {{50, 50}, {150, 50}, {250, 50}}});
  draw_overlay(image, overlay);
  // A thin line is mixed with what is below it.
  EXPECT_LT(cv::norm(cv::Scalar(image.at<cv::Vec3b>(50, 200)) - gondola::media::class_color(7)),
            25);
  EXPECT_GT(cv::norm(cv::Scalar(image.at<cv::Vec3b>(50, 200)) - cv::Scalar(90, 90, 90)), 100);
}

TEST(Overlay, KeepsTextInsideThePicture) {
  cv::Mat image = grey();
  Overlay overlay;
  overlay.status = std::string(300, 'W');
  overlay.lines.push_back({{390, 5}, {399, 5}, {0, -1}, "a long name: 12 in, 13 out"});
  EXPECT_NO_THROW(draw_overlay(image, overlay));
}

TEST(Heat, ShowsTheWarmestCellsAndLeavesColdOnesAlone) {
  cv::Mat image = grey();
  std::vector<float> seconds(8 * 6);
  seconds[2 * 8 + 5] = 10;  // third row, sixth column: its middle is (275, 125)
  draw_heat(image, seconds, 8, 6);
  EXPECT_TRUE(is_changed(image, 275, 125));
  EXPECT_GT(image.at<cv::Vec3b>(125, 275)[2], 150);  // red
  EXPECT_FALSE(is_changed(image, 50, 250));
}

TEST(Heat, LeavesThePictureWhenNothingStayed) {
  cv::Mat image = grey();
  draw_heat(image, std::vector<float>(4), 2, 2);
  EXPECT_EQ(cv::norm(image, grey()), 0);
  EXPECT_THROW(draw_heat(image, std::vector<float>(3), 2, 2), gondola::ContractViolation);
}

}  // namespace
