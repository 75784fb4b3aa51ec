#include "registration.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "board_perspective.hpp"
#include "median.hpp"

namespace gondola::shelf {
namespace {

/// A seen facing in the plan's coordinates.
struct Projected {
  std::size_t seen = 0;
  double x = 0;
  double foot = 0;
  double width = 0;
};

/// What it is worth that a found facing stands on a planned one, at most 1; not above 0 for never.
double gain(const PlannedFacing& plan, const Projected& seen, double max_shift, bool disagree) {
  const double shift = std::abs(seen.x - plan.x) / plan.width;
  if (shift > max_shift) return 0;
  const double ratio = std::abs(std::log(std::max(1e-6, seen.width) / plan.width));
  return 1 - 0.5 * shift / max_shift - 0.3 * std::min(1.0, ratio) - (disagree ? 0.45 : 0);
}

/// Where rows and columns of a table of gains are matched in order for the highest sum.
std::vector<std::size_t> match_in_order(std::size_t rows, std::size_t columns,
                                        const std::vector<double>& gains) {
  const std::size_t width = columns + 1;
  std::vector<double> best((rows + 1) * width, 0);
  for (std::size_t i = 1; i <= rows; ++i) {
    for (std::size_t j = 1; j <= columns; ++j) {
      const double worth = gains[(i - 1) * columns + j - 1];
      double top = std::max(best[(i - 1) * width + j], best[i * width + j - 1]);
      if (worth > 0) top = std::max(top, best[(i - 1) * width + j - 1] + worth);
      best[i * width + j] = top;
    }
  }
  std::vector<std::size_t> match(rows, kNothing);
  for (std::size_t i = rows, j = columns; i > 0 && j > 0;) {
    const double here = best[i * width + j];
    if (here == best[(i - 1) * width + j]) {
      --i;
    } else if (here == best[i * width + j - 1]) {
      --j;
    } else {
      match[--i] = --j;
    }
  }
  return match;
}

/// Where a hypothesis comes from, in the plan: what it says holds there, and less far away.
struct Anchor {
  Place place;
  double width = 0;  ///< of the facings there
};

/// Of a fixture's facings, left to right, the one nearest to x.
const PlannedFacing* nearest_facing(const Facings& facings, const std::vector<std::size_t>& members,
                                    double x) {
  const auto right =
      std::lower_bound(members.begin(), members.end(), x,
                       [&](std::size_t p, double value) { return facings.planned[p].x < value; });
  if (right == members.end()) return &facings.planned[members.back()];
  const PlannedFacing* after = &facings.planned[*right];
  if (right == members.begin()) return after;
  const PlannedFacing* before = &facings.planned[*std::prev(right)];
  return x - before->x < after->x - x ? before : after;
}

struct Hypothesis {
  double votes = 0;
  ShelfMap::Affine start;
  Anchor anchor;
};

struct Round {
  double max_shift = 0;  ///< in planned widths, of products that are not named
  double reach = 0;      ///< around the anchor, in its facings' widths
};

constexpr double kEverywhere = 1e9;

class Registrar {
 public:
  Registrar(const Facings& facings, const ShelfReading& reading, Size image)
      : facings_(facings),
        reading_(reading),
        image_(image),
        perspective_(perspective_of(reading.rows, image)) {
    for (const SeenFacing& seen : facings.seen) {
      upright_.push_back(perspective_.straightened(seen.base));
    }
    for (std::size_t i = 0; i < facings.planned.size(); ++i) {
      by_fixture_[facings.planned[i].fixture].push_back(i);
    }
    for (std::size_t i = 0; i < facings.seen.size(); ++i) {
      if (!facings.seen[i].on_board) continue;
      by_row_[facings.seen[i].row].push_back(i);
    }
  }

  std::optional<ShelfMap> run() {
    std::vector<Hypothesis> hypotheses = vote();
    std::stable_sort(hypotheses.begin(), hypotheses.end(),
                     [](const Hypothesis& a, const Hypothesis& b) { return a.votes > b.votes; });
    constexpr std::size_t kFirstLook = 250;
    constexpr std::size_t kSecondLook = 24;
    if (hypotheses.size() > kFirstLook) hypotheses.resize(kFirstLook);
    struct Candidate {
      double score = 0;
      ShelfMap map;
      Anchor anchor;
    };
    std::vector<Candidate> candidates;
    for (const Hypothesis& hypothesis : hypotheses) {
      const auto map = refine(ShelfMap(image_, hypothesis.start, perspective_), hypothesis.anchor,
                              {{1.0, 6}, {0.9, 9}, {0.9, 13}});
      if (map) candidates.push_back({score(*map, hypothesis.anchor, 13), *map, hypothesis.anchor});
    }
    std::stable_sort(candidates.begin(), candidates.end(),
                     [](const Candidate& a, const Candidate& b) { return a.score > b.score; });
    constexpr double kCertain = 0.7;
    const auto on_boards = std::count_if(facings_.seen.begin(), facings_.seen.end(),
                                         [](const SeenFacing& seen) { return seen.on_board; });
    std::optional<ShelfMap> best;
    double highest = -std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < std::min(kSecondLook, candidates.size()); ++i) {
      const Candidate& candidate = candidates[i];
      const auto map = refine(candidate.map, candidate.anchor,
                              {{0.9, 18},
                               {0.9, 25},
                               {0.9, 35},
                               {0.9, 50},
                               {0.9, 70},
                               {0.9, 100},
                               {0.8, kEverywhere},
                               {0.7, kEverywhere},
                               {0.6, kEverywhere},
                               {0.6, kEverywhere},
                               {0.6, kEverywhere},
                               {0.6, kEverywhere}});
      if (!map) continue;
      const double sum = score(*map, candidate.anchor, kEverywhere);
      if (sum <= highest) continue;
      highest = sum;
      best = map;
      // Nothing else can explain as much.
      if (sum > kCertain * static_cast<double>(on_boards)) break;
    }
    return best;
  }

 private:
  /// Neighbours in the picture against neighbours in the plan: each says what scale and offset the
  /// row would have.
  std::vector<Hypothesis> vote() const {
    std::vector<Hypothesis> found;
    for (const auto& [row, seen] : by_row_) {
      for (const auto& [fixture, planned] : by_fixture_) vote_for(row, seen, planned, found);
    }
    return found;
  }

  struct Bin {
    double votes = 0;
    double scale = 0;
    double offset = 0;
    double foot = 0;
    double x = 0;
    double width = 0;
    std::vector<double> heights;  ///< pixels per unit, upwards
  };

  void vote_for(std::size_t row, const std::vector<std::size_t>& seen,
                const std::vector<std::size_t>& planned, std::vector<Hypothesis>& found) const {
    constexpr double kScaleBin = 0.1;  // of its logarithm
    std::map<std::pair<int, int>, Bin> bins;
    double width = 0;
    for (const std::size_t s : seen) width += upright_[s].width();
    width /= static_cast<double>(seen.size());
    for (std::size_t i = 0; i + 1 < seen.size(); ++i) {
      const SeenFacing& a = facings_.seen[seen[i]];
      const SeenFacing& b = facings_.seen[seen[i + 1]];
      const Box& left = upright_[seen[i]];
      const double run = upright_[seen[i + 1]].center_x() - left.center_x();
      if (run <= 0) continue;
      for (std::size_t j = 0; j + 1 < planned.size(); ++j) {
        const PlannedFacing& p = facings_.planned[planned[j]];
        const PlannedFacing& q = facings_.planned[planned[j + 1]];
        const double scale = run / (q.x - p.x);
        if (!(scale > 0) || !fits(p, seen[i], scale) || !fits(q, seen[i + 1], scale)) continue;
        const double offset = left.center_x() - scale * p.x;
        // The offset is binned where the pair is, not at the plan's edge.
        const double anchor = left.center_x() - width * std::round(scale * p.x / width);
        Bin& bin = bins[{static_cast<int>(std::round(std::log(scale) / kScaleBin)),
                         static_cast<int>(std::round(2 * anchor / width))}];
        const double vote = 1 + (named(p, a) ? 1 : 0) + (named(q, b) ? 1 : 0);
        bin.votes += vote;
        bin.scale += vote * scale;
        bin.offset += vote * offset;
        bin.foot += vote * p.foot;
        bin.x += vote * (p.x + q.x) / 2;
        bin.width += vote * (p.width + q.width) / 2;
        bin.heights.push_back(left.height() / p.height);
      }
    }
    std::vector<std::pair<double, const Bin*>> ranked;
    for (const auto& [key, bin] : bins) ranked.emplace_back(bin.votes, &bin);
    std::stable_sort(ranked.begin(), ranked.end(),
                     [](const auto& a, const auto& b) { return a.first > b.first; });
    constexpr std::size_t kBest = 3;
    for (std::size_t i = 0; i < std::min(kBest, ranked.size()); ++i) {
      const Bin& bin = *ranked[i].second;
      found.push_back({bin.votes,
                       start_of(bin, reading_.rows[row]),
                       {{bin.x / bin.votes, bin.foot / bin.votes}, bin.width / bin.votes}});
    }
  }

  bool named(const PlannedFacing& plan, const SeenFacing& seen) const {
    return seen.product == plan.product;
  }

  bool fits(const PlannedFacing& plan, std::size_t seen, double scale) const {
    if (facings_.disagree(plan, facings_.seen[seen])) return false;
    constexpr double kTolerance = 0.45;
    return std::abs(std::log(upright_[seen].width() / (scale * plan.width))) < kTolerance;
  }

  ShelfMap::Affine start_of(const Bin& bin, const Row& row) const {
    const double scale = bin.scale / bin.votes;
    const double offset = bin.offset / bin.votes;
    const double foot = bin.foot / bin.votes;
    const Place left = perspective_.straightened(Place{row.line.front().x, row.line.front().y});
    const Place right = perspective_.straightened(Place{row.line.back().x, row.line.back().y});
    const double slope = (right.y - left.y) / (right.x - left.x);
    const double rise = median(bin.heights);
    ShelfMap::Affine start;
    start.xx = scale;
    start.x0 = offset;
    start.yx = slope * scale;
    start.yy = rise;
    start.y0 = left.y + slope * (offset - left.x) - rise * foot;
    return start;
  }

  static bool is_near(const PlannedFacing& plan, const Anchor& anchor, double reach) {
    return std::abs(plan.x - anchor.place.x) < reach * anchor.width &&
           std::abs(plan.foot - anchor.place.y) < reach * anchor.width;
  }

  /// Fits a map to what it aligns, in growing parts of the plan.
  std::optional<ShelfMap> refine(ShelfMap map, const Anchor& anchor,
                                 const std::vector<Round>& rounds) const {
    constexpr std::size_t kFewest = 3;
    for (const Round& round : rounds) {
      const Alignment alignment =
          align(facings_, map, round.max_shift, 0.6 * round.max_shift, Candidates::kOnBoards);
      std::vector<ShelfMap::Pair> pairs;
      for (std::size_t s = 0; s < alignment.size(); ++s) {
        if (alignment[s] == kNothing) continue;
        const PlannedFacing& plan = facings_.planned[alignment[s]];
        if (!is_near(plan, anchor, round.reach)) continue;
        const SeenFacing& seen = facings_.seen[s];
        const bool disagree = facings_.disagree(plan, seen);
        const double weight = disagree ? 0.2 : 1;
        const double size = std::max(1.0F, std::min(seen.base.width(), seen.base.height()));
        pairs.push_back({{plan.x, plan.foot}, {seen.base.center_x(), seen.base.y2}, weight, size});
        // Tops tell the scale upwards where one row is all there is.
        pairs.push_back({{plan.x, plan.foot - plan.height},
                         {seen.base.center_x(), seen.base.y1},
                         0.25 * weight,
                         size});
      }
      if (pairs.size() < 2 * kFewest) return std::nullopt;
      map = map.fitted(pairs);
    }
    return map;
  }

  /// What is explained, less what should be there and is not.
  double score(const ShelfMap& map, const Anchor& anchor, double reach) const {
    const Alignment alignment = align(facings_, map, 0.6, 0.6, Candidates::kOnBoards);
    std::vector<bool> taken(facings_.planned.size(), false);
    double sum = 0;
    for (std::size_t s = 0; s < alignment.size(); ++s) {
      if (alignment[s] == kNothing) {
        if (reach == kEverywhere && facings_.seen[s].on_board) sum -= 0.3;
        continue;
      }
      const PlannedFacing& plan = facings_.planned[alignment[s]];
      if (!is_near(plan, anchor, reach)) continue;
      taken[alignment[s]] = true;
      const Place expected = map.to_picture({plan.x, plan.foot});
      const Box& base = facings_.seen[s].base;
      const double apart = std::hypot(expected.x - base.center_x(), expected.y - base.y2) /
                           std::max(1.0F, base.width());
      const Place left = map.to_picture({plan.x - plan.width / 2, plan.foot});
      const Place right = map.to_picture({plan.x + plan.width / 2, plan.foot});
      const double ratio = std::abs(std::log(std::max(1e-3, right.x - left.x) / base.width()));
      const bool disagree = facings_.disagree(plan, facings_.seen[s]);
      sum += 1 - std::min(0.5, apart) - std::min(0.5, ratio) - (disagree ? 0.9 : 0);
    }
    for (std::size_t p = 0; p < taken.size(); ++p) {
      if (taken[p]) continue;
      const PlannedFacing& plan = facings_.planned[p];
      if (!is_near(plan, anchor, reach) || !map.is_sound_at({plan.x, plan.foot})) continue;
      const Place foot = map.to_picture({plan.x, plan.foot});
      const Place top = map.to_picture({plan.x, plan.foot - plan.height});
      const bool inside =
          foot.x > 0 && foot.x < image_.width && foot.y < image_.height && top.y > 0;
      if (inside) sum -= 0.4;
    }
    return sum;
  }

  const Facings& facings_;
  const ShelfReading& reading_;
  Size image_;
  BoardPerspective perspective_;
  std::vector<Box> upright_;  // of seen facings, with parallel boards
  std::map<std::size_t, std::vector<std::size_t>> by_fixture_;
  std::map<std::size_t, std::vector<std::size_t>> by_row_;
};

}  // namespace

bool Facings::disagree(const PlannedFacing& plan, const SeenFacing& found) const {
  if (!found.is_known) return false;
  if (found.product != kNothing) return found.product != plan.product;
  return tells_apart && has_class[plan.product];
}

bool is_large_enough(const PlannedFacing& plan, const SeenFacing& found, const ShelfMap& map) {
  if (found.row != kNothing) return true;
  constexpr double kSmallest = 0.5;
  const Box& box = found.base;
  const double width = map.to_plan({box.x2, box.y2}).x - map.to_plan({box.x1, box.y2}).x;
  const double height =
      map.to_plan({box.center_x(), box.y2}).y - map.to_plan({box.center_x(), box.y1}).y;
  return width >= kSmallest * plan.width && height >= kSmallest * plan.height;
}

Alignment align(const Facings& facings, const ShelfMap& map, double max_shift, double max_rise,
                Candidates candidates) {
  std::map<std::size_t, std::vector<std::size_t>> planned;
  for (std::size_t i = 0; i < facings.planned.size(); ++i) {
    planned[facings.planned[i].fixture].push_back(i);
  }
  std::map<std::size_t, std::vector<Projected>> projected;
  for (std::size_t s = 0; s < facings.seen.size(); ++s) {
    if (candidates == Candidates::kOnBoards && !facings.seen[s].on_board) continue;
    const Box& base = facings.seen[s].base;
    const Place foot = map.to_plan({base.center_x(), base.y2});
    const Place left = map.to_plan({base.x1, base.y2});
    const Place right = map.to_plan({base.x2, base.y2});
    // The fixture whose facings' feet are nearest. Boards of two bays may be level: then the one
    // that reaches this far to the side.
    constexpr double kBeside = 0.2;
    std::size_t best = kNothing;
    double nearest = std::numeric_limits<double>::infinity();
    for (const auto& [fixture, members] : planned) {
      const PlannedFacing* near = nearest_facing(facings, members, foot.x);
      const double aside = std::abs(near->x - foot.x) / near->width;
      const double rise = std::abs(foot.y - near->foot) / near->height;
      if (aside > 1.5 || rise >= max_rise) continue;
      const double distance = rise + kBeside * std::max(0.0, aside - 0.5);
      if (distance >= nearest) continue;
      nearest = distance;
      best = fixture;
    }
    if (best != kNothing) projected[best].push_back({s, foot.x, foot.y, right.x - left.x});
  }
  Alignment alignment(facings.seen.size(), kNothing);
  for (auto& [fixture, seen] : projected) {
    std::sort(seen.begin(), seen.end(),
              [](const Projected& a, const Projected& b) { return a.x < b.x; });
    const std::vector<std::size_t>& members = planned[fixture];
    std::vector<double> gains;
    gains.reserve(seen.size() * members.size());
    for (const Projected& found : seen) {
      for (const std::size_t p : members) {
        const PlannedFacing& plan = facings.planned[p];
        if (!is_large_enough(plan, facings.seen[found.seen], map)) {
          gains.push_back(0);
          continue;
        }
        const bool disagree = facings.disagree(plan, facings.seen[found.seen]);
        const bool named = facings.seen[found.seen].product == plan.product;
        const double reach = named ? std::max(max_shift, kNearby) : max_shift;
        gains.push_back(gain(plan, found, reach, disagree));
      }
    }
    const std::vector<std::size_t> match = match_in_order(seen.size(), members.size(), gains);
    for (std::size_t i = 0; i < seen.size(); ++i) {
      if (match[i] != kNothing) alignment[seen[i].seen] = members[match[i]];
    }
  }
  return alignment;
}

std::optional<ShelfMap> register_picture(const Facings& facings, const ShelfReading& reading,
                                         Size image) {
  return Registrar(facings, reading, image).run();
}

}  // namespace gondola::shelf
