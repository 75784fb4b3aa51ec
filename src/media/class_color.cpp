#include <array>
#include <cmath>

#include <opencv2/core.hpp>

#include "gondola/media/draw.hpp"

namespace gondola::media {
namespace {

/// A colour in OKLab's polar form (Ottosson 2020): equal steps look equally far apart.
struct Oklch {
  double lightness;  ///< 0 black .. 1 white
  double chroma;     ///< 0 grey .. about 0.3 the most vivid
  double hue;        ///< radians
};

/// Red, green, blue in linear light; outside [0, 1] for a colour that no screen shows.
using LinearRgb = std::array<double, 3>;

LinearRgb to_linear_rgb(const Oklch& color) {
  const double a = color.chroma * std::cos(color.hue);
  const double b = color.chroma * std::sin(color.hue);
  const double l = std::pow(color.lightness + 0.3963377774 * a + 0.2158037573 * b, 3);
  const double m = std::pow(color.lightness - 0.1055613458 * a - 0.0638541728 * b, 3);
  const double s = std::pow(color.lightness - 0.0894841775 * a - 1.2914855480 * b, 3);
  return {4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
          -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
          -0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s};
}

bool is_displayable(const LinearRgb& rgb) {
  for (const double channel : rgb)
    if (channel < -1e-4 || channel > 1 + 1e-4) return false;
  return true;
}

double to_srgb_byte(double linear) {
  const double x = std::min(1.0, std::max(0.0, linear));
  const double encoded = x <= 0.0031308 ? 12.92 * x : 1.055 * std::pow(x, 1 / 2.4) - 0.055;
  return std::round(255 * encoded);
}

}  // namespace

cv::Scalar class_color(int class_id) {
  // The golden angle never comes back near a hue soon; alternating lightness keeps hues apart that
  // finally do.
  constexpr double kGoldenAngle = 2.399963229728653;
  constexpr double kFirstHue = 0.50;  // a warm red
  constexpr std::array kLightness = {0.70, 0.80, 0.62};
  const unsigned id = class_id < 0 ? 0U : static_cast<unsigned>(class_id);

  Oklch color{kLightness[id % kLightness.size()], 0.24, kFirstHue + id * kGoldenAngle};
  while (!is_displayable(to_linear_rgb(color))) color.chroma -= 0.005;
  const LinearRgb rgb = to_linear_rgb(color);
  return {to_srgb_byte(rgb[2]), to_srgb_byte(rgb[1]), to_srgb_byte(rgb[0])};
}

}  // namespace gondola::media
