#include "placement.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include <opencv2/imgproc.hpp>

namespace gondola::data {
namespace {

cv::Point2d mapped(const Placement& placement, double x, double y) {
  const cv::Vec3d point = placement * cv::Vec3d(x, y, 1);
  return {point[0] / point[2], point[1] / point[2]};
}

std::array<cv::Point2d, 4> mapped_corners(const Placement& placement, double x1, double y1,
                                          double x2, double y2) {
  return {mapped(placement, x1, y1), mapped(placement, x2, y1), mapped(placement, x2, y2),
          mapped(placement, x1, y2)};
}

template <typename Points>
cv::Rect2d hull_of(const Points& corners) {
  cv::Point2d least = corners[0];
  cv::Point2d most = corners[0];
  for (const cv::Point2d& corner : corners) {
    least = {std::min(least.x, corner.x), std::min(least.y, corner.y)};
    most = {std::max(most.x, corner.x), std::max(most.y, corner.y)};
  }
  return {least, most};
}

using Polygon = std::vector<cv::Point2d>;

/// The part of a convex polygon on one side of an upright or level line (one step of the algorithm
/// of Sutherland and Hodgman).
///
/// @param distance  of a point from the line, negative outside
template <typename Distance>
Polygon cut(const Polygon& polygon, const Distance& distance) {
  Polygon inside;
  for (std::size_t i = 0; i < polygon.size(); ++i) {
    const cv::Point2d& from = polygon[i];
    const cv::Point2d& to = polygon[(i + 1) % polygon.size()];
    const double before = distance(from);
    const double after = distance(to);
    if (before >= 0) inside.push_back(from);
    if ((before >= 0) != (after >= 0))
      inside.push_back(from + (to - from) * (before / (before - after)));
  }
  return inside;
}

Polygon visible_part(Polygon polygon, Size sample) {
  polygon = cut(polygon, [](const cv::Point2d& point) { return point.x; });
  polygon = cut(polygon, [](const cv::Point2d& point) { return point.y; });
  polygon = cut(polygon, [&](const cv::Point2d& point) { return sample.width - point.x; });
  return cut(polygon, [&](const cv::Point2d& point) { return sample.height - point.y; });
}

/// The shoelace formula.
double area_of(const Polygon& polygon) {
  double twice = 0;
  for (std::size_t i = 0; i < polygon.size(); ++i)
    twice += polygon[i].cross(polygon[(i + 1) % polygon.size()]);
  return std::abs(twice) / 2;
}

bool is_upright(const Placement& m) {
  return m(0, 1) == 0 && m(1, 0) == 0 && m(2, 0) == 0 && m(2, 1) == 0 && m(0, 0) > 0 && m(1, 1) > 0;
}

/// What of a picture is seen along one axis, in whole pixels of both.
struct Span {
  int from = 0;  ///< picture
  int length = 0;
  int to = 0;  ///< sample
  int drawn = 0;

  double gain() const { return static_cast<double>(drawn) / length; }
  double offset() const { return to - from * gain(); }
};

/// @param side    of the picture
/// @param room    side of the sample
Span visible_span(double gain, double offset, int side, int room) {
  const int begin = static_cast<int>(std::lround(offset));
  const int end = std::max(begin + 1, static_cast<int>(std::lround(offset + gain * side)));
  const double whole = static_cast<double>(end - begin) / side;
  Span span;
  span.to = std::max(begin, 0);
  span.drawn = std::min(end, room) - span.to;
  if (span.drawn <= 0) return span;
  const auto from = static_cast<int>(std::lround((span.to - begin) / whole));
  const auto until = static_cast<int>(std::lround((span.to + span.drawn - begin) / whole));
  span.from = std::min(from, side - 1);
  span.length = std::max(1, std::min(until, side) - span.from);
  return span;
}

Placement draw_upright(const cv::Mat& picture, const Placement& placement, cv::Mat& into) {
  const Span x = visible_span(placement(0, 0), placement(0, 2), picture.cols, into.cols);
  const Span y = visible_span(placement(1, 1), placement(1, 2), picture.rows, into.rows);
  if (x.drawn <= 0 || y.drawn <= 0) return placement;
  cv::Mat target = into(cv::Rect(x.to, y.to, x.drawn, y.drawn));
  const cv::Mat source = picture(cv::Rect(x.from, y.from, x.length, y.length));
  cv::resize(source, target, target.size(), 0, 0, cv::INTER_LINEAR);
  return translation(x.offset(), y.offset()) * scaling(x.gain(), y.gain());
}

void draw_turned(const cv::Mat& picture, const Placement& placement, cv::Mat& into) {
  const std::array<cv::Point2d, 4> corners =
      mapped_corners(placement, 0, 0, picture.cols, picture.rows);
  const cv::Rect2d hull = hull_of(corners) & cv::Rect2d(0, 0, into.cols, into.rows);
  const cv::Point from(static_cast<int>(std::floor(hull.x)), static_cast<int>(std::floor(hull.y)));
  const cv::Point to(static_cast<int>(std::ceil(hull.br().x)),
                     static_cast<int>(std::ceil(hull.br().y)));
  if (hull.empty() || from.x >= to.x || from.y >= to.y) return;
  const cv::Rect place(from, to);

  // OpenCV's coordinates are those of pixel centres.
  const Placement by_centre =
      translation(-0.5 - place.x, -0.5 - place.y) * placement * translation(0.5, 0.5);
  cv::Mat warped;
  const bool is_affine = placement(2, 0) == 0 && placement(2, 1) == 0;
  if (is_affine) {
    cv::warpAffine(picture, warped, by_centre.get_minor<2, 3>(0, 0), place.size(), cv::INTER_LINEAR,
                   cv::BORDER_REPLICATE);
  } else {
    cv::warpPerspective(picture, warped, by_centre, place.size(), cv::INTER_LINEAR,
                        cv::BORDER_REPLICATE);
  }

  constexpr int kShift = 4;  // sixteenths of a pixel
  std::array<cv::Point, 4> outline;
  for (std::size_t i = 0; i < outline.size(); ++i) {
    // A far corner would overflow; it is outside the sample by far anyway.
    const auto fixed = [](double value) {
      return static_cast<int>(std::lround(std::clamp(value, -30000.0, 30000.0) * (1 << kShift)));
    };
    outline[i] = {fixed(corners[i].x - 0.5 - place.x), fixed(corners[i].y - 0.5 - place.y)};
  }
  cv::Mat mask(place.size(), CV_8UC1, cv::Scalar(0));
  cv::fillConvexPoly(mask, outline.data(), static_cast<int>(outline.size()), cv::Scalar(255),
                     cv::LINE_8, kShift);
  warped.copyTo(into(place), mask);
}

}  // namespace

Placement translation(double x, double y) { return {1, 0, x, 0, 1, y, 0, 0, 1}; }

Placement scaling(double x, double y) { return {x, 0, 0, 0, y, 0, 0, 0, 1}; }

Placement draw_picture(const cv::Mat& picture, const Placement& placement, cv::Mat& into) {
  const Placement normalised = placement * (1 / placement(2, 2));
  if (is_upright(normalised)) return draw_upright(picture, normalised, into);
  draw_turned(picture, normalised, into);
  return normalised;
}

void place_labels(const std::vector<LabelledBox>& labels, const Placement& placement, Size sample,
                  const BoxLimits& limits, std::vector<LabelledBox>& into) {
  for (const LabelledBox& label : labels) {
    const auto corners =
        mapped_corners(placement, label.box.x1, label.box.y1, label.box.x2, label.box.y2);
    const Polygon whole(corners.begin(), corners.end());
    const Polygon visible = visible_part(whole, sample);
    if (visible.empty()) continue;
    const double visible_area = area_of(visible);
    const cv::Rect2d hull = hull_of(visible);
    if (hull.width < limits.min_side || hull.height < limits.min_side) continue;
    if (visible_area < limits.min_visible * area_of(whole)) continue;
    LabelledBox placed = label;
    placed.box = clip({static_cast<float>(hull.x), static_cast<float>(hull.y),
                       static_cast<float>(hull.br().x), static_cast<float>(hull.br().y)},
                      sample);
    if (!is_valid(placed.box)) continue;
    placed.area *= static_cast<float>(visible_area) / area(label.box);
    into.push_back(placed);
  }
}

}  // namespace gondola::data
