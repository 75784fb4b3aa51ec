#include "gondola/shelf/rows.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "bays.hpp"
#include "board_perspective.hpp"
#include "gondola/core/error.hpp"
#include "level_field.hpp"
#include "median.hpp"

namespace gondola::shelf {
namespace {

constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

/// What a product in the way of a supposed board weighs, in votes.
constexpr double kPiercing = 0.7;

struct Product {
  std::size_t index = 0;  ///< into the input
  Box box;
  double x = 0;       ///< of the foot
  double level = 0;   ///< of the foot
  double around = 0;  ///< median height of the products nearby
  int bay = 0;

  double width() const { return box.width(); }
  double height() const { return box.height(); }
};

/// Of the x range of the narrower one, the share that both have; negative when apart.
double shared_width(const Box& a, const Box& b) {
  const double shared = std::min(a.x2, b.x2) - std::max(a.x1, b.x1);
  return shared / std::min(a.width(), b.width());
}

double free_between(const Box& left, const Box& right) { return right.x1 - left.x2; }

class DisjointSets {
 public:
  explicit DisjointSets(std::size_t count) : parent_(count) {
    std::iota(parent_.begin(), parent_.end(), std::size_t{0});
  }
  std::size_t find(std::size_t i) {
    while (parent_[i] != i) i = parent_[i] = parent_[parent_[i]];
    return i;
  }
  void join(std::size_t i, std::size_t j) { parent_[find(i)] = find(j); }

 private:
  std::vector<std::size_t> parent_;
};

/// Sets the boxes of a row and its facings, of which the products are known.
void enclose(Row& row, const std::vector<Box>& boxes) {
  for (Facing& facing : row.facings) {
    facing.base = boxes[facing.boxes.front()];
    facing.box = facing.base;
    for (const std::size_t i : facing.boxes) facing.box = hull(facing.box, boxes[i]);
  }
  row.box = row.facings.front().box;
  for (const Facing& facing : row.facings) row.box = hull(row.box, facing.box);
}

/// Products whose feet follow each other at one level.
struct Chain {
  std::vector<std::size_t> members;  ///< left to right
  double board_votes = 0;            ///< > 0 if most of them stand on a board
  double around = 0;
};

class RowFinder {
 public:
  RowFinder(const std::vector<Box>& boxes, const RowOptions& options)
      : boxes_(boxes), options_(options), field_({}) {}

  ShelfReading run() {
    ShelfReading reading;
    reading.placements.resize(boxes_.size());
    collect_products();
    if (products_.empty()) return reading;
    fit_levels();
    find_row_chains();
    if (options_.split_bays) {
      lines_ = find_bay_lines(rows_of_chains());
      // Without the neighbours' boards in the way, a bay's own are found more surely.
      if (!lines_.empty()) find_row_chains();
    }
    make_rows(reading);
    return reading;
  }

 private:
  /// Median height of the nearest boxes, by distance of centres.
  double height_around(const Box& box, const std::vector<std::size_t>& valid) const {
    constexpr std::size_t kNearest = 16;
    std::vector<std::pair<double, double>> by_distance;
    by_distance.reserve(valid.size());
    for (const std::size_t i : valid) {
      const double dx = boxes_[i].center_x() - box.center_x();
      const double dy = boxes_[i].center_y() - box.center_y();
      by_distance.emplace_back(dx * dx + dy * dy, boxes_[i].height());
    }
    const std::size_t count = std::min(kNearest, by_distance.size());
    std::partial_sort(by_distance.begin(), by_distance.begin() + static_cast<std::ptrdiff_t>(count),
                      by_distance.end());
    std::vector<double> heights;
    for (std::size_t i = 0; i < count; ++i) heights.push_back(by_distance[i].second);
    return median(std::move(heights));
  }

  /// Whether a box is around a part of what the larger one holds, or around the same once more. In
  /// steep views the neighbour behind is as high and stands level, but is narrower.
  bool is_part(const Box& box, const Box& larger) const {
    const double shared = area(intersection(box, larger));
    if (shared < options_.inside_share * area(box)) return false;
    const bool same = shared > 0.6 * area(larger);
    const bool stands_level = std::abs(larger.y2 - box.y2) < 0.25 * larger.height();
    return same || !stands_level || box.height() < 0.6 * larger.height();
  }

  void collect_products() {
    std::vector<std::size_t> valid;
    for (std::size_t i = 0; i < boxes_.size(); ++i) {
      if (is_valid(boxes_[i])) valid.push_back(i);
    }
    owner_.assign(boxes_.size(), kNone);
    std::vector<double> around(boxes_.size(), 0);
    for (const std::size_t i : valid) around[i] = height_around(boxes_[i], valid);
    for (const std::size_t i : valid) {
      const Box& box = boxes_[i];
      if (std::min(box.width(), box.height()) < options_.smallest_side * around[i]) {
        // Low and wide is a product all the same: packs of tubes lie on each other.
        if (std::max(box.width(), box.height()) < around[i]) continue;
      }
      for (const std::size_t j : valid) {
        if (i == j || area(boxes_[j]) < area(box) || (area(boxes_[j]) == area(box) && j > i))
          continue;
        if (is_part(box, boxes_[j])) {
          owner_[i] = j;
          break;
        }
      }
      if (owner_[i] == kNone) products_.push_back({i, box, box.center_x(), 0, around[i], 0});
    }
    std::sort(products_.begin(), products_.end(),
              [](const Product& a, const Product& b) { return a.x < b.x; });
  }

  std::vector<LevelField::Tie> ties(double tolerance) const {
    std::vector<Box> boxes;
    std::vector<double> levels;
    for (const Product& product : products_) {
      boxes.push_back(product.box);
      levels.push_back(product.level);
    }
    return tie_neighbours(boxes, levels, tolerance);
  }

  int bay_of(const Product& product) const {
    int bay = 0;
    for (const BayLine& line : lines_) {
      bay += product.x > line.x_at(product.box.center_y()) ? 1 : 0;
    }
    return bay;
  }

  /// Sets chains_ and row_of_, bay by bay.
  void find_row_chains() {
    for (Product& product : products_) product.bay = bay_of(product);
    find_supporters();
    make_chains();
    join_chains();
    assign_rows();
  }

  void fit_levels() {
    std::vector<LevelField::Foot> feet;
    for (const Product& product : products_) {
      feet.push_back({product.x, product.box.y2, product.height()});
    }
    field_ = LevelField(feet);
    for (const double tolerance : {0.45, 0.35, 0.25, 0.25, 0.2}) {
      for (Product& product : products_) product.level = field_.level(product.x, product.box.y2);
      field_.fit(feet, ties(tolerance));
    }
    for (Product& product : products_) product.level = field_.level(product.x, product.box.y2);
  }

  double top_level(const Product& product) const { return field_.level(product.x, product.box.y1); }

  /// What a product may stand on, and how much that looks like a board.
  void find_supporters() {
    supporter_.assign(products_.size(), kNone);
    votes_.assign(products_.size(), 0);
    for (std::size_t i = 0; i < products_.size(); ++i) {
      const Product& upper = products_[i];
      double nearest = std::numeric_limits<double>::infinity();
      for (std::size_t j = 0; j < products_.size(); ++j) {
        const Product& lower = products_[j];
        if (i == j || upper.bay != lower.bay) continue;
        if (shared_width(upper.box, lower.box) < 0.4) continue;
        if (lower.level < upper.level + 0.4 * lower.height()) continue;
        const double room = top_level(lower) - upper.level;
        if (room < -0.5 * lower.height() || std::abs(room) >= std::abs(nearest)) continue;
        nearest = room;
        supporter_[i] = j;
      }
      // A likelihood ratio in photos of shops: straight in the room's share of the height, and
      // bounded, since far away there is only a missing product.
      constexpr double kBoundary = 0.045;
      const double share = nearest / upper.around;
      votes_[i] = std::clamp((share - options_.board_thickness) / kBoundary, -3.0, 3.0);
      if (supporter_[i] != kNone && share < 0.6) {
        // Equal packages in a column stack well; on two boards they would meet by chance.
        const Box& below = products_[supporter_[i]].box;
        const double slack = 0.12 * upper.width();
        const bool aligned =
            std::abs(below.x1 - upper.box.x1) < slack && std::abs(below.x2 - upper.box.x2) < slack;
        votes_[i] += aligned ? -2 : 1;
      }
      // What is far below may well have lost its top.
      constexpr double kFar = 0.8;
      if (share > options_.board_thickness) {
        votes_[i] = std::min(votes_[i], 2.0) - std::clamp(5 * (share - kFar), 0.0, 1.8);
      }
    }
  }

  double foot_tolerance(const Product& a, const Product& b) const {
    // Low products are boxed no more exactly than high ones.
    return options_.foot_tolerance *
           (0.8 * std::min(a.height(), b.height()) + 0.2 * std::min(a.around, b.around));
  }

  void make_chains() {
    chains_.clear();
    DisjointSets sets(products_.size());
    for (std::size_t i = 0; i < products_.size(); ++i) {
      const Product& left = products_[i];
      double reach = std::numeric_limits<double>::infinity();
      for (std::size_t j = i + 1; j < products_.size(); ++j) {
        const Product& right = products_[j];
        if (left.bay != right.bay) continue;
        const double gap = free_between(left.box, right.box);
        if (gap < -0.5 * std::min(left.width(), right.width())) continue;
        if (gap > 2 * std::max(left.width(), right.width())) continue;
        if (std::abs(left.level - right.level) > foot_tolerance(left, right)) continue;
        const bool disagree = votes_[i] * votes_[j] < -2;
        if (disagree || gap > reach) continue;
        reach = std::max(gap, 0.0) + 0.2 * right.width();
        sets.join(i, j);
      }
    }
    std::map<std::size_t, std::vector<std::size_t>> members;
    for (std::size_t i = 0; i < products_.size(); ++i) members[sets.find(i)].push_back(i);
    for (auto& [root, chain_members] : members) chains_.push_back(make_chain(chain_members));
  }

  Chain make_chain(std::vector<std::size_t> members) const {
    std::sort(members.begin(), members.end());
    Chain chain;
    std::vector<double> heights;
    for (const std::size_t i : members) {
      chain.board_votes += votes_[i];
      heights.push_back(products_[i].around);
    }
    chain.around = median(std::move(heights));
    chain.members = std::move(members);
    return chain;
  }

  int bay_of(const Chain& chain) const { return products_[chain.members.front()].bay; }

  /// How far two chains' levels are apart where they are nearest, and in units of their products'
  /// heights; infinite when one stands before the other or in another bay.
  double step_between(const Chain& a, const Chain& b) const {
    if (bay_of(a) != bay_of(b)) return std::numeric_limits<double>::infinity();
    std::size_t conflicts = 0;
    double nearest = std::numeric_limits<double>::infinity();
    for (const std::size_t i : a.members) {
      for (const std::size_t j : b.members) {
        if (shared_width(products_[i].box, products_[j].box) > 0.3) ++conflicts;
        nearest = std::min(nearest, std::abs(products_[i].x - products_[j].x));
      }
    }
    const std::size_t shorter = std::min(a.members.size(), b.members.size());
    if (conflicts > 0.2 * static_cast<double>(shorter)) {
      return std::numeric_limits<double>::infinity();
    }
    std::vector<double> steps;
    for (const std::size_t i : a.members) {
      for (const std::size_t j : b.members) {
        const Product& one = products_[i];
        const Product& other = products_[j];
        const double reach = nearest + 3 * std::max(one.width(), other.width());
        if (std::abs(one.x - other.x) > reach) continue;
        steps.push_back((one.level - other.level) / std::min({one.height(), other.height()}));
      }
    }
    // Across a wide space the field of levels is a guess, and what happens to be level is not.
    const bool far_apart = nearest > 4 * std::min(a.around, b.around);
    return std::abs(median(std::move(steps))) * (far_apart ? 1.4 : 1);
  }

  /// Chains on boards that go on in one another, nearest levels first.
  void join_chains() {
    std::vector<Chain> boards;
    for (Chain& chain : chains_) {
      const double votes = chain.board_votes - kPiercing * static_cast<double>(pierced(chain));
      if (votes > 0 || chain.board_votes > 8) boards.push_back(std::move(chain));
    }
    const double limit = 2.0 * options_.foot_tolerance;
    std::vector<std::vector<double>> steps(boards.size(), std::vector<double>(boards.size(), 1e9));
    for (std::size_t a = 0; a < boards.size(); ++a) {
      for (std::size_t b = a + 1; b < boards.size(); ++b) {
        steps[a][b] = step_between(boards[a], boards[b]);
      }
    }
    while (true) {
      std::size_t first = 0;
      std::size_t second = 0;
      double best = limit;
      for (std::size_t a = 0; a < boards.size(); ++a) {
        for (std::size_t b = a + 1; b < boards.size(); ++b) {
          if (steps[a][b] >= best) continue;
          best = steps[a][b];
          first = a;
          second = b;
        }
      }
      if (second == 0) break;
      std::vector<std::size_t> members = boards[first].members;
      members.insert(members.end(), boards[second].members.begin(), boards[second].members.end());
      boards[first] = make_chain(std::move(members));
      boards[second].members.clear();
      for (std::size_t c = 0; c < boards.size(); ++c) {
        steps[std::min(c, second)][std::max(c, second)] = 1e9;
        if (c == first || boards[c].members.empty()) continue;
        steps[std::min(c, first)][std::max(c, first)] = step_between(boards[first], boards[c]);
      }
    }
    boards.erase(std::remove_if(boards.begin(), boards.end(),
                                [](const Chain& chain) { return chain.members.empty(); }),
                 boards.end());
    chains_ = std::move(boards);
  }

  /// The level of a chain at x: of its members nearest to there.
  double level_at(const Chain& chain, double x) const {
    constexpr std::size_t kNearest = 5;
    std::vector<std::pair<double, double>> by_distance;
    for (const std::size_t i : chain.members) {
      by_distance.emplace_back(std::abs(products_[i].x - x), products_[i].level);
    }
    const std::size_t count = std::min(kNearest, by_distance.size());
    std::partial_sort(by_distance.begin(), by_distance.begin() + static_cast<std::ptrdiff_t>(count),
                      by_distance.end());
    std::vector<double> levels;
    for (std::size_t i = 0; i < count; ++i) levels.push_back(by_distance[i].second);
    return median(std::move(levels));
  }

  /// How far outside a chain's ends x is; 0 inside.
  double outside(const Chain& chain, double x) const {
    const double left = products_[chain.members.front()].box.x1;
    const double right = products_[chain.members.back()].box.x2;
    return std::max({0.0, left - x, x - right});
  }

  /// The chain that a product which is no member of any stands on or above.
  std::size_t chain_below(const Product& product, std::size_t except = kNone) const {
    std::size_t best = kNone;
    double best_cost = std::numeric_limits<double>::infinity();
    for (std::size_t c = 0; c < chains_.size(); ++c) {
      if (c == except || bay_of(chains_[c]) != product.bay) continue;
      const double below = level_at(chains_[c], product.x) - product.level;
      if (below < -0.35 * product.height()) continue;
      const double cost = std::max(0.0, below) + 0.7 * outside(chains_[c], product.x);
      if (cost < best_cost) {
        best_cost = cost;
        best = c;
      }
    }
    return best_cost < 4 * product.around ? best : kNone;
  }

  void assign_rows() {
    row_of_.assign(products_.size(), kNone);
    dissolve_scraps();
    for (std::size_t c = 0; c < chains_.size(); ++c) {
      for (const std::size_t i : chains_[c].members) row_of_[i] = c;
    }
    // From the floor up, so that a supporter has its row before what it carries.
    std::vector<std::size_t> upwards(products_.size());
    std::iota(upwards.begin(), upwards.end(), std::size_t{0});
    std::sort(upwards.begin(), upwards.end(), [&](std::size_t a, std::size_t b) {
      return products_[a].level > products_[b].level;
    });
    for (const std::size_t i : upwards) {
      if (row_of_[i] != kNone) continue;
      const bool stacked = votes_[i] < 0 && supporter_[i] != kNone;
      if (stacked) row_of_[i] = row_of_[supporter_[i]];
      if (row_of_[i] == kNone) row_of_[i] = chain_below(products_[i]);
      if (row_of_[i] != kNone) continue;
      row_of_[i] = chains_.size();
      chains_.push_back(make_chain({i}));
    }
  }

  /// How many products a board at the level of this chain would run through, from end to end and a
  /// little beyond. A shelf has none.
  std::size_t pierced(const Chain& chain) const {
    const double margin = 2.5 * chain.around;
    std::size_t count = 0;
    for (const Product& product : products_) {
      if (product.bay != bay_of(chain) || outside(chain, product.x) > margin) continue;
      const double share =
          (product.level - level_at(chain, product.x)) / std::max(1.0, product.height());
      if (share > 0.25 && share < 0.75) ++count;
    }
    return count;
  }

  /// Chains that only look like rows, because what they stand on was not found: boards would run
  /// through products, or they are few and close above a much longer row. The weakest go first.
  void dissolve_scraps() {
    const double pitch = usual_pitch();
    while (true) {
      std::size_t weakest = kNone;
      double lowest = 0;
      for (std::size_t c = 0; c < chains_.size(); ++c) {
        const double strength = strength_of(c, pitch);
        if (strength >= lowest) continue;
        lowest = strength;
        weakest = c;
      }
      if (weakest == kNone) break;
      chains_.erase(chains_.begin() + static_cast<std::ptrdiff_t>(weakest));
    }
  }

  /// The median distance from a row to the next below, over products of all longer rows.
  double usual_pitch() const {
    std::vector<double> distances;
    for (std::size_t c = 0; c < chains_.size(); ++c) {
      if (chains_[c].members.size() < 4) continue;
      for (const std::size_t i : chains_[c].members) {
        const Product& product = products_[i];
        double nearest = std::numeric_limits<double>::infinity();
        for (const Chain& other : chains_) {
          if (other.members.size() < 4 || outside(other, product.x) > 0) continue;
          const double distance = level_at(other, product.x) - product.level;
          if (distance > 0.5 * product.height()) nearest = std::min(nearest, distance);
        }
        if (std::isfinite(nearest)) distances.push_back(nearest / product.around);
      }
    }
    return distances.empty() ? 0 : median(std::move(distances));
  }

  /// Below 0 for a chain that is no row.
  double strength_of(std::size_t c, double pitch) const {
    const Chain& chain = chains_[c];
    double strength = chain.board_votes - kPiercing * static_cast<double>(pierced(chain));
    const Product& product = products_[chain.members[chain.members.size() / 2]];
    const std::size_t below = chain_below(product, c);
    if (below == kNone) return std::max(strength, 0.0);
    const Chain& carrier = chains_[below];
    if (outside(carrier, product.x) > 0) return strength;
    const double distance = level_at(carrier, product.x) - product.level;
    const bool is_close = distance < std::max(1.6, 0.7 * pitch) * product.around;
    if (is_close && 3 * chain.members.size() <= carrier.members.size()) strength -= 6;
    return strength;
  }

  /// Puts the products of a row into columns.
  Row make_row(std::vector<std::size_t> members, const Chain& chain) const {
    Row row;
    // The board's own first, then what stands on them.
    std::sort(members.begin(), members.end(), [&](std::size_t a, std::size_t b) {
      return products_[a].level > products_[b].level;
    });
    std::vector<std::vector<std::size_t>> columns;
    for (const std::size_t i : members) {
      std::vector<std::size_t>* best = nullptr;
      double best_share = 0.45;
      const bool on_board = std::binary_search(chain.members.begin(), chain.members.end(), i);
      for (auto& column : columns) {
        const Product& top = products_[column.back()];
        const double share = std::max(shared_width(products_[column.front()].box, products_[i].box),
                                      shared_width(top.box, products_[i].box));
        const bool above = products_[i].level < top.level - 0.4 * top.height() ||
                           shared_width(top.box, products_[i].box) < 0.3;
        if (share <= best_share || on_board || !above) continue;
        best_share = share;
        best = &column;
      }
      if (best != nullptr) {
        best->push_back(i);
      } else {
        columns.push_back({i});
      }
    }
    std::sort(columns.begin(), columns.end(), [&](const auto& a, const auto& b) {
      return products_[a.front()].x < products_[b.front()].x;
    });
    for (const auto& column : columns) {
      Facing facing;
      for (const std::size_t i : column) facing.boxes.push_back(products_[i].index);
      row.facings.push_back(std::move(facing));
    }
    enclose(row, boxes_);
    return row;
  }

  /// The line through the feet: a level of the field, moved and tilted to fit this row.
  void draw_line(Row& row) const {
    std::vector<Point> feet;
    std::vector<double> levels;
    for (const Facing& facing : row.facings) {
      const Box& box = facing.base;
      feet.push_back({box.center_x(), box.y2});
      levels.push_back(field_.level(box.center_x(), box.y2));
    }
    const double middle = median(levels);
    // Theil-Sen: what hangs in the air or is cut off by the picture must not tilt the line.
    std::vector<double> slopes;
    for (std::size_t i = 0; i < feet.size(); ++i) {
      for (std::size_t j = i + 1; j < feet.size(); ++j) {
        const double run = feet[j].x - feet[i].x;
        if (run > 1) slopes.push_back((levels[j] - levels[i]) / run);
      }
    }
    const double slope = slopes.size() >= 6 ? median(std::move(slopes)) : 0.0;
    std::vector<double> rests;
    for (std::size_t i = 0; i < feet.size(); ++i) {
      rests.push_back(levels[i] - slope * (feet[i].x - feet[0].x));
    }
    const double start = slopes.empty() && slope == 0.0 ? middle : median(std::move(rests));
    const auto add = [&](double x) {
      const double level = start + slope * (x - feet[0].x);
      row.line.push_back({static_cast<float>(x), static_cast<float>(field_.y_at(x, level))});
    };
    add(row.box.x1);
    for (const Point& foot : feet) {
      if (foot.x > row.line.back().x + 1 && foot.x < row.box.x2 - 1) add(foot.x);
    }
    add(row.box.x2);
  }

  std::vector<Row> rows_of_chains() const {
    std::vector<std::vector<std::size_t>> members(chains_.size());
    for (std::size_t i = 0; i < products_.size(); ++i) members[row_of_[i]].push_back(i);
    std::vector<Row> rows;
    for (std::size_t c = 0; c < chains_.size(); ++c) {
      if (members[c].empty()) continue;
      rows.push_back(make_row(members[c], chains_[c]));
      rows.back().bay = bay_of(chains_[c]);
      draw_line(rows.back());
    }
    return rows;
  }

  void make_rows(ShelfReading& reading) const {
    std::vector<Row> rows = rows_of_chains();
    number(rows);
    reading.bays = static_cast<int>(lines_.size()) + 1;
    reading.rows = std::move(rows);
    for (std::size_t r = 0; r < reading.rows.size(); ++r) {
      place(reading.rows[r], static_cast<int>(r), reading.placements);
    }
    for (std::size_t i = 0; i < boxes_.size(); ++i) {
      std::size_t owner = owner_[i];
      for (int guard = 0; owner != kNone && guard < 8; ++guard) {
        if (owner_[owner] == kNone) break;
        owner = owner_[owner];
      }
      if (owner != kNone) reading.placements[i].row = reading.placements[owner].row;
    }
  }

  void number(std::vector<Row>& rows) const {
    const auto height = [](const Row& row) { return row.line_y((row.box.x1 + row.box.x2) / 2); };
    const auto level = [&](const Row& row) {
      const double x = (row.box.x1 + row.box.x2) / 2;
      return field_.level(x, height(row));
    };
    std::sort(rows.begin(), rows.end(), [&](const Row& a, const Row& b) {
      return a.bay != b.bay ? a.bay < b.bay : level(a) < level(b);
    });
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const bool first = i == 0 || rows[i - 1].bay != rows[i].bay;
      rows[i].level = first ? 0 : rows[i - 1].level + 1;
    }
  }

  void place(const Row& row, int index, std::vector<Placement>& placements) const {
    for (std::size_t f = 0; f < row.facings.size(); ++f) {
      const std::vector<std::size_t>& column = row.facings[f].boxes;
      for (std::size_t k = 0; k < column.size(); ++k) {
        int level = 0;
        for (std::size_t below = 0; below < k; ++below) {
          if (shared_width(boxes_[column[below]], boxes_[column[k]]) < 0.3) continue;
          level = std::max(level, placements[column[below]].level + 1);
        }
        placements[column[k]] = {index, static_cast<int>(f), level};
      }
    }
  }

  const std::vector<Box>& boxes_;
  RowOptions options_;
  std::vector<Product> products_;   // left to right
  std::vector<std::size_t> owner_;  // by input: the box it is part of
  LevelField field_;
  std::vector<std::size_t> supporter_;  // by product
  std::vector<double> votes_;           // by product: > 0 for a board
  std::vector<Chain> chains_;
  std::vector<std::size_t> row_of_;  // by product
  std::vector<BayLine> lines_;
};

/// A row of straightened boxes among those that were taken.
void put_back(Row& row, const std::vector<Box>& boxes, const BoardPerspective& perspective) {
  enclose(row, boxes);
  for (Point& point : row.line) {
    const Place place = perspective.taken({point.x, point.y});
    point = {static_cast<float>(place.x), static_cast<float>(place.y)};
  }
}

}  // namespace

float Row::line_y(float x) const {
  GONDOLA_EXPECTS(line.size() >= 2, "Row::line_y: the line has ", line.size(), " points");
  std::size_t right = 1;
  while (right + 1 < line.size() && line[right].x < x) ++right;
  const Point& a = line[right - 1];
  const Point& b = line[right];
  return a.y + (b.y - a.y) * (x - a.x) / (b.x - a.x);
}

ShelfReading find_rows(const std::vector<Box>& boxes, const RowOptions& options) {
  GONDOLA_EXPECTS(options.foot_tolerance >= 0 && options.board_thickness >= 0 &&
                      options.inside_share >= 0 && options.inside_share <= 1 &&
                      options.smallest_side >= 0 && options.smallest_side <= 1,
                  "find_rows: foot_tolerance ", options.foot_tolerance, ", board_thickness ",
                  options.board_thickness, ", inside_share ", options.inside_share,
                  ", smallest_side ", options.smallest_side);
  const BoardPerspective perspective = guess_perspective(boxes);
  if (perspective.is_level()) return RowFinder(boxes, options).run();
  std::vector<Box> straight;
  for (const Box& box : boxes) {
    straight.push_back(is_valid(box) ? perspective.straightened(box) : box);
  }
  ShelfReading reading = RowFinder(straight, options).run();
  for (Row& row : reading.rows) put_back(row, boxes, perspective);
  return reading;
}

}  // namespace gondola::shelf
