#include "fixture_art.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <opencv2/imgproc.hpp>

#include "relief.hpp"

namespace gondola::data::synth {

namespace {

void shade_columns(cv::Mat& picture, int from, int to, double factor) {
  cv::Mat part = picture.colRange(from, to);
  part.convertTo(part, -1, factor);
}

}  // namespace

cv::Mat draw_back_panel(BackPanel kind, const Color& color, cv::Size2d extent, double pixels_per_cm,
                        Random& random) {
  const cv::Size size(std::max(8, static_cast<int>(extent.width * pixels_per_cm)),
                      std::max(8, static_cast<int>(extent.height * pixels_per_cm)));
  cv::Mat panel(size, CV_8UC3, scalar(color));
  const cv::Scalar dark = scalar(scaled(color, random.uniform(0.25, 0.6)));
  const bool coarse = kind == BackPanel::kMesh && random.chance(0.5);
  const double pitch = (coarse ? random.uniform(4, 8) : random.uniform(2.2, 3.5)) * pixels_per_cm;
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

cv::Mat draw_post(const Color& color, Random& random) {
  cv::Mat post(512, 16, CV_8UC3, scalar(color));
  const cv::Scalar dark = scalar(scaled(color, random.uniform(0.15, 0.5)));
  const int pitch = random.integer(10, 22);
  const bool pairs = random.chance(0.5);
  for (int y = pitch / 2; y + pitch / 2 < post.rows; y += pitch) {
    const cv::Size slot(random.integer(1, 2), pitch / 4);
    if (pairs) {
      cv::ellipse(post, {4, y}, slot, 0, 0, 360, dark, cv::FILLED);
      cv::ellipse(post, {11, y}, slot, 0, 0, 360, dark, cv::FILLED);
    } else {
      cv::ellipse(post, {8, y}, slot, 0, 0, 360, dark, cv::FILLED);
    }
  }
  shade_columns(post, 0, 2, 0.7);
  shade_columns(post, 14, 16, 0.6);
  return post;
}

cv::Mat draw_wood(Random& random) {
  const Color color =
      hsv(random.uniform(0.04, 0.1), random.uniform(0.35, 0.75), random.uniform(0.25, 0.8));
  cv::Mat wood(96, 256, CV_8UC3, scalar(color));
  const int boards = random.integer(1, 6);
  for (int i = 0; i < boards; ++i) {
    const cv::Rect board(0, i * wood.rows / boards, wood.cols, wood.rows / boards);
    wood(board).setTo(scalar(scaled(color, random.uniform(0.85, 1.15))));
    for (int grain = 0; grain < 12; ++grain) {
      const int y = board.y + random.integer(0, board.height);
      const int x = random.integer(-60, wood.cols);
      cv::line(wood, {x, y}, {x + random.integer(30, 160), y + random.integer(-2, 2)},
               scalar(scaled(color, random.uniform(0.65, 1.2))), random.integer(1, 2), cv::LINE_AA);
    }
    cv::line(wood, board.tl(), {wood.cols, board.y}, scalar(scaled(color, 0.5)));
  }
  return wood;
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
  for (int i = random.integer(0, 6); i > 0; --i) {  // lamps: sharp and bright
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

}  // namespace gondola::data::synth
