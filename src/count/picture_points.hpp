#pragma once

#include <algorithm>
#include <cmath>

#include "gondola/core/box.hpp"
#include "gondola/core/error.hpp"
#include "gondola/count/geometry.hpp"

namespace gondola::count::detail {

inline Point to_pixels(const Point& fraction, Size picture) {
  return {fraction.x * picture.width, fraction.y * picture.height};
}

inline Point to_fraction(const Point& pixels, Size picture) {
  return {pixels.x / picture.width, pixels.y / picture.height};
}

/// A place in the picture, 0 <= x < 1 and 0 <= y < 1. What lies on its border or beyond is moved
/// inside: the feet of somebody who is cut off by the bottom edge are still in the zone or cell
/// that ends there.
inline Point to_fraction_inside(const Point& pixels, Size picture) {
  const double below_one = std::nextafter(1.0, 0.0);
  const Point fraction = to_fraction(pixels, picture);
  return {std::clamp(fraction.x, 0.0, below_one), std::clamp(fraction.y, 0.0, below_one)};
}

/// Returns a size that can be divided by.
inline Size checked(Size picture) {
  GONDOLA_EXPECTS(picture.width > 0 && picture.height > 0, "count: a picture of ", picture.width,
                  "x", picture.height);
  return picture;
}

}  // namespace gondola::count::detail
