#include <algorithm>
#include <cmath>
#include <vector>

#include <opencv2/imgproc.hpp>

#include "art_elements.hpp"
#include "fold.hpp"
#include "relief.hpp"

namespace gondola::data::synth {

void fold_roll_pack(const Sheet& sheet, Package& package) {
  Random brand = sheet.brand_random();
  cv::Mat print = sheet.front();
  const int columns = std::max(1, static_cast<int>(std::lround(package.extent.width / 11)));
  const int tiers = std::max(1, static_cast<int>(std::lround(package.extent.height / 11)));
  const bool paper_shows = brand.chance(0.6);
  for (int i = 0; i < tiers; ++i) {
    for (int j = 0; j < columns; ++j) {
      const cv::Rect roll(j * print.cols / columns, i * print.rows / tiers, print.cols / columns,
                          print.rows / tiers);
      if (paper_shows && (i + j) % 2 == 1) {
        cv::Mat view = print(roll);
        cv::addWeighted(view, 0.35, cv::Mat(view.size(), view.type(), cv::Scalar::all(235)), 0.65,
                        0, view);
      }
      for (int x = 0; x < roll.width; ++x) {
        const double side = 2.0 * x / roll.width - 1;
        shade(print, {roll.x + x, roll.y, 1, roll.height}, 1 - 0.3 * std::pow(std::abs(side), 3));
      }
      shade(print, {roll.x, roll.y, roll.width, std::max(1, print.rows / 50)}, 0.75);
    }
  }
  SoftForm form;
  form.corner = 0.08;
  form.wrinkles = 0.5;
  form.puff = 0.4;
  form.shine = 0.6;
  cv::Mat sprite = puff_soft(print, form, sheet.random);
  add_film_glare(sprite, 0.4, sheet.random);
  package.front = make_texture(sprite);
  add_soft_faces(sprite, package);
}

void fold_multipack(const Sheet& sheet, Package& package) {
  Random brand = sheet.brand_random();
  const bool bottles = package.extent.height > 15;
  const int columns = std::clamp(static_cast<int>(std::lround(package.extent.width / 7)), 2, 6);
  Design unit = sheet.design;
  Package one;
  one.extent = {package.extent.width / columns, package.extent.height,
                package.extent.width / columns};
  const Sheet unit_sheet{sheet.artist,
                         unit,
                         {std::max(kLeastSide, sheet.size.width / columns), sheet.size.height},
                         sheet.random};
  if (bottles) {
    fold_bottle(unit_sheet, one);
  } else {
    fold_can(unit_sheet, one);
  }
  cv::Mat print = sheet.blank({40, 40, 40});
  const cv::Mat& sprite = one.front.levels.front();
  for (int i = 0; i < columns; ++i) {
    const int left = i * print.cols / columns;
    for (int y = 0; y < print.rows; ++y) {
      for (int x = 0; x < sprite.cols && left + x < print.cols; ++x) {
        const auto& from = sprite.at<cv::Vec4b>(std::min(y, sprite.rows - 1), x);
        auto& to = print.at<cv::Vec3b>(y, left + x);
        for (int c = 0; c < 3; ++c)
          to[c] = static_cast<uchar>(from[c] + to[c] * (255 - from[3]) / 255);
      }
    }
  }
  if (brand.chance(0.5)) {  // half carton
    print_rows(print, brand.uniform(0.35, 0.55), 1, sheet);
  } else {
    print = cv::Mat(print * 0.82 + cv::Scalar::all(30));
  }
  SoftForm form;
  form.corner = 0.06;
  form.wobble = 0.01;
  form.wrinkles = 0.35;
  form.puff = 0.25;
  form.shine = 0.5;
  cv::Mat pack = puff_soft(print, form, sheet.random);
  add_film_glare(pack, 0.6, sheet.random);
  package.front = make_texture(pack);
  add_soft_faces(pack, package);
}

}  // namespace gondola::data::synth
