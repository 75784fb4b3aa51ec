#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <opencv2/core/mat.hpp>

#include "gondola/core/class_names.hpp"
#include "gondola/core/detection.hpp"

namespace gondola::media {

enum class LabelMode {
  kAuto,    ///< labels where they are legible, else a legend with the counts
  kAlways,  ///< every box gets its label, however crowded
  kNever    ///< boxes and legend only
};

/// How detections are drawn. The defaults suit everything from a thumbnail to an 8k photo.
struct DrawOptions {
  LabelMode labels = LabelMode::kAuto;
  bool scores = true;      ///< labels end with the score, such as "bottle 87%"
  bool legend = true;      ///< counts per class in a corner when labels are hidden
  double line_width = 0;   ///< pixels; 0 = from the image's size and the number of boxes
  double text_height = 0;  ///< em size of the letters in pixels; 0 = from the image's size

  /// TrueType or OpenType file; empty = the first known sans font of this system, and without one,
  /// or for "built-in", OpenCV's own ASCII letters.
  std::string font;
};

/// The colour of a class as B, G, R: the same for the same id everywhere, neighbours far apart.
cv::Scalar class_color(int class_id);

/// Draws boxes and labels onto an image (BGR, CV_8UC3), lowest score first so that the surest end
/// up on top. Names come from ClassNames::name().
///
/// Names are UTF-8, in any script that the font has.
///
/// @param tracks  identity of each detection, shown as #7, which then gives the colour; empty for
///                none, 0 for one without
/// Throws: IoError when `options.font` names a file that is no font.
/// Thread-safe for different images.
void draw_detections(cv::Mat& image, const std::vector<Detection>& detections,
                     const ClassNames& names, const DrawOptions& options = {},
                     const std::vector<std::int64_t>& tracks = {});

}  // namespace gondola::media
