#include "gondola/media/chart.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>

#include <opencv2/imgproc.hpp>

#include "gondola/core/error.hpp"
#include "gondola/core/text.hpp"
#include "text_pen.hpp"

namespace gondola::media {
namespace {

/// Colours as B, G, R, from 0 to 255.
const cv::Scalar kPaper(255, 255, 255);
const cv::Scalar kInk(40, 36, 32);
const cv::Scalar kNoteInk(110, 104, 98);
const cv::Scalar kGrid(232, 230, 228);
const cv::Scalar kFrame(170, 166, 162);
const cv::Scalar kFaintLine(208, 204, 200);

/// Okabe and Ito's colours, which people of every kind of colour vision tell apart, the yellow made
/// darker for a white ground.
const std::array<cv::Scalar, 8> kLineColors = {cv::Scalar(178, 114, 0),  cv::Scalar(0, 94, 213),
                                               cv::Scalar(115, 158, 0),  cv::Scalar(167, 121, 204),
                                               cv::Scalar(0, 159, 230),  cv::Scalar(233, 180, 86),
                                               cv::Scalar(30, 160, 180), cv::Scalar(120, 120, 120)};

constexpr int kTextHeight = 15;
constexpr int kTitleHeight = 19;
constexpr int kSmallTextHeight = 11;
constexpr int kGap = 8;  // between neighbouring things, pixels
constexpr std::size_t kLongestName = 28;

/// Numbers of binary places in the coordinates that lines are drawn with.
constexpr int kSubPixelBits = 4;

struct Pens {
  explicit Pens(const std::string& font) : text(font, kTextHeight), title(font, kTitleHeight) {}
  TextPen text;
  TextPen title;
};

/// Text turned to be read from below, centred on a point.
void draw_upright(cv::Mat& image, const TextPen& pen, const std::string& text, cv::Point center,
                  const cv::Scalar& color) {
  const int width = pen.width(text);
  if (width == 0) return;
  const int descent = pen.height() - pen.cap_height();
  cv::Mat strip(pen.height() + descent, width + 2, image.type(), kPaper);
  pen.draw(strip, text, {1, pen.height()}, color);
  cv::rotate(strip, strip, cv::ROTATE_90_COUNTERCLOCKWISE);
  const cv::Rect place(center.x - strip.cols / 2, center.y - strip.rows / 2, strip.cols,
                       strip.rows);
  const cv::Rect inside = place & cv::Rect({}, image.size());
  if (inside.empty()) return;
  strip({inside.tl() - place.tl(), inside.size()}).copyTo(image(inside));
}

void draw_centered(cv::Mat& image, const TextPen& pen, const std::string& text, cv::Point center,
                   const cv::Scalar& color) {
  pen.draw(image, text, {center.x - pen.width(text) / 2, center.y + pen.cap_height() / 2}, color);
}

/// A number with the decimals that a step between neighbours needs.
std::string number_text(double value, double step) {
  const int decimals = std::max(0, -static_cast<int>(std::floor(std::log10(step) + 1e-9)));
  std::array<char, 64> text{};
  const bool is_plain = decimals <= 6 && std::abs(value) < 1e7;
  std::snprintf(text.data(), text.size(), is_plain ? "%.*f" : "%.*g", is_plain ? decimals : 4,
                value == 0 ? 0.0 : value);
  return text.data();
}

/// The smallest of 1, 2 or 5 times a power of ten that is not below `step`.
double round_step(double step) {
  const double power = std::pow(10, std::floor(std::log10(step)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (step <= factor * power * (1 + 1e-9)) return factor * power;
  }
  return 10 * power;
}

struct Interval {
  double low = 0;
  double high = 1;
  double step = 0.2;  ///< between ticks

  double length() const { return high - low; }
};

/// The interval of an axis: the given ends, else those of the data moved out to round numbers.
Interval axis_interval(const ChartAxis& axis, double data_low, double data_high, int ticks) {
  GONDOLA_EXPECTS(!axis.min || !axis.max || *axis.min < *axis.max, "chart: axis '", axis.label,
                  "' begins at ", *axis.min, " and ends at ", *axis.max);
  Interval result;
  result.low = axis.min.value_or(data_low);
  result.high = axis.max.value_or(data_high);
  if (!(result.low < result.high)) {
    const double half = std::max(std::abs(result.low) * 0.1, 0.5);
    if (!axis.min) result.low -= half;
    if (!axis.max || !(result.low < result.high)) result.high = result.low + 2 * half;
  }
  result.step = round_step(result.length() / (ticks - 1));
  if (!axis.min) result.low = std::floor(result.low / result.step + 1e-9) * result.step;
  if (!axis.max) result.high = std::ceil(result.high / result.step - 1e-9) * result.step;
  return result;
}

std::vector<double> ticks_of(const Interval& interval) {
  std::vector<double> ticks;
  const double first = std::ceil(interval.low / interval.step - 1e-6);
  const double last = std::floor(interval.high / interval.step + 1e-6);
  for (double i = first; i <= last; ++i) ticks.push_back(i * interval.step);
  return ticks;
}

/// Smallest and largest finite coordinates of all points; 0..1 without any.
std::pair<cv::Point2d, cv::Point2d> data_bounds(const LineChart& chart) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  cv::Point2d low(kInfinity, kInfinity);
  cv::Point2d high(-kInfinity, -kInfinity);
  for (const Series& series : chart.series) {
    for (const cv::Point2d& point : series.points) {
      if (!std::isfinite(point.x) || !std::isfinite(point.y)) continue;
      low = {std::min(low.x, point.x), std::min(low.y, point.y)};
      high = {std::max(high.x, point.x), std::max(high.y, point.y)};
    }
  }
  if (low.x > high.x) return {{0, 0}, {1, 1}};
  return {low, high};
}

struct Stroke {
  cv::Scalar color;
  int thickness;
  bool dashed;
};

std::vector<Stroke> strokes_of(const std::vector<Series>& series) {
  std::vector<Stroke> strokes;
  std::size_t normal = 0;
  for (const Series& one : series) {
    switch (one.style) {
      case LineStyle::kStrong:
        strokes.push_back({kInk, 3, false});
        break;
      case LineStyle::kFaint:
        strokes.push_back({kFaintLine, 1, false});
        break;
      case LineStyle::kNormal:
        strokes.push_back(
            {kLineColors[normal % kLineColors.size()], 2, normal >= kLineColors.size()});
        ++normal;
        break;
    }
  }
  return strokes;
}

cv::Point sub_pixel(const cv::Point2d& point) {
  // Far outside is as good as infinitely far, and fits an int.
  constexpr double kFarthest = 30000;
  const double scale = 1 << kSubPixelBits;
  return {static_cast<int>(std::lround(scale * std::clamp(point.x, -kFarthest, kFarthest))),
          static_cast<int>(std::lround(scale * std::clamp(point.y, -kFarthest, kFarthest)))};
}

void draw_segment(cv::Mat& image, const cv::Point2d& a, const cv::Point2d& b,
                  const Stroke& stroke) {
  cv::line(image, sub_pixel(a), sub_pixel(b), stroke.color, stroke.thickness, cv::LINE_AA,
           kSubPixelBits);
}

/// Draws a line through points, dashed along its whole length if asked for.
void draw_path(cv::Mat& image, const std::vector<cv::Point2d>& points, const Stroke& stroke) {
  constexpr double kDash = 7;
  constexpr double kSpace = 5;
  double travelled = 0;
  for (std::size_t i = 1; i < points.size(); ++i) {
    const cv::Point2d from = points[i - 1];
    const cv::Point2d way = points[i] - from;
    const double length = std::hypot(way.x, way.y);
    if (!stroke.dashed) {
      draw_segment(image, from, points[i], stroke);
      continue;
    }
    for (double at = 0; at < length;) {
      const double phase = std::fmod(travelled + at, kDash + kSpace);
      const bool inked = phase < kDash;
      // Never 0, or the walk would not end.
      const double rest = std::max((inked ? kDash : kDash + kSpace) - phase, 1e-3);
      const double end = std::min(length, at + rest);
      if (inked)
        draw_segment(image, from + way * (at / length), from + way * (end / length), stroke);
      at = end;
    }
    travelled += length;
  }
}

/// One line chart being drawn: where its parts lie, and the parts.
class LinePlot {
 public:
  LinePlot(const LineChart& chart, const ChartOptions& options)
      : chart_(chart),
        pens_(options.font),
        strokes_(strokes_of(chart.series)),
        image_(options.size, CV_8UC3, kPaper) {
    const auto [low, high] = data_bounds(chart);
    x_ = axis_interval(chart.x, low.x, high.x, std::max(3, options.size.width / 110));
    y_ = axis_interval(chart.y, low.y, high.y, std::max(3, options.size.height / 70));
    plan();
  }

  cv::Mat draw() {
    draw_centered(image_, pens_.title, chart_.title,
                  {area_.x + area_.width / 2, kGap + kTitleHeight / 2 + 2}, kInk);
    draw_grid();
    draw_labels();
    cv::Mat inside = image_(area_);
    for (const bool faint : {true, false}) {
      for (std::size_t i = 0; i < chart_.series.size(); ++i) {
        const bool is_faint = chart_.series[i].style == LineStyle::kFaint;
        if (is_faint == faint) draw_series(inside, chart_.series[i], strokes_[i]);
      }
    }
    draw_marks();
    cv::rectangle(image_, area_, kFrame, 1);
    draw_legend();
    return image_;
  }

 private:
  void plan() {
    int tick_width = 0;
    for (const double tick : ticks_of(y_)) {
      tick_width = std::max(tick_width, pens_.text.width(number_text(tick, y_.step)));
    }
    const int label = chart_.y.label.empty() ? 0 : pens_.text.height() + kGap;
    const int left = kGap + label + tick_width + kGap;
    const int top = 3 * kGap + kTitleHeight;
    const int bottom = pens_.text.height() + kGap +
                       (chart_.x.label.empty() ? 0 : pens_.text.height() + kGap) + kGap;
    legend_width_ = legend_width();
    // Half of the last tick's label hangs over.
    const int right = 3 * kGap + legend_width_;
    area_ = cv::Rect(left, top, std::max(40, image_.cols - left - right),
                     std::max(40, image_.rows - top - bottom));
    area_ &= cv::Rect({}, image_.size());
  }

  bool is_in_legend(std::size_t i) const {
    return !chart_.series[i].name.empty() && chart_.series[i].style != LineStyle::kFaint;
  }

  static std::string short_name(const std::string& name) { return printable(name, kLongestName); }

  int legend_width() const {
    int width = 0;
    for (std::size_t i = 0; i < chart_.series.size(); ++i) {
      if (!is_in_legend(i)) continue;
      width = std::max(width, kSwatch + kGap + pens_.text.width(short_name(chart_.series[i].name)));
    }
    return width == 0 ? 0 : std::min(width + 2 * kGap, image_.cols / 3);
  }

  /// Pixels inside the plot's area.
  cv::Point2d to_area(const cv::Point2d& point) const {
    return {(point.x - x_.low) / x_.length() * (area_.width - 1),
            (y_.high - point.y) / y_.length() * (area_.height - 1)};
  }

  void draw_grid() {
    for (const double tick : ticks_of(x_)) {
      const int x = area_.x + static_cast<int>(std::lround(to_area({tick, y_.low}).x));
      cv::line(image_, {x, area_.y}, {x, area_.br().y}, kGrid);
      draw_centered(image_, pens_.text, number_text(tick, x_.step),
                    {x, area_.br().y + kGap + pens_.text.cap_height() / 2}, kNoteInk);
    }
    for (const double tick : ticks_of(y_)) {
      const int y = area_.y + static_cast<int>(std::lround(to_area({x_.low, tick}).y));
      cv::line(image_, {area_.x, y}, {area_.br().x, y}, kGrid);
      const std::string text = number_text(tick, y_.step);
      pens_.text.draw(image_, text,
                      {area_.x - kGap - pens_.text.width(text), y + pens_.text.cap_height() / 2},
                      kNoteInk);
    }
  }

  void draw_labels() {
    draw_centered(image_, pens_.text, chart_.x.label,
                  {area_.x + area_.width / 2, image_.rows - kGap - pens_.text.height() / 2}, kInk);
    draw_upright(image_, pens_.text, chart_.y.label,
                 {kGap + pens_.text.height() / 2, area_.y + area_.height / 2}, kInk);
  }

  /// Each note one line below the one before, at the side with more room.
  void draw_marks() {
    int baseline = area_.y + kGap + pens_.text.cap_height();
    for (const ChartMark& mark : chart_.marks) {
      const int x = area_.x + static_cast<int>(std::lround(to_area({mark.x, y_.low}).x));
      if (x < area_.x || x > area_.br().x) continue;
      draw_path(image_, {cv::Point2d(x, area_.y), cv::Point2d(x, area_.br().y)},
                {kNoteInk, 1, true});
      draw_note(mark.note, x, baseline);
      baseline += pens_.text.height() + kGap / 2;
    }
  }

  /// Beside x, on paper of its own, so that no line runs through the letters.
  void draw_note(const std::string& note, int x, int baseline) {
    const int width = pens_.text.width(note);
    if (width == 0) return;
    const bool fits_right = x + kGap + width < area_.br().x;
    const int left = fits_right ? x + kGap : x - kGap - width;
    const cv::Rect paper(left - 3, baseline - pens_.text.cap_height() - 3, width + 6,
                         pens_.text.height() + 5);
    image_(paper & cv::Rect({}, image_.size())).setTo(kPaper);
    pens_.text.draw(image_, note, {left, baseline}, kNoteInk);
  }

  void draw_series(cv::Mat& inside, const Series& series, const Stroke& stroke) const {
    std::vector<cv::Point2d> path;
    const auto finish = [&] {
      if (path.size() == 1) {
        cv::circle(inside, sub_pixel(path.front()), (stroke.thickness + 1) << kSubPixelBits,
                   stroke.color, cv::FILLED, cv::LINE_AA, kSubPixelBits);
      }
      draw_path(inside, path, stroke);
      path.clear();
    };
    for (const cv::Point2d& point : series.points) {
      if (std::isfinite(point.x) && std::isfinite(point.y)) {
        path.push_back(to_area(point));
      } else {
        finish();
      }
    }
    finish();
  }

  void draw_legend() {
    const int line = pens_.text.height() + kGap;
    const int left = area_.br().x + 2 * kGap;
    int middle = area_.y + line / 2;
    for (std::size_t i = 0; i < chart_.series.size(); ++i) {
      if (!is_in_legend(i)) continue;
      if (middle + line / 2 > area_.br().y) return;
      draw_path(image_, {cv::Point2d(left, middle), cv::Point2d(left + kSwatch, middle)},
                strokes_[i]);
      pens_.text.draw(image_, short_name(chart_.series[i].name),
                      {left + kSwatch + kGap, middle + pens_.text.cap_height() / 2}, kInk);
      middle += line;
    }
  }

  static constexpr int kSwatch = 24;  // length of a line in the legend

  const LineChart& chart_;
  Pens pens_;
  std::vector<Stroke> strokes_;
  cv::Mat image_;
  Interval x_;
  Interval y_;
  cv::Rect area_;  // between the axes
  int legend_width_ = 0;
};

/// From paper to a dark blue, by way of a lighter one: even steps for the eye, roughly.
cv::Scalar shade_color(double shade) {
  static const std::array<cv::Scalar, 3> kStops = {
      cv::Scalar(255, 253, 251), cv::Scalar(210, 160, 90), cv::Scalar(110, 50, 10)};
  const double at = std::clamp(std::isfinite(shade) ? shade : 0, 0.0, 1.0) * (kStops.size() - 1);
  const auto index = std::min(static_cast<std::size_t>(at), kStops.size() - 2);
  const double rest = at - static_cast<double>(index);
  return kStops[index] * (1 - rest) + kStops[index + 1] * rest;
}

std::string value_text(double value) {
  std::array<char, 32> text{};
  const bool is_whole = value == std::round(value) && std::abs(value) < 1e9;
  std::snprintf(text.data(), text.size(), is_whole ? "%.0f" : "%.2f", value);
  return text.data();
}

class MatrixPlot {
 public:
  MatrixPlot(const MatrixChart& chart, const ChartOptions& options)
      : chart_(chart), pens_(options.font), small_(options.font, kSmallTextHeight) {
    const auto most = static_cast<int>(std::max(chart.rows.size(), chart.columns.size()));
    cell_ = std::clamp(kWantedSide / most, kSmallestCell, kLargestCell);
    const int row_names = widest(chart.rows);
    const int column_names = widest(chart.columns);
    const auto columns = static_cast<int>(chart.columns.size());
    turned_ = column_names + kGap > cell_;
    left_ = kGap + label_room(chart.row_label) + row_names + kGap;
    top_ = 3 * kGap + kTitleHeight;
    const int names = turned_ ? column_names : pens_.text.height();
    const int width =
        std::max(left_ + columns * cell_, pens_.title.width(chart.title) + 2 * kGap) + 2 * kGap;
    const int height = top_ + static_cast<int>(chart.rows.size()) * cell_ + kGap + names + kGap +
                       label_room(chart.column_label);
    image_ = cv::Mat(height, width, CV_8UC3, kPaper);
    names_depth_ = names;
    numbers_ = choose_numbers();
  }

  cv::Mat draw() {
    const int right = left_ + static_cast<int>(chart_.columns.size()) * cell_;
    const int bottom = top_ + static_cast<int>(chart_.rows.size()) * cell_;
    draw_centered(image_, pens_.title, chart_.title, {image_.cols / 2, kGap + kTitleHeight / 2 + 2},
                  kInk);
    for (std::size_t r = 0; r < chart_.rows.size(); ++r) {
      for (std::size_t c = 0; c < chart_.columns.size(); ++c) draw_cell(r, c);
    }
    cv::rectangle(image_, cv::Point(left_, top_), cv::Point(right, bottom), kFrame);
    draw_names(bottom);
    draw_upright(image_, pens_.text, chart_.row_label,
                 {kGap + pens_.text.height() / 2, (top_ + bottom) / 2}, kInk);
    draw_centered(image_, pens_.text, chart_.column_label,
                  {(left_ + right) / 2, bottom + 2 * kGap + names_depth_ + pens_.text.height() / 2},
                  kInk);
    return image_;
  }

 private:
  int label_room(const std::string& label) const {
    return label.empty() ? 0 : pens_.text.height() + kGap;
  }

  int widest(const std::vector<std::string>& names) const {
    int width = 0;
    for (const std::string& name : names) {
      width = std::max(width, pens_.text.width(printable(name, kLongestName)));
    }
    return width;
  }

  cv::Rect cell_at(std::size_t row, std::size_t column) const {
    return {left_ + static_cast<int>(column) * cell_, top_ + static_cast<int>(row) * cell_, cell_,
            cell_};
  }

  void draw_cell(std::size_t row, std::size_t column) {
    const std::size_t index = row * chart_.columns.size() + column;
    const cv::Rect cell = cell_at(row, column);
    image_(cell).setTo(kGrid);
    image_({cell.tl() + cv::Point(1, 1), cell.br()}).setTo(shade_color(chart_.shades[index]));
    if (numbers_ == nullptr || chart_.values[index] == 0) return;
    constexpr double kDark = 0.45;
    draw_centered(image_, *numbers_, value_text(chart_.values[index]),
                  {cell.x + cell_ / 2, cell.y + cell_ / 2},
                  chart_.shades[index] > kDark ? kPaper : kInk);
  }

  /// The larger letters in which every number fits; null when one does not even in the smaller,
  /// since a blank cell would pass for a zero.
  const TextPen* choose_numbers() const {
    for (const TextPen* pen : {&pens_.text, &small_}) {
      const auto fits = [&](double value) {
        return value == 0 || pen->width(value_text(value)) + 4 <= cell_;
      };
      const bool all_fit = std::all_of(chart_.values.begin(), chart_.values.end(), fits);
      if (all_fit && pen->height() <= cell_) return pen;
    }
    return nullptr;
  }

  void draw_names(int bottom) {
    // Where lines are lower than letters, some names have to go.
    const auto every =
        static_cast<std::size_t>(std::max(1, (pens_.text.height() + cell_ - 1) / cell_));
    for (std::size_t r = 0; r < chart_.rows.size(); r += every) {
      const std::string name = printable(chart_.rows[r], kLongestName);
      const int middle = cell_at(r, 0).y + cell_ / 2;
      pens_.text.draw(image_, name,
                      {left_ - kGap - pens_.text.width(name), middle + pens_.text.cap_height() / 2},
                      kInk);
    }
    for (std::size_t c = 0; c < chart_.columns.size(); c += every) {
      const std::string name = printable(chart_.columns[c], kLongestName);
      const int middle = cell_at(0, c).x + cell_ / 2;
      if (turned_) {
        const int width = pens_.text.width(name);
        draw_upright(image_, pens_.text, name, {middle, bottom + kGap + width / 2}, kInk);
      } else {
        draw_centered(image_, pens_.text, name, {middle, bottom + kGap + pens_.text.height() / 2},
                      kInk);
      }
    }
  }

  static constexpr int kWantedSide = 760;  // of all cells together, pixels
  static constexpr int kSmallestCell = 12;
  static constexpr int kLargestCell = 90;

  const MatrixChart& chart_;
  Pens pens_;
  TextPen small_;                     // for numbers that would not fit otherwise
  const TextPen* numbers_ = nullptr;  // what they are written with, if at all
  cv::Mat image_;
  int cell_ = 0;
  int left_ = 0;
  int top_ = 0;
  int names_depth_ = 0;  // pixels that the columns' names take below the matrix
  bool turned_ = false;  // whether they are read from below
};

}  // namespace

cv::Mat draw_line_chart(const LineChart& chart, const ChartOptions& options) {
  GONDOLA_EXPECTS(options.size.width >= 240 && options.size.height >= 160, "chart of ",
                  options.size.width, " x ", options.size.height, " pixels");
  return LinePlot(chart, options).draw();
}

cv::Mat draw_matrix_chart(const MatrixChart& chart, const ChartOptions& options) {
  const std::size_t cells = chart.rows.size() * chart.columns.size();
  GONDOLA_EXPECTS(cells > 0, "matrix chart: ", chart.rows.size(), " rows and ",
                  chart.columns.size(), " columns");
  GONDOLA_EXPECTS(chart.values.size() == cells && chart.shades.size() == cells,
                  "matrix chart: ", chart.values.size(), " values and ", chart.shades.size(),
                  " shades for ", cells, " cells");
  return MatrixPlot(chart, options).draw();
}

}  // namespace gondola::media
