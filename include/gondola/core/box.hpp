#pragma once

#include <algorithm>
#include <cmath>
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

/// Centre, width and height, the format networks predict boxes in; same pixels as the Box it stands
/// for.
struct CxCyWh {
  float cx = 0;
  float cy = 0;
  float w = 0;
  float h = 0;

  friend constexpr bool operator==(const CxCyWh& a, const CxCyWh& b) {
    return a.cx == b.cx && a.cy == b.cy && a.w == b.w && a.h == b.h;
  }
  friend constexpr bool operator!=(const CxCyWh& a, const CxCyWh& b) { return !(a == b); }
};

std::ostream& operator<<(std::ostream& out, const CxCyWh& box);

constexpr CxCyWh xyxy_to_cxcywh(const Box& box) {
  return {box.center_x(), box.center_y(), box.width(), box.height()};
}

constexpr Box cxcywh_to_xyxy(const CxCyWh& box) {
  return {box.cx - box.w * 0.5F, box.cy - box.h * 0.5F, box.cx + box.w * 0.5F,
          box.cy + box.h * 0.5F};
}

/// True for a box that encloses something: every coordinate finite, x2 > x1 and y2 > y1.
inline bool is_valid(const Box& box) {
  return box.x2 > box.x1 && box.y2 > box.y1 && std::isfinite(box.x1) && std::isfinite(box.y1) &&
         std::isfinite(box.x2) && std::isfinite(box.y2);
}

/// Square pixels; 0 for an empty, inverted or NaN box.
constexpr float area(const Box& box) {
  return box.x2 > box.x1 && box.y2 > box.y1 ? box.width() * box.height() : 0.0F;
}

/// What two valid boxes share; Box{} when they share no area.
constexpr Box intersection(const Box& a, const Box& b) {
  const Box shared{std::max(a.x1, b.x1), std::max(a.y1, b.y1), std::min(a.x2, b.x2),
                   std::min(a.y2, b.y2)};
  return shared.x2 > shared.x1 && shared.y2 > shared.y1 ? shared : Box{};
}

/// The smallest box around two valid boxes.
constexpr Box hull(const Box& a, const Box& b) {
  return {std::min(a.x1, b.x1), std::min(a.y1, b.y1), std::max(a.x2, b.x2), std::max(a.y2, b.y2)};
}

/// Moves every corner into [0, width] x [0, height]. A box outside the image becomes empty, on its
/// border; a NaN stays a NaN.
///
/// Requires: no side of the image is negative.
constexpr Box clip(const Box& box, Size image) {
  const auto right = static_cast<float>(image.width);
  const auto bottom = static_cast<float>(image.height);
  return {std::clamp(box.x1, 0.0F, right), std::clamp(box.y1, 0.0F, bottom),
          std::clamp(box.x2, 0.0F, right), std::clamp(box.y2, 0.0F, bottom)};
}

}  // namespace gondola
