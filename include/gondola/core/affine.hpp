#pragma once

#include "gondola/core/box.hpp"

namespace gondola {

/// The map (x, y) -> (xx * x + xy * y + tx, yx * x + yy * y + ty) between two pictures, in pixels.
/// The default leaves everything where it is.
struct Affine {
  float xx = 1, xy = 0, tx = 0;
  float yx = 0, yy = 1, ty = 0;

  friend constexpr bool operator==(const Affine& a, const Affine& b) {
    return a.xx == b.xx && a.xy == b.xy && a.tx == b.tx && a.yx == b.yx && a.yy == b.yy &&
           a.ty == b.ty;
  }
  friend constexpr bool operator!=(const Affine& a, const Affine& b) { return !(a == b); }
};

}  // namespace gondola
