#include "input_tensor.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

#include "gondola/core/error.hpp"

namespace gondola::detect {
namespace {

// v / 255 rounded once, as the division gives it; multiplying by 1/255 would round twice.
std::array<float, 256> unit_levels() {
  std::array<float, 256> levels{};
  for (std::size_t value = 0; value < levels.size(); ++value) {
    levels[value] = static_cast<float>(value) / 255.0F;
  }
  return levels;
}

}  // namespace

void write_input(const cv::Mat& bgr, const at::Tensor& into) {
  GONDOLA_EXPECTS(bgr.type() == CV_8UC3 && bgr.isContinuous() && into.size(1) == bgr.rows &&
                      into.size(2) == bgr.cols,
                  "write_input: picture ", bgr.cols, "x", bgr.rows);
  const std::array<float, 256> levels = unit_levels();
  const std::size_t pixels = bgr.total();
  const std::uint8_t* source = bgr.ptr<std::uint8_t>();
  float* red = into.data_ptr<float>();
  float* green = red + pixels;
  float* blue = green + pixels;
  for (std::size_t i = 0; i < pixels; ++i) {
    blue[i] = levels[source[3 * i]];
    green[i] = levels[source[3 * i + 1]];
    red[i] = levels[source[3 * i + 2]];
  }
}

}  // namespace gondola::detect
