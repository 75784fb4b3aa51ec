#include "gondola/shelf/gaps.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "gondola/core/error.hpp"

namespace gondola::shelf {
namespace {

/// No product of another row reaches farther into an empty place, in heights of the goods there:
/// where one does, the board has ended.
constexpr double kClear = 0.1;

/// How level the rows of two bays are where they meet, in heights of the goods, to be on one board.
constexpr double kLevel = 0.15;

/// Facings of a row near a place, nearest first.
std::vector<const Facing*> nearest_facings(const Row& row, double x, std::size_t count) {
  std::vector<const Facing*> facings;
  for (const Facing& facing : row.facings) facings.push_back(&facing);
  std::stable_sort(facings.begin(), facings.end(), [&](const Facing* a, const Facing* b) {
    return std::abs(a->base.center_x() - x) < std::abs(b->base.center_x() - x);
  });
  if (facings.size() > count) facings.resize(count);
  return facings;
}

double usual_width(const Row& row, double x) {
  std::vector<double> widths;
  for (const Facing* facing : nearest_facings(row, x, 6)) widths.push_back(facing->base.width());
  std::sort(widths.begin(), widths.end());
  return widths[(widths.size() - 1) / 2];
}

/// The stretches of left..right before which no product stands, from the board to `height` above.
std::vector<std::pair<double, double>> free_stretches(const ShelfReading& reading, const Row& row,
                                                      double left, double right, double height) {
  std::vector<std::pair<double, double>> taken;
  for (const Row& other : reading.rows) {
    if (&other == &row) continue;
    for (const Facing& facing : other.facings) {
      const Box& box = facing.box;
      if (box.x2 <= left || box.x1 >= right) continue;
      const double foot = row.line_y(std::clamp<float>(box.center_x(), left, right));
      const double shared =
          std::min<double>(box.y2, foot) - std::max<double>(box.y1, foot - height);
      if (shared > kClear * height) taken.emplace_back(box.x1, box.x2);
    }
  }
  std::sort(taken.begin(), taken.end());
  std::vector<std::pair<double, double>> stretches;
  for (const auto& [from, to] : taken) {
    if (from > left) stretches.emplace_back(left, from);
    left = std::max(left, to);
  }
  if (left < right) stretches.emplace_back(left, right);
  return stretches;
}

/// Empty places between left and right, with the goods' height of their neighbours.
std::vector<Gap> free_board(const ShelfReading& reading, int index, int before, double left,
                            double right, Size image, const GapOptions& options) {
  const Row& row = reading.rows[static_cast<std::size_t>(index)];
  left = std::max(left, 0.0);
  right = std::min<double>(right, image.width);
  double height = 0;
  const std::vector<const Facing*> beside = nearest_facings(row, (left + right) / 2, 2);
  for (const Facing* facing : beside) height += facing->box.height();
  height /= static_cast<double>(beside.size());
  std::vector<Gap> gaps;
  for (const auto& [from, to] : free_stretches(reading, row, left, right, height)) {
    const double middle = (from + to) / 2;
    const double room = (to - from) / usual_width(row, middle);
    if (room < options.min_room) continue;
    const auto foot = row.line_y(static_cast<float>(middle));
    Gap gap;
    gap.box = clip(
        {static_cast<float>(from), static_cast<float>(foot - height), static_cast<float>(to), foot},
        image);
    if (!is_valid(gap.box)) continue;
    gap.row = index;
    gap.before = before;
    gap.facings = std::max(1, static_cast<int>(room + 0.1));
    gaps.push_back(gap);
  }
  return gaps;
}

double height_at(const Row& row, double x) { return row.line_y(static_cast<float>(x)); }

/// How far left (side -1) or right (side 1) the rows of the same bay above and below a row reach,
/// at its own height: the nearer of the two ends, each the farthest of two rows.
std::optional<double> common_end(const ShelfReading& reading, std::size_t index, int side) {
  const Row& row = reading.rows[index];
  const double x = side < 0 ? row.box.x1 : row.box.x2;
  struct Neighbour {
    double distance = 0;
    double end = 0;
  };
  std::vector<Neighbour> above;
  std::vector<Neighbour> below;
  for (std::size_t i = 0; i < reading.rows.size(); ++i) {
    const Row& other = reading.rows[i];
    if (i == index || other.bay != row.bay || other.facings.size() < 2) continue;
    if (other.box.x2 < row.box.x1 || other.box.x1 > row.box.x2) continue;
    const double at = std::clamp<double>(x, other.box.x1, other.box.x2);
    const double distance = height_at(other, at) - height_at(row, at);
    (distance < 0 ? above : below)
        .push_back({std::abs(distance), side < 0 ? other.box.x1 : other.box.x2});
  }
  const auto farthest = [&](std::vector<Neighbour>& rows) -> std::optional<double> {
    if (rows.empty()) return std::nullopt;
    std::sort(rows.begin(), rows.end(),
              [](const Neighbour& a, const Neighbour& b) { return a.distance < b.distance; });
    double end = rows.front().end;
    if (rows.size() > 1) end = side < 0 ? std::min(end, rows[1].end) : std::max(end, rows[1].end);
    return end;
  };
  const std::optional<double> over = farthest(above);
  const std::optional<double> under = farthest(below);
  if (over && under) return side < 0 ? std::max(*over, *under) : std::min(*over, *under);
  return over ? over : under;
}

/// The row of the next bay whose board goes on from this one; nothing if none does.
std::optional<std::size_t> continuation(const ShelfReading& reading, std::size_t index) {
  const Row& row = reading.rows[index];
  if (row.facings.size() < 2) return std::nullopt;
  const double height = row.facings.back().base.height();
  std::optional<std::size_t> best;
  double nearest = kLevel * height;
  for (std::size_t i = 0; i < reading.rows.size(); ++i) {
    const Row& other = reading.rows[i];
    if (other.bay != row.bay + 1 || other.facings.size() < 2) continue;
    const double middle = (row.box.x2 + other.box.x1) / 2;
    const double step = std::abs(height_at(row, middle) - height_at(other, middle));
    if (step >= nearest) continue;
    nearest = step;
    best = i;
  }
  return best;
}

void add_free_board(const ShelfReading& reading, std::size_t index, bool begins_before, Size image,
                    const GapOptions& options, std::vector<Gap>& gaps) {
  const Row& row = reading.rows[index];
  const int number = static_cast<int>(index);
  const auto add = [&](int before, double left, double right) {
    if (left >= right) return;
    const std::vector<Gap> found = free_board(reading, number, before, left, right, image, options);
    gaps.insert(gaps.end(), found.begin(), found.end());
  };
  const auto facings = static_cast<int>(row.facings.size());
  const bool ends = options.row_ends && facings >= 2;
  if (ends && !begins_before) {
    if (const auto end = common_end(reading, index, -1)) add(0, *end, row.box.x1);
  }
  double reached = row.facings.front().box.x2;
  for (int i = 1; i < facings; ++i) {
    const Box& box = row.facings[static_cast<std::size_t>(i)].box;
    add(i, reached, box.x1);
    reached = std::max<double>(reached, box.x2);
  }
  if (const auto next = continuation(reading, index)) {
    add(facings, reached, reading.rows[*next].box.x1);
  } else if (ends) {
    if (const auto end = common_end(reading, index, 1)) add(facings, reached, *end);
  }
}

/// The row on whose board a detected gap stands.
int row_below(const ShelfReading& reading, const Box& box) {
  int best = -1;
  double nearest = 0.6 * box.height();
  for (std::size_t i = 0; i < reading.rows.size(); ++i) {
    const Row& row = reading.rows[i];
    const double outside =
        std::max({0.0F, row.box.x1 - box.center_x(), box.center_x() - row.box.x2});
    const double distance = std::abs(height_at(row, box.center_x()) - box.y2) + 0.05 * outside;
    if (distance >= nearest) continue;
    nearest = distance;
    best = static_cast<int>(i);
  }
  return best;
}

Gap detected(const Detection& detection, const ShelfReading& reading) {
  Gap gap;
  gap.box = detection.box;
  gap.score = detection.score;
  gap.source = GapSource::kModel;
  gap.row = row_below(reading, detection.box);
  if (gap.row < 0) return gap;
  const Row& row = reading.rows[static_cast<std::size_t>(gap.row)];
  const double x = detection.box.center_x();
  for (const Facing& facing : row.facings) gap.before += facing.base.center_x() < x ? 1 : 0;
  gap.facings = std::max(1, static_cast<int>(detection.box.width() / usual_width(row, x) + 0.1));
  return gap;
}

}  // namespace

std::vector<Gap> find_gaps(const ShelfReading& reading, const std::vector<Detection>& detections,
                           bool model_knows_gaps, Size image, const GapOptions& options) {
  GONDOLA_EXPECTS(options.min_room > 0 && options.same_share >= 0 && options.same_share <= 1,
                  "find_gaps: min_room ", options.min_room, ", same_share ", options.same_share);
  std::vector<Gap> gaps;
  std::vector<bool> begins_before(reading.rows.size(), false);
  for (std::size_t i = 0; i < reading.rows.size(); ++i) {
    if (const auto next = continuation(reading, i)) begins_before[*next] = true;
  }
  for (std::size_t i = 0; i < reading.rows.size(); ++i) {
    add_free_board(reading, i, begins_before[i], image, options, gaps);
  }
  std::vector<Gap> found;
  for (const Detection& detection : detections) {
    if (!is_valid(detection.box)) continue;
    found.push_back(detected(detection, reading));
    // The detection tells best where goods are missing; the free board around it is the same gap.
    for (Gap& gap : gaps) {
      const float shared = area(intersection(gap.box, detection.box));
      if (shared < options.same_share * std::min(area(gap.box), area(detection.box))) continue;
      gap.source = GapSource::kBoth;
      found.back().source = GapSource::kBoth;
    }
  }
  gaps.erase(std::remove_if(gaps.begin(), gaps.end(),
                            [&](const Gap& gap) {
                              const bool unconfirmed =
                                  model_knows_gaps && !options.keep_unconfirmed;
                              return gap.source == GapSource::kBoth || unconfirmed;
                            }),
             gaps.end());
  gaps.insert(gaps.end(), found.begin(), found.end());
  std::stable_sort(gaps.begin(), gaps.end(), [](const Gap& a, const Gap& b) {
    return a.row != b.row ? a.row < b.row : a.box.center_x() < b.box.center_x();
  });
  return gaps;
}

}  // namespace gondola::shelf
