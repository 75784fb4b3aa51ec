#pragma once

#include <iosfwd>

namespace gondola {

/// Axis-aligned box, corners x1,y1 (top left) and x2,y2 (bottom right), in continuous pixels of the
/// image it belongs to, origin at the image's top left corner. Unless a function says otherwise the
/// image is the original one, as decoded and rotated upright.
struct Box {
  float x1 = 0;
  float y1 = 0;
  float x2 = 0;
  float y2 = 0;

  /// Negative for an inverted box.
  constexpr float width() const { return x2 - x1; }
  constexpr float height() const { return y2 - y1; }
  constexpr float center_x() const { return (x1 + x2) * 0.5F; }
  constexpr float center_y() const { return (y1 + y2) * 0.5F; }

  friend constexpr bool operator==(const Box& a, const Box& b) {
    return a.x1 == b.x1 && a.y1 == b.y1 && a.x2 == b.x2 && a.y2 == b.y2;
  }
  friend constexpr bool operator!=(const Box& a, const Box& b) { return !(a == b); }
};

std::ostream& operator<<(std::ostream& out, const Box& box);

/// Width and height in whole pixels.
struct Size {
  int width = 0;
  int height = 0;

  friend constexpr bool operator==(const Size& a, const Size& b) {
    return a.width == b.width && a.height == b.height;
  }
  friend constexpr bool operator!=(const Size& a, const Size& b) { return !(a == b); }
};

std::ostream& operator<<(std::ostream& out, const Size& size);

}  // namespace gondola
