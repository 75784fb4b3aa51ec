#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <random>
#include <set>
#include <vector>

#include "gondola/core/box.hpp"
#include "gondola/core/detection.hpp"
#include "gondola/track/tracker.hpp"

namespace gondola::track {

/// Equal products side by side on a board of a shelf, in pixels of a picture that shows them.
struct ShelfRow {
  float y = 0;
  float width = 40;
  float height = 60;
  float pitch = 44;  ///< from one product's left side to the next one's
};

/// A camera in front of an endless shelf.
struct ShelfScene {
  Size picture{960, 540};
  std::vector<ShelfRow> rows{
      {20, 40, 60, 44}, {110, 40, 60, 44}, {200, 52, 80, 56}, {310, 34, 70, 38}, {420, 60, 90, 66}};
  float first_x = 0;  ///< the shelf has products in [first_x, last_x)
  float last_x = 1e6F;
};

/// How a detector spoils the truth.
struct Spoiling {
  double dropped = 0.1;  ///< share of boxes
  float jitter = 2;      ///< standard deviation of each side, pixels
  unsigned seed = 1;
};

/// What came of following a shelf.
struct ShelfResult {
  std::set<int> products;  ///< those that showed in at least one frame
  std::int64_t counted = 0;
  int switches = 0;               ///< a product's identity is another one than when last seen
  std::set<std::int64_t> shared;  ///< identities that several products had
};

/// Where the picture's left top corner is, in pixels of the shelf.
using CameraPath = std::function<std::pair<float, float>(double time_s)>;

/// Shows the shelf to a tracker at the given times.
ShelfResult follow_shelf(const ShelfScene& scene, const CameraPath& camera,
                         const std::vector<double>& times, const Spoiling& spoiling,
                         const TrackerOptions& options = {});

/// 0, 1 / fps, 2 / fps, ...
std::vector<double> frame_times(double seconds, double fps);

}  // namespace gondola::track
