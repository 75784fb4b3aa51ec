#include "room_art.hpp"

#include <algorithm>
#include <vector>

#include <opencv2/imgproc.hpp>

#include "colors.hpp"
#include "relief.hpp"

namespace gondola::data::synth {

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

namespace {

/// Panels in a grid of narrow strips.
void draw_ceiling_panels(cv::Mat& ceiling, const Color& color, Random& random) {
  const int cells = random.integer(4, 16);
  const Color joint = scaled(color, random.uniform(0.6, 1.2));
  for (int i = 0; i <= cells; ++i) {
    const int at = i * ceiling.cols / cells;
    cv::line(ceiling, {0, at}, {ceiling.cols, at}, scalar(joint), 1);
    cv::line(ceiling, {at, 0}, {at, ceiling.rows}, scalar(joint), 1);
  }
}

/// The open roof of a hall: girders with their lattice, ducts, skylights.
void draw_open_roof(cv::Mat& ceiling, const Color& color, Random& random) {
  const int side = ceiling.cols;
  for (int i = random.integer(0, 2); i > 0; --i) {
    const cv::Rect light(random.integer(0, side - 60), random.integer(0, side - 60),
                         random.integer(20, 60), random.integer(20, 60));
    cv::rectangle(ceiling, light, scalar(mix(color, {255, 250, 245}, random.uniform(0.5, 1))),
                  cv::FILLED);
  }
  if (random.chance(0.5)) {
    const int y = random.integer(20, side - 40);
    const int width = random.integer(10, 26);
    cv::rectangle(ceiling, cv::Rect(0, y, side, width), scalar(scaled(color, 1.15)), cv::FILLED);
    cv::line(ceiling, {0, y + width}, {side, y + width}, scalar(scaled(color, 0.5)), 2);
  }
  const Color steel = random.chance(0.5) ? scaled(color, 0.55) : scaled(color, 1.3);
  const int girders = random.integer(2, 6);
  for (int i = 0; i < girders; ++i) {
    const int y = (2 * i + 1) * side / (2 * girders);
    const int height = random.integer(6, 14);
    cv::line(ceiling, {0, y}, {side, y}, scalar(steel), 2, cv::LINE_AA);
    cv::line(ceiling, {0, y + height}, {side, y + height}, scalar(steel), 2, cv::LINE_AA);
    for (int x = 0; x < side; x += 2 * height) {
      cv::line(ceiling, {x, y}, {x + height, y + height}, scalar(steel), 1, cv::LINE_AA);
      cv::line(ceiling, {x + height, y + height}, {x + 2 * height, y}, scalar(steel), 1,
               cv::LINE_AA);
    }
  }
  for (int x = random.integer(0, 60); x < side; x += random.integer(40, 120)) {
    cv::line(ceiling, {x, 0}, {x, side}, scalar(scaled(steel, 0.9)), random.integer(1, 4));
  }
}

}  // namespace

cv::Mat draw_ceiling(Random& random) {
  const Color color = random.chance(0.7)
                          ? hsv(0.1, random.uniform(0, 0.12), random.uniform(0.55, 0.95))
                          : hsv(0.6, 0.1, random.uniform(0.08, 0.4));
  cv::Mat ceiling(256, 256, CV_8UC3, scalar(color));
  if (random.chance(0.5)) {
    draw_ceiling_panels(ceiling, color, random);
  } else {
    draw_open_roof(ceiling, color, random);
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
      cv::line(wall, {0, top + 16}, {256, top + 16}, cv::Scalar::all(random.uniform(120, 230)), 2);
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

}  // namespace gondola::data::synth
