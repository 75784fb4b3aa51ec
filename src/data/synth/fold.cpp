#include "fold.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <opencv2/imgproc.hpp>

#include "art_elements.hpp"
#include "relief.hpp"

namespace gondola::data::synth {

cv::Rect rows(const cv::Mat& picture, double from, double to) {
  const int top = static_cast<int>(std::lround(from * picture.rows));
  const int bottom = static_cast<int>(std::lround(to * picture.rows));
  return cv::Rect(0, top, picture.cols, std::max(1, bottom - top)) & cv::Rect({}, picture.size());
}

void fill_rows(cv::Mat& picture, double from, double to, const Color& color) {
  picture(rows(picture, from, to)).setTo(scalar(color));
}

void print_rows(cv::Mat& picture, double from, double to, const Sheet& sheet) {
  const cv::Rect part = rows(picture, from, to);
  sheet.artist.front(sheet.design, part.size()).copyTo(picture(part));
}

void add_grooves(cv::Mat& picture, const cv::Rect& part, double pitch, double depth) {
  for (int x = part.x; x < part.br().x; ++x) {
    const double wave = std::sin(x / pitch * CV_2PI);
    shade(picture, {x, part.y, 1, part.height}, 1 + depth * wave);
  }
}

cv::Mat disc_of(const Color& color, double rim, int side, Random& random) {
  cv::Mat disc(side, side, CV_8UC4, cv::Scalar(color[0], color[1], color[2], 0));
  const cv::Point center(side / 2, side / 2);
  const auto ring = [&](double radius, const Color& paint) {
    cv::circle(disc, center, std::max(1, static_cast<int>(radius * side / 2)),
               cv::Scalar(paint[0], paint[1], paint[2], 255), cv::FILLED, cv::LINE_AA);
  };
  ring(0.97, scaled(color, 0.75));
  ring(0.97 - rim, color);
  ring(0.6, scaled(color, random.uniform(0.9, 1.1)));
  return disc;
}

Color plain_color(Random& random) {
  switch (random.integer(0, 4)) {
    case 0:
      return {245, 245, 245};
    case 1:
      return {25, 25, 25};
    case 2:
      return hsv(random.unit(), random.uniform(0.5, 1), random.uniform(0.3, 0.9));
    case 3:
      return {60, 190, 225};
    default:
      return {190, 190, 190};
  }
}

void crimp_ends(cv::Mat& print, double share, bool both) {
  const cv::Rect upper = rows(print, 0, share);
  add_grooves(print, upper, 2.7, 0.18);
  shade(print, {0, upper.br().y - 1, print.cols, 1}, 0.7);
  if (!both) return;
  const cv::Rect lower = rows(print, 1 - share, 1);
  add_grooves(print, lower, 2.7, 0.18);
  shade(print, {0, lower.y, print.cols, 1}, 0.7);
}

void punch_hole(cv::Mat& sprite, double height, const Color& behind) {
  const cv::Point center(sprite.cols / 2, static_cast<int>(height * sprite.rows));
  const cv::Size slot(std::max(1, sprite.cols / 9), std::max(1, sprite.cols / 40));
  cv::ellipse(sprite, center, slot, 0, 0, 360, cv::Scalar(behind[0], behind[1], behind[2], 255),
              cv::FILLED, cv::LINE_AA);
  cv::circle(sprite, center - cv::Point(0, slot.height), std::max(1, sprite.cols / 28),
             cv::Scalar(behind[0], behind[1], behind[2], 255), cv::FILLED, cv::LINE_AA);
}

void add_soft_faces(const cv::Mat& front, Package& package) {
  const double share = std::clamp(package.extent.depth / package.extent.width, 0.1, 1.0);
  const int depth = std::max(kLeastSide, static_cast<int>(front.cols * share));
  cv::Mat side;
  cv::resize(front, side, {depth, front.rows}, 0, 0, cv::INTER_AREA);
  package.side = make_texture(side);
  cv::Mat top;
  cv::resize(front(rows(front, 0, 0.2)), top, {front.cols, depth}, 0, 0, cv::INTER_LINEAR);
  package.top = make_texture(top);
}

}  // namespace gondola::data::synth
