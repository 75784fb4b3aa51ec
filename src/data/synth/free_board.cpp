#include "free_board.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace gondola::data::synth {
namespace {

/// Inner width lost at an upright.
constexpr double kUpright = 0.8;

/// What stands or hangs side by side.
struct Column {
  double left = 0;
  double right = 0;
  double height = 0;

  double middle() const { return (left + right) / 2; }
  double width() const { return right - left; }
};

/// A board, through all bays that it goes on in.
struct Board {
  struct Part {
    std::size_t bay = 0;
    std::size_t row = 0;
  };
  std::vector<Part> parts;
  std::vector<Column> columns;
  std::vector<Gap> gaps;
};

void add_columns(const ShelfLayout& layout, const Row& row, std::vector<Column>& columns) {
  for (const std::vector<std::size_t>& indices : columns_of(row)) {
    Column column;
    for (const std::size_t i : indices) {
      const Item& item = row.items[i];
      if (item.layer != 0) continue;
      const Extent& size = layout.products[static_cast<std::size_t>(item.product)].extent;
      const bool lies = item.stance == Stance::kLying;
      const double height = lies ? size.width : size.height;
      column.height = std::max(column.height, row.hooks ? row.y - item.y : item.y + height - row.y);
      if (item.level != 0) continue;
      column.left = item.x;
      column.right = item.x + (lies ? size.height : size.width);
    }
    columns.push_back(column);
  }
}

bool goes_on(const Row& row, const Row& next) {
  constexpr double kLevel = 0.5;
  return row.hooks == next.hooks && std::abs(row.y - next.y) < kLevel;
}

std::vector<Board> list_boards(const ShelfLayout& layout, bool boards_go_on) {
  std::vector<Board> boards;
  std::vector<std::size_t> open;  // boards that end with the bay before
  for (std::size_t b = 0; b < layout.bays.size(); ++b) {
    std::vector<std::size_t> ending;
    for (std::size_t r = 0; r < layout.bays[b].rows.size(); ++r) {
      const Row& row = layout.bays[b].rows[r];
      const auto before = std::find_if(open.begin(), open.end(), [&](std::size_t i) {
        const Board::Part& part = boards[i].parts.back();
        return boards_go_on && goes_on(layout.bays[part.bay].rows[part.row], row);
      });
      const std::size_t index = before == open.end() ? boards.size() : *before;
      if (before == open.end()) boards.emplace_back();
      boards[index].parts.push_back({b, r});
      boards[index].gaps.insert(boards[index].gaps.end(), row.gaps.begin(), row.gaps.end());
      add_columns(layout, row, boards[index].columns);
      ending.push_back(index);
    }
    open = std::move(ending);
  }
  return boards;
}

/// The columns nearest to a place, nearest first.
std::vector<Column> nearest_columns(std::vector<Column> columns, double x, std::size_t count) {
  std::stable_sort(columns.begin(), columns.end(), [&](const Column& a, const Column& b) {
    return std::abs(a.middle() - x) < std::abs(b.middle() - x);
  });
  if (columns.size() > count) columns.resize(count);
  return columns;
}

double usual_width(const std::vector<Column>& columns, double x) {
  std::vector<double> widths;
  for (const Column& column : nearest_columns(columns, x, 6)) widths.push_back(column.width());
  std::sort(widths.begin(), widths.end());
  return widths[(widths.size() - 1) / 2];
}

bool is_meant(const std::vector<Gap>& gaps, double left, double right) {
  return std::any_of(gaps.begin(), gaps.end(), [&](const Gap& gap) {
    const double shared = std::min(gap.x + gap.width, right) - std::max(gap.x, left);
    return shared > 0.8 * gap.width;
  });
}

class StretchFinder {
 public:
  explicit StretchFinder(const ShelfLayout& layout) : layout_(layout) {}

  void add(const Board& board) {
    if (board.columns.empty()) {
      for (const Gap& gap : board.gaps) {
        // Goods beside it would tell; without any, the top of a shelf is just its top.
        if (gap.y + 0.6 * gap.height > bay_of(board.parts.front()).top) continue;
        push(board, {gap.x, gap.y, gap.width, gap.height}, gap.facings, true);
      }
      return;
    }
    const Bay& first = bay_of(board.parts.front());
    const Bay& last = bay_of(board.parts.back());
    double left = first.x + kUpright;
    for (std::size_t i = 0; i <= board.columns.size(); ++i) {
      const bool at_end = i == board.columns.size();
      const double right = at_end ? last.x + last.width - kUpright : board.columns[i].left;
      if (right > left) consider(board, i, left, right);
      if (!at_end) left = std::max(left, board.columns[i].right);
    }
  }

  std::vector<FreeStretch> take() { return std::move(stretches_); }

 private:
  void consider(const Board& board, std::size_t after, double left, double right) {
    const double middle = (left + right) / 2;
    const double usual = usual_width(board.columns, middle);
    double least = usual;
    if (after > 0) least = std::min(least, board.columns[after - 1].width());
    if (after < board.columns.size()) least = std::min(least, board.columns[after].width());
    const bool holds_facing = right - left >= least || is_meant(board.gaps, left, right);
    constexpr double kLeast = 0.5;
    if (right - left < kLeast * least && !holds_facing) return;
    double height = 0;
    const std::vector<Column> beside = nearest_columns(board.columns, middle, 2);
    for (const Column& column : beside) height += column.height;
    height /= static_cast<double>(beside.size());
    const Row& row = row_of(board.parts.front());
    push(board, {left, row.hooks ? row.y - height : row.y, right - left, height},
         (right - left) / usual, holds_facing);
  }

  const Bay& bay_of(const Board::Part& part) const { return layout_.bays[part.bay]; }

  const Row& row_of(const Board::Part& part) const { return bay_of(part).rows[part.row]; }

  void push(const Board& board, const cv::Rect2d& place, double room, bool holds_facing) {
    const double middle = place.x + place.width / 2;
    Board::Part owner = board.parts.back();
    for (const Board::Part& part : board.parts) {
      const Bay& bay = layout_.bays[part.bay];
      if (middle < bay.x || middle >= bay.x + bay.width) continue;
      owner = part;
    }
    stretches_.push_back(
        {static_cast<int>(owner.bay), static_cast<int>(owner.row), place, room, holds_facing});
  }

  const ShelfLayout& layout_;
  std::vector<FreeStretch> stretches_;
};

}  // namespace

std::vector<FreeStretch> find_free_stretches(const ShelfLayout& layout, bool boards_go_on) {
  StretchFinder finder(layout);
  for (const Board& board : list_boards(layout, boards_go_on)) finder.add(board);
  return finder.take();
}

}  // namespace gondola::data::synth
