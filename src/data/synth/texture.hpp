#pragma once

#include <vector>

#include <opencv2/core.hpp>

namespace gondola::data::synth {

/// A picture to be drawn small: itself and its halvings. Copies share the pixels.
struct Texture {
  std::vector<cv::Mat> levels;  ///< CV_8UC4: B, G, R already multiplied by alpha, and alpha
  double fill = 0;              ///< mean alpha, 0..1

  bool empty() const { return levels.empty(); }
};

/// @param picture  CV_8UC3 (opaque) or CV_8UC4 (B, G, R not multiplied by alpha)
Texture make_texture(const cv::Mat& picture);

/// One colour (B, G, R), opaque or with alpha 0..255.
Texture solid_texture(const cv::Vec3b& color, int alpha = 255);

}  // namespace gondola::data::synth
