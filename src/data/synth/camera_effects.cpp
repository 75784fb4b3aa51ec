#include "camera_effects.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <opencv2/imgproc.hpp>

namespace gondola::data::synth {
namespace {

void apply_tone(cv::Mat& picture, const CameraEffects& effects) {
  cv::Mat table(1, 256, CV_8UC3);
  for (int value = 0; value < 256; ++value) {
    for (int c = 0; c < 3; ++c) {
      double x = value / 255.0 * effects.exposure * effects.white_balance[c];
      x = std::pow(std::max(0.0, x), effects.gamma);
      x = (x - 0.5) * effects.contrast + 0.5;
      x = effects.haze * 0.9 + (1 - effects.haze) * x;
      table.at<cv::Vec3b>(0, value)[c] = cv::saturate_cast<uchar>(255 * x);
    }
  }
  cv::LUT(picture, table, picture);
}

void apply_saturation(cv::Mat& picture, double saturation) {
  const auto weight = static_cast<int>(saturation * 256);
  for (int y = 0; y < picture.rows; ++y) {
    auto* row = picture.ptr<cv::Vec3b>(y);
    for (int x = 0; x < picture.cols; ++x) {
      cv::Vec3b& p = row[x];
      const int gray = (29 * p[0] + 150 * p[1] + 77 * p[2]) >> 8;
      for (int c = 0; c < 3; ++c) {
        p[c] = cv::saturate_cast<uchar>(gray + (((p[c] - gray) * weight) >> 8));
      }
    }
  }
}

/// Light falls off towards the corners and to one side; noise is added in the same pass.
void apply_falloff_and_noise(cv::Mat& picture, const CameraEffects& effects, Random& random) {
  constexpr std::size_t kTable = 1 << 14;
  std::array<std::int16_t, kTable> noise{};
  for (std::int16_t& value : noise) {
    value = static_cast<std::int16_t>(std::lround(random.normal(0, effects.noise * 16)));
  }
  cv::Mat blotches(picture.rows / 6 + 2, picture.cols / 6 + 2, CV_16SC3);
  for (int y = 0; y < blotches.rows; ++y)
    for (int x = 0; x < 3 * blotches.cols; ++x)
      blotches.ptr<std::int16_t>(y)[x] =
          static_cast<std::int16_t>(random.normal(0, effects.color_noise * 16));
  cv::resize(blotches, blotches, picture.size(), 0, 0, cv::INTER_LINEAR);

  const double center_x = picture.cols / 2.0;
  const double center_y = picture.rows / 2.0;
  const double corner = center_x * center_x + center_y * center_y;
  for (int y = 0; y < picture.rows; ++y) {
    auto* row = picture.ptr<uchar>(y);
    const auto* blotch = blotches.ptr<std::int16_t>(y);
    std::size_t at = random.bits() % kTable;
    const double dy = (y - center_y) * (y - center_y);
    for (int x = 0; x < picture.cols; ++x) {
      const double distance = ((x - center_x) * (x - center_x) + dy) / corner;
      const double light =
          (1 - effects.vignette * distance) * (1 + effects.slope * (x / center_x - 1));
      const auto gain = static_cast<int>(light * 256);
      for (int c = 0; c < 3; ++c) {
        const int value = 3 * x + c;
        at = (at + 1) % kTable;
        row[value] = cv::saturate_cast<uchar>(((row[value] * gain) >> 8) +
                                              ((noise[at] + blotch[value]) >> 4));
      }
    }
  }
}

void smear(cv::Mat& picture, double length, double angle) {
  const int side = 2 * static_cast<int>(std::ceil(length / 2)) + 1;
  cv::Mat kernel(side, side, CV_32FC1, cv::Scalar(0));
  const cv::Point2d half(std::cos(angle) * length / 2, std::sin(angle) * length / 2);
  const cv::Point2d center(side / 2, side / 2);
  cv::line(kernel, center - half, center + half, cv::Scalar(1), 1, cv::LINE_8);
  kernel /= cv::sum(kernel)[0];
  cv::filter2D(picture, picture, -1, kernel, {-1, -1}, 0, cv::BORDER_REPLICATE);
}

void soften(cv::Mat& picture, double softness) {
  cv::Mat small;
  cv::resize(picture, small, {}, 1 - softness, 1 - softness, cv::INTER_AREA);
  cv::resize(small, picture, picture.size(), 0, 0, cv::INTER_LINEAR);
}

void sharpen(cv::Mat& picture, double amount) {
  cv::Mat blurred;
  cv::GaussianBlur(picture, blurred, {3, 3}, 0.9);
  cv::addWeighted(picture, 1 + amount, blurred, -amount, 0, picture);
}

}  // namespace

CameraEffects random_effects(cv::Size picture, Random& random) {
  const double zoom = std::max(picture.width, picture.height) / 640.0;
  CameraEffects effects;
  if (random.chance(0.5)) effects.distortion = random.uniform(-0.07, 0.05);
  effects.exposure = std::clamp(std::exp(random.normal(0.12, 0.2)), 0.55, 1.6);
  effects.gamma = std::exp(random.normal(-0.06, 0.17));
  effects.contrast = std::clamp(random.normal(1.03, 0.12), 0.7, 1.4);
  effects.saturation = std::clamp(random.normal(0.92, 0.2), 0.3, 1.4);
  const double warmth = random.normal(0, 0.07);
  effects.white_balance = {1 - warmth, 1 + random.normal(0, 0.03), 1 + warmth};
  effects.haze = random.chance(0.12) ? random.uniform(0.05, 0.35) : random.uniform(0, 0.03);
  effects.vignette = random.chance(0.5) ? random.uniform(0, 0.4) : 0;
  effects.slope = random.chance(0.4) ? random.uniform(-0.35, 0.35) : 0;
  effects.softness = random.chance(0.3) ? random.uniform(0.1, 0.5) : 0;
  effects.blur = random.chance(0.35) ? zoom * random.log_uniform(0.3, 1.3) : 0;
  effects.motion = random.chance(0.12) ? zoom * random.uniform(2, 7) : 0;
  effects.motion_angle = random.uniform(0, CV_PI);
  effects.sharpen = random.chance(0.35) ? random.uniform(0.2, 1.2) : 0;
  effects.noise = random.chance(0.6) ? random.uniform(0, 4) : random.uniform(4, 11);
  effects.color_noise = random.chance(0.3) ? random.uniform(0, 5) : 0;
  effects.jpeg_quality = random.integer(55, 96);
  return effects;
}

namespace {

/// The radial polynomial of a lens: a point of the bent picture, relative to the middle, times
/// factor() is where it comes from.
struct Lens {
  Lens(cv::Size picture, double distortion)
      : center(picture.width / 2.0, picture.height / 2.0),
        half(std::max(picture.width, picture.height) / 2.0),
        k1(distortion) {
    // The corners stay inside the source, so that no edge shows.
    const double reach = center.dot(center) / (half * half);
    if (k1 > 0) fit = 1 / (1 + k1 * reach);
  }

  double factor(const cv::Point2d& bent) const {
    const cv::Point2d p = bent / half;
    return fit * (1 + k1 * p.dot(p));
  }

  cv::Point2d center;
  double half;
  double k1;
  double fit = 1;
};

}  // namespace

cv::Mat distort(const cv::Mat& picture, double k1, int interpolation) {
  if (k1 == 0) return picture.clone();
  const Lens lens(picture.size(), k1);
  cv::Mat map(picture.size(), CV_32FC2);
  for (int y = 0; y < picture.rows; ++y) {
    auto* row = map.ptr<cv::Vec2f>(y);
    for (int x = 0; x < picture.cols; ++x) {
      const cv::Point2d bent = cv::Point2d(x + 0.5, y + 0.5) - lens.center;
      const cv::Point2d from = bent * lens.factor(bent) + lens.center;
      row[x] = {static_cast<float>(from.x - 0.5), static_cast<float>(from.y - 0.5)};
    }
  }
  cv::Mat result;
  cv::remap(picture, result, map, {}, interpolation, cv::BORDER_REPLICATE);
  return result;
}

cv::Point2d distorted_point(const cv::Point2d& point, cv::Size picture, double k1) {
  if (k1 == 0) return point;
  const Lens lens(picture, k1);
  const cv::Point2d source = point - lens.center;
  cv::Point2d bent = source;
  // The polynomial is close to one, so that fixed-point iteration gains two digits a step.
  for (int i = 0; i < 6; ++i) bent = source / lens.factor(bent);
  return bent + lens.center;
}

void apply_effects(cv::Mat& picture, const CameraEffects& effects, Random& random) {
  if (effects.softness > 0) soften(picture, effects.softness);
  if (effects.blur > 0) cv::GaussianBlur(picture, picture, {0, 0}, effects.blur);
  if (effects.motion >= 1.5) smear(picture, effects.motion, effects.motion_angle);
  apply_tone(picture, effects);
  apply_saturation(picture, effects.saturation);
  apply_falloff_and_noise(picture, effects, random);
  if (effects.sharpen > 0) sharpen(picture, effects.sharpen);
}

}  // namespace gondola::data::synth
