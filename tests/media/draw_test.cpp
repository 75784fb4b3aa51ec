#include "gondola/media/draw.hpp"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <opencv2/imgproc.hpp>

#include "gondola/core/error.hpp"
#include "support/shared_data.hpp"

namespace {

using gondola::Box;
using gondola::ClassNames;
using gondola::Detection;
using gondola::media::class_color;
using gondola::media::draw_detections;
using gondola::media::DrawOptions;
using gondola::media::LabelMode;

const ClassNames kNames({"bottle", "can", "carton"});

cv::Mat grey_image(int width, int height) { return {height, width, CV_8UC3, cv::Scalar::all(128)}; }

DrawOptions without_labels() {
  DrawOptions options;
  options.labels = LabelMode::kNever;
  options.legend = false;
  return options;
}

/// Mask of the pixels that drawing changed on grey_image().
cv::Mat changed(const cv::Mat& image) {
  cv::Mat mask;
  cv::inRange(image, cv::Scalar::all(128), cv::Scalar::all(128), mask);
  return ~mask;
}

cv::Vec3b color_of(int class_id) {
  const cv::Scalar color = class_color(class_id);
  return {static_cast<unsigned char>(color[0]), static_cast<unsigned char>(color[1]),
          static_cast<unsigned char>(color[2])};
}

int count_color(const cv::Mat& image, int class_id) {
  cv::Mat mask;
  cv::inRange(image, class_color(class_id), class_color(class_id), mask);
  return cv::countNonZero(mask);
}

/// A grid of boxes 20 x 40, 30 pixels apart, as on a full shelf.
std::vector<Detection> full_shelf(int columns, int rows) {
  std::vector<Detection> detections;
  for (int row = 0; row < rows; ++row) {
    for (int column = 0; column < columns; ++column) {
      const auto x = static_cast<float>(30 * column + 5);
      const auto y = static_cast<float>(50 * row + 5);
      detections.push_back({{x, y, x + 20, y + 40}, 0.8F, column % 3});
    }
  }
  return detections;
}

/// CIE76 distance of two class colours in L*a*b*; about 2 is just noticeable.
double color_distance(int a, int b) {
  cv::Mat colors(1, 2, CV_32FC3);
  colors.at<cv::Vec3f>(0) = cv::Vec3f(color_of(a)) / 255;
  colors.at<cv::Vec3f>(1) = cv::Vec3f(color_of(b)) / 255;
  cv::cvtColor(colors, colors, cv::COLOR_BGR2Lab);
  return cv::norm(colors.at<cv::Vec3f>(0), colors.at<cv::Vec3f>(1));
}

TEST(ClassColor, TellsNeighboursClearlyApart) {
  for (int id = 0; id < 200; ++id)
    for (int other = id + 1; other <= id + 4; ++other)
      EXPECT_GT(color_distance(id, other), 30) << id << " and " << other;
}

TEST(ClassColor, TellsTheFirstTwentyApart) {
  for (int id = 0; id < 20; ++id)
    for (int other = 0; other < id; ++other)
      EXPECT_GT(color_distance(id, other), 12) << id << " and " << other;
}

TEST(ClassColor, StandsOutFromBlackAndWhite) {
  for (int id = 0; id < 200; ++id) {
    cv::Mat color(1, 1, CV_32FC3, class_color(id) / 255);
    cv::cvtColor(color, color, cv::COLOR_BGR2Lab);
    const float lightness = color.at<cv::Vec3f>(0)[0];  // 0..100
    EXPECT_GT(lightness, 40) << id;
    EXPECT_LT(lightness, 90) << id;
  }
}

TEST(ClassColor, TakesAnyId) {
  EXPECT_EQ(class_color(-1), class_color(0));
  EXPECT_NO_THROW(class_color(std::numeric_limits<int>::max()));
}

TEST(DrawDetections, DrawsTheBorderWhereTheBoxIs) {
  cv::Mat image = grey_image(200, 200);
  DrawOptions options = without_labels();
  options.line_width = 2;
  draw_detections(image, {{{50, 60, 120, 150}, 0.9F, 1}}, kNames, options);
  for (const cv::Point point : {cv::Point(50, 60), cv::Point(51, 61), cv::Point(119, 149),
                                cv::Point(118, 100), cv::Point(80, 60), cv::Point(80, 149)})
    EXPECT_EQ(image.at<cv::Vec3b>(point), color_of(1)) << point;
  // Two pixels inside the border the picture is only tinted; two outside it is untouched.
  EXPECT_NE(image.at<cv::Vec3b>(100, 52), color_of(1));
  EXPECT_EQ(image.at<cv::Vec3b>(100, 47), cv::Vec3b(128, 128, 128));
  EXPECT_EQ(image.at<cv::Vec3b>(153, 80), cv::Vec3b(128, 128, 128));
}

TEST(DrawDetections, LeavesTheInsideOfALabelledBoxAlone) {
  cv::Mat image = grey_image(400, 400);
  draw_detections(image, {{{100, 100, 300, 300}, 0.9F, 0}}, kNames);
  EXPECT_EQ(cv::countNonZero(changed(image)(cv::Rect(110, 110, 180, 180))), 0);
}

TEST(DrawDetections, PutsTheLabelOnTheBox) {
  cv::Mat image = grey_image(400, 400);
  draw_detections(image, {{{100, 100, 300, 300}, 0.9F, 0}}, kNames);
  // The rim is at most 2 pixels wide, so what changed further up is the label.
  const cv::Rect drawn = cv::boundingRect(changed(image));
  EXPECT_LT(drawn.y, 95);
  EXPECT_GT(drawn.y, 70);
  EXPECT_GE(drawn.x, 98);
  EXPECT_LE(drawn.br().x, 303);
}

TEST(DrawDetections, KeepsLabelsInsideTheImage) {
  for (const Box box : {Box{0, 0, 60, 60}, Box{340, 0, 400, 60}, Box{0, 340, 60, 400},
                        Box{340, 340, 400, 400}, Box{0, 0, 400, 400}}) {
    cv::Mat with = grey_image(400, 400);
    draw_detections(with, {{box, 0.9F, 0}}, kNames);
    cv::Mat without = grey_image(400, 400);
    draw_detections(without, {{box, 0.9F, 0}}, kNames, without_labels());
    // A whole label of "bottle 90%" in letters of 11 pixels or more covers over 600 pixels.
    EXPECT_GT(count_color(with, 0) - count_color(without, 0), 600) << box;
  }
}

// Two boxes at the same place: the second label has to move.
TEST(DrawDetections, KeepsLabelsOffEachOther) {
  const Box box{100, 100, 300, 300};
  cv::Mat one = grey_image(400, 400);
  draw_detections(one, {{box, 0.9F, 0}}, kNames);
  cv::Mat two = grey_image(400, 400);
  draw_detections(two, {{box, 0.9F, 0}, {box, 0.8F, 1}}, kNames);
  EXPECT_GT(count_color(two, 1), 600);
  // The surer one keeps its place, its background as visible as alone, but for the border below.
  const cv::Rect above(95, 60, 250, 38);
  EXPECT_EQ(count_color(two(above), 0), count_color(one(above), 0));
}

TEST(DrawDetections, DrawsTheSurestOnTop) {
  cv::Mat image = grey_image(200, 200);
  const Box box{20, 20, 180, 180};
  draw_detections(image, {{box, 0.9F, 0}, {box, 0.5F, 1}}, kNames, without_labels());
  EXPECT_EQ(image.at<cv::Vec3b>(100, 20), color_of(0));
  EXPECT_EQ(count_color(image, 1), 0);
}

TEST(DrawDetections, ReplacesLabelsByCountsOnAFullShelf) {
  const std::vector<Detection> shelf = full_shelf(20, 10);
  cv::Mat with_legend = grey_image(800, 600);
  draw_detections(with_legend, shelf, kNames);
  DrawOptions options;
  options.legend = false;
  cv::Mat without_legend = grey_image(800, 600);
  draw_detections(without_legend, shelf, kNames, options);

  // Labels would lie on the gaps between the boxes, where only the rims reach: 3 pixels in, the
  // gap between two columns is as it was.
  cv::Mat gap = changed(without_legend)(cv::Rect(28, 60, 4, 400));
  EXPECT_EQ(cv::countNonZero(gap), 0);
  // The legend is one dark panel in a corner.
  cv::Mat difference;
  cv::absdiff(with_legend, without_legend, difference);
  cv::cvtColor(difference, difference, cv::COLOR_BGR2GRAY);
  const cv::Rect panel = cv::boundingRect(difference > 0);
  EXPECT_GT(panel.area(), 2000);
  EXPECT_LT(panel.area(), 800 * 600 / 10);
  EXPECT_TRUE(panel.y < 30 || panel.br().y > 570) << panel;
}

TEST(DrawDetections, LabelsEveryBoxWhenAskedTo) {
  const std::vector<Detection> shelf = full_shelf(20, 10);
  DrawOptions options;
  options.labels = LabelMode::kAlways;
  cv::Mat image = grey_image(800, 600);
  draw_detections(image, shelf, kNames, options);
  EXPECT_GT(cv::countNonZero(changed(image)(cv::Rect(28, 60, 4, 400))), 400);
}

TEST(DrawDetections, SkipsBoxesThatEncloseNothing) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  cv::Mat image = grey_image(100, 100);
  draw_detections(image,
                  {{{nan, 10, 50, 50}, 0.9F, 0},
                   {{10, 10, infinity, 50}, 0.9F, 0},
                   {{50, 50, 10, 10}, 0.9F, 0},
                   {{20, 20, 20, 40}, 0.9F, 0},
                   {{-50, -50, -10, -10}, 0.9F, 0},
                   {{200, 200, 300, 300}, 0.9F, 0}},
                  kNames);
  EXPECT_EQ(cv::countNonZero(changed(image)), 0);
}

TEST(DrawDetections, CutsBoxesAtTheImage) {
  cv::Mat image = grey_image(100, 80);
  DrawOptions options = without_labels();
  options.line_width = 1;
  draw_detections(image, {{{-1e30F, -20, 1e30F, 500}, 0.9F, 0}}, kNames, options);
  for (const cv::Point corner :
       {cv::Point(0, 0), cv::Point(99, 0), cv::Point(0, 79), cv::Point(99, 79)})
    EXPECT_EQ(image.at<cv::Vec3b>(corner), color_of(0)) << corner;
}

TEST(DrawDetections, SurvivesTinyImagesAndLongNames) {
  const ClassNames long_names({std::string(500, 'w')});
  for (const cv::Size size : {cv::Size(1, 1), cv::Size(2, 40), cv::Size(300, 3)}) {
    cv::Mat image = grey_image(size.width, size.height);
    const Detection all{
        {0, 0, static_cast<float>(size.width), static_cast<float>(size.height)}, 0.9F, 0};
    for (const LabelMode mode : {LabelMode::kAuto, LabelMode::kAlways, LabelMode::kNever}) {
      DrawOptions options;
      options.labels = mode;
      EXPECT_NO_THROW(draw_detections(image, std::vector<Detection>(20, all), long_names, options));
    }
  }
}

TEST(DrawDetections, GrowsWithTheImage) {
  const auto label_height = [](int side) {
    cv::Mat image = grey_image(side, side);
    const auto f = static_cast<float>(side);
    draw_detections(image, {{{0.2F * f, 0.5F * f, 0.8F * f, 0.9F * f}, 0.9F, 0}}, kNames);
    return side / 2 - cv::boundingRect(changed(image)).y;
  };
  EXPECT_GE(label_height(320), 11);
  EXPECT_NEAR(label_height(3200), 2 * label_height(1600), 6);
}

TEST(DrawDetections, DrawsNamesInAnyScriptAndShape) {
  for (const std::string name :
       {"Getr\xC3\xA4nk", "\xD0\x81\xD0\xBB\xD0\xBA\xD0\xB0", "\xE6\x97\xA5\xE6\x9C\xAC",
        "line\nbreak\t", "\xFF\xFE not UTF-8", ""}) {
    for (const std::string font : {"", "built-in"}) {
      DrawOptions options;
      options.font = font;
      cv::Mat image = grey_image(300, 300);
      EXPECT_NO_THROW(
          draw_detections(image, {{{50, 100, 250, 200}, 0.9F, 0}}, ClassNames({name}), options));
      EXPECT_LT(cv::boundingRect(changed(image)).y, 95) << name;
    }
  }
}

TEST(DrawDetections, NamesAFontThatIsNone) {
  const auto error_of = [](const std::string& font) -> std::string {
    DrawOptions options;
    options.font = font;
    cv::Mat image = grey_image(100, 100);
    try {
      draw_detections(image, {{{10, 30, 90, 90}, 0.9F, 0}}, kNames, options);
    } catch (const gondola::IoError& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_EQ(error_of("/nowhere/a.ttf"),
            "font '/nowhere/a.ttf': no such file; name a .ttf or .otf file, none to have one "
            "chosen, or 'built-in'");
  const gondola::test::TempDir dir;
  gondola::test::write_text(dir / "a.ttf", "no font");
  EXPECT_THAT(error_of(dir / "a.ttf"), testing::HasSubstr("not a TrueType or OpenType font"));
}

TEST(DrawDetections, RefusesWhatIsNoBgrImage) {
  cv::Mat grey(10, 10, CV_8UC1);
  EXPECT_THROW(draw_detections(grey, {}, kNames), gondola::ContractViolation);
}

}  // namespace
