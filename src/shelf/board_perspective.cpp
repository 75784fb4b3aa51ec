#include "board_perspective.hpp"

#include <algorithm>
#include <cmath>

#include "level_field.hpp"
#include "linear.hpp"

namespace gondola::shelf {
namespace {

/// A row's line, relative to the picture's middle, in units of half its diagonal.
struct Line {
  double slope = 0;
  double height = 0;  ///< in the middle column
  double weight = 0;
};

std::vector<Line> lines_of(const std::vector<Row>& rows, const Place& middle, double unit) {
  std::vector<Line> lines;
  for (const Row& row : rows) {
    const Point& left = row.line.front();
    const Point& right = row.line.back();
    const double run = right.x - left.x;
    // One product's line is made up.
    if (row.facings.size() < 2 || run <= 0) continue;
    const double slope = (right.y - left.y) / run;
    lines.push_back({slope, (left.y + slope * (middle.x - left.x) - middle.y) / unit, run / unit});
  }
  return lines;
}

/// How many neighbours are level with each other.
///
/// @param products  left to right
double agreement(const std::vector<Box>& products) {
  constexpr double kUsual = 0.06;  // step, in heights of the lower product
  constexpr double kMost = 0.2;
  std::vector<double> feet;
  for (const Box& box : products) feet.push_back(box.y2);
  double sum = 0;
  for (const auto& [i, j] : tie_neighbours(products, feet, kMost)) {
    const double low = std::min(products[i].height(), products[j].height());
    const double off = (feet[i] - feet[j]) / low / kUsual;
    sum += 1 / (1 + off * off);
  }
  return sum;
}

std::vector<Box> straightened(const std::vector<Box>& boxes, const BoardPerspective& perspective) {
  std::vector<Box> straight;
  straight.reserve(boxes.size());
  for (const Box& box : boxes) straight.push_back(perspective.straightened(box));
  return straight;
}

}  // namespace

BoardPerspective::BoardPerspective(const Place& middle, double narrowing, double slope)
    : middle_(middle), narrowing_(narrowing), slope_(slope) {}

Place BoardPerspective::straightened(const Place& picture) const {
  const double shrunk = 1 - narrowing_ * (picture.x - middle_.x);
  const double x = (picture.x - middle_.x) / shrunk;
  return {middle_.x + x, middle_.y + (picture.y - middle_.y) / shrunk - slope_ * x};
}

Box BoardPerspective::straightened(const Box& picture) const {
  const double x = picture.center_x();
  const Place foot = straightened(Place{x, picture.y2});
  const Place top = straightened(Place{x, picture.y1});
  return {static_cast<float>(straightened(Place{picture.x1, 0}).x), static_cast<float>(top.y),
          static_cast<float>(straightened(Place{picture.x2, 0}).x), static_cast<float>(foot.y)};
}

Place BoardPerspective::taken(const Place& straight) const {
  const double x = straight.x - middle_.x;
  const double grown = 1 + narrowing_ * x;
  return {middle_.x + x / grown, middle_.y + (straight.y + slope_ * x - middle_.y) / grown};
}

BoardPerspective guess_perspective(const std::vector<Box>& products) {
  std::vector<Box> boxes;
  for (const Box& box : products) {
    if (is_valid(box)) boxes.push_back(box);
  }
  constexpr std::size_t kFewest = 12;
  if (boxes.size() < kFewest) return {};
  std::sort(boxes.begin(), boxes.end(),
            [](const Box& a, const Box& b) { return a.center_x() < b.center_x(); });
  Box all = boxes.front();
  for (const Box& box : boxes) all = hull(all, box);
  const Place middle{all.center_x(), all.center_y()};

  constexpr double kClearly = 1.4;
  double highest = kClearly * agreement(boxes);
  BoardPerspective best;
  for (const double share : {-0.8, -0.6, -0.4, -0.2, 0.0, 0.2, 0.4, 0.6, 0.8}) {
    for (const double slope : {-0.6, -0.45, -0.3, -0.15, 0.0, 0.15, 0.3, 0.45, 0.6}) {
      const BoardPerspective candidate(middle, share / (all.width() / 2), slope);
      const double sum = agreement(straightened(boxes, candidate));
      if (sum <= highest) continue;
      highest = sum;
      best = candidate;
    }
  }
  return best;
}

BoardPerspective perspective_of(const std::vector<Row>& rows, Size image) {
  const Place middle{image.width / 2.0, image.height / 2.0};
  const double unit = std::hypot(image.width, image.height) / 2;
  const std::vector<Line> lines = lines_of(rows, middle, unit);
  constexpr std::size_t kFewest = 3;
  if (lines.size() < kFewest) return {};
  // Lines that meet in one point have slopes that grow evenly with their heights in any column.
  Vector<2> fit{};
  constexpr int kRounds = 8;
  for (int round = 0; round < kRounds; ++round) {
    LeastSquares<2> problem({1e-3, 1e-9});
    for (const Line& line : lines) {
      constexpr double kUsual = 0.03;  // deviation of a slope
      const double off = round == 0 ? 0 : (fit[0] * line.height + fit[1] - line.slope) / kUsual;
      problem.add({line.height, 1}, line.slope, line.weight * line.weight / (1 + off * off));
    }
    fit = problem.solve();
  }
  const double narrowing = -fit[0] / unit;
  // Where products would be smaller than this against the middle, the lines were not boards'.
  constexpr double kLeast = 0.1;
  for (const Row& row : rows) {
    for (const float x : {row.box.x1, row.box.x2}) {
      if (1 - narrowing * (x - middle.x) < kLeast) return {};
    }
  }
  return BoardPerspective(middle, narrowing, 0);
}

}  // namespace gondola::shelf
