#pragma once

#include <vector>

#include "gondola/eval/evaluation.hpp"

namespace gondola::test {

/// Images with objects of all sizes, some of them crowds or with an area of their own, and
/// detections of many of them, with coarse scores so that equal ones are common.
std::vector<eval::ImageEvaluation> random_scenes(unsigned seed, int images, int classes);

}  // namespace gondola::test
