#pragma once

#include <vector>

#include <opencv2/core/mat.hpp>

namespace gondola::media {

/// What a small picture looks like, in numbers that can be compared: two vectors of length 1, whose
/// scalar product with those of another picture is 1 for the same look and 0 for nothing in common.
struct Appearance {
  /// Colours in three bands from top to bottom: soft histograms of CIELAB (4 steps of lightness, 8
  /// of a*, 8 of b*, -60..60), of which the square root was taken (Hellinger kernel). 768 numbers.
  std::vector<float> colors;

  /// Edges in three bands: soft histograms of direction (8 over half a turn, as light on dark is no
  /// other edge than dark on light) and strength (3 steps, 0.6 to a doubling) of the gradients of
  /// L*, a* and b*, square roots too. 217 numbers.
  std::vector<float> edges;
};

/// The look of a product's picture, cut tightly. The picture is squeezed to 32 x 64 pixels first,
/// so that neither its size nor its proportions matter.
///
/// @param bgr  CV_8UC3, not empty (ContractViolation otherwise); may be a view into a larger image
///
/// Cost: 0.3 ms and a pass over the picture. Thread-safe: no state.
Appearance appearance(const cv::Mat& bgr);

}  // namespace gondola::media
