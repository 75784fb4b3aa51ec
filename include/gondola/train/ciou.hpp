#pragma once

#include <array>

#include "gondola/core/box.hpp"

namespace gondola::train {

/// CIoU of a predicted box with its target, and how it changes with the prediction's corners.
struct CiouGradient {
  float value = 0;                  ///< as gondola::ciou()
  std::array<float, 4> gradient{};  ///< by x1, y1, x2, y2 of the prediction
};

/// S = IoU - rho^2 / c^2 - alpha v, with v = 4 / pi^2 (atan(w_t / h_t) - atan(w / h))^2 and
/// alpha = v / (1 - IoU + v) held constant (Zheng et al. 2020, "Distance-IoU Loss", eq. 10-12).
///
/// Unlike the paper, v's derivatives keep their factor 1 / (w^2 + h^2), as every implementation
/// does once boxes are in pixels: the gradient is the true one for constant alpha.
///
/// @param predicted  x2 > x1 and y2 > y1
/// @param target     valid
CiouGradient ciou_with_gradient(const Box& predicted, const Box& target);

}  // namespace gondola::train
