#include "box_grid.hpp"

#include <cmath>
#include <utility>

namespace gondola::track {

BoxGrid::BoxGrid(std::vector<Box> boxes) : boxes_(std::move(boxes)) {
  if (boxes_.empty()) return;
  Box around = boxes_.front();
  double widths = 0;
  double heights = 0;
  for (const Box& box : boxes_) {
    around = hull(around, box);
    widths += static_cast<double>(box.x2) - box.x1;
    heights += static_cast<double>(box.y2) - box.y1;
  }
  left_ = around.x1;
  top_ = around.y1;
  const auto count = static_cast<double>(boxes_.size());
  // Many small boxes and a few large ones: more cells than boxes would only be empty.
  const double most = std::ceil(2 * std::sqrt(count));
  const auto cells = [&](double extent, double sum) {
    return static_cast<std::uint32_t>(std::clamp(extent / (sum / count), 1.0, most));
  };
  const double width = static_cast<double>(around.x2) - around.x1;
  const double height = static_cast<double>(around.y2) - around.y1;
  columns_ = cells(width, widths);
  rows_ = cells(height, heights);
  cells_per_pixel_x_ = columns_ / width;
  cells_per_pixel_y_ = rows_ / height;

  ranges_.reserve(boxes_.size());
  starts_.resize(std::size_t{columns_} * rows_ + 1);
  const auto for_each_cell = [&](const CellRange& range, const auto& visit) {
    for (std::uint32_t y = range.y1; y <= range.y2; ++y) {
      for (std::uint32_t x = range.x1; x <= range.x2; ++x) visit(std::size_t{y} * columns_ + x);
    }
  };
  for (const Box& box : boxes_) {
    ranges_.push_back(cells_of(box));
    for_each_cell(ranges_.back(), [&](std::size_t cell) { ++starts_[cell + 1]; });
  }
  for (std::size_t i = 1; i < starts_.size(); ++i) starts_[i] += starts_[i - 1];
  entries_.resize(starts_.back());
  std::vector<std::uint32_t> places(starts_.begin(), starts_.end() - 1);
  for (std::uint32_t i = 0; i < boxes_.size(); ++i) {
    for_each_cell(ranges_[i], [&](std::size_t cell) { entries_[places[cell]++] = i; });
  }
}

BoxGrid::CellRange BoxGrid::cells_of(const Box& box) const {
  const auto cell = [](double position, double scale, std::uint32_t count) {
    return static_cast<std::uint32_t>(std::clamp(position * scale, 0.0, count - 1.0));
  };
  return {cell(box.x1 - left_, cells_per_pixel_x_, columns_),
          cell(box.y1 - top_, cells_per_pixel_y_, rows_),
          cell(box.x2 - left_, cells_per_pixel_x_, columns_),
          cell(box.y2 - top_, cells_per_pixel_y_, rows_)};
}

}  // namespace gondola::track
