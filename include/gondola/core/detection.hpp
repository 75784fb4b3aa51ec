#pragma once

#include <iosfwd>

#include "gondola/core/box.hpp"

namespace gondola {

/// One object found in one image.
struct Detection {
  Box box;            ///< pixels of the original image
  float score = 0;    ///< after the sigmoid, 0..1
  int class_id = -1;  ///< index into the model's class names

  friend constexpr bool operator==(const Detection& a, const Detection& b) {
    return a.box == b.box && a.score == b.score && a.class_id == b.class_id;
  }
  friend constexpr bool operator!=(const Detection& a, const Detection& b) { return !(a == b); }
};

std::ostream& operator<<(std::ostream& out, const Detection& detection);

}  // namespace gondola
