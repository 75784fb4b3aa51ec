#pragma once

#include <vector>

#include <opencv2/core.hpp>

#include "camera.hpp"
#include "texture.hpp"

namespace gondola::data::synth {

/// Who a pixel belongs to, besides the positive numbers of objects.
inline constexpr int kBackdrop = 0;     ///< what stands behind the front products
inline constexpr int kForeground = -1;  ///< what may hide them: rails, tags, people
inline constexpr int kSeeThrough = -2;  ///< leaves the pixel to who has it: glass, shadows

/// How a quad is painted.
struct Paint {
  int owner = kBackdrop;   ///< of the pixels it covers by half or more
  float light_top = 1;     ///< factor on the texture's brightness at its upper edge, >= 0
  float light_bottom = 1;  ///< and at its lower edge; linear in between
  float opacity = 1;       ///< 0..1
};

/// Evenly lit.
Paint flat(int owner, double light);

/// What became of one object's pixels.
struct Coverage {
  double full_area = 0;  ///< square pixels of its outline, outside the picture too, nothing hidden
  int drawn = 0;         ///< pixels painted inside the picture; later quads may have hidden some
};

/// A picture painted back to front with textured quads, and beside it the owner of every pixel.
class Canvas {
 public:
  /// @param object_count  objects are 1..object_count
  Canvas(const Camera& camera, int object_count);

  /// Paints a quad over what is there: anti-aliased at its edges, perspective correct, filtered
  /// through the texture's levels. What lies behind the camera or outside the picture is cut off.
  void paint(const Quad& quad, const Texture& texture, const Paint& paint);

  const Camera& camera() const { return camera_; }
  cv::Mat& picture() { return picture_; }  ///< CV_8UC3, BGR
  cv::Mat& owners() { return owners_; }    ///< CV_32SC1
  const Coverage& coverage(int object) const { return coverage_[static_cast<std::size_t>(object)]; }

 private:
  Camera camera_;
  cv::Mat picture_;
  cv::Mat owners_;
  std::vector<Coverage> coverage_;  // [0] is unused
};

/// The part of a quad in front of the camera, in pixels; up to 5 corners, empty if nothing is.
std::vector<cv::Point2d> visible_outline(const cv::Matx33d& homography);

}  // namespace gondola::data::synth
