#include <algorithm>
#include <cmath>
#include <vector>

#include <opencv2/imgproc.hpp>

#include "art_elements.hpp"
#include "fold.hpp"
#include "relief.hpp"

namespace gondola::data::synth {

void fold_flow_pack(const Sheet& sheet, Package& package) {
  cv::Mat print = sheet.front();
  crimp_ends(print, 0.06, true);
  SoftForm form;
  form.corner = sheet.random.uniform(0.02, 0.1);
  form.wobble = sheet.random.uniform(0.01, 0.06);
  form.wrinkles = sheet.random.uniform(0.4, 1.0);
  form.puff = sheet.random.uniform(0.3, 0.8);
  form.shine = sheet.random.uniform(0.2, 1.0);
  form.waist = sheet.random.uniform(-0.1, 0.12);
  package.front = make_texture(puff_soft(print, form, sheet.random));
}

void fold_pouch(const Sheet& sheet, Package& package) {
  Random brand = sheet.brand_random();
  cv::Mat print = sheet.front();
  const bool folded = brand.chance(0.5);
  if (folded) {  // rolled down, a strip across
    shade(print, rows(print, 0, 0.1), 0.85);
    shade(print, rows(print, 0.1, 0.12), 0.5);
    if (brand.chance(0.5)) fill_rows(print, 0.03, 0.07, plain_color(brand));
  } else {
    crimp_ends(print, 0.05, false);
  }
  SoftForm form;
  form.corner = sheet.random.uniform(0.02, 0.12);
  form.wobble = sheet.random.uniform(0, 0.04);
  form.wrinkles = sheet.random.uniform(0.2, 0.8);
  form.puff = sheet.random.uniform(0.3, 0.9);
  form.shine = sheet.random.uniform(0.1, 0.8);
  form.waist = sheet.random.uniform(-0.04, 0.14);
  package.front = make_texture(puff_soft(print, form, sheet.random));
}

void fold_soft_pack(const Sheet& sheet, Package& package) {
  cv::Mat print = sheet.front();
  SoftForm form;
  form.corner = sheet.random.uniform(0.08, 0.3);
  form.wobble = sheet.random.uniform(0, 0.05);
  form.wrinkles = sheet.random.uniform(0.1, 0.7);
  form.puff = sheet.random.uniform(0.4, 1.0);
  form.shine = sheet.random.uniform(0.2, 0.9);
  cv::Mat sprite = puff_soft(print, form, sheet.random);
  if (sheet.random.chance(0.6)) add_film_glare(sprite, 0.4, sheet.random);
  package.front = make_texture(sprite);
  add_soft_faces(sprite, package);
}

void fold_hang_bag(const Sheet& sheet, Package& package) {
  Random brand = sheet.brand_random();
  cv::Mat print = sheet.front();
  if (brand.chance(0.4)) {  // a window on the contents
    const cv::Rect area = cv::Rect(in_pixels({0.12, 0.5, 0.76, 0.38}, print.size()));
    cv::Mat view = print(area);
    view.setTo(scalar(scaled(sheet.design.palette.accent, 0.5)));
    Random contents(sheet.design.seed, 4);
    const Color color = hsv(contents.uniform(0, 0.17), 0.7, contents.uniform(0.4, 0.95));
    for (int i = 0; i < 40; ++i) {
      const double light = contents.uniform(0.6, 1.2);
      cv::circle(view, {contents.integer(0, area.width), contents.integer(0, area.height)},
                 std::max(1, area.width / 12), scalar(scaled(color, light)), cv::FILLED,
                 cv::LINE_AA);
    }
  }
  crimp_ends(print, 0.08, true);
  SoftForm form;
  form.corner = 0.05;
  form.wobble = sheet.random.uniform(0.01, 0.05);
  form.wrinkles = sheet.random.uniform(0.5, 1);
  form.puff = sheet.random.uniform(0.3, 0.7);
  form.shine = sheet.random.uniform(0.4, 1);
  form.waist = sheet.random.uniform(-0.08, 0.05);
  cv::Mat sprite = puff_soft(print, form, sheet.random);
  punch_hole(sprite, 0.05, {70, 70, 70});
  package.front = make_texture(sprite);
}

}  // namespace gondola::data::synth
