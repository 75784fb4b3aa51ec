#include "gondola/media/appearance.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <utility>

#include <opencv2/imgproc.hpp>

#include "gondola/core/error.hpp"

namespace gondola::media {
namespace {

constexpr int kWidth = 32;
constexpr int kHeight = 64;
constexpr int kBands = 3;

constexpr int kLightnessSteps = 4;
constexpr int kColorSteps = 8;
constexpr float kColorRange = 60;  // a* and b* of all but a few printing inks lie within

constexpr int kChannels = 3;
constexpr int kDirections = 8;
constexpr int kStrengths = 3;
constexpr float kWeakestEdge = 2;  // units of CIELAB a pixel; below is noise and shading
constexpr float kStepsPerOctave = 0.6F;

// Of a picture that has hardly any edges, the direction of the vector would be that of its noise.
constexpr float kFlat = 0.3F;

/// The two bins that share a value, and the part of the second one.
struct Share {
  int first = 0;
  int second = 0;
  float part = 0;

  std::array<std::pair<int, float>, 2> bins() const {
    return {{{first, 1 - part}, {second, part}}};
  }
};

/// @param place  in bins, the first one's middle at 0; what lies outside belongs to the outermost
Share between(float place, int count) {
  const float inside = std::clamp(place, 0.0F, static_cast<float>(count - 1));
  const int first = static_cast<int>(inside);
  return {first, std::min(first + 1, count - 1), inside - static_cast<float>(first)};
}

Share around(float place, int count) {
  const float below = std::floor(place);
  const int first = static_cast<int>(below) % count;
  return {first, (first + 1) % count, place - below};
}

void make_unit(std::vector<float>& vector) {
  double squares = 0;
  for (const float value : vector) squares += static_cast<double>(value) * value;
  for (float& value : vector) value = static_cast<float>(value / std::sqrt(squares));
}

std::vector<float> color_histogram(const cv::Mat& lab) {
  std::vector<float> histogram(
      static_cast<std::size_t>(kBands * kLightnessSteps * kColorSteps * kColorSteps));
  const auto chroma = [](float value) {
    const float share = (value + kColorRange) / (2 * kColorRange);
    return between(share * kColorSteps - 0.5F, kColorSteps).bins();
  };
  for (int y = 0; y < kHeight; ++y) {
    const auto bands =
        between((static_cast<float>(y) + 0.5F) / kHeight * kBands - 0.5F, kBands).bins();
    for (int x = 0; x < kWidth; ++x) {
      const auto& pixel = lab.at<cv::Vec3f>(y, x);
      const auto lightness =
          between(pixel[0] / 100 * kLightnessSteps - 0.5F, kLightnessSteps).bins();
      const auto as = chroma(pixel[1]);
      const auto bs = chroma(pixel[2]);
      for (const auto& [band, band_part] : bands) {
        for (const auto& [light, light_part] : lightness) {
          for (const auto& [a, a_part] : as) {
            for (const auto& [b, b_part] : bs) {
              const int bin =
                  ((band * kLightnessSteps + light) * kColorSteps + a) * kColorSteps + b;
              histogram[static_cast<std::size_t>(bin)] += band_part * light_part * a_part * b_part;
            }
          }
        }
      }
    }
  }
  for (float& share : histogram) share = std::sqrt(share);
  make_unit(histogram);
  return histogram;
}

std::vector<float> edge_histogram(const cv::Mat& lab) {
  constexpr float kPixels = static_cast<float>(kWidth) * kHeight / kBands;
  constexpr float kHalfTurn = 3.14159265F;
  std::vector<float> histogram(
      static_cast<std::size_t>(kBands * kChannels * kDirections * kStrengths));
  std::array<cv::Mat, kChannels> channels;
  cv::split(lab, channels.data());
  for (int channel = 0; channel < kChannels; ++channel) {
    const cv::Mat& values = channels[static_cast<std::size_t>(channel)];
    cv::Mat across;
    cv::Mat down;
    // A quarter of Sobel's sums: differences of pixels two apart, once smoothed.
    cv::Sobel(values, across, CV_32F, 1, 0, 3, 0.25, 0, cv::BORDER_REPLICATE);
    cv::Sobel(values, down, CV_32F, 0, 1, 3, 0.25, 0, cv::BORDER_REPLICATE);
    for (int y = 0; y < kHeight; ++y) {
      const int part = (y * kBands / kHeight * kChannels + channel) * kDirections * kStrengths;
      for (int x = 0; x < kWidth; ++x) {
        const float dx = across.at<float>(y, x);
        const float dy = down.at<float>(y, x);
        const float strength = std::hypot(dx, dy);
        if (strength < kWeakestEdge) continue;
        float angle = std::atan2(dy, dx);
        if (angle < 0) angle += kHalfTurn;
        const auto directions = around(angle / kHalfTurn * kDirections, kDirections).bins();
        const auto strengths =
            between(std::log2(strength / kWeakestEdge) * kStepsPerOctave, kStrengths).bins();
        for (const auto& [direction, direction_part] : directions) {
          for (const auto& [step, step_part] : strengths) {
            const int bin = part + direction * kStrengths + step;
            histogram[static_cast<std::size_t>(bin)] += direction_part * step_part / kPixels;
          }
        }
      }
    }
  }
  for (float& share : histogram) share = std::sqrt(share);
  histogram.push_back(kFlat);
  make_unit(histogram);
  return histogram;
}

}  // namespace

Appearance appearance(const cv::Mat& bgr) {
  GONDOLA_EXPECTS(!bgr.empty() && bgr.type() == CV_8UC3,
                  "appearance: expected a BGR image of type CV_8UC3, got type ", bgr.type(), " of ",
                  bgr.cols, " x ", bgr.rows);
  cv::Mat small;
  cv::resize(bgr, small, {kWidth, kHeight}, 0, 0, cv::INTER_AREA);
  cv::Mat numbers;
  small.convertTo(numbers, CV_32FC3, 1.0 / 255);
  cv::Mat lab;
  cv::cvtColor(numbers, lab, cv::COLOR_BGR2Lab);
  return {color_histogram(lab), edge_histogram(lab)};
}

}  // namespace gondola::media
