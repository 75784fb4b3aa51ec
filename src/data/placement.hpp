#pragma once

#include <vector>

#include <opencv2/core/mat.hpp>
#include <opencv2/core/matx.hpp>

#include "gondola/core/labelled_box.hpp"

namespace gondola::data {

/// Maps points in continuous pixels, homogeneous: from those of a picture to those of a sample.
using Placement = cv::Matx33d;

Placement translation(double x, double y);
Placement scaling(double x, double y);

/// Draws a picture into a sample, over what is there.
///
/// One that is neither turned nor bent is placed to the whole pixel, because it then only has to be
/// resized; neighbours that share an edge still do afterwards.
///
/// @return the placement that the pixels really have, near the one asked for
Placement draw_picture(const cv::Mat& picture, const Placement& placement, cv::Mat& into);

/// Which boxes are kept; see AugmentOptions.
struct BoxLimits {
  double min_side = 0;
  double min_visible = 0;
};

/// Appends a picture's labels as they appear in a sample: the box around what is inside it of the
/// quadrilateral that a label's box becomes. (Clipping the box around the whole quadrilateral, as
/// is usual, leaves it too large where a turned one is cut off.)
void place_labels(const std::vector<LabelledBox>& labels, const Placement& placement, Size sample,
                  const BoxLimits& limits, std::vector<LabelledBox>& into);

}  // namespace gondola::data
