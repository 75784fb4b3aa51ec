#pragma once

#include <string>
#include <vector>

#include <opencv2/core/mat.hpp>
#include <opencv2/core/types.hpp>

#include "gondola/core/box.hpp"

namespace gondola::media {

/// One facing with its number.
struct FacingMark {
  Box box;
  int row = 0;       ///< gives the colour
  std::string text;  ///< small, at its foot, such as "3"; left out where it does not fit
};

/// A shelf board through the feet of its products.
struct BoardMark {
  std::vector<cv::Point2f> line;  ///< left to right
  int row = 0;
  std::string text;  ///< at its left end, such as "row 2: 14 facings"
};

/// An empty place.
struct GapMark {
  Box box;
  std::string text;
};

/// A place where the shelf is not as planned.
struct FaultMark {
  Box box;
  std::string text;  ///< such as "wrong: cola"
};

/// What an audit of a shelf shows on its picture.
struct ShelfMarks {
  std::vector<FacingMark> facings;
  std::vector<BoardMark> boards;
  std::vector<GapMark> gaps;
  std::vector<FaultMark> faults;
  std::string summary;  ///< in a panel below the picture
};

/// The picture with its marks (BGR, CV_8UC3): facings outlined in the colour of their row and
/// numbered, boards, gaps hatched, faults framed and crossed out, the summary below. Texts are
/// UTF-8.
///
/// @param font  as DrawOptions::font
/// Throws: IoError when `font` names a file that is no font.
cv::Mat draw_shelf(const cv::Mat& picture, const ShelfMarks& marks, const std::string& font = {});

/// One of two looks at a place.
struct ChangeLook {
  cv::Mat picture;   ///< BGR, CV_8UC3
  std::string text;  ///< above it, such as "before 08:31:02"
};

/// Evidence of a change: the surroundings of a box, before and after, side by side, with the box
/// framed. Both pictures are of the same size.
cv::Mat draw_change(const ChangeLook& before, const ChangeLook& after, const Box& box,
                    const std::string& font = {});

}  // namespace gondola::media
