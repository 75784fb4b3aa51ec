#include "gondola/media/place_likeness.hpp"

#include <algorithm>
#include <cmath>

#include <opencv2/imgproc.hpp>

#include "gondola/core/error.hpp"

namespace gondola::media {
namespace {

constexpr int kMostParts = 24;      // a side
constexpr double kLeastSpread = 2;  // of luminance, 0..255: below is noise and compression

/// Of at least three pixels each, for single ones are noisy.
int parts_along(int pixels) { return std::clamp(pixels / 3, 1, kMostParts); }

cv::Mat parts_of(const cv::Mat& bgr, const cv::Rect& place) {
  cv::Mat luminance;
  cv::cvtColor(bgr(place), luminance, cv::COLOR_BGR2GRAY);
  cv::Mat parts;
  cv::resize(luminance, parts, {parts_along(luminance.cols), parts_along(luminance.rows)}, 0, 0,
             cv::INTER_AREA);
  parts.convertTo(parts, CV_32F);
  parts -= cv::mean(parts)[0];
  return parts;
}

}  // namespace

double place_likeness(const cv::Mat& before, const cv::Mat& after, const Box& place) {
  GONDOLA_EXPECTS(before.type() == CV_8UC3 && after.type() == CV_8UC3 && !before.empty() &&
                      before.size() == after.size(),
                  "place_likeness: two BGR pictures of one size");
  const Box inside = clip(place, {before.cols, before.rows});
  if (!is_valid(place) || !is_valid(inside)) return 0;
  const cv::Rect pixels(
      cv::Point(static_cast<int>(std::floor(inside.x1)), static_cast<int>(std::floor(inside.y1))),
      cv::Point(static_cast<int>(std::ceil(inside.x2)), static_cast<int>(std::ceil(inside.y2))));
  const cv::Mat was = parts_of(before, pixels);
  const cv::Mat is = parts_of(after, pixels);
  const double least = kLeastSpread * std::sqrt(static_cast<double>(was.total()));
  const double norm_was = cv::norm(was);
  const double norm_is = cv::norm(is);
  if (norm_was < least || norm_is < least) return 0;
  return was.dot(is) / (norm_was * norm_is);
}

}  // namespace gondola::media
