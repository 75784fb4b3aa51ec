#pragma once

#include <opencv2/core.hpp>

#include "gondola/data/random.hpp"

namespace gondola::data::synth {

/// B, G, R, 0..255.
using Color = cv::Vec3b;

/// @param hue         turns, any value: 0 red, 1/3 green, 2/3 blue
/// @param saturation  0..1
/// @param value       0..1
Color hsv(double hue, double saturation, double value);

/// Between two colours: 0 gives the first, 1 the second.
Color mix(const Color& a, const Color& b, double share);

/// Brighter (> 1) or darker (< 1).
Color scaled(const Color& color, double factor);

/// 0 black .. 255 white, by ITU-R BT.601 weights.
double luma(const Color& color);

/// For OpenCV's drawing on three channels.
cv::Scalar scalar(const Color& color);

/// The same on four, the last of which is alpha.
cv::Scalar opaque(const Color& color);

/// What a brand prints with.
struct Palette {
  Color base;    ///< most of the package
  Color second;  ///< bands and shapes
  Color accent;  ///< small things that stand out
  Color ink;     ///< the brand's name; legible on base
};

/// Which colours a kind of goods comes in.
struct ColorMood {
  double hue = 0;            ///< turns; the centre of what is likely
  double hue_spread = 1;     ///< turns; 1 = any hue
  double white_share = 0.3;  ///< packages that are white or nearly so
  double dark_share = 0.1;   ///< packages that are black or nearly so
  double vivid = 0.75;       ///< 0 pastel .. 1 garish
};

Palette random_palette(const ColorMood& mood, Random& random);

/// The same brand's palette for another flavour: base or second and accent change their hue.
Palette flavour(const Palette& palette, Random& random);

}  // namespace gondola::data::synth
