#include "gondola/core/letterbox.hpp"

#include <algorithm>
#include <cmath>

#include "gondola/core/error.hpp"

namespace gondola {
namespace {

/// Rounds halves to even, as Python's round() does and the default floating-point mode.
int round_half_even(double value) { return static_cast<int>(std::nearbyint(value)); }

/// A very long image would come out 0 pixels wide; one pixel is the least that can be resized.
int resized_side(int side, double gain) {
  return std::max(1, round_half_even(static_cast<double>(side) * gain));
}

/// The 0.1 decides for an odd pixel of padding: it goes to the right and to the bottom.
int padding_before(int input, int resized) {
  return round_half_even(static_cast<double>(input - resized) / 2 - 0.1);
}

}  // namespace

Box LetterboxTransform::to_input(const Box& box) const {
  const auto left = static_cast<float>(pad_left);
  const auto top = static_cast<float>(pad_top);
  return {box.x1 * gain + left, box.y1 * gain + top, box.x2 * gain + left, box.y2 * gain + top};
}

Box LetterboxTransform::to_image(const Box& box) const {
  const auto left = static_cast<float>(pad_left);
  const auto top = static_cast<float>(pad_top);
  return clip({(box.x1 - left) / gain, (box.y1 - top) / gain, (box.x2 - left) / gain,
               (box.y2 - top) / gain},
              image);
}

LetterboxTransform plan_letterbox(Size image, Size input) {
  GONDOLA_EXPECTS(image.width > 0 && image.height > 0, "plan_letterbox: image ", image.width, "x",
                  image.height);
  GONDOLA_EXPECTS(input.width > 0 && input.height > 0, "plan_letterbox: input ", input.width, "x",
                  input.height);
  const double gain = std::min(static_cast<double>(input.height) / image.height,
                               static_cast<double>(input.width) / image.width);
  LetterboxTransform transform;
  transform.image = image;
  transform.input = input;
  transform.resized = {resized_side(image.width, gain), resized_side(image.height, gain)};
  transform.pad_left = padding_before(input.width, transform.resized.width);
  transform.pad_top = padding_before(input.height, transform.resized.height);
  transform.gain = static_cast<float>(gain);
  return transform;
}

}  // namespace gondola
