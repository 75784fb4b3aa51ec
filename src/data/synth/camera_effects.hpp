#pragma once

#include <opencv2/core.hpp>

#include "gondola/data/random.hpp"

namespace gondola::data::synth {

/// What a phone's camera does to a scene. Neutral by default.
struct CameraEffects {
  double distortion = 0;  ///< k1 of the radial polynomial, radius 1 at half the longer side
  double exposure = 1;    ///< factor on brightness, 0.3..2
  double gamma = 1;       ///< > 1 darkens the middle tones
  double contrast = 1;    ///< around middle gray
  double saturation = 1;  ///< 0 gray .. 1.5
  cv::Vec3d white_balance{1, 1, 1};  ///< factors on B, G, R
  double haze = 0;                   ///< share of a bright veil, 0..0.5
  double vignette = 0;               ///< share of light lost in the corners, 0..0.6
  double slope = 0;                  ///< change of light from left to right, -0.5..0.5
  double softness = 0;               ///< share of resolution lost, 0..0.7: scaled down and up again
  double blur = 0;                   ///< deviation of a Gaussian, pixels
  double motion = 0;                 ///< length of a straight smear, pixels
  double motion_angle = 0;           ///< radians
  double sharpen = 0;                ///< unsharp masking as in phones, 0..1.5
  double noise = 0;                  ///< deviation, gray levels
  double color_noise = 0;            ///< deviation of coarse colour blotches, gray levels
  int jpeg_quality = 90;
};

CameraEffects random_effects(cv::Size picture, Random& random);

/// Bends a picture as the lens does: cv::INTER_LINEAR for colours, cv::INTER_NEAREST for owners.
cv::Mat distort(const cv::Mat& picture, double k1, int interpolation);

/// Where distort() puts a point of its input.
cv::Point2d distorted_point(const cv::Point2d& point, cv::Size picture, double k1);

/// All but the distortion and the compression, in place on a CV_8UC3 picture.
void apply_effects(cv::Mat& picture, const CameraEffects& effects, Random& random);

}  // namespace gondola::data::synth
