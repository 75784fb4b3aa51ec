#pragma once

#include <vector>

#include "colors.hpp"
#include "gondola/data/random.hpp"
#include "lettering.hpp"
#include "texture.hpp"

/// What a shelf itself and the room around it look like.
namespace gondola::data::synth {

enum class BackPanel { kPlain, kPegboard, kSlats, kDark, kMesh, kRibs };

/// A back panel of that many centimetres.
cv::Mat draw_back_panel(BackPanel kind, const Color& color, cv::Size2d extent, double pixels_per_cm,
                        Random& random);

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

/// The front strip of a board: ticket holder with inlays. 8 pixels per centimetre high at most.
cv::Mat draw_rail(const Color& color, Random& random);

/// Wires in front of the goods: CV_8UC4, see-through.
cv::Mat draw_wire_front(const Color& color, cv::Size2d extent, double pixels_per_cm,
                        Random& random);

/// A printed board: an aisle's name, a poster, an offer.
cv::Mat draw_sign(cv::Size size, const Color& color, const Lettering& lettering, Random& random);

/// Tiles, planks, concrete or carpet.
cv::Mat draw_floor(Random& random);

/// Ceiling with panels or beams; lamps are separate.
cv::Mat draw_ceiling(Random& random);

/// What one sees beyond the shelf: wall, or blurred other shelves.
cv::Mat draw_far_wall(Random& random);

/// A pane with reflections of lamps and people: CV_8UC4, mostly clear.
cv::Mat draw_glass(double strength, Random& random);

/// A shopping cart, CV_8UC4.
cv::Mat draw_cart(Random& random);

/// A basket, CV_8UC4.
cv::Mat draw_basket(Random& random);

/// A person from behind or the side, CV_8UC4, about 96 x 320.
cv::Mat draw_person(Random& random);

}  // namespace gondola::data::synth
