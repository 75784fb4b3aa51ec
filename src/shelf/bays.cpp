#include "bays.hpp"

#include <algorithm>
#include <cmath>

namespace gondola::shelf {
namespace {

/// A stretch of a row without products, at half the height of what stands beside it.
struct Opening {
  double left = 0;
  double right = 0;
  double y = 0;
  double surprise = 0;  ///< -log of the chance that a line through the row meets one as wide
};

struct RowSpan {
  double left = 0;
  double right = 0;
  double facing_width = 0;
  double y = 0;
  std::vector<Opening> openings;
};

RowSpan measure(const Row& row) {
  RowSpan span;
  span.left = row.box.x1;
  span.right = row.box.x2;
  std::vector<double> widths;
  double y = 0;
  for (const Facing& facing : row.facings) {
    widths.push_back(facing.box.width());
    y += facing.box.center_y();
  }
  span.y = y / static_cast<double>(row.facings.size());
  std::nth_element(widths.begin(), widths.begin() + static_cast<std::ptrdiff_t>(widths.size() / 2),
                   widths.end());
  span.facing_width = widths[widths.size() / 2];
  double reached = row.facings.front().box.x2;
  for (std::size_t i = 1; i < row.facings.size(); ++i) {
    const Box& before = row.facings[i - 1].box;
    const Box& box = row.facings[i].box;
    // Boxes of neighbours overlap a little; so much is no crossing.
    const double slack = 0.04 * span.facing_width;
    if (box.x1 + slack > reached - slack) {
      span.openings.push_back(
          {reached - slack, box.x1 + slack, (before.center_y() + box.center_y()) / 2, 0});
    }
    reached = std::max<double>(reached, box.x2);
  }
  for (Opening& opening : span.openings) {
    double covered = 0;
    for (const Opening& other : span.openings) {
      const double width = other.right - other.left;
      if (width >= opening.right - opening.left) covered += width;
    }
    opening.surprise = -std::log(std::clamp(covered / (span.right - span.left), 0.02, 1.0));
    // Posts and door frames are wide, and so are empty facings, but not one above the other.
    if (opening.right - opening.left > 0.8 * span.facing_width) opening.surprise += 1;
  }
  return span;
}

struct Score {
  double surprise = 0;
  int free_rows = 0;
  int crossed_rows = 0;
};

/// Sums up what every row says about a line.
Score judge(const BayLine& line, const std::vector<RowSpan>& spans) {
  constexpr double kCrossed = -3;
  Score score;
  for (const RowSpan& span : spans) {
    const double x = line.x_at(span.y);
    const double margin = 2 * span.facing_width;
    if (x < span.left - margin || x > span.right + margin) continue;
    const bool at_end =
        x < span.left + 0.04 * span.facing_width || x > span.right - 0.04 * span.facing_width;
    if (at_end) {
      // Rows that end here do so at the edge of a bay, or because the goods do.
      score.surprise += 2;
      ++score.free_rows;
      continue;
    }
    const auto met =
        std::find_if(span.openings.begin(), span.openings.end(), [&](const Opening& o) {
          const double at = line.x_at(o.y);
          return at >= o.left && at <= o.right;
        });
    if (met != span.openings.end()) {
      score.surprise += met->surprise;
      ++score.free_rows;
    } else {
      score.surprise += kCrossed;
      ++score.crossed_rows;
    }
  }
  return score;
}

}  // namespace

std::vector<BayLine> find_bay_lines(const std::vector<Row>& rows) {
  std::vector<RowSpan> spans;
  for (const Row& row : rows) {
    if (row.facings.size() >= 3) spans.push_back(measure(row));
  }
  std::sort(spans.begin(), spans.end(),
            [](const RowSpan& a, const RowSpan& b) { return a.y < b.y; });
  // Lines from an opening of one row to an opening of another, not far below: all that can be
  // meant.
  constexpr std::size_t kRowsBelow = 8;
  constexpr double kEvidence = 16;
  constexpr double kSteepest = 0.08;
  std::vector<std::pair<double, BayLine>> found;
  for (std::size_t a = 0; a < spans.size(); ++a) {
    for (std::size_t b = a + 1; b < std::min(spans.size(), a + 1 + kRowsBelow); ++b) {
      for (const Opening& upper : spans[a].openings) {
        for (const Opening& lower : spans[b].openings) {
          const double rise = lower.y - upper.y;
          if (std::abs(rise) < 1) continue;
          const double x = (upper.left + upper.right) / 2;
          const double slope = ((lower.left + lower.right) / 2 - x) / rise;
          if (std::abs(slope) > kSteepest) continue;
          const BayLine line{x, slope, upper.y};
          const Score score = judge(line, spans);
          if (score.free_rows < 3 || score.crossed_rows * 6 > score.free_rows) continue;
          if (score.surprise > kEvidence) found.emplace_back(score.surprise, line);
        }
      }
    }
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  // The best ones, no two of which could bound a bay of fewer than two facings.
  std::vector<BayLine> lines;
  for (const auto& [surprise, line] : found) {
    const bool apart =
        std::all_of(lines.begin(), lines.end(), [&, &candidate = line](const BayLine& kept) {
          return std::all_of(spans.begin(), spans.end(), [&](const RowSpan& span) {
            return std::abs(kept.x_at(span.y) - candidate.x_at(span.y)) > 2 * span.facing_width;
          });
        });
    if (apart) lines.push_back(line);
  }
  std::sort(lines.begin(), lines.end(), [&](const BayLine& a, const BayLine& b) {
    return a.x_at(spans.front().y) < b.x_at(spans.front().y);
  });
  return lines;
}

}  // namespace gondola::shelf
