#pragma once

#include <opencv2/core/mat.hpp>
#include <opencv2/core/types.hpp>

#include "gondola/core/affine.hpp"

namespace gondola::media {

/// Paints the frames of a camera that moves along something into one long picture.
///
/// Every place is painted by the frame that has it nearest to its middle, where a camera sees it
/// from the front; nothing is blended, so that a box that is right in that frame is right in the
/// picture. Memory: the picture, up to twice.
class Panorama {
 public:
  /// @param longest_side  pixels, >= 64; what gets longer is painted at half the scale, as often as
  ///                      it takes
  explicit Panorama(int longest_side = 24'000);

  /// Takes the next frame.
  ///
  /// @param frame   CV_8UC3, BGR; the same size each time
  /// @param corner  where its top left corner lies, pixels of the frames
  void paint(const cv::Mat& frame, cv::Point2f corner);

  /// What has been painted, in a copy; black where nothing has. Empty before the first frame.
  cv::Mat picture() const;

  /// From the pixels that corners are given in to those of picture().
  Affine to_picture() const;

 private:
  void make_room(const cv::Rect& place);
  void halve();
  cv::Rect placed(cv::Point2f corner, cv::Size frame) const;

  int longest_side_;
  cv::Mat canvas_;
  cv::Point2f origin_;  // of the canvas, in pixels of the frames
  double scale_ = 1;    // of the canvas
  cv::Rect painted_;    // of the canvas
  cv::Rect last_;       // place of the frame painted last
};

}  // namespace gondola::media
