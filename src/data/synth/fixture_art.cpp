#include "fixture_art.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include <opencv2/imgproc.hpp>

#include "art_elements.hpp"

namespace gondola::data::synth {
namespace {

cv::Scalar opaque(const Color& color) {
  return {double(color[0]), double(color[1]), double(color[2]), 255};
}

cv::Scalar gray(double value) { return cv::Scalar::all(value); }

/// Slow unevenness of light and dirt.
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

}  // namespace

cv::Mat draw_back_panel(BackPanel kind, const Color& color, cv::Size2d extent, double pixels_per_cm,
                        Random& random) {
  const cv::Size size(std::max(8, static_cast<int>(extent.width * pixels_per_cm)),
                      std::max(8, static_cast<int>(extent.height * pixels_per_cm)));
  cv::Mat panel(size, CV_8UC3, scalar(color));
  const cv::Scalar dark = scalar(scaled(color, random.uniform(0.25, 0.6)));
  const double pitch = random.uniform(2.2, 3.5) * pixels_per_cm;
  switch (kind) {
    case BackPanel::kPegboard: {
      const int hole = std::max(1, static_cast<int>(0.28 * pitch));
      for (double y = pitch / 2; y + hole < size.height; y += pitch)
        for (double x = pitch / 2; x + hole < size.width; x += pitch)
          panel(cv::Rect(static_cast<int>(x), static_cast<int>(y), hole, hole)).setTo(dark);
      break;
    }
    case BackPanel::kSlats:
      for (double y = 0; y < size.height; y += 3 * pitch)
        cv::line(panel, {0, static_cast<int>(y)}, {size.width, static_cast<int>(y)}, dark,
                 std::max(1, static_cast<int>(pitch * 0.3)));
      break;
    case BackPanel::kMesh:
      panel.setTo(dark);
      for (double y = 0; y < size.height; y += 2 * pitch)
        cv::line(panel, {0, static_cast<int>(y)}, {size.width, static_cast<int>(y)}, scalar(color),
                 1);
      for (double x = 0; x < size.width; x += pitch)
        cv::line(panel, {static_cast<int>(x), 0}, {static_cast<int>(x), size.height}, scalar(color),
                 1);
      break;
    case BackPanel::kRibs:
      for (double x = 0; x < size.width; x += 2 * pitch)
        cv::line(panel, {static_cast<int>(x), 0}, {static_cast<int>(x), size.height}, dark,
                 std::max(1, static_cast<int>(pitch * 0.5)));
      break;
    default:
      break;
  }
  add_stains(panel, 0.06, random);
  return panel;
}

TagStyle random_tag_style(Random& random) {
  TagStyle style;
  const double kind = random.unit();
  if (kind < 0.55) {
    style.paper = {250, 250, 250};
  } else if (kind < 0.8) {
    style.paper = hsv(random.uniform(0.12, 0.17), random.uniform(0.5, 1), 0.98);
  } else {
    style.paper = hsv(random.unit(), random.uniform(0.2, 0.8), 0.95);
  }
  style.ink = random.chance(0.75) ? Color(20, 20, 20) : Color(30, 20, 200);
  style.aspect = random.uniform(0.8, 2.2);
  style.share = random.chance(0.15) ? 0.2 : random.uniform(0.6, 1.0);
  style.repeat = random.chance(0.35) ? random.uniform(0.5, 1.0) : 0.1;
  style.wobbler_share = random.chance(0.2) ? random.uniform(0.05, 0.3) : 0;
  style.height = random.uniform(2.6, 4.5);
  style.hangs = random.chance(0.3);
  if (style.hangs) style.height = random.uniform(4.5, 8);
  style.offer_share = random.chance(0.5) ? random.uniform(0, 0.06) : random.uniform(0.06, 0.35);
  return style;
}

cv::Mat draw_price_tag(const TagStyle& style, bool offer, const Lettering& lettering,
                       Random& random) {
  const int width = 64;
  const int height = static_cast<int>(width / style.aspect);
  Color paper = style.paper;
  Color ink = style.ink;
  if (offer) {
    paper = hsv(random.pick(std::vector<double>{0.0, 0.14, 0.14, 0.33, 0.07}), 0.9, 0.95);
    ink = luma(paper) > 130 ? Color(20, 20, 20) : Color(250, 250, 250);
  }
  cv::Mat tag(height, width, CV_8UC3, scalar(paper));
  char price[16];
  std::snprintf(price, sizeof price, "%.2f", random.log_uniform(0.5, 30));
  const cv::Mat mask = lettering.word_mask(price, random.integer(0, 2));
  const bool large = offer || random.chance(0.4);
  const double share = large ? random.uniform(0.6, 0.85) : random.uniform(0.3, 0.5);
  WordStyle word;
  word.ink = ink;
  set_word(tag, mask, in_pixels({0.95 - share, 0.3, share, large ? 0.5 : 0.35}, tag.size()), word);
  set_small_print(tag, in_pixels({0.06, 0.06, 0.8, 0.22}, tag.size()), ink, 2, random);
  if (random.chance(0.5)) draw_barcode(tag, {0.06, 0.72, 0.4, 0.22}, random);
  if (random.chance(0.3)) {
    tag(cv::Rect(0, 0, width, std::max(2, height / 4))).setTo(scalar(hsv(random.unit(), 0.9, 0.8)));
  }
  cv::rectangle(tag, cv::Rect({}, tag.size()), gray(120));
  return tag;
}

cv::Mat draw_rail(const Color& color, Random& random) {
  cv::Mat rail(16, 128, CV_8UC3, scalar(color));
  const double bright = random.uniform(1.0, 1.25);
  for (int y = 0; y < rail.rows; ++y) {
    const double t = y / 15.0;
    const double light = y < 2 ? bright * 1.1 : y > 13 ? 0.55 : bright - 0.25 * t;
    rail.row(y).setTo(scalar(scaled(color, light)));
  }
  if (random.chance(0.25)) {
    const Color stripe = hsv(random.pick(std::vector<double>{0.0, 0.6, 0.6, 0.34, 0.13}),
                             random.uniform(0.1, 0.9), random.uniform(0.3, 0.9));
    rail(cv::Rect(0, 3, 128, random.integer(2, 8))).setTo(scalar(stripe));
  }
  return rail;
}

cv::Mat draw_wire_front(const Color& color, cv::Size2d extent, double pixels_per_cm,
                        Random& random) {
  const cv::Size size(std::max(16, static_cast<int>(extent.width * pixels_per_cm)),
                      std::max(8, static_cast<int>(extent.height * pixels_per_cm)));
  cv::Mat wires(size, CV_8UC4, cv::Scalar(color[0], color[1], color[2], 0));
  const int thickness = std::max(1, static_cast<int>(0.4 * pixels_per_cm));
  const double pitch = random.uniform(2.5, 7) * pixels_per_cm;
  for (double x = pitch / 2; x < size.width; x += pitch)
    cv::line(wires, {static_cast<int>(x), 0}, {static_cast<int>(x), size.height}, opaque(color),
             thickness);
  const int lines = random.integer(1, 3);
  for (int i = 0; i < lines; ++i) {
    const int y = thickness / 2 + i * (size.height - thickness) / std::max(1, lines);
    cv::line(wires, {0, y}, {size.width, y}, opaque(scaled(color, 1.1)), thickness + 1);
  }
  return wires;
}

cv::Mat draw_sign(cv::Size size, const Color& color, const Lettering& lettering, Random& random) {
  cv::Mat sign(size, CV_8UC3, scalar(color));
  const Color ink = luma(color) > 140 ? Color(30, 25, 20) : Color(250, 250, 250);
  Palette palette{color, hsv(random.unit(), 0.8, 0.8), hsv(random.unit(), 0.9, 0.9), ink};
  if (random.chance(0.3)) draw_ground(sign, palette, random);
  if (random.chance(0.3)) draw_motif(sign, {0.55, 0.2, 0.4, 0.7}, palette, random);
  const int lines = random.integer(1, 3);
  for (int i = 0; i < lines; ++i) {
    const bool ideograms = random.chance(0.2);
    const cv::Mat mask =
        ideograms ? ideogram_mask(random.integer(3, 6), random)
                  : lettering.word_mask(package_word(random) + " " + invented_name(random),
                                        random.integer(0, 3));
    const double height = 0.7 / lines * size.height * random.uniform(0.5, 0.9);
    const double width = std::min(size.width * 0.85, height * mask.cols / mask.rows);
    WordStyle style;
    style.ink = random.chance(0.8) ? ink : palette.accent;
    set_word(sign, mask,
             {size.width * random.uniform(0.04, 0.1), size.height * (0.15 + 0.75 * i / lines),
              width, height},
             style);
  }
  return sign;
}

cv::Mat draw_floor(Random& random) {
  const int side = 512;
  const Color color =
      random.chance(0.6)
          ? hsv(random.uniform(0.05, 0.15), random.uniform(0, 0.25), random.uniform(0.45, 0.9))
          : hsv(random.uniform(0.03, 0.12), random.uniform(0.2, 0.6), random.uniform(0.2, 0.6));
  cv::Mat floor(side, side, CV_8UC3, scalar(color));
  const int cells = random.integer(5, 14);
  switch (random.integer(0, 3)) {
    case 0: {  // tiles with joints
      const Color joint = scaled(color, random.chance(0.6) ? random.uniform(0.3, 0.8) : 1.15);
      const int width = random.integer(1, 4);
      for (int i = 0; i <= cells; ++i) {
        cv::line(floor, {i * side / cells, 0}, {i * side / cells, side}, scalar(joint), width);
        cv::line(floor, {0, i * side / cells}, {side, i * side / cells}, scalar(joint), width);
      }
      break;
    }
    case 1:  // tiles of different shades
      for (int i = 0; i < cells; ++i)
        for (int j = 0; j < cells; ++j)
          floor(cv::Rect(i * side / cells, j * side / cells, side / cells, side / cells))
              .setTo(scalar(scaled(color, random.uniform(0.9, 1.1))));
      break;
    case 2:  // planks
      for (int i = 0; i < 2 * cells; ++i) {
        const int top = i * side / (2 * cells);
        floor(cv::Rect(0, top, side, side / (2 * cells)))
            .setTo(scalar(scaled(color, random.uniform(0.8, 1.15))));
        cv::line(floor, {0, top}, {side, top}, scalar(scaled(color, 0.6)), 1);
      }
      break;
    default:
      break;
  }
  add_stains(floor, 0.1, random);
  cv::GaussianBlur(floor, floor, {0, 0}, random.uniform(0.6, 1.5));
  return floor;
}

cv::Mat draw_ceiling(Random& random) {
  const Color color = random.chance(0.7)
                          ? hsv(0.1, random.uniform(0, 0.12), random.uniform(0.55, 0.95))
                          : hsv(0.6, 0.1, random.uniform(0.08, 0.4));
  cv::Mat ceiling(256, 256, CV_8UC3, scalar(color));
  const int cells = random.integer(4, 16);
  const Color joint = scaled(color, random.uniform(0.6, 1.2));
  const bool beams = random.chance(0.4);
  for (int i = 0; i <= cells; ++i) {
    const int at = i * 256 / cells;
    cv::line(ceiling, {0, at}, {256, at}, scalar(joint), beams ? random.integer(2, 6) : 1);
    if (!beams || i % 3 == 0) cv::line(ceiling, {at, 0}, {at, 256}, scalar(joint), beams ? 3 : 1);
  }
  add_stains(ceiling, 0.1, random);
  return ceiling;
}

cv::Mat draw_far_wall(Random& random) {
  const Color color =
      random.chance(0.7)
          ? hsv(random.uniform(0.05, 0.2), random.uniform(0, 0.15), random.uniform(0.5, 0.97))
          : hsv(random.unit(), random.uniform(0.1, 0.6), random.uniform(0.2, 0.9));
  cv::Mat wall(160, 256, CV_8UC3, scalar(color));
  if (random.chance(0.6)) {  // other shelves, out of focus
    for (int row = 0; row < 5; ++row) {
      int x = 0;
      const int top = 70 + row * 18;
      while (x < 256) {
        const int width = random.integer(2, 9);
        const int height = random.integer(8, 15);
        cv::rectangle(
            wall, cv::Rect(x, top + 15 - height, width, height),
            scalar(hsv(random.unit(), random.uniform(0.1, 0.9), random.uniform(0.2, 0.9))),
            cv::FILLED);
        x += width;
      }
      cv::line(wall, {0, top + 16}, {256, top + 16}, gray(random.uniform(120, 230)), 2);
    }
  }
  for (int i = random.integer(0, 4); i > 0; --i) {
    const cv::Rect sign(random.integer(0, 220), random.integer(4, 50), random.integer(15, 70),
                        random.integer(8, 24));
    cv::rectangle(wall, sign,
                  scalar(hsv(random.unit(), random.uniform(0, 0.5), random.uniform(0.4, 1))),
                  cv::FILLED);
  }
  cv::GaussianBlur(wall, wall, {0, 0}, random.uniform(1, 3));
  add_stains(wall, 0.1, random);
  return wall;
}

cv::Mat draw_glass(double strength, Random& random) {
  const cv::Size size(96, 192);
  cv::Mat light(size, CV_32FC1, cv::Scalar(random.uniform(0.0, 0.1) * strength));
  for (int i = random.integer(1, 6); i > 0; --i) {
    const double amount = strength * random.uniform(0.15, 0.8);
    const cv::Point center(random.integer(0, size.width), random.integer(0, size.height));
    const cv::Size radii(random.integer(2, 26), random.integer(4, 70));
    cv::ellipse(light, center, radii, random.uniform(-20, 20), 0, 360, cv::Scalar(amount),
                cv::FILLED);
  }
  cv::GaussianBlur(light, light, {0, 0}, random.uniform(1.5, 7));
  for (int i = random.integer(0, 3); i > 0; --i) {  // lamps: sharp and bright
    const cv::Rect lamp(random.integer(0, 90), random.integer(0, 90), random.integer(4, 30),
                        random.integer(2, 6));
    cv::rectangle(light, lamp, cv::Scalar(strength * random.uniform(0.4, 1)), cv::FILLED);
  }
  const Color tint =
      hsv(random.uniform(0.45, 0.65), random.uniform(0, 0.2), random.uniform(0.6, 1));
  cv::Mat glass(size, CV_8UC4);
  for (int y = 0; y < size.height; ++y)
    for (int x = 0; x < size.width; ++x)
      glass.at<cv::Vec4b>(y, x) = {
          tint[0], tint[1], tint[2],
          cv::saturate_cast<uchar>(255 * std::min(0.85F, light.at<float>(y, x)))};
  return glass;
}

cv::Mat draw_cart(Random& random) {
  cv::Mat cart(220, 240, CV_8UC4, cv::Scalar(0, 0, 0, 0));
  const Color metal = random.chance(0.7) ? hsv(0.6, 0.05, random.uniform(0.35, 0.75))
                                         : hsv(random.unit(), 0.8, 0.6);
  const Color plastic = hsv(random.pick(std::vector<double>{0.0, 0.6, 0.33, 0.08}), 0.9, 0.7);
  const cv::Point top_left(30, 40), top_right(225, 60), bottom_right(195, 140),
      bottom_left(60, 135);
  const int steps = random.integer(9, 16);
  for (int i = 0; i <= steps; ++i) {
    const double t = static_cast<double>(i) / steps;
    cv::line(cart, cv::Point2d(top_left) * (1 - t) + cv::Point2d(top_right) * t,
             cv::Point2d(bottom_left) * (1 - t) + cv::Point2d(bottom_right) * t, opaque(metal), 2,
             cv::LINE_AA);
  }
  for (int i = 0; i <= 6; ++i) {
    const double t = i / 6.0;
    cv::line(cart, cv::Point2d(top_left) * (1 - t) + cv::Point2d(bottom_left) * t,
             cv::Point2d(top_right) * (1 - t) + cv::Point2d(bottom_right) * t,
             opaque(scaled(metal, 1.1)), 2, cv::LINE_AA);
  }
  cv::line(cart, {60, 135}, {45, 190}, opaque(metal), 4, cv::LINE_AA);
  cv::line(cart, {45, 190}, {200, 195}, opaque(metal), 5, cv::LINE_AA);
  cv::line(cart, {195, 140}, {200, 195}, opaque(metal), 3, cv::LINE_AA);
  for (const cv::Point& wheel : {cv::Point(55, 205), cv::Point(195, 208)})
    cv::circle(cart, wheel, 10, {30, 30, 30, 255}, cv::FILLED, cv::LINE_AA);
  cv::line(cart, {8, 30}, {40, 42}, opaque(plastic), 9, cv::LINE_AA);
  if (random.chance(0.5))
    cv::rectangle(cart, cv::Rect(95, 70, 70, 30), opaque(plastic), cv::FILLED);
  if (random.chance(0.5)) cv::flip(cart, cart, 1);
  return cart;
}

cv::Mat draw_basket(Random& random) {
  cv::Mat basket(110, 160, CV_8UC4, cv::Scalar(0, 0, 0, 0));
  const Color color =
      hsv(random.pick(std::vector<double>{0.0, 0.6, 0.33, 0.08}), 0.85, random.uniform(0.4, 0.8));
  cv::fillConvexPoly(basket, std::vector<cv::Point>{{5, 30}, {155, 30}, {138, 105}, {22, 105}},
                     opaque(color), cv::LINE_AA);
  for (int i = 1; i < 12; ++i)
    for (int j = 0; j < 3; ++j)
      cv::rectangle(basket, cv::Rect(14 + i * 11, 40 + j * 20, 6, 13), opaque(scaled(color, 0.45)),
                    cv::FILLED);
  cv::ellipse(basket, {80, 32}, {62, 28}, 0, 180, 360, {40, 40, 40, 255}, 5, cv::LINE_AA);
  return basket;
}

cv::Mat draw_person(Random& random) {
  cv::Mat person(320, 110, CV_8UC4, cv::Scalar(0, 0, 0, 0));
  const Color skin =
      hsv(random.uniform(0.03, 0.09), random.uniform(0.25, 0.65), random.uniform(0.3, 0.95));
  const Color hair =
      hsv(random.uniform(0.02, 0.12), random.uniform(0.1, 0.7), random.uniform(0.05, 0.6));
  const Color coat = hsv(random.unit(), random.uniform(0, 0.8), random.uniform(0.1, 0.85));
  const Color trousers =
      hsv(random.uniform(0.5, 0.7), random.uniform(0, 0.6), random.uniform(0.08, 0.5));
  const auto limb = [&](cv::Point from, cv::Point to, int width, const Color& color) {
    cv::line(person, from, to, opaque(color), width, cv::LINE_AA);
  };
  const int stride = random.integer(0, 14);
  limb({48, 180}, {44 - stride, 300}, 24, trousers);
  limb({64, 180}, {66 + stride, 300}, 24, scaled(trousers, 0.85));
  limb({44 - stride, 306}, {36 - stride, 308}, 14, {30, 30, 30});
  limb({66 + stride, 306}, {76 + stride, 308}, 14, {30, 30, 30});
  cv::fillConvexPoly(person, std::vector<cv::Point>{{34, 70}, {78, 70}, {84, 195}, {30, 195}},
                     opaque(coat), cv::LINE_AA);
  const int reach = random.integer(-30, 30);
  limb({34, 78}, {22, 130}, 17, scaled(coat, 0.9));
  limb({22, 130}, {24 + reach / 3, 180 - std::abs(reach)}, 14, scaled(coat, 0.85));
  limb({78, 78}, {90, 130}, 17, scaled(coat, 1.05));
  limb({90, 130}, {88, 178}, 14, coat);
  cv::circle(person, {88, 184}, 8, opaque(skin), cv::FILLED, cv::LINE_AA);
  limb({56, 50}, {56, 66}, 18, skin);
  cv::ellipse(person, {56, 34}, {19, 25}, 0, 0, 360, opaque(skin), cv::FILLED, cv::LINE_AA);
  cv::ellipse(person, {56, 28}, {21, 24}, 0, random.chance(0.5) ? 0 : 170, 370, opaque(hair),
              cv::FILLED, cv::LINE_AA);
  cv::GaussianBlur(person, person, {0, 0}, 1.2);
  if (random.chance(0.5)) cv::flip(person, person, 1);
  return person;
}

}  // namespace gondola::data::synth
