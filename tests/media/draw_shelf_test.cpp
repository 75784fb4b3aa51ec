#include "gondola/media/draw_shelf.hpp"

#include <gtest/gtest.h>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "gondola/core/error.hpp"
#include "gondola/media/draw.hpp"

namespace {

using gondola::Box;
using gondola::media::class_color;
using gondola::media::draw_change;
using gondola::media::draw_shelf;
using gondola::media::ShelfMarks;

cv::Mat grey() { return {300, 400, CV_8UC3, cv::Scalar::all(90)}; }

cv::Vec3b at(const cv::Mat& image, int x, int y) { return image.at<cv::Vec3b>(y, x); }

TEST(DrawShelf, LeavesThePictureAloneWithoutMarks) {
  EXPECT_EQ(cv::norm(draw_shelf(grey(), {}), grey()), 0);
}

TEST(DrawShelf, OutlinesFacingsInTheColourOfTheirRow) {
  ShelfMarks marks;
  marks.facings = {{{50, 50, 100, 150}, 0, "1"}, {{150, 50, 200, 150}, 1, ""}};
  const cv::Mat picture = grey();
  const cv::Mat drawn = draw_shelf(picture, marks);
  EXPECT_EQ(cv::Scalar(at(drawn, 75, 50)), class_color(0));
  EXPECT_EQ(cv::Scalar(at(drawn, 150, 100)), class_color(1));
  EXPECT_EQ(at(drawn, 75, 100), cv::Vec3b(90, 90, 90));
  EXPECT_EQ(cv::norm(picture, grey()), 0);
}

TEST(DrawShelf, HatchesGapsAndCrossesOutFaults) {
  ShelfMarks marks;
  marks.gaps = {{{40, 40, 140, 140}, ""}};
  marks.faults = {{{240, 40, 340, 140}, ""}};
  const cv::Mat drawn = draw_shelf(grey(), marks);
  int hatched = 0;
  for (int x = 50; x < 130; ++x) hatched += at(drawn, x, 100) != cv::Vec3b(90, 90, 90) ? 1 : 0;
  EXPECT_GT(hatched, 5);
  EXPECT_LT(hatched, 60);
  EXPECT_NE(at(drawn, 290, 90), cv::Vec3b(90, 90, 90));  // where the cross meets
  EXPECT_EQ(at(drawn, 290, 60), cv::Vec3b(90, 90, 90));
}

TEST(DrawShelf, PutsTheSummaryBelow) {
  ShelfMarks marks;
  marks.summary = "3 rows, 42 facings";
  const cv::Mat one_line = draw_shelf(grey(), marks);
  EXPECT_EQ(one_line.cols, 400);
  EXPECT_GT(one_line.rows, 300);
  EXPECT_EQ(cv::norm(one_line.rowRange(0, 300), grey()), 0);
  for (int i = 0; i < 20; ++i) marks.summary += " and a few words more";
  EXPECT_GT(draw_shelf(grey(), marks).rows, one_line.rows + 50);
}

TEST(DrawShelf, TakesBoxesThatAreOutsideOrInvalid) {
  ShelfMarks marks;
  marks.facings = {
      {{-50, -50, -10, -10}, 0, "1"}, {{5, 5, 1, 1}, 0, "2"}, {{390, 290, 500, 500}, 0, "3"}};
  marks.gaps = {{{395, 295, 600, 600}, "gap"}};
  marks.boards = {{{}, 0, "none"}, {{{-10, 400}, {500, 400}}, 1, "below"}};
  EXPECT_NO_THROW(draw_shelf(grey(), marks));
  EXPECT_THROW(draw_shelf(cv::Mat(), marks), gondola::ContractViolation);
}

TEST(DrawChange, ShowsThePlaceBeforeAndAfter) {
  cv::Mat before = grey();
  before(cv::Rect(100, 100, 40, 60)).setTo(cv::Scalar(255, 0, 0));
  const Box box{100, 100, 140, 160};
  const cv::Mat drawn = draw_change({before, "before"}, {grey(), "after"}, box);
  // Left half blue at the box's middle, right half the shelf behind it.
  const cv::Mat left = drawn.colRange(0, drawn.cols / 2);
  const cv::Mat right = drawn.colRange(drawn.cols / 2, drawn.cols);
  cv::Mat blue;
  cv::inRange(left, cv::Scalar(250, 0, 0), cv::Scalar(255, 5, 5), blue);
  const int seen = cv::countNonZero(blue);
  EXPECT_GT(seen, drawn.total() / 100);
  cv::inRange(right, cv::Scalar(250, 0, 0), cv::Scalar(255, 5, 5), blue);
  EXPECT_EQ(cv::countNonZero(blue), 0);
  EXPECT_THROW(draw_change({before, ""}, {cv::Mat(10, 10, CV_8UC3), ""}, box),
               gondola::ContractViolation);
  EXPECT_THROW(draw_change({before, ""}, {grey(), ""}, {500, 500, 510, 510}),
               gondola::ContractViolation);
}

TEST(DrawChange, TakesABoxAtThePicturesEdge) {
  EXPECT_NO_THROW(draw_change({grey(), "before"}, {grey(), "after"}, {380, 280, 420, 330}));
}

}  // namespace
