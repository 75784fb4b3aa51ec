#include "art_elements.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <opencv2/imgproc.hpp>

#include "lettering.hpp"

namespace gondola::data::synth {
namespace {

// Sub-pixel drawing, so that small pictures keep the shape of large ones.
constexpr int kShift = 4;
constexpr double kOne = 1 << kShift;

cv::Point fixed(const cv::Point2d& p) {
  return {static_cast<int>(std::lround(p.x * kOne)), static_cast<int>(std::lround(p.y * kOne))};
}

void fill_polygon(cv::Mat& picture, const std::vector<cv::Point2d>& corners, const Color& color) {
  std::vector<cv::Point> points;
  points.reserve(corners.size());
  for (const cv::Point2d& corner : corners) points.push_back(fixed(corner));
  cv::fillPoly(picture, std::vector<std::vector<cv::Point>>{points}, scalar(color), cv::LINE_AA,
               kShift);
}

void fill_ellipse(cv::Mat& picture, const cv::Point2d& center, const cv::Size2d& radii,
                  double angle, const Color& color) {
  const cv::Size size(std::max(1, static_cast<int>(radii.width * kOne)),
                      std::max(1, static_cast<int>(radii.height * kOne)));
  cv::ellipse(picture, fixed(center), size, angle, 0, 360, scalar(color), cv::FILLED, cv::LINE_AA,
              kShift);
}

void fill_gradient(cv::Mat& picture, const Color& top, const Color& bottom) {
  for (int y = 0; y < picture.rows; ++y) {
    picture.row(y).setTo(scalar(mix(top, bottom, (y + 0.5) / picture.rows)));
  }
}

/// Everything below a wavy line.
std::vector<cv::Point2d> below_wave(cv::Size size, double level, double amplitude, double waves,
                                    double phase, double tilt) {
  std::vector<cv::Point2d> outline;
  constexpr int kSteps = 12;
  for (int i = 0; i <= kSteps; ++i) {
    const double t = static_cast<double>(i) / kSteps;
    const double y = level + tilt * (t - 0.5) + amplitude * std::sin((t * waves + phase) * CV_2PI);
    outline.emplace_back(t * size.width, y * size.height);
  }
  outline.emplace_back(size.width, size.height + 1);
  outline.emplace_back(0, size.height + 1);
  return outline;
}

void draw_stripes(cv::Mat& picture, const Color& color, Random& random) {
  const int count = random.integer(2, 9);
  const bool upright = random.chance(0.6);
  const double length = upright ? picture.cols : picture.rows;
  for (int i = 0; i < count; ++i) {
    const double from = (i + 0.25) / count * length;
    const double to = (i + 0.75) / count * length;
    if (upright) {
      fill_polygon(picture,
                   {{from, 0}, {to, 0}, {to, double(picture.rows)}, {from, double(picture.rows)}},
                   color);
    } else {
      fill_polygon(picture,
                   {{0, from}, {double(picture.cols), from}, {double(picture.cols), to}, {0, to}},
                   color);
    }
  }
}

void draw_glow(cv::Mat& picture, const Color& color, Random& random) {
  const cv::Point2d center(picture.cols * random.uniform(0.3, 0.7),
                           picture.rows * random.uniform(0.3, 0.8));
  const double radius = 0.75 * std::hypot(picture.cols, picture.rows);
  for (int y = 0; y < picture.rows; ++y) {
    auto* row = picture.ptr<Color>(y);
    for (int x = 0; x < picture.cols; ++x) {
      const double distance = std::hypot(x - center.x, y - center.y) / radius;
      row[x] = mix(color, row[x], std::min(1.0, distance * 1.4));
    }
  }
}

void draw_dots(cv::Mat& picture, const Color& color, Random& random) {
  const double pitch = picture.cols / random.uniform(3, 9);
  for (double y = pitch / 2; y < picture.rows; y += pitch) {
    for (double x = pitch / 2; x < picture.cols; x += pitch) {
      fill_ellipse(picture, {x, y}, {pitch * 0.28, pitch * 0.28}, 0, color);
    }
  }
}

}  // namespace

cv::Rect2d in_pixels(const cv::Rect2d& part, cv::Size picture) {
  return {part.x * picture.width, part.y * picture.height, part.width * picture.width,
          part.height * picture.height};
}

void draw_ground(cv::Mat& picture, const Palette& palette, Random& random) {
  picture.setTo(scalar(palette.base));
  const double w = picture.cols;
  const double h = picture.rows;
  switch (random.integer(0, 10)) {
    case 0:
    case 1:
      fill_gradient(picture, palette.base, scaled(palette.base, random.uniform(0.5, 0.8)));
      break;
    case 2:
      fill_gradient(picture, palette.base, palette.second);
      break;
    case 3: {
      const double level = random.uniform(0.25, 0.75) * h;
      fill_polygon(picture, {{0, level}, {w, level}, {w, h}, {0, h}}, palette.second);
      break;
    }
    case 4: {
      const double left = random.uniform(0.2, 0.8) * h;
      const double right = random.uniform(0.2, 0.8) * h;
      fill_polygon(picture, {{0, left}, {w, right}, {w, h}, {0, h}}, palette.second);
      break;
    }
    case 5:
      fill_polygon(picture,
                   below_wave(picture.size(), random.uniform(0.3, 0.7), random.uniform(0.03, 0.12),
                              random.uniform(0.4, 1.2), random.unit(), random.uniform(-0.2, 0.2)),
                   palette.second);
      break;
    case 6:
      draw_stripes(picture, palette.second, random);
      break;
    case 7:
      draw_glow(picture, mix(palette.base, {255, 255, 255}, 0.6), random);
      break;
    case 8:
      draw_dots(picture, mix(palette.base, palette.second, 0.6), random);
      break;
    default:
      break;  // plain
  }
  // Long flat cartons are often in two or three parts side by side.
  if (w > 1.6 * h && random.chance(0.55)) {
    const double middle = random.uniform(0.35, 0.8) * w;
    const double slant = random.chance(0.5) ? 0 : random.uniform(-0.4, 0.4) * h;
    const Color part = random.chance(0.4) ? Color(245, 245, 245) : palette.second;
    fill_polygon(picture, {{middle, 0}, {w, 0}, {w, h}, {middle + slant, h}}, part);
    if (random.chance(0.3)) {
      fill_polygon(picture, {{0, 0}, {0.15 * w, 0}, {0.15 * w + slant, h}, {0, h}}, palette.accent);
    }
  }
}

void draw_swooshes(cv::Mat& picture, const Palette& palette, Random& random) {
  const double w = picture.cols;
  const double h = picture.rows;
  const int count = random.integer(0, 2);
  for (int i = 0; i < count; ++i) {
    const Color color = random.chance(0.6) ? palette.second : palette.accent;
    switch (random.integer(0, 4)) {
      case 0: {  // band across
        const double y = random.uniform(0, 0.9) * h;
        const double t = random.uniform(0.05, 0.25) * h;
        const double tilt = random.chance(0.5) ? 0 : random.uniform(-0.2, 0.2) * h;
        fill_polygon(picture, {{0, y}, {w, y + tilt}, {w, y + t + tilt}, {0, y + t}}, color);
        break;
      }
      case 1:
        fill_polygon(picture,
                     below_wave(picture.size(), random.uniform(0.5, 0.9), random.uniform(0.02, 0.1),
                                random.uniform(0.3, 1), random.unit(), random.uniform(-0.3, 0.3)),
                     color);
        break;
      case 2: {  // border strip
        const double t = random.uniform(0.06, 0.2) * w;
        const double x = random.chance(0.5) ? 0 : w - t;
        fill_polygon(picture, {{x, 0}, {x + t, 0}, {x + t, h}, {x, h}}, color);
        break;
      }
      case 3:  // large disc running out of the picture
        fill_ellipse(picture, {random.uniform(-0.1, 1.1) * w, random.uniform(-0.1, 1.1) * h},
                     {random.uniform(0.3, 0.7) * w, random.uniform(0.3, 0.7) * w}, 0, color);
        break;
      default: {  // head band
        const double t = random.uniform(0.1, 0.28) * h;
        fill_polygon(picture, {{0, 0}, {w, 0}, {w, t}, {0, t}}, color);
        break;
      }
    }
  }
}

namespace {

/// A ball with a lit and a shaded side: fruit, sweets, pills.
void draw_ball(cv::Mat& picture, const cv::Point2d& center, const cv::Size2d& radii, double angle,
               const Color& color) {
  fill_ellipse(picture, center, radii, angle, scaled(color, 0.6));
  const cv::Point2d lit = center - cv::Point2d(radii.width * 0.12, radii.height * 0.14);
  fill_ellipse(picture, lit, radii * 0.84, angle, color);
  fill_ellipse(picture, center - cv::Point2d(radii.width * 0.35, radii.height * 0.38), radii * 0.28,
               angle, mix(color, {255, 255, 255}, 0.65));
}

void draw_leaf(cv::Mat& picture, const cv::Point2d& root, double length, double direction,
               const Color& color) {
  const cv::Point2d along(std::cos(direction) * length, std::sin(direction) * length);
  const cv::Point2d across(-along.y * 0.3, along.x * 0.3);
  fill_polygon(picture,
               {root, root + along * 0.3 + across, root + along * 0.7 + across * 0.8, root + along,
                root + along * 0.7 - across * 0.8, root + along * 0.3 - across},
               color);
}

void draw_fruit_cluster(cv::Mat& picture, const cv::Rect2d& area, const Color& color,
                        Random& random) {
  const int count = random.integer(1, 6);
  const double size = std::min(area.width, area.height) / (count < 3 ? 2.2 : 3.4);
  const Color leaf = hsv(random.uniform(0.22, 0.4), 0.8, random.uniform(0.35, 0.7));
  for (int i = random.integer(0, 3); i > 0; --i) {
    draw_leaf(picture, {area.x + area.width / 2, area.y + area.height / 2},
              size * random.uniform(1.2, 2.0), random.uniform(0, CV_2PI), leaf);
  }
  const double stretch = random.uniform(0.6, 1.4);
  for (int i = 0; i < count; ++i) {
    const cv::Point2d center(area.x + area.width * random.uniform(0.25, 0.75),
                             area.y + area.height * random.uniform(0.25, 0.8));
    draw_ball(picture, center, {size * random.uniform(0.8, 1.1), size * stretch},
              random.uniform(0, 180), scaled(color, random.uniform(0.8, 1.15)));
  }
}

void draw_bowl(cv::Mat& picture, const cv::Rect2d& area, const Color& color, Random& random) {
  const cv::Point2d rim(area.x + area.width / 2, area.y + area.height * 0.45);
  const cv::Size2d radii(area.width * 0.48, area.height * 0.2);
  const Color bowl = random.chance(0.6) ? Color(240, 240, 240) : hsv(random.unit(), 0.5, 0.8);
  cv::ellipse(picture, fixed(rim),
              {static_cast<int>(radii.width * kOne), static_cast<int>(area.height * 0.5 * kOne)}, 0,
              0, 180, scalar(scaled(bowl, 0.8)), cv::FILLED, cv::LINE_AA, kShift);
  fill_ellipse(picture, rim, radii, 0, bowl);
  fill_ellipse(picture, rim, radii * 0.88, 0, scaled(color, 0.7));
  for (int i = random.integer(6, 20); i > 0; --i) {
    const cv::Point2d bit = rim + cv::Point2d(radii.width * random.uniform(-0.7, 0.7),
                                              radii.height * random.uniform(-0.7, 0.4));
    draw_ball(picture, bit, {area.width * 0.07, area.width * 0.06}, random.uniform(0, 180),
              scaled(color, random.uniform(0.8, 1.2)));
  }
}

void draw_figure(cv::Mat& picture, const cv::Rect2d& area, const Color& color, Random& random) {
  const Color skin =
      hsv(random.uniform(0.04, 0.1), random.uniform(0.2, 0.6), random.uniform(0.5, 0.95));
  const cv::Point2d middle(area.x + area.width / 2, area.y + area.height * 0.35);
  const double head = std::min(area.width, area.height) * 0.22;
  fill_polygon(picture,
               {{middle.x - head * 1.6, area.y + area.height},
                {middle.x - head, middle.y + head},
                {middle.x + head, middle.y + head},
                {middle.x + head * 1.6, area.y + area.height}},
               color);
  fill_ellipse(picture, {middle.x, middle.y - head * 0.3}, {head * 1.15, head * 1.25}, 0,
               hsv(random.uniform(0.02, 0.12), 0.6, random.uniform(0.1, 0.6)));
  fill_ellipse(picture, middle, {head * 0.85, head}, 0, skin);
}

void draw_rings(cv::Mat& picture, const cv::Rect2d& area, const Palette& palette, Random& random) {
  const cv::Point2d center(area.x + area.width / 2, area.y + area.height / 2);
  double radius = std::min(area.width, area.height) / 2;
  const int rings = random.integer(2, 4);
  for (int i = 0; i < rings; ++i) {
    fill_ellipse(picture, center, {radius, radius}, 0,
                 i % 2 == 0 ? palette.accent : mix(palette.base, {255, 255, 255}, 0.5));
    radius *= random.uniform(0.6, 0.85);
  }
}

}  // namespace

void draw_motif(cv::Mat& picture, const cv::Rect2d& where, const Palette& palette, Random& random) {
  const cv::Rect2d area = in_pixels(where, picture.size());
  const Color color = random.chance(0.5) ? palette.accent
                                         : hsv(random.uniform(-0.05, 0.35), random.uniform(0.6, 1),
                                               random.uniform(0.5, 1));
  switch (random.integer(0, 6)) {
    case 0:
    case 1:
      draw_fruit_cluster(picture, area, color, random);
      break;
    case 2:
      draw_bowl(picture, area, color, random);
      break;
    case 3:
      draw_figure(picture, area, palette.accent, random);
      break;
    case 4:
      draw_rings(picture, area, palette, random);
      break;
    case 5: {
      const int leaves = random.integer(3, 7);
      for (int i = 0; i < leaves; ++i) {
        draw_leaf(picture, {area.x + area.width / 2, area.y + area.height / 2},
                  0.5 * std::min(area.width, area.height), CV_2PI * i / leaves, color);
      }
      break;
    }
    default: {
      for (int i = random.integer(3, 9); i > 0; --i) {
        const double r = 0.12 * std::min(area.width, area.height) * random.uniform(0.5, 1.5);
        draw_ball(picture,
                  {area.x + area.width * random.unit(), area.y + area.height * random.unit()},
                  {r, r * 1.2}, 0, mix(color, {255, 255, 255}, random.uniform(0, 0.5)));
      }
    }
  }
}

void draw_photo(cv::Mat& picture, const cv::Rect2d& where, const cv::Mat& photo, bool oval) {
  const cv::Rect area = cv::Rect(in_pixels(where, picture.size())) & cv::Rect({}, picture.size());
  if (area.width < 2 || area.height < 2) return;
  const double scale = std::min(static_cast<double>(photo.cols) / area.width,
                                static_cast<double>(photo.rows) / area.height);
  const cv::Size cut(std::max(1, static_cast<int>(area.width * scale)),
                     std::max(1, static_cast<int>(area.height * scale)));
  const cv::Rect middle({(photo.cols - cut.width) / 2, (photo.rows - cut.height) / 2}, cut);
  cv::Mat fitted;
  cv::resize(photo(middle), fitted, area.size(), 0, 0,
             scale > 1 ? cv::INTER_AREA : cv::INTER_LINEAR);
  if (!oval) {
    fitted.copyTo(picture(area));
    return;
  }
  cv::Mat mask(area.size(), CV_8UC1, cv::Scalar(0));
  cv::ellipse(mask, {area.width / 2, area.height / 2}, {area.width / 2, area.height / 2}, 0, 0, 360,
              255, cv::FILLED);
  fitted.copyTo(picture(area), mask);
}

void draw_barcode(cv::Mat& picture, const cv::Rect2d& where, Random& random) {
  const cv::Rect area = cv::Rect(in_pixels(where, picture.size())) & cv::Rect({}, picture.size());
  if (area.empty()) return;
  picture(area).setTo(cv::Scalar::all(250));
  int x = area.x + 1;
  while (x < area.br().x - 1) {
    const int bar = random.integer(1, 2);
    picture(cv::Rect(x, area.y, std::min(bar, area.br().x - x), std::max(1, area.height * 4 / 5)))
        .setTo(cv::Scalar::all(20));
    x += bar + random.integer(1, 2);
  }
}

void draw_nutrition_panel(cv::Mat& picture, const cv::Rect2d& where, Random& random) {
  const cv::Rect area = cv::Rect(in_pixels(where, picture.size())) & cv::Rect({}, picture.size());
  if (area.width < 4 || area.height < 4) return;
  picture(area).setTo(cv::Scalar::all(245));
  cv::rectangle(picture, area, cv::Scalar::all(30));
  set_small_print(picture,
                  {area.x + area.width * 0.1, area.y + area.height * 0.08, area.width * 0.8,
                   area.height * 0.85},
                  {30, 30, 30}, random.integer(4, 9), random);
}

void draw_burst(cv::Mat& picture, const cv::Point2d& center, double radius, const Color& color,
                Random& random) {
  const cv::Point2d middle(center.x * picture.cols, center.y * picture.rows);
  const double r = radius * std::min(picture.cols, picture.rows);
  if (random.chance(0.5)) {
    fill_ellipse(picture, middle, {r, r}, 0, color);
    return;
  }
  const int spikes = random.integer(8, 14);
  std::vector<cv::Point2d> star;
  for (int i = 0; i < 2 * spikes; ++i) {
    const double length = i % 2 == 0 ? r : 0.78 * r;
    const double angle = CV_PI * i / spikes;
    star.emplace_back(middle.x + length * std::cos(angle), middle.y + length * std::sin(angle));
  }
  fill_polygon(picture, star, color);
}

}  // namespace gondola::data::synth
