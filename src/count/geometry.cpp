#include "gondola/count/geometry.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <iterator>

#include "gondola/core/error.hpp"

namespace gondola::count {
namespace {

struct NamedAnchor {
  std::string_view name;
  AnchorPoint anchor;
};

constexpr std::array kAnchors = {
    NamedAnchor{"center", AnchorPoint::kCenter},
    NamedAnchor{"bottom-center", AnchorPoint::kBottomCenter},
    NamedAnchor{"top-center", AnchorPoint::kTopCenter},
    NamedAnchor{"left-center", AnchorPoint::kLeftCenter},
    NamedAnchor{"right-center", AnchorPoint::kRightCenter},
    NamedAnchor{"top-left", AnchorPoint::kTopLeft},
    NamedAnchor{"top-right", AnchorPoint::kTopRight},
    NamedAnchor{"bottom-left", AnchorPoint::kBottomLeft},
    NamedAnchor{"bottom-right", AnchorPoint::kBottomRight},
};

/// Twice the area of the triangle a, b, c; its sign is the way it turns.
double turn(const Point& a, const Point& b, const Point& c) {
  return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
}

/// Whether a point on the endless line through a segment lies within its bounds.
bool is_within(const Segment& segment, const Point& point) {
  const auto [left, right] = std::minmax(segment.from.x, segment.to.x);
  const auto [top, bottom] = std::minmax(segment.from.y, segment.to.y);
  return point.x >= left && point.x <= right && point.y >= top && point.y <= bottom;
}

/// Whether two segments have a point in common.
bool touch(const Segment& a, const Segment& b) {
  const double from_of_a = turn(b.from, b.to, a.from);
  const double to_of_a = turn(b.from, b.to, a.to);
  const double from_of_b = turn(a.from, a.to, b.from);
  const double to_of_b = turn(a.from, a.to, b.to);
  const auto opposite = [](double x, double y) { return (x < 0 && y > 0) || (x > 0 && y < 0); };
  if (opposite(from_of_a, to_of_a) && opposite(from_of_b, to_of_b)) return true;
  return (from_of_a == 0 && is_within(b, a.from)) || (to_of_a == 0 && is_within(b, a.to)) ||
         (from_of_b == 0 && is_within(a, b.from)) || (to_of_b == 0 && is_within(a, b.to));
}

/// Whether the second of two edges that share a corner runs back over the first one.
bool folds_back(const Point& a, const Point& corner, const Point& b) {
  const double along = (a.x - corner.x) * (b.x - corner.x) + (a.y - corner.y) * (b.y - corner.y);
  return turn(a, corner, b) == 0 && along >= 0;  // 0: one of the edges has no length
}

}  // namespace

Point anchor_of(const Box& box, AnchorPoint anchor) {
  const Point center{(double{box.x1} + box.x2) / 2, (double{box.y1} + box.y2) / 2};
  switch (anchor) {
    case AnchorPoint::kCenter:
      return center;
    case AnchorPoint::kBottomCenter:
      return {center.x, box.y2};
    case AnchorPoint::kTopCenter:
      return {center.x, box.y1};
    case AnchorPoint::kLeftCenter:
      return {box.x1, center.y};
    case AnchorPoint::kRightCenter:
      return {box.x2, center.y};
    case AnchorPoint::kTopLeft:
      return {box.x1, box.y1};
    case AnchorPoint::kTopRight:
      return {box.x2, box.y1};
    case AnchorPoint::kBottomLeft:
      return {box.x1, box.y2};
    case AnchorPoint::kBottomRight:
      return {box.x2, box.y2};
  }
  return center;
}

std::optional<AnchorPoint> anchor_point_from_name(std::string_view name) {
  for (const NamedAnchor& named : kAnchors) {
    if (named.name == name) return named.anchor;
  }
  return std::nullopt;
}

std::string_view name_of(AnchorPoint anchor) {
  for (const NamedAnchor& named : kAnchors) {
    if (named.anchor == anchor) return named.name;
  }
  return {};
}

std::vector<std::string> anchor_point_names() {
  std::vector<std::string> names;
  std::transform(kAnchors.begin(), kAnchors.end(), std::back_inserter(names),
                 [](const NamedAnchor& named) { return std::string(named.name); });
  return names;
}

double length(const Segment& segment) {
  return std::hypot(segment.to.x - segment.from.x, segment.to.y - segment.from.y);
}

double signed_distance(const Point& point, const Segment& segment) {
  const double segment_length = length(segment);
  GONDOLA_EXPECTS(segment_length > 0, "signed_distance: the segment has no length");
  return turn(segment.from, segment.to, point) / segment_length;
}

double crossing_place(const Segment& segment, const Point& before, const Point& after) {
  const double before_turn = turn(segment.from, segment.to, before);
  const double after_turn = turn(segment.from, segment.to, after);
  const double difference = before_turn - after_turn;
  const double share = difference == 0 ? 0 : std::clamp(before_turn / difference, 0.0, 1.0);
  const Point meeting{before.x + share * (after.x - before.x),
                      before.y + share * (after.y - before.y)};
  const double dx = segment.to.x - segment.from.x;
  const double dy = segment.to.y - segment.from.y;
  return ((meeting.x - segment.from.x) * dx + (meeting.y - segment.from.y) * dy) /
         (dx * dx + dy * dy);
}

// A ray to the right of the point meets an odd number of edges. An edge owns its upper end but not
// its lower one, so that a ray through a corner is counted right, and so are shared edges.
bool encloses(const std::vector<Point>& polygon, const Point& point) {
  bool is_inside = false;
  for (std::size_t i = 0; i < polygon.size(); ++i) {
    Point upper = polygon[i];
    Point lower = polygon[(i + 1) % polygon.size()];
    if (upper.y > lower.y) std::swap(upper, lower);  // a shared edge must round the same both ways
    if (point.y < upper.y || point.y >= lower.y) continue;
    if (turn(upper, lower, point) > 0) is_inside = !is_inside;
  }
  return is_inside;
}

bool is_simple_polygon(const std::vector<Point>& polygon) {
  const std::size_t corners = polygon.size();
  if (corners < 3) return false;
  for (std::size_t i = 0; i < corners; ++i) {
    const Point& corner = polygon[(i + 1) % corners];
    const Segment edge{polygon[i], corner};
    if (folds_back(edge.from, corner, polygon[(i + 2) % corners])) return false;
    for (std::size_t j = i + 2; j < corners; ++j) {
      if (i == 0 && j + 1 == corners) continue;  // share corner 0
      if (touch(edge, {polygon[j], polygon[(j + 1) % corners]})) return false;
    }
  }
  return true;
}

}  // namespace gondola::count
