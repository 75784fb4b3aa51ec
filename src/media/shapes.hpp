#pragma once

#include <opencv2/core.hpp>

namespace gondola::media {

/// The side of a square with the image's area: what sizes are proportional to.
double mean_side(cv::Size image);

/// Em size of letters that suit an image, pixels; `wanted` unless that is 0.
int text_height(double wanted, cv::Size image);

/// Mixes a colour into part of an image.
void blend(cv::Mat& image, const cv::Rect& where, const cv::Scalar& color, double opacity);

/// A filled rectangle with anti-aliased round corners.
void fill_rounded(cv::Mat& image, const cv::Rect& rect, int radius, const cv::Scalar& color);

/// Black or white, whichever is easier to read on a colour.
cv::Scalar text_color(const cv::Scalar& background);

/// The rectangle moved as little as puts it inside the image.
cv::Rect moved_inside(const cv::Rect& rect, cv::Size image);

}  // namespace gondola::media
