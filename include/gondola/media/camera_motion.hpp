#pragma once

#include <opencv2/core/mat.hpp>

#include "gondola/core/affine.hpp"

namespace gondola::media {

/// Estimates how a camera that pans moves the picture from frame to frame: a shift.
///
/// Phase correlation (Kuglin and Hines, 1975) of the frames, made grey and small: the shift that
/// explains most of the picture at once, so that neither the many like edges of a shelf nor single
/// things that move lead astray. It sees shifts of less than about a third of the picture, to about
/// a pixel in a picture 1000 wide, and takes no turns or zooms into account.
///
/// Used by one thread at a time.
class CameraMotionEstimator {
 public:
  /// The map from the previous frame's pixels to this one's. The identity for the first frame,
  /// after a change of size, and where the frames have too little in common, as after a cut.
  ///
  /// @param bgr CV_8UC3, at least 32 pixels a side
  Affine update(const cv::Mat& bgr);

 private:
  cv::Mat previous_;  // CV_32FC1, small
  cv::Mat inner_;     // the same without its borders, which frames do not share
  cv::Mat window_;    // what takes them out
  cv::Size size_;     // of the frames
};

}  // namespace gondola::media
