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
                      into.size(2) == bgr.cols && into.permute({1, 2, 0}).is_contiguous(),
                  "write_input: picture ", bgr.cols, "x", bgr.rows);
  const std::array<float, 256> levels = unit_levels();
  const std::size_t values = 3 * bgr.total();
  const std::uint8_t* source = bgr.ptr<std::uint8_t>();
  float* rgb = into.data_ptr<float>();
  for (std::size_t i = 0; i < values; i += 3) {
    rgb[i] = levels[source[i + 2]];
    rgb[i + 1] = levels[source[i + 1]];
    rgb[i + 2] = levels[source[i]];
  }
}

}  // namespace gondola::detect
