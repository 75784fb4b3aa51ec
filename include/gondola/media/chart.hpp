#pragma once

#include <optional>
#include <string>
#include <vector>

#include <opencv2/core/mat.hpp>
#include <opencv2/core/types.hpp>

namespace gondola::media {

enum class LineStyle {
  kNormal,  ///< a colour of its own
  kStrong,  ///< thick and dark: what the chart is about
  kFaint    ///< thin and grey, left out of the legend: one of many
};

/// One line of a chart.
struct Series {
  std::string name;                 ///< in the legend; empty for none there
  std::vector<cv::Point2d> points;  ///< ascending in x; one that is not finite breaks the line
  LineStyle style = LineStyle::kNormal;
};

struct ChartAxis {
  std::string label;
  std::optional<double> min;  ///< where the axis begins; nothing = with the data, at a round number
  std::optional<double> max;
};

/// A dashed upright line at one x, with a note beside it.
struct ChartMark {
  double x = 0;
  std::string note;
};

struct LineChart {
  std::string title;
  ChartAxis x;
  ChartAxis y;
  std::vector<Series> series;  ///< drawn in this order, the faint ones first
  std::vector<ChartMark> marks;
};

/// A table of numbers, each cell shaded.
struct MatrixChart {
  std::string title;
  std::string row_label;     ///< what the rows are
  std::string column_label;  ///< what the columns are
  std::vector<std::string> rows;
  std::vector<std::string> columns;
  std::vector<double> values;  ///< row by row; written if all of them fit, 0 left blank
  std::vector<double> shades;  ///< of the cells, 0 light .. 1 dark
};

struct ChartOptions {
  cv::Size size{960, 600};  ///< pixels of a line chart; a matrix is as large as it needs to be
  std::string font;         ///< as DrawOptions::font
};

/// Draws lines over a grid with round numbers at the axes, and a legend at the right when there are
/// names. What lies outside the axes is cut off. An empty chart has axes from 0 to 1.
///
/// Texts are UTF-8. Colours repeat after eight normal lines; the ninth and later ones are dashed.
///
/// @return BGR, CV_8UC3
/// Requires: a size of at least 240 x 160, and min < max where both are given (ContractViolation
/// otherwise). Throws: IoError when `options.font` names a file that is no font.
cv::Mat draw_line_chart(const LineChart& chart, const ChartOptions& options = {});

/// Draws a matrix: rows from the top, columns from the left. Cells shrink as there are more of
/// them, first losing their numbers, at last every label but some.
///
/// @return BGR, CV_8UC3
/// Requires: at least one row and column, a value and a shade for each cell (ContractViolation
/// otherwise). Throws: as draw_line_chart().
cv::Mat draw_matrix_chart(const MatrixChart& chart, const ChartOptions& options = {});

}  // namespace gondola::media
