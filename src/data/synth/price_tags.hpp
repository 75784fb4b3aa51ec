#pragma once

#include <opencv2/core.hpp>

#include "colors.hpp"
#include "gondola/data/random.hpp"
#include "lettering.hpp"

namespace gondola::data::synth {

/// How a shop marks its prices.
struct TagStyle {
  Color paper{250, 250, 250};
  Color ink{20, 20, 20};
  double aspect = 1.6;       ///< width over height
  double share = 0.8;        ///< of the blocks of goods that have one
  double repeat = 0.1;       ///< of the further facings of a block that have one too
  double height = 3.5;       ///< centimetres
  bool hangs = false;        ///< below the rail, over the goods underneath
  double offer_share = 0.1;  ///< of the tags that are large and loud
  double wobbler_share = 0;  ///< of the tags that stand out into the aisle
};

TagStyle random_tag_style(Random& random);

/// A price tag, about 64 pixels wide.
cv::Mat draw_price_tag(const TagStyle& style, bool offer, const Lettering& lettering,
                       Random& random);

/// A printed board: an aisle's name, a poster, an offer.
cv::Mat draw_sign(cv::Size size, const Color& color, const Lettering& lettering, Random& random);

}  // namespace gondola::data::synth
