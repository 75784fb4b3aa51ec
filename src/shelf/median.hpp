#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace gondola::shelf {

/// The middle value; of an even number the upper of the two in the middle. Requires: not empty.
template <typename Number>
Number median(std::vector<Number> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace gondola::shelf
