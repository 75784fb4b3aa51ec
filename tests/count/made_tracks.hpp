#pragma once

#include <cstdint>

#include "gondola/core/track.hpp"

namespace gondola::test {

/// A track whose box of 10 x 10 pixels stands with its bottom centre at x, y.
inline Track track_at(std::int64_t id, double x, double y, int class_id = 0) {
  Track track;
  track.id = id;
  track.box = {static_cast<float>(x - 5), static_cast<float>(y - 10), static_cast<float>(x + 5),
               static_cast<float>(y)};
  track.score = 0.9F;
  track.class_id = class_id;
  return track;
}

}  // namespace gondola::test
