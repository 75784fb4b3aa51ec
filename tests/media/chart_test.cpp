#include "gondola/media/chart.hpp"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "gondola/core/error.hpp"

namespace gondola::media {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// Where there is colour: axes, grid and texts are grey or nearly so.
cv::Mat colored(const cv::Mat& image) {
  std::vector<cv::Mat> channels;
  cv::split(image, channels);
  cv::Mat high;
  cv::Mat low;
  cv::max(channels[0], cv::max(channels[1], channels[2]), high);
  cv::min(channels[0], cv::min(channels[1], channels[2]), low);
  return high - low > 60;
}

/// Mean y of the coloured pixels in one column; NaN without any.
double height_at(const cv::Mat& mask, int x) {
  const cv::Mat column = mask.col(x);
  double sum = 0;
  int count = 0;
  for (int y = 0; y < column.rows; ++y) {
    if (column.at<unsigned char>(y) == 0) continue;
    sum += y;
    ++count;
  }
  return count > 0 ? sum / count : kNaN;
}

LineChart one_line(std::vector<cv::Point2d> points) {
  LineChart chart;
  chart.title = "Title";
  chart.x = {"across", 0.0, 1.0};
  chart.y = {"up", 0.0, 1.0};
  chart.series = {{"line", std::move(points)}};
  return chart;
}

/// Without a name, so that the legend adds no colour.
LineChart bare_line(std::vector<cv::Point2d> points) {
  LineChart chart = one_line(std::move(points));
  chart.series[0].name.clear();
  return chart;
}

TEST(LineChart, HasTheSizeThatWasAskedFor) {
  ChartOptions options;
  options.size = {500, 300};
  const cv::Mat image = draw_line_chart(one_line({{0, 0}, {1, 1}}), options);
  EXPECT_EQ(image.size(), cv::Size(500, 300));
  EXPECT_EQ(image.type(), CV_8UC3);
  EXPECT_EQ(image.at<cv::Vec3b>(0, 0), cv::Vec3b(255, 255, 255));
}

TEST(LineChart, DrawsPointsWhereTheyBelong) {
  const cv::Mat mask = colored(draw_line_chart(bare_line({{0, 0}, {1, 1}})));
  const cv::Rect line = cv::boundingRect(mask);
  // From the lower left corner of the area between the axes to the upper right one, straight.
  EXPECT_GT(line.width, 700);
  EXPECT_GT(line.height, 400);
  const double left = height_at(mask, line.x + line.width / 10);
  const double middle = height_at(mask, line.x + line.width / 2);
  const double right = height_at(mask, line.x + line.width * 9 / 10);
  EXPECT_NEAR(middle, line.y + line.height / 2.0, 2);
  EXPECT_NEAR(left - middle, 0.4 * line.height, 2);
  EXPECT_NEAR(middle - right, 0.4 * line.height, 2);
}

TEST(LineChart, BreaksTheLineWhereThereIsNoNumber) {
  const cv::Mat whole = colored(draw_line_chart(bare_line({{0, 0.5}, {1, 0.5}})));
  const cv::Mat broken = colored(
      draw_line_chart(bare_line({{0, 0.5}, {0.4, 0.5}, {0.5, kNaN}, {0.6, 0.5}, {1, 0.5}})));
  const cv::Rect line = cv::boundingRect(whole);
  const int middle = line.x + line.width / 2;
  EXPECT_FALSE(std::isnan(height_at(whole, middle)));
  EXPECT_TRUE(std::isnan(height_at(broken, middle)));
  EXPECT_FALSE(std::isnan(height_at(broken, line.x + line.width / 4)));
}

TEST(LineChart, CutsOffWhatLiesOutsideTheAxes) {
  const cv::Mat inside = colored(draw_line_chart(bare_line({{0, 1}, {1, 1}})));
  const cv::Mat outside = colored(draw_line_chart(bare_line({{0, 2}, {0.5, 1e300}, {1, -3}})));
  const int top = cv::boundingRect(inside).y;
  EXPECT_GE(cv::boundingRect(outside).y, top);
}

TEST(LineChart, FindsAxesForTheDataByItself) {
  LineChart chart = bare_line({{3, 1200}, {17, 9000}});
  chart.x = {};
  chart.y = {};
  const cv::Rect line = cv::boundingRect(colored(draw_line_chart(chart)));
  // Within axes that reach from 1000 or lower to 9000 or higher, the line takes most of the height.
  EXPECT_GT(line.height, 350);
  EXPECT_GT(line.width, 550);
}

TEST(LineChart, TellsLinesApartAndNamesThem) {
  LineChart chart = one_line({{0, 0.3}, {1, 0.3}});
  chart.series.push_back({"other", {{0, 0.6}, {1, 0.6}}});
  const cv::Mat image = draw_line_chart(chart);
  const cv::Mat mask = colored(image);
  cv::Mat rows;
  cv::reduce(mask, rows, 1, cv::REDUCE_AVG, CV_32F);
  std::vector<cv::Vec3b> colors;
  for (int y = 1; y < rows.rows; ++y) {
    const bool is_line = rows.at<float>(y) > 100;
    if (is_line && rows.at<float>(y - 1) <= 100) colors.push_back(image.at<cv::Vec3b>(y, 400));
  }
  ASSERT_EQ(colors.size(), 2U);
  EXPECT_NE(colors[0], colors[1]);
  // The legend at the right shows each colour once more.
  EXPECT_GT(cv::countNonZero(mask.colRange(mask.cols - 100, mask.cols)), 50);
}

TEST(LineChart, DrawsAPointThatStandsAlone) {
  EXPECT_GT(cv::countNonZero(colored(draw_line_chart(bare_line({{0.5, 0.5}})))), 10);
}

TEST(LineChart, TakesAnythingThatIsNoLine) {
  EXPECT_EQ(cv::countNonZero(colored(draw_line_chart({}))), 0);
  LineChart flat = bare_line({{2, 7}, {2, 7}});
  flat.x = {};
  flat.y = {};
  EXPECT_GT(cv::countNonZero(colored(draw_line_chart(flat))), 0);
  LineChart below = bare_line({{0, -5}});
  below.y = {"", 0.0, std::nullopt};
  EXPECT_NO_THROW(draw_line_chart(below));
}

TEST(LineChart, RefusesWhatCannotBeDrawn) {
  LineChart chart = one_line({});
  chart.y = {"up", 1.0, 1.0};
  EXPECT_THROW(draw_line_chart(chart), ContractViolation);
  ChartOptions tiny;
  tiny.size = {100, 100};
  EXPECT_THROW(draw_line_chart(one_line({}), tiny), ContractViolation);
  ChartOptions no_font;
  no_font.font = "/no/such/font.ttf";
  EXPECT_THROW(draw_line_chart(one_line({}), no_font), IoError);
}

MatrixChart square(std::size_t side) {
  MatrixChart chart;
  chart.title = "Matrix";
  for (std::size_t i = 0; i < side; ++i) {
    chart.rows.push_back("class " + std::to_string(i));
    chart.columns.push_back("class " + std::to_string(i));
  }
  chart.values.assign(side * side, 0);
  chart.shades.assign(side * side, 0);
  return chart;
}

TEST(MatrixChart, ShadesCellsRowByRow) {
  MatrixChart chart = square(3);
  chart.shades = {1, 0, 0, 0, 0, 1, 0, 0, 0};
  const cv::Rect dark = cv::boundingRect(colored(draw_matrix_chart(chart)));
  const cv::Mat mask = colored(draw_matrix_chart(chart))(dark);
  // Two rows and three columns of cells, the dark ones at opposite ends.
  EXPECT_NEAR(static_cast<double>(dark.width) / dark.height, 1.5, 0.05);
  EXPECT_GT(mask.at<unsigned char>(10, 10), 0);
  EXPECT_EQ(mask.at<unsigned char>(10, dark.width - 10), 0);
  EXPECT_GT(mask.at<unsigned char>(dark.height - 10, dark.width - 10), 0);
}

TEST(MatrixChart, WritesNumbersThatAreNotZero) {
  MatrixChart numbered = square(2);
  numbered.values = {12, 0, 0, 0};
  cv::Mat difference;
  cv::absdiff(draw_matrix_chart(square(2)), draw_matrix_chart(numbered), difference);
  cv::Mat grey;
  cv::cvtColor(difference, grey, cv::COLOR_BGR2GRAY);
  EXPECT_GT(cv::countNonZero(grey > 60), 20);
}

TEST(MatrixChart, WritesAllNumbersOrNone) {
  // One of them is too long for its cell: the others would pass for all there are.
  MatrixChart numbered = square(40);
  numbered.values[0] = 1;
  numbered.values[1] = 123456;
  EXPECT_EQ(cv::norm(draw_matrix_chart(square(40)), draw_matrix_chart(numbered)), 0);
}

TEST(MatrixChart, StaysWithinAPictureForManyClasses) {
  for (const std::size_t side : {std::size_t{1}, std::size_t{26}, std::size_t{81}}) {
    const cv::Mat image = draw_matrix_chart(square(side));
    EXPECT_LT(image.cols, 1500) << side;
    EXPECT_LT(image.rows, 1500) << side;
  }
}

TEST(MatrixChart, NeedsAValueAndAShadeForEachCell) {
  MatrixChart chart = square(2);
  chart.values.pop_back();
  EXPECT_THROW(draw_matrix_chart(chart), ContractViolation);
  EXPECT_THROW(draw_matrix_chart({}), ContractViolation);
}

}  // namespace
}  // namespace gondola::media
