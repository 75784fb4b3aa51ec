#pragma once

#include <vector>

#include "gondola/shelf/rows.hpp"

namespace gondola::shelf {

/// A line x = x + slope * (y - y0) that no product crosses, from the top of the picture to its
/// foot.
struct BayLine {
  double x = 0;
  double slope = 0;
  double y0 = 0;

  double x_at(double y) const { return x + slope * (y - y0); }
};

/// Where bays meet, from the left. Needs facings and lines of the rows.
std::vector<BayLine> find_bay_lines(const std::vector<Row>& rows);

}  // namespace gondola::shelf
