#pragma once

#include <functional>

#include <opencv2/core.hpp>

#include "colors.hpp"
#include "gondola/data/random.hpp"

/// Light and outline of packages: how a flat print becomes round, puffed or wrinkled.
namespace gondola::data::synth {

/// Half of a round package's width at a height, as a share of its full half width: argument 0 = top
/// .. 1 = bottom.
using Profile = std::function<double(double)>;

/// A profile through points (height, half width), heights ascending from 0 to 1, with smooth
/// transitions.
Profile smooth_profile(std::vector<cv::Point2d> points);

/// How a surface answers light.
struct Gloss {
  double shading = 0.5;    ///< how dark a round surface turns towards its edges, 0..1
  double highlight = 0.4;  ///< brightness of the reflection of lamps, 0..1
  double position = -0.4;  ///< of the reflection, -1 left edge .. 1 right edge
  double width = 0.12;     ///< of the reflection
};

Gloss random_gloss(double shininess, Random& random);

/// Bends a print (CV_8UC3) around a body of revolution: foreshortened towards the edges, shaded,
/// cut out along the profile. CV_8UC4.
cv::Mat bend_round(const cv::Mat& print, const Profile& profile, const Gloss& gloss);

/// Puffs up and wrinkles a print: a bag. Corners are rounded by `corner` (share of the shorter
/// side), edges waver by `wobble` (the same), `wrinkles` is how strong the creases are, 0..1.
struct SoftForm {
  double corner = 0.1;
  double wobble = 0.02;
  double wrinkles = 0.5;
  double puff = 0.5;   ///< how much darker the edges are, 0..1
  double shine = 0.4;  ///< of creases and highlights
  double waist = 0;    ///< how much narrower the ends (> 0) or the middle (< 0) is
};
cv::Mat puff_soft(const cv::Mat& print, const SoftForm& form, Random& random);

/// Light streaks of film over a CV_8UC3 or CV_8UC4 picture's colours.
void add_film_glare(cv::Mat& picture, double strength, Random& random);

/// Slow unevenness of light and dirt on a CV_8UC3 picture: deviation of the factor on brightness.
void add_stains(cv::Mat& picture, double strength, Random& random);

/// Multiplies the colours of a part of a picture.
void shade(cv::Mat& picture, const cv::Rect& part, double factor);

}  // namespace gondola::data::synth
