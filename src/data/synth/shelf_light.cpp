#include "shelf_light.hpp"

#include <algorithm>
#include <cmath>

namespace gondola::data::synth {

double light_at(const ShelfLight& light, double y, double z) {
  const double t = std::clamp(y / 200, 0.0, 1.2);
  const double front = light.bottom + (light.top - light.bottom) * t;
  return front * std::max(0.15, 1 + light.depth_loss * std::min(0.0, z));
}

double under_board(const ShelfLight& light, const Row& row, double y, double z) {
  const double from_board =
      std::clamp((row.y + row.clear - y) / std::max(row.clear, 8.0), 0.0, 1.0);
  const double reach = std::exp(-from_board * 4);
  const double deep = std::clamp(0.35 - z / 40, 0.0, 1.0);
  return 1 - light.board_shadow * reach * deep;
}

}  // namespace gondola::data::synth
