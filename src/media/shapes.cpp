#include "shapes.hpp"

#include <algorithm>
#include <cmath>

#include <opencv2/imgproc.hpp>

namespace gondola::media {
namespace {

/// Letters smaller than this are no longer read.
constexpr int kMinTextHeight = 11;

}  // namespace

double mean_side(cv::Size image) {
  return std::sqrt(static_cast<double>(image.width) * image.height);
}

int text_height(double wanted, cv::Size image) {
  const double height = wanted > 0 ? wanted : mean_side(image) / 52;
  const int lowest = wanted > 0 ? 1 : kMinTextHeight;
  return std::max(lowest, static_cast<int>(std::lround(height)));
}

void blend(cv::Mat& image, const cv::Rect& where, const cv::Scalar& color, double opacity) {
  const cv::Rect inside = where & cv::Rect({}, image.size());
  if (inside.empty()) return;
  cv::Mat part = image(inside);
  part.convertTo(part, -1, 1 - opacity);
  cv::add(part, color * opacity, part);
}

void fill_rounded(cv::Mat& image, const cv::Rect& rect, int radius, const cv::Scalar& color) {
  const int r = std::min(radius, std::min(rect.width, rect.height) / 2);
  const cv::Rect bounds({}, image.size());
  const auto fill = [&](const cv::Rect& part) {
    if (!(part & bounds).empty()) image(part & bounds).setTo(color);
  };
  fill({rect.x + r, rect.y, rect.width - 2 * r, rect.height});
  fill({rect.x, rect.y + r, rect.width, rect.height - 2 * r});
  for (const int x : {rect.x + r, rect.br().x - r - 1})
    for (const int y : {rect.y + r, rect.br().y - r - 1})
      cv::circle(image, {x, y}, r, color, cv::FILLED, cv::LINE_AA);
}

cv::Scalar text_color(const cv::Scalar& background) {
  const auto linear = [](double byte) {
    const double x = byte / 255;
    return x <= 0.04045 ? x / 12.92 : std::pow((x + 0.055) / 1.055, 2.4);
  };
  const double luminance = 0.0722 * linear(background[0]) + 0.7152 * linear(background[1]) +
                           0.2126 * linear(background[2]);
  // WCAG 2 contrast with both is equal at 0.19; on vivid colours near it white reads better.
  return luminance > 0.21 ? cv::Scalar::all(16) : cv::Scalar::all(255);
}

cv::Rect moved_inside(const cv::Rect& rect, cv::Size image) {
  return {std::max(0, std::min(rect.x, image.width - rect.width)),
          std::max(0, std::min(rect.y, image.height - rect.height)), rect.width, rect.height};
}

}  // namespace gondola::media
