#pragma once

#include <opencv2/core.hpp>

#include "colors.hpp"
#include "gondola/data/random.hpp"

/// The things printed on packages. All draw on CV_8UC3 pictures of any size; positions and sizes
/// are fractions of the picture.
namespace gondola::data::synth {

/// Plain, gradient, split, wave, stripes, glow, dots: covers the whole picture.
void draw_ground(cv::Mat& picture, const Palette& palette, Random& random);

/// Up to a few large curved or straight shapes over the ground.
void draw_swooshes(cv::Mat& picture, const Palette& palette, Random& random);

/// Fruit, leaves, drops, a bowl, a burst, a figure: something round and shaded in the given part.
void draw_motif(cv::Mat& picture, const cv::Rect2d& where, const Palette& palette, Random& random);

/// A photo, cropped to the given part's shape, its edges soft or sharp.
void draw_photo(cv::Mat& picture, const cv::Rect2d& where, const cv::Mat& photo, bool oval);

/// Black bars on white.
void draw_barcode(cv::Mat& picture, const cv::Rect2d& where, Random& random);

/// A framed table of small print.
void draw_nutrition_panel(cv::Mat& picture, const cv::Rect2d& where, Random& random);

/// A star or disc that shouts.
void draw_burst(cv::Mat& picture, const cv::Point2d& center, double radius, const Color& color,
                Random& random);

/// The rectangle in pixels of a picture.
cv::Rect2d in_pixels(const cv::Rect2d& part, cv::Size picture);

}  // namespace gondola::data::synth
