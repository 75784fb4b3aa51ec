#include "lettering.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>

#include <opencv2/freetype.hpp>
#include <opencv2/imgproc.hpp>

namespace gondola::data::synth {
namespace {

constexpr int kLetterHeight = 40;

constexpr std::array kFontFolders = {"/usr/share/fonts/truetype/dejavu/",
                                     "/usr/share/fonts/dejavu-sans-fonts/",
                                     "/usr/share/fonts/TTF/"};
constexpr std::array kFontFiles = {
    "DejaVuSans-Bold.ttf",        "DejaVuSans.ttf",       "DejaVuSansCondensed-Bold.ttf",
    "DejaVuSans-BoldOblique.ttf", "DejaVuSerif-Bold.ttf", "DejaVuSerifCondensed-BoldItalic.ttf",
    "DejaVuSansMono-Bold.ttf",
};

constexpr std::array<int, 6> kBuiltInFaces = {
    cv::FONT_HERSHEY_DUPLEX,         cv::FONT_HERSHEY_TRIPLEX,
    cv::FONT_HERSHEY_COMPLEX,        cv::FONT_HERSHEY_SCRIPT_COMPLEX,
    cv::FONT_HERSHEY_SCRIPT_SIMPLEX, cv::FONT_HERSHEY_TRIPLEX | cv::FONT_ITALIC,
};

cv::Mat cropped_to_ink(const cv::Mat& mask) {
  const cv::Rect ink = cv::boundingRect(mask);
  return ink.empty() ? cv::Mat(4, 4, CV_8UC1, cv::Scalar(255)) : mask(ink).clone();
}

cv::Mat built_in_mask(const std::string& word, int face) {
  constexpr double kScale = 1.6;
  constexpr int kStroke = 5;
  int baseline = 0;
  const cv::Size size = cv::getTextSize(word, face, kScale, kStroke, &baseline);
  cv::Mat mask(size.height + 2 * baseline + 2 * kStroke, size.width + 4 * kStroke, CV_8UC1,
               cv::Scalar(0));
  cv::putText(mask, word, {2 * kStroke, size.height + kStroke}, face, kScale, 255, kStroke,
              cv::LINE_AA);
  return cropped_to_ink(mask);
}

cv::Mat font_mask(const std::string& word, cv::freetype::FreeType2& font) {
  int baseline = 0;
  const cv::Size size = font.getTextSize(word, kLetterHeight, -1, &baseline);
  // freetype of OpenCV 4.6 blends anti-aliased text into three channels only.
  cv::Mat mask(size.height + 2 * kLetterHeight, size.width + 2 * kLetterHeight, CV_8UC3,
               cv::Scalar::all(0));
  font.putText(mask, word, {kLetterHeight / 2, size.height + kLetterHeight / 2}, kLetterHeight,
               cv::Scalar::all(255), -1, cv::LINE_AA, true);
  cv::Mat gray;
  cv::extractChannel(mask, gray, 0);
  return cropped_to_ink(gray);
}

cv::Mat slanted(const cv::Mat& mask, double slant) {
  const double shift = std::abs(slant) * mask.rows;
  const cv::Matx23d shear(1, -slant, slant > 0 ? shift : 0, 0, 1, 0);
  cv::Mat result;
  cv::warpAffine(mask, result, shear, {mask.cols + static_cast<int>(shift), mask.rows});
  return result;
}

cv::Mat turned(const cv::Mat& mask, double angle) {
  const cv::Size2d size(mask.cols, mask.rows);
  const cv::Rect2f around = cv::RotatedRect({}, size, static_cast<float>(angle)).boundingRect2f();
  cv::Matx23d rotation = cv::getRotationMatrix2D({mask.cols / 2.0F, mask.rows / 2.0F}, angle, 1);
  rotation(0, 2) += around.width / 2 - size.width / 2;
  rotation(1, 2) += around.height / 2 - size.height / 2;
  cv::Mat result;
  cv::warpAffine(mask, result, rotation, cv::Size(around.size()));
  return result;
}

/// Mixes a colour into a picture where the mask, laid at a place, says so.
void blend_mask(cv::Mat& picture, const cv::Mat& mask, const cv::Point& place, const Color& color,
                double opacity) {
  const cv::Rect inside = cv::Rect(place, mask.size()) & cv::Rect({}, picture.size());
  const auto weight = static_cast<int>(opacity * 256);
  for (int y = inside.y; y < inside.br().y; ++y) {
    auto* to = picture.ptr<Color>(y);
    const auto* from = mask.ptr<uchar>(y - place.y);
    for (int x = inside.x; x < inside.br().x; ++x) {
      const int alpha = from[x - place.x] * weight / 255;
      for (int c = 0; c < 3; ++c) {
        to[x][c] = static_cast<uchar>((to[x][c] * (256 - alpha) + color[c] * alpha) >> 8);
      }
    }
  }
}

}  // namespace

Lettering::Lettering() {
  for (const char* file : kFontFiles) {
    for (const char* folder : kFontFolders) {
      const std::string path = std::string(folder) + file;
      std::error_code ignored;
      if (!std::filesystem::exists(path, ignored)) continue;
      const cv::Ptr<cv::freetype::FreeType2> font = cv::freetype::createFreeType2();
      font->loadFontData(path, 0);
      fonts_.push_back(font);
      break;
    }
  }
}

int Lettering::face_count() const { return static_cast<int>(fonts_.size() + kBuiltInFaces.size()); }

cv::Mat Lettering::word_mask(const std::string& word, int face) const {
  const auto index = static_cast<std::size_t>(face);
  if (index < fonts_.size()) return font_mask(word, *fonts_[index]);
  return built_in_mask(word, kBuiltInFaces[index - fonts_.size()]);
}

const cv::Mat& Lettering::common_word_mask(const std::string& word, int face) {
  const auto [entry, is_new] = common_words_.try_emplace({word, face});
  if (is_new) entry->second = word_mask(word, face);
  return entry->second;
}

cv::Mat ideogram_mask(int count, Random& random) {
  constexpr int kCell = 40;
  constexpr int kGrid = 4;
  cv::Mat mask(kCell, count * (kCell + 4), CV_8UC1, cv::Scalar(0));
  const int stroke = random.integer(3, 6);
  for (int i = 0; i < count; ++i) {
    const auto point = [&](int x, int y) {
      return cv::Point(i * (kCell + 4) + 3 + x * (kCell - 6) / kGrid, 3 + y * (kCell - 6) / kGrid);
    };
    const int strokes = random.integer(4, 8);
    for (int s = 0; s < strokes; ++s) {
      const int x = random.integer(0, kGrid);
      const int y = random.integer(0, kGrid);
      const int length = random.integer(1, kGrid);
      const int kind = random.integer(0, 4);
      const int dx = kind < 2 ? length : kind == 4 ? length / 2 + 1 : 0;
      const int dy = kind < 2 ? 0 : length;
      cv::line(mask, point(x, y), point(std::min(x + dx, kGrid), std::min(y + dy, kGrid)), 255,
               stroke, cv::LINE_AA);
    }
  }
  return cropped_to_ink(mask);
}

std::string invented_name(Random& random) {
  static const std::vector<std::string> onsets = {"b",  "br", "c", "d", "f", "fl", "g", "h", "k",
                                                  "kl", "l",  "m", "n", "p", "pr", "r", "s", "st",
                                                  "t",  "tr", "v", "w", "z", "x",  ""};
  static const std::vector<std::string> nuclei = {"a", "e", "i", "o", "u", "ai", "ea", "oo", "y"};
  static const std::vector<std::string> codas = {"",  "",  "n", "r", "l",  "s",
                                                 "x", "t", "m", "k", "nd", "lt"};
  std::string name;
  const int syllables = random.integer(1, 3);
  for (int i = 0; i < syllables; ++i) {
    name += random.pick(onsets) + random.pick(nuclei);
    if (i + 1 == syllables || random.chance(0.3)) name += random.pick(codas);
  }
  if (name.size() < 3) name += "ra";
  const int writing = random.integer(0, 2);
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (writing == 0 || (writing == 1 && i == 0)) {
      name[i] = static_cast<char>(std::toupper(static_cast<unsigned char>(name[i])));
    }
  }
  return name;
}

std::string package_word(Random& random) {
  static const std::vector<std::string> words = {
      "SOFT",  "Original", "Classic",   "ULTRA",  "fresh",   "ZERO",    "Light", "Natural",
      "Extra", "BIO",      "Family",    "Maxi",   "Crunchy", "Protein", "Gold",  "PLUS",
      "Mild",  "Sport",    "Sensitive", "3 in 1", "XXL",     "Lemon",   "Berry", "Vanilla",
      "Mint",  "Cherry",   "Coffee",    "Nuts",   "500 ml",  "250 g",   "1 l",   "12 pcs",
      "48h",   "Repair",   "Active",    "care",   "Premium", "SPF 30",  "Roast", "Salted"};
  return random.pick(words);
}

void set_word(cv::Mat& picture, const cv::Mat& mask, const cv::Rect2d& where,
              const WordStyle& style) {
  const cv::Size size(std::max(1, static_cast<int>(std::lround(where.width))),
                      std::max(1, static_cast<int>(std::lround(where.height))));
  cv::Mat letters = style.slant != 0 ? slanted(mask, style.slant) : mask;
  const bool shrinks = size.width * size.height < letters.cols * letters.rows;
  cv::resize(letters, letters, size, 0, 0, shrinks ? cv::INTER_AREA : cv::INTER_LINEAR);
  cv::Point place(static_cast<int>(std::lround(where.x)), static_cast<int>(std::lround(where.y)));
  if (style.angle != 0) {
    const cv::Size before = letters.size();
    letters = turned(letters, style.angle);
    place += cv::Point((before.width - letters.cols) / 2, (before.height - letters.rows) / 2);
  }
  const int rim = static_cast<int>(std::lround(style.outline * size.height));
  if (rim > 0) {
    cv::Mat outline;
    cv::copyMakeBorder(letters, outline, rim, rim, rim, rim, cv::BORDER_CONSTANT, 0);
    cv::dilate(outline, outline,
               cv::getStructuringElement(cv::MORPH_ELLIPSE, {2 * rim + 1, 2 * rim + 1}));
    blend_mask(picture, outline, place - cv::Point(rim, rim), style.outline_color, style.opacity);
  }
  blend_mask(picture, letters, place, style.ink, style.opacity);
}

void set_small_print(cv::Mat& picture, const cv::Rect2d& where, const Color& ink, int lines,
                     Random& random) {
  const double pitch = where.height / std::max(1, lines);
  const int stroke = std::max(1, static_cast<int>(pitch * 0.45));
  for (int i = 0; i < lines; ++i) {
    const int y = static_cast<int>(where.y + (i + 0.5) * pitch);
    double x = where.x;
    const double end = where.x + where.width * random.uniform(0.6, 1.0);
    while (x < end) {
      const double next = std::min(end, x + pitch * random.uniform(0.8, 3.5));
      cv::line(picture, {static_cast<int>(x), y}, {static_cast<int>(next), y}, scalar(ink), stroke);
      x = next + pitch * 0.5;
    }
  }
}

}  // namespace gondola::data::synth
