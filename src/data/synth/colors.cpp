#include "colors.hpp"

#include <algorithm>
#include <cmath>

namespace gondola::data::synth {

Color hsv(double hue, double saturation, double value) {
  const double sector = (hue - std::floor(hue)) * 6;
  const auto channel = [&](double offset) {
    const double k = std::fmod(offset + sector, 6.0);
    const double drop = std::clamp(std::min(k, 4 - k), 0.0, 1.0);
    return cv::saturate_cast<uchar>(255 * value * (1 - saturation * drop));
  };
  return {channel(1), channel(3), channel(5)};
}

Color mix(const Color& a, const Color& b, double share) {
  Color result;
  for (int c = 0; c < 3; ++c) result[c] = cv::saturate_cast<uchar>(a[c] + (b[c] - a[c]) * share);
  return result;
}

Color scaled(const Color& color, double factor) {
  return {cv::saturate_cast<uchar>(color[0] * factor), cv::saturate_cast<uchar>(color[1] * factor),
          cv::saturate_cast<uchar>(color[2] * factor)};
}

double luma(const Color& color) { return 0.114 * color[0] + 0.587 * color[1] + 0.299 * color[2]; }

cv::Scalar scalar(const Color& color) {
  return {double(color[0]), double(color[1]), double(color[2])};
}

cv::Scalar opaque(const Color& color) {
  return {double(color[0]), double(color[1]), double(color[2]), 255};
}

namespace {

/// Hues as packages have them: much red, blue and yellow, some green, little violet and cyan.
double package_hue(Random& random) {
  static const std::vector<double> kWeights = {0.25, 0.16, 0.1, 0.14, 0.05, 0.2, 0.04, 0.06};
  static const std::vector<double> kCenters = {0.0, 0.13, 0.07, 0.34, 0.5, 0.6, 0.77, 0.92};
  return kCenters[random.weighted(kWeights)] + random.normal(0, 0.025);
}

Color vivid_color(double hue, double vivid, Random& random) {
  const double saturation = std::clamp(random.normal(0.3 + 0.5 * vivid, 0.18), 0.05, 1.0);
  const double value = std::clamp(random.normal(0.8, 0.16), 0.2, 1.0);
  return hsv(hue, saturation, value);
}

Color legible_ink(const Color& base, const Color& second, Random& random) {
  const bool light = luma(base) > 140;
  if (random.chance(0.35) && std::abs(luma(second) - luma(base)) > 60) return second;
  if (!light) return random.chance(0.8) ? Color(250, 250, 250) : hsv(0.14, 0.7, 1.0);
  return random.chance(0.4) ? Color(25, 20, 20)
                            : hsv(random.unit(), 0.9, random.uniform(0.25, 0.6));
}

}  // namespace

Palette random_palette(const ColorMood& mood, Random& random) {
  const double hue = mood.hue_spread < 1 ? mood.hue + mood.hue_spread * random.uniform(-0.5, 0.5)
                                         : package_hue(random);
  Palette palette;
  const double kind = random.unit();
  if (kind < mood.white_share) {
    palette.base = hsv(hue, random.uniform(0, 0.1), random.uniform(0.86, 1.0));
  } else if (kind < mood.white_share + mood.dark_share) {
    palette.base = hsv(hue, random.uniform(0, 0.6), random.uniform(0.06, 0.25));
  } else {
    palette.base = vivid_color(hue, mood.vivid, random);
  }
  const double second_hue =
      hue + (random.chance(0.4) ? random.normal(0, 0.06) : package_hue(random) - hue);
  palette.second = random.chance(0.2) ? hsv(second_hue, 0.05, random.chance(0.7) ? 0.97 : 0.12)
                                      : vivid_color(second_hue, mood.vivid, random);
  palette.accent = vivid_color(package_hue(random), 1.0, random);
  palette.ink = legible_ink(palette.base, palette.second, random);
  return palette;
}

Palette flavour(const Palette& palette, Random& random) {
  Palette result = palette;
  const double hue = random.chance(0.6) ? package_hue(random) : random.unit();
  const Color fresh = hsv(hue, random.uniform(0.45, 0.95), random.uniform(0.5, 0.98));
  if (random.chance(0.3)) {
    result.base = fresh;
    result.ink = legible_ink(result.base, palette.second, random);
  } else {
    result.second = fresh;
  }
  result.accent =
      hsv(hue + random.normal(0, 0.05), random.uniform(0.6, 1.0), random.uniform(0.5, 1.0));
  return result;
}

}  // namespace gondola::data::synth
