#pragma once

#include "gondola/core/box.hpp"

namespace gondola {

// How much two boxes agree. All four are symmetric, are computed in double from the float corners
// and rounded once, so that no coordinate a float can hold overflows, and never return NaN: a pair
// with a box that is not valid (is_valid(): empty, inverted, NaN or infinite) gets the lowest value
// of the measure. Thread-safe, throw nothing.

/// Intersection over union (the Jaccard index). [0, 1]; 0 when the boxes share no area.
float iou(const Box& a, const Box& b);

/// IoU less the share of the hull that neither box covers. [-1, 1]; -1 if either is not valid.
///
/// Rezatofighi et al., "Generalized Intersection over Union", CVPR 2019, algorithm 1.
float giou(const Box& a, const Box& b);

/// IoU less the squared distance of the centres over the squared diagonal of the hull. [-1, 1]; -1
/// if either is not valid.
///
/// Zheng et al., "Distance-IoU Loss", AAAI 2020, section "Distance-IoU Loss" (1 - L_DIoU).
float diou(const Box& a, const Box& b);

/// DIoU less a penalty for different aspect ratios. [-1.5, 1]; -1.5 if either is not valid.
///
/// Zheng et al., "Distance-IoU Loss", AAAI 2020, section "Complete IoU Loss" (1 - L_CIoU). Where
/// its trade-off parameter alpha is 0/0 (equal boxes) the penalty is 0, its limit.
float ciou(const Box& a, const Box& b);

}  // namespace gondola
