#include <algorithm>
#include <cmath>
#include <vector>

#include <opencv2/imgproc.hpp>

#include "art_elements.hpp"
#include "fold.hpp"
#include "relief.hpp"

namespace gondola::data::synth {

void fold_box(const Sheet& sheet, Package& package) {
  cv::Mat front = sheet.front();
  // Worn edges catch the light, or the next box's shadow.
  const double edge = sheet.random.uniform(0.7, 1.15);
  const int rim = std::max(1, sheet.size.width / 60);
  shade(front, {0, 0, rim, front.rows}, edge);
  shade(front, {front.cols - rim, 0, rim, front.rows}, edge * 0.9);
  shade(front, {0, 0, front.cols, rim}, sheet.random.uniform(0.9, 1.2));
  shade(front, {0, front.rows - rim, front.cols, rim}, 0.7);
  if (sheet.random.chance(0.3)) add_film_glare(front, 0.25, sheet.random);
  package.front = make_texture(front);
  const double ratio = package.extent.depth / package.extent.width;
  const int side_width = std::max(kLeastSide, static_cast<int>(sheet.size.width * ratio));
  const cv::Mat side = sheet.artist.side(sheet.design, {side_width, sheet.size.height});
  package.side = make_texture(side);
  cv::Mat top(std::max(kLeastSide, side_width), sheet.size.width, CV_8UC3, cv::mean(side.row(0)));
  if (sheet.random.chance(0.5)) {
    WordStyle style;
    style.ink = sheet.design.palette.ink;
    set_word(top, sheet.design.brand->name_mask, in_pixels({0.2, 0.3, 0.6, 0.4}, top.size()),
             style);
  }
  package.top = make_texture(top);
}

void fold_blister(const Sheet& sheet, Package& package) {
  Random brand = sheet.brand_random();
  cv::Mat card = sheet.front();
  const double top = brand.uniform(0.3, 0.5);
  const cv::Rect2d bubble(brand.uniform(0.1, 0.25), top, 0, brand.uniform(0.35, 0.93 - top));
  const cv::Rect2d part(bubble.x, bubble.y, 1 - 2 * bubble.x, bubble.height);
  const cv::Rect area = cv::Rect(in_pixels(part, card.size())) & cv::Rect({}, card.size());
  cv::Mat view = card(area);
  const Color behind =
      brand.chance(0.5) ? Color(225, 225, 225) : scaled(sheet.design.palette.second, 0.8);
  cv::addWeighted(view, 0.25, cv::Mat(view.size(), view.type(), scalar(behind)), 0.75, 0, view);
  const Color goods = brand.chance(0.6) ? sheet.design.palette.accent : plain_color(brand);
  const int items = brand.integer(1, 4);
  for (int i = 0; i < items; ++i) {
    const cv::Point center(area.x + area.width * (2 * i + 1) / (2 * items),
                           area.y + area.height / 2);
    cv::ellipse(card, center,
                {std::max(1, area.width / (2 * items + 1)), std::max(1, area.height * 2 / 5)},
                brand.uniform(-8, 8), 0, 360, scalar(goods), cv::FILLED, cv::LINE_AA);
  }
  cv::rectangle(card, area, cv::Scalar::all(250), 1);
  cv::Mat bubble_view = card(area);
  add_film_glare(bubble_view, 0.9, sheet.random);
  SoftForm form;
  form.corner = brand.uniform(0.03, 0.2);
  form.wobble = 0;
  form.wrinkles = 0.1;
  form.puff = 0.15;
  form.shine = 0.4;
  cv::Mat sprite = puff_soft(card, form, sheet.random);
  punch_hole(sprite, 0.06, {70, 70, 70});
  package.front = make_texture(sprite);
}

void fold_egg_carton(const Sheet& sheet, Package& package) {
  Random brand = sheet.brand_random();
  const Color pulp =
      brand.chance(0.6) ? hsv(0.1, 0.15, brand.uniform(0.5, 0.75)) : hsv(brand.unit(), 0.35, 0.8);
  cv::Mat print = sheet.blank(pulp);
  const int cups = std::max(3, static_cast<int>(package.extent.width / 4.5));
  for (int i = 0; i < cups; ++i) {
    const cv::Point foot(print.cols * (2 * i + 1) / (2 * cups), print.rows);
    cv::ellipse(print, foot, {print.cols / (2 * cups), print.rows / 2}, 0, 180, 360,
                scalar(scaled(pulp, 0.85)), cv::FILLED, cv::LINE_AA);
  }
  print_rows(print, 0.05, 0.55, sheet);
  SoftForm form;
  form.corner = 0.2;
  form.wobble = 0.02;
  form.wrinkles = 0.15;
  form.puff = 0.4;
  form.shine = 0.05;
  cv::Mat sprite = puff_soft(print, form, sheet.random);
  package.front = make_texture(sprite);
  add_soft_faces(sprite, package);
}

void fold_tray(const Sheet& sheet, Package& package) {
  Random brand = sheet.brand_random();
  cv::Mat print = sheet.blank({60, 60, 60});
  const Color goods =
      hsv(brand.uniform(-0.05, 0.35), brand.uniform(0.5, 0.95), brand.uniform(0.45, 0.95));
  const double size = print.rows * brand.uniform(0.14, 0.3);
  for (int i = 0; i < 30; ++i) {
    const double light = sheet.random.uniform(0.6, 1.2);
    cv::circle(
        print, {sheet.random.integer(0, print.cols), sheet.random.integer(0, print.rows * 3 / 4)},
        std::max(1, static_cast<int>(size)), scalar(scaled(goods, light)), cv::FILLED, cv::LINE_AA);
  }
  const Color tray = brand.chance(0.4)   ? Color(40, 40, 40)
                     : brand.chance(0.5) ? hsv(0.09, 0.35, 0.7)
                                         : sheet.design.palette.base;
  fill_rows(print, 0.72, 1, tray);
  const cv::Rect label = cv::Rect(in_pixels({0.25, 0.25, 0.5, 0.5}, print.size()));
  if (brand.chance(0.7)) sheet.artist.front(sheet.design, label.size()).copyTo(print(label));
  SoftForm form;
  form.corner = 0.12;
  form.wrinkles = 0.2;
  form.puff = 0.3;
  form.shine = 0.6;
  cv::Mat sprite = puff_soft(print, form, sheet.random);
  if (brand.chance(0.7)) add_film_glare(sprite, 0.6, sheet.random);
  package.front = make_texture(sprite);
  add_soft_faces(sprite, package);
}

}  // namespace gondola::data::synth
