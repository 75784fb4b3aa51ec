#pragma once

#include <cstddef>

namespace gondola::eval {

/// Number of confidences at which curves are given.
inline constexpr std::size_t kConfidences = 1000;

/// 0 for the first, 1 for the last of kConfidences, evenly spaced.
constexpr float confidence_at(std::size_t index) {
  return static_cast<float>(index) / static_cast<float>(kConfidences - 1);
}

}  // namespace gondola::eval
