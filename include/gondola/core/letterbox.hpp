#pragma once

#include "gondola/core/box.hpp"

namespace gondola {

/// How an image was scaled and padded into a network input, and the way back for boxes.
///
/// The arithmetic is the one of the Ultralytics family, rounding included, because weights trained
/// there expect exactly this placement.
struct LetterboxTransform {
  Size image;        ///< the original image
  Size input;        ///< the network input it was placed in
  Size resized;      ///< the image after scaling, before padding
  int pad_left = 0;  ///< whole pixels of padding; right and bottom take what is left
  int pad_top = 0;
  float gain = 1;  ///< input pixels per image pixel

  /// Image pixels to input pixels.
  Box to_input(const Box& box) const;

  /// Input pixels to image pixels, clipped to the image.
  Box to_image(const Box& box) const;
};

/// Plans the placement of an image, centred, aspect ratio kept, enlarged if it is smaller.
///
/// Requires: every side of both sizes > 0 (ContractViolation otherwise).
LetterboxTransform plan_letterbox(Size image, Size input);

}  // namespace gondola
