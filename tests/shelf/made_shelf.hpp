#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gondola/core/box.hpp"
#include "gondola/core/detection.hpp"
#include "gondola/shelf/compare.hpp"
#include "gondola/shelf/planogram.hpp"

namespace gondola::shelf::test {

/// A shelf that never was: flat packages on boards, seen by a camera with exact projection.
struct MadeShelfOptions {
  std::uint32_t seed = 1;
  int rows = 5;
  int bays = 1;
  double bay_width = 120;  ///< centimetres
  int most_stacked = 3;    ///< of products that stack
  double empty_share = 0;  ///< of the positions
  double yaw = 0;          ///< degrees
  double pitch = 0;        ///< degrees
  double roll = 0;         ///< degrees
  double bend = 0;  ///< of the lens: distorted = straight * (1 + bend * r^2), r 1 in a corner
  double distance =
      1.1;  ///< of the camera: 1 shows all of a shelf that is seen from straight ahead
  bool level_bays = true;  ///< whether boards go on in the next bay
  Size image{1280, 960};
};

struct MadeProduct {
  Box box;
  int product = 0;
  int row = 0;  ///< of the planogram's fixtures
  int position = 0;
  int facing = 0;  ///< within the row, whether others are seen or not
  int level = 0;
};

struct MadeGap {
  Box box;
  int row = 0;
  int facings = 1;
};

struct MadeShelf {
  Size image;
  std::vector<MadeProduct> products;  ///< those of which at least half lies inside the picture
  std::vector<MadeGap> gaps;
  Planogram planogram;  ///< with the empty positions
  std::vector<bool> position_is_empty;
  std::vector<bool> position_is_hidden;  ///< less than half of every facing inside the picture
};

MadeShelf make_shelf(const MadeShelfOptions& options);

std::vector<Box> boxes_of(const MadeShelf& shelf);

/// With class ids = products and score 0.9.
std::vector<Detection> detections_of(const MadeShelf& shelf);

/// The same of a model with a single class.
std::vector<Detection> without_labels(std::vector<Detection> detections);

/// Labels by class id of detections_of().
std::vector<std::string> class_names(const Planogram& planogram);

/// What compare() should say of a position when everything was found.
PositionStatus expected_status(const MadeShelf& shelf, std::size_t position);

/// Leaves out this share and moves every side by a normal error of 2 % of the box.
std::vector<MadeProduct> imperfect(const std::vector<MadeProduct>& products, double missing,
                                   std::uint32_t seed);

}  // namespace gondola::shelf::test
