#include "price_tags.hpp"

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include <opencv2/imgproc.hpp>

#include "art_elements.hpp"

namespace gondola::data::synth {

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
  style.hangs = random.chance(0.4);
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
  cv::rectangle(tag, cv::Rect({}, tag.size()), cv::Scalar::all(120));
  return tag;
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

}  // namespace gondola::data::synth
