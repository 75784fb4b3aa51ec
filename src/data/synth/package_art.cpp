#include "package_art.hpp"

#include <algorithm>
#include <cmath>

#include <opencv2/imgproc.hpp>

#include "art_elements.hpp"

namespace gondola::data::synth {
namespace {

enum class NameStyle { kPlain, kOval, kRibbon, kBlock, kDisc, kOnEnd };

/// The arrangement that all packages of a brand share, in fractions of the front.
struct Layout {
  NameStyle name_style = NameStyle::kPlain;
  cv::Rect2d name;
  double slant = 0;
  double tilt = 0;     // degrees
  double outline = 0;  // of the letters' height
  cv::Rect2d motif;
  cv::Rect2d words;
  bool small_print = false;
  bool burst = false;
  bool frame = false;
};

Layout make_layout(Random& random) {
  Layout layout;
  layout.name_style = static_cast<NameStyle>(random.weighted({0.45, 0.13, 0.13, 0.14, 0.05, 0.1}));
  const double width = random.uniform(0.6, 0.92);
  const double height = random.uniform(0.1, 0.24);
  const double top = random.chance(0.75) ? random.uniform(0.06, 0.3) : random.uniform(0.35, 0.7);
  layout.name = {random.chance(0.8) ? (1 - width) / 2 : random.uniform(0.04, 1 - width), top, width,
                 height};
  layout.slant = random.chance(0.25) ? random.uniform(0.1, 0.35) : 0;
  layout.tilt = random.chance(0.2) ? random.uniform(-14, 14) : 0;
  layout.outline = random.chance(0.3) ? random.uniform(0.06, 0.16) : 0;
  const bool below = top < 0.33;
  const double free_top = below ? top + height + 0.04 : 0.05;
  const double free_height = below ? 0.93 - free_top : top - 0.08;
  const double share = random.uniform(0.45, 0.7);
  const double motif_width = random.uniform(0.45, 0.95);
  layout.motif = {(1 - motif_width) * random.unit(), free_top + free_height * (1 - share),
                  motif_width, free_height * share};
  layout.words = {random.uniform(0.05, 0.25), free_top, random.uniform(0.4, 0.7),
                  free_height * (1 - share) * 0.9};
  layout.small_print = random.chance(0.5);
  layout.burst = random.chance(0.25);
  layout.frame = random.chance(0.15);
  return layout;
}

/// On a long flat front, name and picture stand side by side.
void lay_side_by_side(Layout& layout, Random& random) {
  const double width = random.uniform(0.35, 0.55);
  const double height = random.uniform(0.35, 0.7);
  const double left = random.uniform(0.04, 0.9 - width);
  layout.name = {left, (1 - height) * random.uniform(0.2, 0.6), width, height};
  const bool picture_right = left + width < 0.7;
  layout.motif = {picture_right ? left + width + 0.02 : 0.02, 0.1,
                  picture_right ? 0.95 - left - width : std::max(0.1, left - 0.04), 0.8};
  layout.words = {left, layout.name.y + height, width,
                  std::max(0.1, 0.95 - layout.name.y - height)};
  if (layout.name_style == NameStyle::kOnEnd) layout.name_style = NameStyle::kPlain;
}

/// What lies behind a brand's name. Returns the ink that is legible on it.
Color draw_name_ground(cv::Mat& art, const Layout& layout, const Palette& palette) {
  const cv::Rect2d name = in_pixels(layout.name, art.size());
  const cv::Point center(cv::Point2d(name.x + name.width / 2, name.y + name.height / 2));
  const Color ground = palette.second;
  const Color ink = luma(ground) > 140 ? Color(30, 20, 20) : Color(252, 252, 252);
  switch (layout.name_style) {
    case NameStyle::kOval:
      cv::ellipse(art, center,
                  {static_cast<int>(name.width * 0.55), static_cast<int>(name.height * 0.85)}, 0, 0,
                  360, scalar(ground), cv::FILLED, cv::LINE_AA);
      return ink;
    case NameStyle::kRibbon:
      cv::rectangle(art, cv::Rect2d(0, name.y - name.height * 0.2, art.cols, name.height * 1.4),
                    scalar(ground), cv::FILLED);
      return ink;
    case NameStyle::kBlock:
      cv::rectangle(art,
                    cv::Rect2d(name.x - name.width * 0.04, name.y - name.height * 0.15,
                               name.width * 1.08, name.height * 1.3),
                    scalar(ground), cv::FILLED);
      return ink;
    case NameStyle::kDisc:
      cv::circle(art, center, static_cast<int>(name.width * 0.52), scalar(ground), cv::FILLED,
                 cv::LINE_AA);
      return ink;
    default:
      return palette.ink;
  }
}

void draw_name(cv::Mat& art, const Layout& layout, const Brand& brand, const Palette& palette) {
  WordStyle style;
  style.ink = draw_name_ground(art, layout, palette);
  style.slant = layout.slant;
  style.angle = layout.tilt;
  style.outline = layout.outline;
  style.outline_color = luma(style.ink) > 140 ? Color(30, 20, 20) : Color(250, 250, 250);
  cv::Rect2d where = in_pixels(layout.name, art.size());
  if (layout.name_style == NameStyle::kOnEnd) {
    style.angle = 90;
    const double length = std::min(art.rows * 0.75, art.cols * 2.5);
    const double thickness = std::min(art.cols * 0.4, length * 0.4);
    where = {(art.cols - length) / 2, (art.rows - thickness) / 2, length, thickness};
  } else {
    // A word keeps roughly its shape: letters are not drawn taller than twice their design.
    const double natural = where.width * brand.name_mask.rows / brand.name_mask.cols;
    const double height = std::clamp(where.height, natural * 0.6, natural * 1.9);
    where.y += (where.height - height) / 2;
    where.height = height;
  }
  set_word(art, brand.name_mask, where, style);
}

void draw_words(cv::Mat& art, const Layout& layout, const Design& design, Random& random) {
  const cv::Rect2d area = in_pixels(layout.words, art.size());
  const auto count = std::min<std::size_t>(design.words.size(), 2);
  for (std::size_t i = 0; i < count; ++i) {
    const cv::Mat& word = design.words[i];
    const double height = std::min(area.height / count * 0.75,
                                   area.width * word.rows / static_cast<double>(word.cols));
    const double width = std::min(area.width, height * word.cols / word.rows);
    WordStyle style;
    style.ink = i == 0 ? design.palette.accent : design.palette.ink;
    set_word(art, word, {area.x, area.y + area.height * i / count, width, height}, style);
  }
  if (layout.small_print) {
    set_small_print(art, in_pixels({0.1, 0.9, 0.6, 0.07}, art.size()), design.palette.ink,
                    random.integer(1, 2), random);
  }
}

void vary_colors(cv::Mat& art, Random& random) {
  const std::vector<std::vector<int>> orders = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                                {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
  const std::vector<int>& order = orders[random.chance(0.5) ? 0 : random.index(orders.size())];
  std::vector<cv::Mat> planes;
  cv::split(art, planes);
  std::vector<cv::Mat> shuffled;
  for (const int from : order) shuffled.push_back(planes[static_cast<std::size_t>(from)]);
  cv::merge(shuffled, art);
  cv::multiply(
      art,
      cv::Scalar(random.uniform(0.75, 1.2), random.uniform(0.75, 1.2), random.uniform(0.75, 1.2)),
      art);
}

}  // namespace

std::shared_ptr<const Brand> PackageArtist::make_brand(const ColorMood& mood, bool ideograms,
                                                       Random& random) {
  auto brand = std::make_shared<Brand>();
  brand->name = invented_name(random);
  brand->ideograms = ideograms && random.chance(0.8);
  brand->name_mask =
      brand->ideograms
          ? ideogram_mask(random.integer(2, 4), random)
          : lettering_.word_mask(brand->name, random.integer(0, lettering_.face_count() - 1));
  brand->palette = random_palette(mood, random);
  brand->layout_seed = random.bits();
  return brand;
}

Design PackageArtist::make_design(std::shared_ptr<const Brand> brand, double photo_share,
                                  Random& random) {
  Design design;
  design.palette = random.chance(0.7) ? flavour(brand->palette, random) : brand->palette;
  const int face = random.integer(0, lettering_.face_count() - 1);
  for (int i = 0; i < 2; ++i) {
    design.words.push_back(brand->ideograms
                               ? ideogram_mask(random.integer(2, 6), random)
                               : lettering_.common_word_mask(package_word(random), face));
  }
  design.seed = random.bits();
  if (!photos_.crops.empty() && random.chance(photo_share)) {
    design.photo = random.pick(photos_.crops).clone();
    vary_colors(design.photo, random);
  }
  design.brand = std::move(brand);
  return design;
}

cv::Mat PackageArtist::front(const Design& design, cv::Size size) const {
  cv::Mat art(size, CV_8UC3);
  if (!design.photo.empty()) {
    cv::resize(design.photo, art, size, 0, 0, cv::INTER_AREA);
    return art;
  }
  Random shared(design.brand->layout_seed);
  Random own(design.seed);
  Layout layout = make_layout(shared);
  if (size.width > 1.6 * size.height) lay_side_by_side(layout, shared);
  draw_ground(art, design.palette, shared);
  draw_swooshes(art, design.palette, shared);
  if (!photos_.crops.empty() && own.chance(0.25)) {
    draw_photo(art, layout.motif, own.pick(photos_.crops), shared.chance(0.5));
  } else if (own.chance(0.75)) {
    draw_motif(art, layout.motif, design.palette, own);
  }
  if (own.chance(0.08)) draw_nutrition_panel(art, {0.08, 0.5, 0.45, 0.4}, own);
  draw_words(art, layout, design, own);
  draw_name(art, layout, *design.brand, design.palette);
  if (layout.burst) {
    draw_burst(art, {shared.uniform(0.15, 0.85), shared.uniform(0.1, 0.9)}, 0.16,
               design.palette.accent, shared);
  }
  if (own.chance(0.06)) draw_barcode(art, {0.6, 0.85, 0.32, 0.1}, own);
  if (layout.frame)
    cv::rectangle(art, cv::Rect({}, size), scalar(design.palette.second),
                  std::max(1, size.width / 20));
  return art;
}

cv::Mat PackageArtist::side(const Design& design, cv::Size size) const {
  cv::Mat art(size, CV_8UC3);
  Random random(design.brand->layout_seed, 1);
  const Color ground = design.photo.empty()
                           ? (random.chance(0.7) ? design.palette.base : design.palette.second)
                           : Color(cv::Vec3b(cv::mean(design.photo)[0], cv::mean(design.photo)[1],
                                             cv::mean(design.photo)[2]));
  art.setTo(scalar(ground));
  if (random.chance(0.5)) {
    cv::rectangle(art, in_pixels({0, 0, 1, random.uniform(0.15, 0.5)}, size),
                  scalar(design.palette.second), cv::FILLED);
  }
  if (random.chance(0.5)) draw_nutrition_panel(art, {0.12, 0.4, 0.76, 0.45}, random);
  if (random.chance(0.3)) draw_barcode(art, {0.15, 0.86, 0.7, 0.1}, random);
  if (random.chance(0.6)) {
    WordStyle style;
    style.ink = luma(ground) > 140 ? Color(30, 20, 20) : Color(250, 250, 250);
    if (size.height > 1.5 * size.width) {
      style.angle = 90;
      const double length = size.height * 0.5;
      const double thickness = std::min(size.width * 0.6, length * 0.35);
      set_word(art, design.brand->name_mask,
               {(size.width - length) / 2, size.height * 0.3 - thickness / 2, length, thickness},
               style);
    } else {
      set_word(art, design.brand->name_mask, in_pixels({0.1, 0.1, 0.8, 0.22}, size), style);
    }
  }
  return art;
}

}  // namespace gondola::data::synth
