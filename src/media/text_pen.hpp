#pragma once

#include <string>

#include <opencv2/core.hpp>

namespace cv::freetype {
class FreeType2;
}

namespace gondola::media {

/// Measures and draws one line of text at one size: anti-aliased from a font file, or with
/// OpenCV's built-in letters when there is none. Not thread-safe.
class TextPen {
 public:
  /// @param font    as DrawOptions::font
  /// @param height  em size in pixels, > 0: capitals are about 0.73 of it
  ///
  /// Throws: IoError when `font` names a file that cannot be used.
  TextPen(const std::string& font, int height);

  /// Width in pixels.
  int width(const std::string& text) const;

  int height() const { return height_; }

  /// Distance from a capital's top to the baseline.
  int cap_height() const { return cap_height_; }

  /// Draws with the left end of the baseline at `origin`; what lies outside the image is cut off.
  void draw(cv::Mat& image, const std::string& text, cv::Point origin,
            const cv::Scalar& color) const;

 private:
  int stroke() const;

  cv::Ptr<cv::freetype::FreeType2> font_;  // null = built-in letters
  int height_;
  int cap_height_;
  double built_in_scale_ = 1;
};

}  // namespace gondola::media
