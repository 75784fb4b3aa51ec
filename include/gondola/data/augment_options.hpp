#pragma once

#include "gondola/config/yaml.hpp"

namespace gondola::data {

/// How training pictures are varied. Probabilities are per sample and in [0, 1]; 0 switches
/// something off. The defaults are those of the YOLO family, with a little of what cameras do.
struct AugmentOptions {
  // Composition. All three end close_mosaic epochs before the last, because the network should
  // finish on pictures as it will meet them.
  double mosaic = 1.0;       ///< probability that four pictures are put together around a point
  double mixup = 0.0;        ///< probability that a second sample is blended in
  double copy_paste = 0.0;   ///< probability that boxes cut from another picture are pasted in
  int copy_paste_boxes = 8;  ///< the most boxes pasted, > 0; each where it hides little
  int close_mosaic = 10;     ///< epochs at the end without composition, >= 0

  // Geometry, drawn uniformly from [-x, x].
  double degrees = 0.0;      ///< rotation, 0..180
  double translate = 0.1;    ///< shift as a share of the picture's side, 0..1
  double scale = 0.5;        ///< gain from 1 - x to 1 + x, 0..0.95
  double shear = 0.0;        ///< degrees, 0..45
  double perspective = 0.0;  ///< vanishing terms per pixel, 0..0.001
  double flip_horizontal = 0.5;
  double flip_vertical = 0.0;

  // Colour, as gains drawn from [1 - x, 1 + x]; hue as a share of the colour circle.
  double hue = 0.015;       ///< 0..0.5
  double saturation = 0.7;  ///< 0..1
  double value = 0.4;       ///< 0..1
  double grey = 0.01;       ///< probability of a picture without colour

  // The camera.
  double blur = 0.01;       ///< probability of a Gaussian blur
  double blur_sigma = 1.5;  ///< its largest sigma in pixels, > 0..10
  double noise = 0.01;      ///< probability of Gaussian noise
  double noise_sigma = 12;  ///< its largest sigma in grey levels, > 0..100
  double jpeg = 0.01;       ///< probability of compression
  int jpeg_quality = 30;    ///< its lowest quality, 1..95; the highest is 95

  double cutout = 0.0;       ///< probability of grey rectangles
  int cutout_holes = 4;      ///< the most of them, > 0
  double cutout_size = 0.2;  ///< their largest side as a share of the picture's, > 0..0.5

  // Which boxes are still worth learning afterwards.
  double min_box_side = 2;       ///< pixels of the sample; narrower or flatter boxes are dropped
  double min_box_visible = 0.1;  ///< share of a box's area that must be left inside, 0..1
};

/// Throws ConfigError naming the first field that is out of its range, its value and the range.
void validate(const AugmentOptions& options);

/// Reads a map whose keys are the names of the fields; those that are missing keep the value they
/// have in `defaults`. Throws ConfigError with file and line for unknown keys and wrong values.
AugmentOptions read_augment_options(const config::Node& node, const AugmentOptions& defaults = {});

/// No variation at all: every picture letterboxed.
AugmentOptions no_augmentation();

}  // namespace gondola::data
