#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gondola/core/box.hpp"

namespace gondola::count {

/// A place in a picture, origin at its top left corner, y downwards. In pixels, or as fractions of
/// the picture's width and height, as the user of it says.
struct Point {
  double x = 0;
  double y = 0;

  friend constexpr bool operator==(const Point& a, const Point& b) {
    return a.x == b.x && a.y == b.y;
  }
  friend constexpr bool operator!=(const Point& a, const Point& b) { return !(a == b); }
};

/// Where of its box an object is taken to be.
enum class AnchorPoint {
  kCenter,
  kBottomCenter,  ///< the feet of a person, the place where something stands
  kTopCenter,
  kLeftCenter,
  kRightCenter,
  kTopLeft,
  kTopRight,
  kBottomLeft,
  kBottomRight,
};

Point anchor_of(const Box& box, AnchorPoint anchor);

/// "center", "bottom-center", "top-left" and so on; nothing for any other name.
std::optional<AnchorPoint> anchor_point_from_name(std::string_view name);

/// The inverse of anchor_point_from_name().
std::string_view name_of(AnchorPoint anchor);

/// All names, in the order of the enumeration.
std::vector<std::string> anchor_point_names();

/// A piece of a straight line.
struct Segment {
  Point from;
  Point to;
};

double length(const Segment& segment);

/// Distance of a point from the endless line through a segment: > 0 on the right hand of somebody
/// who looks from its start to its end, as the picture is seen; for a segment that runs from left
/// to right, below it.
///
/// Requires: a segment of length > 0.
double signed_distance(const Point& point, const Segment& segment);

/// How far along a segment a path from one point to another meets its endless line: 0 at its start,
/// 1 at its end, beyond these outside of it.
///
/// Requires: the points lie on different sides of the line, or one of them on it.
double crossing_place(const Segment& segment, const Point& before, const Point& after);

/// Whether a polygon (corners in either direction, not closed by a repeated corner) encloses a
/// point. Of polygons that share an edge, exactly one encloses a point on it.
bool encloses(const std::vector<Point>& polygon, const Point& point);

/// Whether a polygon has at least three corners, an area, and edges that meet nowhere but at common
/// corners. Cost: one comparison per pair of edges.
bool is_simple_polygon(const std::vector<Point>& polygon);

}  // namespace gondola::count
