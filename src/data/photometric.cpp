#include "photometric.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

namespace gondola::data {
namespace {

/// Half of the degrees of the colour circle, as OpenCV keeps hue in 8 bits.
constexpr int kHues = 180;

void vary_colour(cv::Mat& image, const AugmentOptions& options, Random& random) {
  const double shift = random.uniform(-1, 1) * options.hue * kHues;
  const double saturation = 1 + random.uniform(-1, 1) * options.saturation;
  const double value = 1 + random.uniform(-1, 1) * options.value;
  if (options.hue == 0 && options.saturation == 0 && options.value == 0) return;
  cv::Mat table(1, 256, CV_8UC3);
  for (int i = 0; i < table.cols; ++i) {
    const int hue = (i + static_cast<int>(std::lround(shift)) + kHues) % kHues;
    table.at<cv::Vec3b>(i) = {static_cast<unsigned char>(hue),
                              cv::saturate_cast<unsigned char>(i * saturation),
                              cv::saturate_cast<unsigned char>(i * value)};
  }
  cv::Mat hsv;
  cv::cvtColor(image, hsv, cv::COLOR_RGB2HSV);
  cv::LUT(hsv, table, hsv);
  cv::cvtColor(hsv, image, cv::COLOR_HSV2RGB);
}

void make_grey(cv::Mat& image) {
  cv::Mat grey;
  cv::cvtColor(image, grey, cv::COLOR_RGB2GRAY);
  cv::cvtColor(grey, image, cv::COLOR_GRAY2RGB);
}

void add_noise(cv::Mat& image, double sigma, Random& random) {
  cv::Mat noise(image.size(), CV_16SC3);
  cv::RNG(random.bits()).fill(noise, cv::RNG::NORMAL, 0, sigma);
  cv::add(image, noise, image, cv::noArray(), CV_8U);
}

void compress(cv::Mat& image, int quality) {
  std::vector<unsigned char> file;
  cv::Mat bgr;
  cv::cvtColor(image, bgr, cv::COLOR_RGB2BGR);
  cv::imencode(".jpg", bgr, file, {cv::IMWRITE_JPEG_QUALITY, quality});
  cv::cvtColor(cv::imdecode(file, cv::IMREAD_COLOR), image, cv::COLOR_BGR2RGB);
}

}  // namespace

void vary_pixels(cv::Mat& image, const AugmentOptions& options, Random& random) {
  // Every number is drawn whether it is used or not, so that one option leaves the others alone.
  const bool blurs = random.chance(options.blur);
  const double blur_sigma = random.uniform(0.1, std::max(0.1, options.blur_sigma));
  const bool has_noise = random.chance(options.noise);
  const double noise_sigma = random.uniform(0, options.noise_sigma);
  const bool is_grey = random.chance(options.grey);
  const bool compresses = random.chance(options.jpeg);
  const int quality = random.integer(options.jpeg_quality, 95);

  vary_colour(image, options, random);
  if (is_grey) make_grey(image);
  if (blurs) cv::GaussianBlur(image, image, {}, blur_sigma);
  if (has_noise) add_noise(image, noise_sigma, random);
  if (compresses) compress(image, quality);
}

}  // namespace gondola::data
