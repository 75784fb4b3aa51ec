#pragma once

#include <string>
#include <vector>

#include <opencv2/core.hpp>

namespace gondola::data::synth {

/// Pieces of photos of real products, to print on invented packages. Read-only once made: shared by
/// threads.
struct PhotoCrops {
  std::vector<cv::Mat> crops;  ///< CV_8UC3, longest side at most 192 pixels
};

/// Cuts the labelled objects out of YOLO data sets. A folder holds `images/` and `labels/`, or
/// pictures directly, which are then taken whole.
///
/// Throws: IoError when a folder is missing or holds no usable picture.
PhotoCrops load_photo_crops(const std::vector<std::string>& folders);

}  // namespace gondola::data::synth
