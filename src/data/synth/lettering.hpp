#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include <opencv2/core.hpp>

#include "colors.hpp"
#include "gondola/data/random.hpp"

namespace cv::freetype {
class FreeType2;
}

namespace gondola::data::synth {

/// The type faces at hand: the DejaVu family where it is installed, OpenCV's own letters, and
/// invented square characters that look like East Asian print from a distance. Pictures of the same
/// seed differ between machines with different fonts.
///
/// Not thread-safe; one per thread.
class Lettering {
 public:
  Lettering();

  int face_count() const;

  /// A word as a mask, CV_8UC1, tight around its ink, some 40 pixels high.
  ///
  /// @param face  0..face_count()-1
  cv::Mat word_mask(const std::string& word, int face) const;

  /// The same for a word that will be asked for again. Not to be drawn into.
  const cv::Mat& common_word_mask(const std::string& word, int face);

 private:
  std::vector<cv::Ptr<cv::freetype::FreeType2>> fonts_;
  std::map<std::pair<std::string, int>, cv::Mat> common_words_;
};

/// A row of invented square characters as a mask like word_mask()'s.
cv::Mat ideogram_mask(int count, Random& random);

/// A pronounceable name that is nobody's.
std::string invented_name(Random& random);

/// A word as it stands on packages: SOFT, ORIGINAL, 500 ml.
std::string package_word(Random& random);

/// How a word is set.
struct WordStyle {
  Color ink;
  double opacity = 1;
  double slant = 0;    ///< horizontal shift per height, -0.5..0.5
  double angle = 0;    ///< degrees, counter-clockwise
  double outline = 0;  ///< width as a share of the height, 0 = none
  Color outline_color{255, 255, 255};
};

/// Sets a word into a rectangle of an 8-bit BGR picture, stretched to fill it; what lies outside
/// the picture is cut off.
void set_word(cv::Mat& picture, const cv::Mat& mask, const cv::Rect2d& where,
              const WordStyle& style);

/// Print too small to be read: lines of dashes.
void set_small_print(cv::Mat& picture, const cv::Rect2d& where, const Color& ink, int lines,
                     Random& random);

}  // namespace gondola::data::synth
