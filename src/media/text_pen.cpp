#include "text_pen.hpp"

#include <array>
#include <cmath>
#include <filesystem>

#include <opencv2/freetype.hpp>
#include <opencv2/imgproc.hpp>

#include "gondola/core/error.hpp"
#include "gondola/core/text.hpp"
#include "late_opencv.hpp"

namespace gondola::media {
namespace {

/// Where Linux distributions keep sans fonts with many scripts; the first one found is used.
constexpr std::array kKnownFonts = {
    "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
    "/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf",
    "/usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf",
    "/usr/share/fonts/truetype/freefont/FreeSans.ttf",
    "/usr/share/fonts/dejavu-sans-fonts/DejaVuSans.ttf",
    "/usr/share/fonts/google-noto/NotoSans-Regular.ttf",
    "/usr/share/fonts/TTF/DejaVuSans.ttf",
    "/usr/share/fonts/noto/NotoSans-Regular.ttf",
};

/// The name that asks for OpenCV's own letters.
constexpr const char* kBuiltInFont = "built-in";
constexpr int kBuiltInFace = cv::FONT_HERSHEY_SIMPLEX;
constexpr int kFilled = -1;

/// Capitals of common sans fonts are 0.70 to 0.73 of the em size.
constexpr double kCapPerEm = 0.73;

/// Null when the file is no font.
cv::Ptr<cv::freetype::FreeType2> load_font(const std::string& path) {
  // A new object for every attempt: after a failed load, OpenCV 4.6 leaves it unusable.
  const cv::Ptr<cv::freetype::FreeType2> font = late_freetype();
  try {
    font->loadFontData(path, 0);
  } catch (const cv::Exception&) {
    return nullptr;
  }
  return font;
}

cv::Ptr<cv::freetype::FreeType2> find_font() {
  for (const char* path : kKnownFonts) {
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) continue;
    if (auto font = load_font(path)) return font;
  }
  return nullptr;
}

}  // namespace

TextPen::TextPen(const std::string& font, int height)
    : height_(height), cap_height_(static_cast<int>(std::lround(kCapPerEm * height))) {
  GONDOLA_EXPECTS(height > 0, "TextPen: height is ", height);
  if (font.empty())
    font_ = find_font();
  else if (font != kBuiltInFont)
    font_ = load_font(font);
  if (!font_ && !font.empty() && font != kBuiltInFont) {
    throw IoError(concat(
        "font '", printable(font, 300),
        "': ", std::filesystem::exists(font) ? "not a TrueType or OpenType font" : "no such file",
        "; name a .ttf or .otf file, none to have one chosen, or 'built-in'"));
  }
  if (!font_) built_in_scale_ = cv::getFontScaleFromHeight(kBuiltInFace, cap_height_, stroke());
}

int TextPen::stroke() const { return std::max(1, height_ / 14); }

int TextPen::width(const std::string& text) const {
  int baseline = 0;
  if (font_) return font_->getTextSize(text, height_, kFilled, &baseline).width;
  return cv::getTextSize(text, kBuiltInFace, built_in_scale_, stroke(), &baseline).width;
}

void TextPen::draw(cv::Mat& image, const std::string& text, cv::Point origin,
                   const cv::Scalar& color) const {
  if (text.empty()) return;
  if (font_) {
    constexpr bool kOriginIsBaseline = true;
    font_->putText(image, text, origin, height_, color, kFilled, cv::LINE_AA, kOriginIsBaseline);
  } else {
    cv::putText(image, text, origin, kBuiltInFace, built_in_scale_, color, stroke(), cv::LINE_AA);
  }
}

}  // namespace gondola::media
