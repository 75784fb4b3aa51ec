#include "gondola/core/assignment.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "gondola/core/error.hpp"

namespace gondola {
namespace {

/// The pairings that gain something, by row.
class RowLists {
 public:
  struct Entry {
    std::uint32_t column;
    double cost;
  };

  RowLists(std::size_t rows, const std::vector<Pairing>& pairings) : starts_(rows + 1), entries_() {
    for (const Pairing& one : pairings) starts_[one.row + 1] += one.gain > 0 ? 1 : 0;
    for (std::size_t i = 1; i <= rows; ++i) starts_[i] += starts_[i - 1];
    entries_.resize(starts_[rows]);
    std::vector<std::size_t> places(starts_.begin(), starts_.end() - 1);
    for (const Pairing& one : pairings) {
      if (one.gain > 0) entries_[places[one.row]++] = {one.column, -one.gain};
    }
  }

  const Entry* begin(std::uint32_t row) const { return entries_.data() + starts_[row]; }
  const Entry* end(std::uint32_t row) const { return entries_.data() + starts_[row + 1]; }

 private:
  std::vector<std::size_t> starts_;
  std::vector<Entry> entries_;
};

/// Rows are added one by one. Between two additions the pairs formed are optimal for the rows added
/// so far, as the prices prove: cost - row_price - column_price is 0 for every pair formed and
/// never negative, staying alone costs 0 at a column price of 0, and free columns have the price 0.
class Solver {
 public:
  Solver(std::size_t rows, std::size_t columns, const std::vector<Pairing>& pairings)
      : lists_(rows, pairings),
        column_of_(rows, kUnassigned),
        row_of_(columns, kUnassigned),
        row_price_(rows),
        column_price_(columns),
        reached_(columns) {}

  std::vector<std::uint32_t> solve() && {
    for (std::uint32_t row = 0; row < column_of_.size(); ++row) {
      if (!take_best_if_free(row)) augment(row);
    }
    return std::move(column_of_);
  }

 private:
  /// How the search of one row came to a column.
  struct Reached {
    std::uint32_t search = kUnassigned;  ///< the row whose search this is of
    std::uint32_t from = 0;              ///< the row before it on the path
    double distance = 0;
    bool is_final = false;
  };

  struct Waiting {
    double distance;
    std::uint32_t column;

    bool operator<(const Waiting& other) const {  // so that a heap has the nearest on top
      return distance != other.distance ? distance > other.distance : column > other.column;
    }
  };

  bool take_best_if_free(std::uint32_t row) {
    double lowest = 0;
    std::uint32_t best = kUnassigned;
    for (const auto* entry = lists_.begin(row); entry != lists_.end(row); ++entry) {
      const double cost = entry->cost - column_price_[entry->column];
      if (cost < lowest) {
        lowest = cost;
        best = entry->column;
      }
    }
    row_price_[row] = lowest;
    if (best == kUnassigned) return true;
    if (row_of_[best] != kUnassigned) return false;
    row_of_[best] = row;
    column_of_[row] = best;
    return true;
  }

  /// Dijkstra's search for the cheapest change of pairs that makes room for a row. It ends at a
  /// free column, or at a row that had better stay alone.
  void augment(std::uint32_t start) {
    heap_.clear();
    finals_.clear();
    double nearest_alone = -row_price_[start];
    std::uint32_t alone = start;
    expand(start, start, 0);
    std::uint32_t free_column = kUnassigned;
    double length = nearest_alone;
    while (!heap_.empty() && heap_.front().distance < nearest_alone) {
      const auto [distance, column] = heap_.front();
      std::pop_heap(heap_.begin(), heap_.end());
      heap_.pop_back();
      if (reached_[column].is_final) continue;
      if (row_of_[column] == kUnassigned) {
        free_column = column;
        length = distance;
        break;
      }
      reached_[column].is_final = true;
      finals_.push_back(column);
      const std::uint32_t row = row_of_[column];
      if (distance - row_price_[row] < nearest_alone) {
        nearest_alone = distance - row_price_[row];
        alone = row;
      }
      length = nearest_alone;
      expand(start, row, distance);
    }
    for (const std::uint32_t column : finals_) {
      const double change = length - reached_[column].distance;
      row_price_[row_of_[column]] += change;
      column_price_[column] -= change;
    }
    row_price_[start] += length;
    std::uint32_t column = free_column;
    if (column == kUnassigned) {
      column = column_of_[alone];
      column_of_[alone] = kUnassigned;
    }
    hand_over(start, column);
  }

  void expand(std::uint32_t start, std::uint32_t row, double distance) {
    for (const auto* entry = lists_.begin(row); entry != lists_.end(row); ++entry) {
      // Rounding may make the difference a little less than 0, which Dijkstra does not bear.
      const double step =
          std::max(0.0, entry->cost - row_price_[row] - column_price_[entry->column]);
      Reached& reached = reached_[entry->column];
      if (reached.search == start && (reached.is_final || reached.distance <= distance + step)) {
        continue;
      }
      reached = {start, row, distance + step, false};
      heap_.push_back({distance + step, entry->column});
      std::push_heap(heap_.begin(), heap_.end());
    }
  }

  /// Gives each row on the path the column after it, back to the row the search began with.
  void hand_over(std::uint32_t start, std::uint32_t column) {
    while (column != kUnassigned) {
      const std::uint32_t row = reached_[column].from;
      const std::uint32_t before = column_of_[row];
      row_of_[column] = row;
      column_of_[row] = column;
      if (row == start) break;
      column = before;
    }
  }

  RowLists lists_;
  std::vector<std::uint32_t> column_of_;
  std::vector<std::uint32_t> row_of_;
  std::vector<double> row_price_;
  std::vector<double> column_price_;
  std::vector<Reached> reached_;  ///< by column
  std::vector<Waiting> heap_;
  std::vector<std::uint32_t> finals_;  ///< columns whose distance is known, all of them taken
};

}  // namespace

std::vector<std::uint32_t> assign(std::size_t rows, std::size_t columns,
                                  const std::vector<Pairing>& pairings) {
  GONDOLA_EXPECTS(rows < kUnassigned && columns < kUnassigned, "assign: ", rows, " rows, ", columns,
                  " columns; expected less than ", kUnassigned);
  for (const Pairing& one : pairings) {
    GONDOLA_EXPECTS(one.row < rows && one.column < columns, "assign: pairing of row ", one.row,
                    " and column ", one.column, "; expected less than ", rows, " and ", columns);
    GONDOLA_EXPECTS(std::isfinite(one.gain), "assign: the gain of row ", one.row, " and column ",
                    one.column, " is ", one.gain, "; expected a finite number");
  }
  return Solver(rows, columns, pairings).solve();
}

}  // namespace gondola
