#include "gondola/media/overlay.hpp"

#include <algorithm>
#include <cmath>

#include <opencv2/imgproc.hpp>

#include "gondola/core/error.hpp"
#include "gondola/core/text.hpp"
#include "gondola/media/draw.hpp"
#include "shapes.hpp"
#include "text_pen.hpp"

namespace gondola::media {
namespace {

/// Points are given to the line functions in sixteenths of a pixel.
constexpr int kFraction = 4;

cv::Scalar zone_color() { return {235, 180, 60}; }
cv::Scalar line_color() { return {60, 200, 255}; }

cv::Point fixed(cv::Point2f point) {
  constexpr float kScale = 1 << kFraction;
  return {static_cast<int>(std::lround(point.x * kScale)),
          static_cast<int>(std::lround(point.y * kScale))};
}

void draw_stroke(cv::Mat& image, cv::Point2f from, cv::Point2f to, const cv::Scalar& color,
                 int width) {
  cv::line(image, fixed(from), fixed(to), color, width, cv::LINE_AA, kFraction);
}

class OverlayPainter {
 public:
  OverlayPainter(cv::Mat& image, const std::string& font)
      : image_(image),
        pen_(font, text_height(0, image.size())),
        width_(std::max(1, static_cast<int>(std::lround(mean_side(image.size()) / 360)))) {}

  void draw(const OverlayZone& zone) {
    if (zone.corners.empty()) return;
    std::vector<cv::Point> corners;
    for (const cv::Point2f& corner : zone.corners) corners.push_back(fixed(corner));
    // The tint is mixed within the zone's bounds only, as most zones are small.
    const cv::Rect bounds = cv::boundingRect(zone.corners) & cv::Rect({}, image_.size());
    if (!bounds.empty()) {
      cv::Mat part = image_(bounds);
      cv::Mat tinted = part.clone();
      std::vector<cv::Point> inside = corners;
      const cv::Point corner(bounds.x << kFraction, bounds.y << kFraction);
      for (cv::Point& point : inside) point -= corner;
      cv::fillPoly(tinted, std::vector<std::vector<cv::Point>>{inside}, zone_color(), cv::LINE_AA,
                   kFraction);
      constexpr double kOpacity = 0.18;
      cv::addWeighted(tinted, kOpacity, part, 1 - kOpacity, 0, part);
    }
    for (std::size_t i = 0; i < zone.corners.size(); ++i)
      draw_stroke(image_, zone.corners[i], zone.corners[(i + 1) % zone.corners.size()],
                  zone_color(), width_);
    const auto top =
        std::min_element(zone.corners.begin(), zone.corners.end(),
                         [](const cv::Point2f& a, const cv::Point2f& b) { return a.y < b.y; });
    draw_text(zone.text, *top + cv::Point2f(0, static_cast<float>(pen_.height())), zone_color());
  }

  void draw(const OverlayLine& line) {
    // Dark below, so that it is seen on any picture.
    draw_stroke(image_, line.from, line.to, cv::Scalar::all(24), 2 * width_ + 2);
    draw_stroke(image_, line.from, line.to, line_color(), 2 * width_);
    const cv::Point2f middle = (line.from + line.to) / 2;
    const float length = std::hypot(line.inward.x, line.inward.y);
    if (length > 0) {
      const float reach = 2.0F * static_cast<float>(pen_.height());
      cv::arrowedLine(image_, middle, middle + line.inward * (reach / length), line_color(), width_,
                      cv::LINE_AA, 0, 0.35);
      draw_text(line.text, middle - line.inward * (0.8F * reach / length), line_color());
    } else {
      draw_text(line.text, middle, line_color());
    }
  }

  void draw(const Trail& trail) {
    const cv::Scalar color = class_color(static_cast<int>(trail.track));
    const std::size_t count = trail.points.size();
    for (std::size_t i = 1; i < count; ++i) {
      // It thins out towards the past.
      const double age = static_cast<double>(i) / static_cast<double>(count);
      draw_stroke(image_, trail.points[i - 1], trail.points[i], color,
                  std::max(1, static_cast<int>(std::lround(1.5 * width_ * age))));
    }
  }

  void draw_status(const std::string& text) {
    if (text.empty()) return;
    const int padding = pen_.height() / 2;
    const cv::Rect panel(padding, padding, pen_.width(printable(text)) + 2 * padding,
                         pen_.cap_height() + 2 * padding);
    blend(image_, panel, cv::Scalar::all(24), 0.72);
    pen_.draw(image_, printable(text), {panel.x + padding, panel.br().y - padding},
              cv::Scalar::all(245));
  }

 private:
  /// A label around a point, moved into the picture.
  void draw_text(const std::string& raw, cv::Point2f around, const cv::Scalar& color) {
    if (raw.empty()) return;
    const std::string text = printable(raw);
    const int padding = std::max(2, pen_.height() * 2 / 5);
    const cv::Size size(pen_.width(text) + 2 * padding, pen_.cap_height() + 2 * padding);
    const cv::Point corner(static_cast<int>(std::lround(around.x)) - size.width / 2,
                           static_cast<int>(std::lround(around.y)) - size.height / 2);
    const cv::Rect place = moved_inside({corner, size}, image_.size());
    fill_rounded(image_, place, pen_.height() / 4, color);
    pen_.draw(image_, text, {place.x + padding, place.br().y - padding}, text_color(color));
  }

  cv::Mat& image_;
  TextPen pen_;
  int width_;
};

}  // namespace

void draw_overlay(cv::Mat& image, const Overlay& overlay, const std::string& font) {
  GONDOLA_EXPECTS(!image.empty() && image.type() == CV_8UC3,
                  "draw_overlay: expected a BGR image of type CV_8UC3");
  OverlayPainter painter(image, font);
  for (const OverlayZone& zone : overlay.zones) painter.draw(zone);
  for (const Trail& trail : overlay.trails) painter.draw(trail);
  for (const OverlayLine& line : overlay.lines) painter.draw(line);
  painter.draw_status(overlay.status);
}

void draw_heat(cv::Mat& image, const std::vector<float>& seconds, int columns, int rows) {
  GONDOLA_EXPECTS(
      columns > 0 && rows > 0 &&
          seconds.size() == static_cast<std::size_t>(columns) * static_cast<std::size_t>(rows),
      "draw_heat: ", seconds.size(), " values for ", columns, " x ", rows, " cells");
  GONDOLA_EXPECTS(!image.empty() && image.type() == CV_8UC3,
                  "draw_heat: expected a BGR image of type CV_8UC3");
  cv::Mat cells(rows, columns, CV_32FC1);
  std::copy(seconds.begin(), seconds.end(), cells.begin<float>());
  double longest = 0;
  cv::minMaxLoc(cells, nullptr, &longest);
  if (!(longest > 0)) return;
  // The square root keeps short stays visible beside long ones.
  cv::sqrt(cells / longest, cells);
  cv::Mat heat;
  cv::resize(cells, heat, image.size(), 0, 0, cv::INTER_LINEAR);
  cv::Mat levels;
  constexpr double kBrightestRed = 232;  // from here on the colour map grows dark again
  heat.convertTo(levels, CV_8U, kBrightestRed);
  cv::Mat colors;
  cv::applyColorMap(levels, colors, cv::COLORMAP_JET);
  constexpr float kStrongest = 0.65F;
  for (int y = 0; y < image.rows; ++y) {
    for (int x = 0; x < image.cols; ++x) {
      const float opacity = kStrongest * std::min(1.0F, 4 * heat.at<float>(y, x));
      auto& pixel = image.at<cv::Vec3b>(y, x);
      const auto& color = colors.at<cv::Vec3b>(y, x);
      for (int c = 0; c < 3; ++c) {
        const float mixed =
            (1 - opacity) * static_cast<float>(pixel[c]) + opacity * static_cast<float>(color[c]);
        pixel[c] = static_cast<unsigned char>(std::lround(mixed));
      }
    }
  }
}

}  // namespace gondola::media
