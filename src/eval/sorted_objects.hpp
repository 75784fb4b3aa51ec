#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "gondola/core/labelled_box.hpp"

namespace gondola::eval {

/// Share of a detection that lies in a crowd, which stands in for their IoU; 0 if either is not
/// valid.
inline float share_inside(const Box& detection, const Box& crowd) {
  if (!is_valid(detection) || !is_valid(crowd)) return 0;
  return area(intersection(detection, crowd)) / area(detection);
}

/// Objects in the order of their left sides, so that those near a box are found without looking at
/// all of them. Refers to the objects, which must outlive it.
class SortedObjects {
 public:
  explicit SortedObjects(const std::vector<LabelledBox>& objects) : objects_(objects) {
    for (std::uint32_t i = 0; i < objects.size(); ++i) {
      if (is_valid(objects[i].box)) order_.push_back(i);
    }
    std::sort(order_.begin(), order_.end(), [&](std::uint32_t a, std::uint32_t b) {
      return objects[a].box.x1 < objects[b].box.x1;
    });
    for (const std::uint32_t i : order_) {
      const float x2 = objects[i].box.x2;
      farthest_right_.push_back(farthest_right_.empty() ? x2
                                                        : std::max(farthest_right_.back(), x2));
    }
  }

  /// Calls `visit(index)` for every object that shares an area with the box, in no given order;
  /// for none if the box is not valid.
  template <typename Visit>
  void visit_near(const Box& box, const Visit& visit) const {
    if (!is_valid(box)) return;
    const auto first = std::upper_bound(farthest_right_.begin(), farthest_right_.end(), box.x1);
    for (auto at = static_cast<std::size_t>(first - farthest_right_.begin()); at < order_.size();
         ++at) {
      const Box& other = objects_[order_[at]].box;
      if (other.x1 >= box.x2) return;
      if (other.x2 > box.x1 && other.y1 < box.y2 && other.y2 > box.y1) visit(order_[at]);
    }
  }

 private:
  const std::vector<LabelledBox>& objects_;
  std::vector<std::uint32_t> order_;   // valid objects by x1
  std::vector<float> farthest_right_;  // x2 of the objects up to each place in the order
};

}  // namespace gondola::eval
