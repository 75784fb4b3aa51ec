#pragma once

#include "gondola/core/box.hpp"

namespace gondola {

/// One object as a label file describes it.
struct LabelledBox {
  Box box;            ///< pixels of the image the label belongs to
  int class_id = -1;  ///< index into the data set's class names

  /// A region with many objects that nobody boxed one by one (COCO's iscrowd): neither learned nor
  /// counted as missed, and what is found inside is neither right nor wrong.
  bool crowd = false;

  /// Square pixels of the object itself where the label file tells (COCO's area), else 0 for the
  /// box's own.
  float area = 0;

  friend constexpr bool operator==(const LabelledBox& a, const LabelledBox& b) {
    return a.box == b.box && a.class_id == b.class_id && a.crowd == b.crowd && a.area == b.area;
  }
  friend constexpr bool operator!=(const LabelledBox& a, const LabelledBox& b) { return !(a == b); }
};

}  // namespace gondola
