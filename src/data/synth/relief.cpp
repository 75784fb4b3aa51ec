#include "relief.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <opencv2/imgproc.hpp>

namespace gondola::data::synth {
namespace {

double smooth_step(double t) { return t * t * (3 - 2 * t); }

uchar lit(int value, double factor, double glare) {
  return cv::saturate_cast<uchar>(value * factor + 255 * glare);
}

}  // namespace

Profile smooth_profile(std::vector<cv::Point2d> points) {
  return [points = std::move(points)](double height) {
    for (std::size_t i = 1; i < points.size(); ++i) {
      if (height > points[i].x) continue;
      const double span = points[i].x - points[i - 1].x;
      const double t = span > 0 ? (height - points[i - 1].x) / span : 1;
      return points[i - 1].y +
             (points[i].y - points[i - 1].y) * smooth_step(std::clamp(t, 0.0, 1.0));
    }
    return points.back().y;
  };
}

Gloss random_gloss(double shininess, Random& random) {
  Gloss gloss;
  gloss.shading = random.uniform(0.25, 0.65);
  gloss.highlight = shininess * random.uniform(0.1, 0.7);
  gloss.position = random.uniform(-0.7, 0.7);
  gloss.width = random.uniform(0.05, 0.25);
  return gloss;
}

cv::Mat bend_round(const cv::Mat& print, const Profile& profile, const Gloss& gloss) {
  cv::Mat result(print.size(), CV_8UC4);
  const double middle = print.cols / 2.0;
  for (int y = 0; y < print.rows; ++y) {
    const double half = std::max(0.5, profile((y + 0.5) / print.rows) * middle);
    const auto* from = print.ptr<cv::Vec3b>(y);
    auto* to = result.ptr<cv::Vec4b>(y);
    for (int x = 0; x < print.cols; ++x) {
      const double offset = x + 0.5 - middle;
      const double side = std::clamp(offset / half, -1.0, 1.0);
      const double turn = std::asin(side) / CV_PI * 0.9 + 0.5;
      const cv::Vec3b& ink =
          from[std::clamp(static_cast<int>(turn * print.cols), 0, print.cols - 1)];
      const double facing = std::sqrt(1 - side * side);
      const double light = 1 - gloss.shading * (1 - facing) - 0.08 * side;
      const double distance = (side - gloss.position) / gloss.width;
      const double glare = gloss.highlight * std::exp(-distance * distance);
      for (int c = 0; c < 3; ++c) to[x][c] = lit(ink[c], light, glare);
      to[x][3] = cv::saturate_cast<uchar>(255 * (half - std::abs(offset) + 0.5));
    }
  }
  return result;
}

namespace {

/// Light minus one, from creases that run mostly from the ends inwards and from a slow unevenness.
cv::Mat crease_light(cv::Size size, double strength, Random& random) {
  const cv::Size coarse(5, 6);
  cv::Mat bumps(coarse, CV_32FC1);
  for (int y = 0; y < coarse.height; ++y)
    for (int x = 0; x < coarse.width; ++x)
      bumps.at<float>(y, x) = static_cast<float>(random.normal(0, 0.16 * strength));
  cv::Mat light;
  cv::resize(bumps, light, size, 0, 0, cv::INTER_CUBIC);

  const int creases = static_cast<int>(strength * random.uniform(4, 14));
  for (int i = 0; i < creases; ++i) {
    const bool from_end = random.chance(0.7);
    const cv::Point2d from(
        size.width * random.unit(),
        from_end ? (random.chance(0.5) ? 0.0 : size.height) : size.height * random.unit());
    const double length = random.uniform(0.1, 0.45) * size.height;
    const double direction = from_end
                                 ? (from.y > 0 ? -CV_PI / 2 : CV_PI / 2) + random.normal(0, 0.4)
                                 : random.uniform(0, CV_2PI);
    const cv::Point2d to = from + length * cv::Point2d(std::cos(direction), std::sin(direction));
    const double amount = strength * random.uniform(0.1, 0.4);
    const int thickness = std::max(1, static_cast<int>(size.width * random.uniform(0.01, 0.05)));
    const cv::Point2d shift(thickness, 0);
    cv::line(light, from, to, cv::Scalar(amount), thickness);
    cv::line(light, cv::Point(from + shift), cv::Point(to + shift), cv::Scalar(-amount), thickness);
  }
  cv::GaussianBlur(light, light, {0, 0}, std::max(0.5, size.width * 0.012));
  return light;
}

cv::Mat soft_outline(cv::Size size, const SoftForm& form, Random& random) {
  const double corner = form.corner * std::min(size.width, size.height);
  const double wobble = form.wobble * std::min(size.width, size.height);
  const double phase_left = random.uniform(0, CV_2PI);
  const double phase_right = random.uniform(0, CV_2PI);
  const double waves = random.uniform(1, 4);
  cv::Mat mask(size, CV_8UC1);
  for (int y = 0; y < size.height; ++y) {
    const double t = (y + 0.5) / size.height;
    const double from_end = std::min(y + 0.5, size.height - y - 0.5);
    double inset = 0;
    if (from_end < corner) {
      const double d = corner - from_end;
      inset = corner - std::sqrt(std::max(0.0, corner * corner - d * d));
    }
    const double bulge = 4 * t * (1 - t);
    inset += 0.5 * size.width * (form.waist > 0 ? form.waist * (1 - bulge) : -form.waist * bulge);
    const double left = inset + wobble * 0.5 * (1 + std::sin(phase_left + waves * t * CV_2PI));
    const double right =
        size.width - inset - wobble * 0.5 * (1 + std::sin(phase_right + waves * t * CV_2PI));
    auto* row = mask.ptr<uchar>(y);
    for (int x = 0; x < size.width; ++x) {
      const double inside = std::min(x + 0.5 - left, right - x - 0.5) + 0.5;
      row[x] = cv::saturate_cast<uchar>(255 * inside);
    }
  }
  return mask;
}

}  // namespace

cv::Mat puff_soft(const cv::Mat& print, const SoftForm& form, Random& random) {
  const cv::Size size = print.size();
  const cv::Mat creases = crease_light(size, form.wrinkles, random);
  const cv::Mat outline = soft_outline(size, form, random);
  const cv::Point2d shine(random.uniform(0.2, 0.8), random.uniform(0.15, 0.6));
  const double shine_size = random.uniform(0.08, 0.3);
  const double shine_strength = form.shine * random.uniform(0, 0.6);
  cv::Mat result(size, CV_8UC4);
  for (int y = 0; y < size.height; ++y) {
    const double v = (y + 0.5) / size.height;
    const auto* from = print.ptr<cv::Vec3b>(y);
    const auto* crease = creases.ptr<float>(y);
    const auto* alpha = outline.ptr<uchar>(y);
    auto* to = result.ptr<cv::Vec4b>(y);
    for (int x = 0; x < size.width; ++x) {
      const double u = (x + 0.5) / size.width;
      const double edge = std::pow(std::abs(2 * u - 1), 4) + 0.7 * std::pow(std::abs(2 * v - 1), 5);
      const double light = 1 - form.puff * 0.6 * edge + crease[x] + 0.1 * (0.5 - v);
      const double dx = (u - shine.x) / shine_size;
      const double dy = (v - shine.y) / (1.5 * shine_size);
      const double glare = shine_strength * std::exp(-dx * dx - dy * dy) +
                           form.shine * std::max(0.0F, crease[x]) * 0.6;
      for (int c = 0; c < 3; ++c) to[x][c] = lit(from[x][c], light, glare);
      to[x][3] = alpha[x];
    }
  }
  return result;
}

void add_film_glare(cv::Mat& picture, double strength, Random& random) {
  cv::Mat glare(picture.size(), CV_32FC1, cv::Scalar(0));
  const int streaks = random.integer(2, 7);
  for (int i = 0; i < streaks; ++i) {
    const cv::Point from(random.integer(0, picture.cols), random.integer(0, picture.rows));
    const cv::Point to = from + cv::Point(random.integer(-picture.cols / 3, picture.cols / 3),
                                          random.integer(-picture.rows / 3, picture.rows / 3));
    cv::line(glare, from, to, cv::Scalar(strength * random.uniform(0.2, 0.9)),
             std::max(1, picture.cols / random.integer(12, 40)));
  }
  cv::GaussianBlur(glare, glare, {0, 0}, std::max(0.6, picture.cols / 60.0));
  const int channels = picture.channels();
  for (int y = 0; y < picture.rows; ++y) {
    auto* row = picture.ptr<uchar>(y);
    const auto* amount = glare.ptr<float>(y);
    for (int x = 0; x < picture.cols; ++x)
      for (int c = 0; c < 3; ++c) row[x * channels + c] = lit(row[x * channels + c], 1, amount[x]);
  }
}

void add_stains(cv::Mat& picture, double strength, Random& random) {
  cv::Mat noise(6, 6, CV_32FC1);
  for (int i = 0; i < 36; ++i)
    noise.at<float>(i / 6, i % 6) = static_cast<float>(1 + random.normal(0, strength));
  cv::Mat gain;
  cv::resize(noise, gain, picture.size(), 0, 0, cv::INTER_CUBIC);
  for (int y = 0; y < picture.rows; ++y) {
    auto* row = picture.ptr<cv::Vec3b>(y);
    const auto* factor = gain.ptr<float>(y);
    for (int x = 0; x < picture.cols; ++x) {
      const auto weight = static_cast<int>(factor[x] * 256);
      for (int c = 0; c < 3; ++c) row[x][c] = cv::saturate_cast<uchar>((row[x][c] * weight) >> 8);
    }
  }
}

void shade(cv::Mat& picture, const cv::Rect& part, double factor) {
  const cv::Rect inside = part & cv::Rect({}, picture.size());
  if (inside.empty()) return;
  cv::Mat view = picture(inside);
  view.convertTo(view, -1, factor);
}

}  // namespace gondola::data::synth
