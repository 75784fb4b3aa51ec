#include "gondola/count/geometry.hpp"

#include <algorithm>
#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "gondola/core/error.hpp"

namespace gondola::count {
namespace {

TEST(Geometry, FindsEveryAnchorPointOfABox) {
  const Box box{10, 20, 30, 60};
  EXPECT_EQ(anchor_of(box, AnchorPoint::kCenter), (Point{20, 40}));
  EXPECT_EQ(anchor_of(box, AnchorPoint::kBottomCenter), (Point{20, 60}));
  EXPECT_EQ(anchor_of(box, AnchorPoint::kTopCenter), (Point{20, 20}));
  EXPECT_EQ(anchor_of(box, AnchorPoint::kLeftCenter), (Point{10, 40}));
  EXPECT_EQ(anchor_of(box, AnchorPoint::kRightCenter), (Point{30, 40}));
  EXPECT_EQ(anchor_of(box, AnchorPoint::kTopLeft), (Point{10, 20}));
  EXPECT_EQ(anchor_of(box, AnchorPoint::kTopRight), (Point{30, 20}));
  EXPECT_EQ(anchor_of(box, AnchorPoint::kBottomLeft), (Point{10, 60}));
  EXPECT_EQ(anchor_of(box, AnchorPoint::kBottomRight), (Point{30, 60}));
}

TEST(Geometry, NamesAnchorPointsBothWays) {
  const std::vector<std::string> names = anchor_point_names();
  EXPECT_EQ(names.size(), 9U);
  for (const std::string& name : names) {
    ASSERT_TRUE(anchor_point_from_name(name)) << name;
    EXPECT_EQ(name_of(*anchor_point_from_name(name)), name);
  }
  EXPECT_EQ(anchor_point_from_name("bottom-center"), AnchorPoint::kBottomCenter);
  EXPECT_FALSE(anchor_point_from_name("feet"));
  EXPECT_FALSE(anchor_point_from_name(""));
}

TEST(Geometry, DistanceIsPositiveOnTheRightHand) {
  const Segment to_the_right{{0, 10}, {100, 10}};
  EXPECT_DOUBLE_EQ(signed_distance({50, 13}, to_the_right), 3);   // below
  EXPECT_DOUBLE_EQ(signed_distance({50, 6}, to_the_right), -4);   // above
  EXPECT_DOUBLE_EQ(signed_distance({500, 12}, to_the_right), 2);  // of the endless line
  const Segment upwards{{10, 100}, {10, 0}};
  EXPECT_DOUBLE_EQ(signed_distance({13, 50}, upwards), 3);
  const Segment diagonal{{0, 0}, {30, 40}};
  // (0, 50) lies along (30, 40) / 50 = (0.6, 0.8) by 40 and 30 to the left of it: 30^2 + 40^2 =
  // 50^2.
  EXPECT_DOUBLE_EQ(signed_distance({0, 50}, diagonal), 30);
  EXPECT_THROW(signed_distance({0, 0}, {{1, 1}, {1, 1}}), ContractViolation);
}

TEST(Geometry, FindsWhereAPathMeetsTheLine) {
  const Segment line{{10, 50}, {30, 50}};
  EXPECT_DOUBLE_EQ(crossing_place(line, {20, 40}, {20, 60}), 0.5);
  EXPECT_DOUBLE_EQ(crossing_place(line, {10, 40}, {10, 60}), 0);
  EXPECT_DOUBLE_EQ(crossing_place(line, {0, 40}, {100, 60}), 2);     // meets y = 50 at x = 50
  EXPECT_DOUBLE_EQ(crossing_place(line, {0, 49}, {8, 53}), -0.4);    // at x = 2
  EXPECT_DOUBLE_EQ(crossing_place(line, {15, 50}, {90, 99}), 0.25);  // starts on it
}

TEST(Geometry, ConcavePolygonEnclosesWhatItShould) {
  // A "U": the notch from x = 4 to 6 reaches down to y = 8.
  const std::vector<Point> u = {{0, 0}, {4, 0}, {4, 8}, {6, 8}, {6, 0}, {10, 0}, {10, 10}, {0, 10}};
  EXPECT_TRUE(encloses(u, {2, 5}));
  EXPECT_FALSE(encloses(u, {5, 5}));
  EXPECT_TRUE(encloses(u, {5, 9}));
  EXPECT_TRUE(encloses(u, {8, 8}));  // a ray from here passes along a corner's height
  EXPECT_TRUE(encloses(u, {2, 8}));
  EXPECT_FALSE(encloses(u, {-1, 8}));
  EXPECT_FALSE(encloses(u, {11, 0}));
  std::vector<Point> turned(u.rbegin(), u.rend());
  EXPECT_TRUE(encloses(turned, {2, 5}));
  EXPECT_FALSE(encloses(turned, {5, 5}));
}

TEST(Geometry, PolygonsThatShareEdgesShareNoPointAndLoseNone) {
  // A fan of triangles around an odd middle covers the square; every point of a fine grid, corners
  // and edges among them, lies in exactly one.
  const Point middle{3.3, 5.7};
  const std::vector<Point> rim = {{0, 0}, {5, 0}, {10, 0}, {10, 7}, {10, 10}, {4, 10}, {0, 10}};
  for (int x = 0; x < 100; ++x) {
    for (int y = 0; y < 100; ++y) {
      const Point point{x / 10.0, y / 10.0};
      int count = 0;
      for (std::size_t i = 0; i < rim.size(); ++i) {
        const std::vector<Point> triangle = {middle, rim[i], rim[(i + 1) % rim.size()]};
        count += encloses(triangle, point) ? 1 : 0;
      }
      ASSERT_EQ(count, 1) << point.x << ", " << point.y;
    }
  }
}

TEST(Geometry, AgreesWithTheWindingAngleOnRandomStars) {
  std::mt19937 random(3);
  std::uniform_real_distribution<double> unit(0, 1);
  for (int round = 0; round < 50; ++round) {
    std::vector<Point> star;
    for (int i = 0; i < 12; ++i) {
      const double angle = i * std::acos(-1.0) / 6;
      const double radius = 0.2 + unit(random);
      star.push_back({radius * std::cos(angle), radius * std::sin(angle)});
    }
    EXPECT_TRUE(is_simple_polygon(star));
    for (int i = 0; i < 200; ++i) {
      const Point point{2.4 * unit(random) - 1.2, 2.4 * unit(random) - 1.2};
      double winding = 0;
      for (std::size_t k = 0; k < star.size(); ++k) {
        const Point a{star[k].x - point.x, star[k].y - point.y};
        const Point& next = star[(k + 1) % star.size()];
        const Point b{next.x - point.x, next.y - point.y};
        winding += std::atan2(a.x * b.y - a.y * b.x, a.x * b.x + a.y * b.y);
      }
      ASSERT_EQ(encloses(star, point), std::abs(winding) > 1);
    }
  }
}

TEST(Geometry, TellsSimplePolygonsFromOthers) {
  EXPECT_TRUE(is_simple_polygon({{0, 0}, {1, 0}, {0, 1}}));
  EXPECT_TRUE(is_simple_polygon({{0, 0}, {1, 0}, {2, 0}, {2, 2}, {0, 2}})) << "straight corner";
  EXPECT_FALSE(is_simple_polygon({{0, 0}, {1, 0}}));
  EXPECT_FALSE(is_simple_polygon({{0, 0}, {1, 1}, {2, 2}})) << "no area";
  EXPECT_FALSE(is_simple_polygon({{0, 0}, {2, 2}, {2, 0}, {0, 2}})) << "a bow tie";
  EXPECT_FALSE(is_simple_polygon({{0, 0}, {2, 0}, {2, 2}, {0, 2}, {0, 0}})) << "corner repeated";
  EXPECT_FALSE(is_simple_polygon({{0, 0}, {4, 0}, {2, 0}, {2, 2}})) << "runs back";
  EXPECT_FALSE(is_simple_polygon({{0, 0}, {4, 0}, {4, 4}, {2, 0}, {0, 4}})) << "touches an edge";
  EXPECT_FALSE(is_simple_polygon({{0, 0}, {2, 0}, {1, 1}, {2, 2}, {0, 2}, {1, 1}}))
      << "touches a corner";
}

}  // namespace
}  // namespace gondola::count
