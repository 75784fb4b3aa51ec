#pragma once

#include <cstddef>
#include <cstdint>

#include "gondola/core/box.hpp"

namespace gondola {

/// One object followed through a video, as it stands in one frame.
struct Track {
  std::int64_t id = 0;  ///< from 1, never used twice by one tracker
  Box box;              ///< pixels of the original image, smoothed against flicker
  float score = 0;      ///< of the detection it was seen by in this frame, 0..1
  int class_id = -1;    ///< index into the model's class names

  /// Place of that detection among the frame's detections.
  std::size_t detection = 0;
};

}  // namespace gondola
