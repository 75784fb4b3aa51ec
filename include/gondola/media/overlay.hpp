#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <opencv2/core/mat.hpp>
#include <opencv2/core/types.hpp>

namespace gondola::media {

/// Where an object has been.
struct Trail {
  std::int64_t track = 0;           ///< gives the colour, as in draw_detections()
  std::vector<cv::Point2f> points;  ///< oldest first
};

/// A line that objects cross.
struct OverlayLine {
  cv::Point2f from;
  cv::Point2f to;
  cv::Point2f inward;  ///< a direction, across the line, in which crossings count as in
  std::string text;    ///< beside its middle, such as "door: 3 in, 1 out"
};

/// An area that objects stay in.
struct OverlayZone {
  std::vector<cv::Point2f> corners;
  std::string text;  ///< at its top
};

/// What is drawn over a frame of a video besides the boxes. Points are pixels of the image.
struct Overlay {
  std::vector<OverlayZone> zones;
  std::vector<OverlayLine> lines;
  std::vector<Trail> trails;
  std::string status;  ///< in the top left corner, such as "24.9 frames/s"
};

/// Draws onto an image (BGR, CV_8UC3): zones, trails, lines, then the status. Texts are UTF-8.
///
/// @param font  as DrawOptions::font
/// Throws: IoError when `font` names a file that is no font.
void draw_overlay(cv::Mat& image, const Overlay& overlay, const std::string& font = {});

/// Colours a picture by how long objects stayed where: nothing where they never were, then blue,
/// green, yellow, red for the longest.
///
/// @param seconds  row by row, `columns` x `rows` cells of equal size over the whole image
/// Requires: seconds.size() == columns * rows, both > 0.
void draw_heat(cv::Mat& image, const std::vector<float>& seconds, int columns, int rows);

}  // namespace gondola::media
