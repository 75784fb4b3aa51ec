#pragma once

#include <opencv2/core.hpp>

#include "colors.hpp"
#include "gondola/data/random.hpp"

/// What a shelf itself looks like.
namespace gondola::data::synth {

enum class BackPanel { kPlain, kPegboard, kSlats, kDark, kMesh, kRibs };

/// A back panel of that many centimetres.
cv::Mat draw_back_panel(BackPanel kind, const Color& color, cv::Size2d extent, double pixels_per_cm,
                        Random& random);

/// A post with the slots that brackets hang in, upright.
cv::Mat draw_post(const Color& color, Random& random);

/// Boards side by side, their grain lengthwise.
cv::Mat draw_wood(Random& random);

/// The front strip of a board: ticket holder with inlays. 8 pixels per centimetre high at most.
cv::Mat draw_rail(const Color& color, Random& random);

/// Wires in front of the goods: CV_8UC4, see-through.
cv::Mat draw_wire_front(const Color& color, cv::Size2d extent, double pixels_per_cm,
                        Random& random);

/// A pane with reflections of lamps and people: CV_8UC4, mostly clear.
cv::Mat draw_glass(double strength, Random& random);

}  // namespace gondola::data::synth
