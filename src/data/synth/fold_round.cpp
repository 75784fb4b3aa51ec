#include <algorithm>
#include <cmath>
#include <vector>

#include <opencv2/imgproc.hpp>

#include "art_elements.hpp"
#include "fold.hpp"
#include "relief.hpp"

namespace gondola::data::synth {

void fold_can(const Sheet& sheet, Package& package) {
  cv::Mat print = sheet.blank({200, 200, 200});
  Random brand = sheet.brand_random();
  const bool drinks = package.extent.height > 1.6 * package.extent.width;
  const double rim = drinks ? 0.05 : 0.03;
  print_rows(print, rim, 1 - rim, sheet);
  fill_rows(print, 0, rim * 0.5, {215, 215, 215});
  fill_rows(print, rim * 0.5, rim, {140, 140, 140});
  fill_rows(print, 1 - rim * 0.5, 1, {120, 120, 120});
  const double neck = drinks ? 0.86 : 1;
  const Profile profile = smooth_profile(
      {{0, neck}, {rim * 0.6, neck}, {drinks ? 0.1 : rim, 1}, {0.94, 1}, {1, drinks ? 0.88 : 1}});
  package.front =
      make_texture(bend_round(print, profile, random_gloss(drinks ? 1 : 0.5, sheet.random)));
  package.top_diameter = package.extent.width * neck;
  package.top = make_texture(disc_of({195, 195, 195}, 0.1, std::max(8, sheet.size.width), brand));
}

void fold_jar(const Sheet& sheet, Package& package) {
  Random brand = sheet.brand_random();
  const Color lid = plain_color(brand);
  const Color contents =
      hsv(brand.uniform(0, 0.15), brand.uniform(0.3, 0.9), brand.uniform(0.2, 0.8));
  const double lid_end = brand.uniform(0.1, 0.26);
  const double label_top = lid_end + brand.uniform(0.02, 0.16);
  const double label_end = brand.uniform(0.86, 1.0);
  cv::Mat print = sheet.blank(brand.chance(0.4) ? sheet.design.palette.base : contents);
  print_rows(print, label_top, label_end, sheet);
  fill_rows(print, 0, lid_end, lid);
  if (brand.chance(0.5)) add_grooves(print, rows(print, 0, lid_end), 3, 0.15);
  shade(print, rows(print, lid_end, lid_end + 0.02), 0.6);
  const double lid_width = brand.uniform(0.82, 1.0);
  const Profile profile = smooth_profile(
      {{0, lid_width}, {lid_end, lid_width}, {lid_end + 0.07, 1}, {0.95, 1}, {1, 0.93}});
  package.front = make_texture(bend_round(print, profile, random_gloss(0.8, sheet.random)));
  package.top_diameter = package.extent.width * lid_width;
  package.top = make_texture(disc_of(lid, 0.08, std::max(8, sheet.size.width), brand));
}

void fold_tub(const Sheet& sheet, Package& package) {
  Random brand = sheet.brand_random();
  const Color lid = brand.chance(0.6) ? sheet.design.palette.base : Color(240, 240, 240);
  const double lid_end = brand.uniform(0.04, 0.16);
  cv::Mat print = sheet.blank({240, 240, 240});
  print_rows(print, lid_end, 1, sheet);
  fill_rows(print, 0, lid_end, lid);
  shade(print, rows(print, lid_end, lid_end + 0.03), 0.7);
  const double foot = brand.uniform(0.72, 0.95);
  const Profile profile = smooth_profile({{0, 1}, {lid_end, 1}, {lid_end + 0.01, 0.96}, {1, foot}});
  package.front = make_texture(bend_round(print, profile, random_gloss(0.5, sheet.random)));
  package.top_diameter = package.extent.width;
  package.top = make_texture(disc_of(lid, 0.06, std::max(8, sheet.size.width), brand));
}

void fold_bottle(const Sheet& sheet, Package& package) {
  Random brand = sheet.brand_random();
  Random own(sheet.design.seed, 3);
  const bool clear = brand.chance(0.3);
  const Color liquid = clear ? hsv(0.55, 0.12, 0.85)
                       : brand.chance(0.35)
                           ? hsv(0.04, 0.8, 0.16)
                           : mix(sheet.design.palette.second, hsv(own.unit(), 0.8, 0.6), 0.4);
  const Color cap = brand.chance(0.5) ? sheet.design.palette.accent : plain_color(brand);
  const double cap_end = brand.uniform(0.05, 0.1);
  const double shoulder = brand.uniform(0.22, 0.45);
  const double neck = brand.uniform(0.28, 0.45);
  const double label_top = shoulder + brand.uniform(-0.02, 0.1);
  const double label_end = std::min(0.97, label_top + brand.uniform(0.2, 0.5));
  cv::Mat print = sheet.blank(liquid);
  if (brand.chance(0.6)) {  // the level of the contents
    fill_rows(print, cap_end, cap_end + brand.uniform(0.02, 0.12),
              mix(liquid, {230, 230, 230}, 0.6));
  }
  print_rows(print, label_top, label_end, sheet);
  if (brand.chance(0.3)) {  // neck label
    fill_rows(print, cap_end + 0.05, cap_end + 0.13, sheet.design.palette.base);
  }
  fill_rows(print, 0, cap_end, cap);
  shade(print, rows(print, cap_end, cap_end + 0.012), 0.5);
  if (brand.chance(0.4)) {
    for (double t = label_end; t < 0.97; t += 0.06) shade(print, rows(print, t, t + 0.015), 0.75);
  }
  const double belly = brand.chance(0.3) ? brand.uniform(0.86, 0.95) : 1;
  const Profile profile = smooth_profile({{0, neck * 0.95},
                                          {cap_end, neck},
                                          {cap_end + 0.015, neck * 0.9},
                                          {cap_end + 0.06, neck * 0.95},
                                          {shoulder, 1},
                                          {0.5 * (shoulder + 0.95), belly},
                                          {0.95, 1},
                                          {1, 0.92}});
  Gloss gloss = random_gloss(1, sheet.random);
  gloss.shading = clear ? 0.35 : gloss.shading;
  package.front = make_texture(bend_round(print, profile, gloss));
  package.top_diameter = package.extent.width * neck;
  package.top = make_texture(disc_of(cap, 0.1, 12, brand));
}

void fold_flask(const Sheet& sheet, Package& package) {
  Random brand = sheet.brand_random();
  const Color cap = brand.chance(0.45) ? sheet.design.palette.second : plain_color(brand);
  const bool pump = brand.chance(0.18);
  const bool upside_down = !pump && brand.chance(0.25);
  const double cap_share = pump ? brand.uniform(0.16, 0.24) : brand.uniform(0.08, 0.2);
  const double cap_width = pump ? 0.3 : brand.uniform(0.4, 0.95);
  const double shoulder = cap_share + brand.uniform(0.03, 0.15);
  cv::Mat print = sheet.blank(sheet.design.palette.base);
  double cap_from = 0;
  double cap_to = cap_share;
  std::vector<cv::Point2d> points;
  if (upside_down) {
    cap_from = 1 - cap_share;
    cap_to = 1;
    print_rows(print, 0.02, cap_from, sheet);
    points = {{0, brand.uniform(0.75, 0.95)}, {0.12, 1}, {0.6, 1}, {cap_from, 0.85},
              {cap_from + 0.01, 0.8},         {1, 0.82}};
  } else {
    print_rows(print, shoulder - 0.02, 0.98, sheet);
    const double waist = brand.chance(0.35) ? brand.uniform(0.8, 0.95) : 1;
    points = {{0, cap_width * 0.92},
              {cap_share, cap_width},
              {cap_share + 0.01, cap_width * 0.92},
              {shoulder, brand.uniform(0.9, 1)},
              {0.55, waist},
              {0.9, 1},
              {1, 0.9}};
    if (pump)
      points = {{0, 0.55},
                {0.045, 0.55},
                {0.05, 0.12},
                {cap_share * 0.55, 0.12},
                {cap_share * 0.6, cap_width},
                {cap_share, cap_width},
                {shoulder, 0.95},
                {0.9, 1},
                {1, 0.92}};
  }
  fill_rows(print, cap_from, cap_to, cap);
  shade(print, rows(print, cap_to - 0.012, cap_to), 0.6);
  Gloss gloss = random_gloss(0.7, sheet.random);
  gloss.shading *= 0.8;
  package.front = make_texture(bend_round(print, smooth_profile(points), gloss));
  package.top_diameter = package.extent.width * (upside_down ? 0.75 : pump ? 0.2 : cap_width * 0.9);
  package.top =
      make_texture(disc_of(upside_down ? sheet.design.palette.base : cap, 0.1, 12, brand));
}

void fold_spray_can(const Sheet& sheet, Package& package) {
  Random brand = sheet.brand_random();
  const Color cap = brand.chance(0.6) ? sheet.design.palette.second : plain_color(brand);
  const double cap_end = brand.uniform(0.14, 0.26);
  cv::Mat print = sheet.blank(sheet.design.palette.base);
  print_rows(print, cap_end, 0.985, sheet);
  fill_rows(print, 0, cap_end, cap);
  shade(print, rows(print, cap_end - 0.01, cap_end + 0.01), 0.6);
  fill_rows(print, 0.985, 1, {160, 160, 160});
  const double dome = brand.uniform(0.5, 0.9);
  const Profile profile = smooth_profile(
      {{0, dome * 0.8}, {cap_end * 0.4, dome}, {cap_end, 0.96}, {cap_end + 0.03, 1}, {1, 1}});
  package.front = make_texture(bend_round(print, profile, random_gloss(1, sheet.random)));
  package.top_diameter = package.extent.width * dome * 0.8;
  package.top = make_texture(disc_of(cap, 0.1, 12, brand));
}

void fold_jug(const Sheet& sheet, Package& package) {
  Random brand = sheet.brand_random();
  const Color plastic = brand.chance(0.7) ? sheet.design.palette.base : hsv(0.1, 0.05, 0.92);
  cv::Mat print = sheet.blank(plastic);
  const double shoulder = brand.uniform(0.25, 0.38);
  const cv::Rect label =
      cv::Rect(in_pixels({0.08, shoulder + 0.04, 0.84, brand.uniform(0.4, 0.58)}, print.size()));
  sheet.artist.front(sheet.design, label.size()).copyTo(print(label));
  const Color cap = brand.chance(0.5) ? sheet.design.palette.accent : plain_color(brand);
  fill_rows(print, 0, 0.1, cap);
  const Profile profile =
      smooth_profile({{0, 0.26}, {0.1, 0.28}, {0.11, 0.24}, {shoulder, 1}, {0.96, 1}, {1, 0.94}});
  Gloss gloss = random_gloss(0.6, sheet.random);
  gloss.shading *= 0.6;
  cv::Mat body = bend_round(print, profile, gloss);
  // The hole of the handle, beside the neck: dark, as one sees the gap behind it.
  const double side = brand.chance(0.5) ? 0.26 : 0.74;
  cv::ellipse(body, cv::Point(cv::Point2d(side * body.cols, (shoulder + 0.02) * body.rows)),
              {std::max(1, body.cols / 14), std::max(1, body.rows / 11)}, side < 0.5 ? 25 : -25, 0,
              360, cv::Scalar(25, 25, 25, 255), cv::FILLED, cv::LINE_AA);
  package.front = make_texture(body);
  package.top_diameter = package.extent.width * 0.26;
  package.top = make_texture(disc_of(cap, 0.1, 12, brand));
}

void fold_tube(const Sheet& sheet, Package& package) {
  Random brand = sheet.brand_random();
  const Color cap = brand.chance(0.5) ? sheet.design.palette.second : plain_color(brand);
  const double cap_top = brand.uniform(0.8, 0.9);
  cv::Mat print = sheet.blank(sheet.design.palette.base);
  print_rows(print, 0.06, cap_top, sheet);
  add_grooves(print, rows(print, 0, 0.06), 2.5, 0.2);
  fill_rows(print, cap_top, 1, cap);
  const Profile profile =
      smooth_profile({{0, 1}, {0.06, 1}, {cap_top, 0.8}, {cap_top + 0.01, 0.74}, {1, 0.7}});
  Gloss gloss = random_gloss(0.7, sheet.random);
  gloss.shading *= 0.7;
  package.front = make_texture(bend_round(print, profile, gloss));
}

}  // namespace gondola::data::synth
