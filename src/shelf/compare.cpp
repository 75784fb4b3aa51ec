#include "gondola/shelf/compare.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "gondola/core/box_iou.hpp"
#include "gondola/core/error.hpp"
#include "registration.hpp"

namespace gondola::shelf {
namespace {

Facings collect(const ShelfReading& reading, const std::vector<Detection>& detections,
                const std::vector<std::string>& class_names, const Planogram& planogram,
                const std::vector<std::string>& unknown_labels) {
  Facings facings;
  for (std::size_t p = 0; p < planogram.positions.size(); ++p) {
    const PlannedPosition& position = planogram.positions[p];
    const PlannedProduct& product = planogram.products[position.product];
    for (int i = 0; i < position.facings; ++i) {
      facings.planned.push_back({p, position.fixture, position.product,
                                 position.x + (i + 0.5) * product.width,
                                 position.y + product.height, product.width, product.height});
    }
  }
  std::stable_sort(facings.planned.begin(), facings.planned.end(),
                   [](const PlannedFacing& a, const PlannedFacing& b) {
                     return a.fixture != b.fixture ? a.fixture < b.fixture : a.x < b.x;
                   });
  std::vector<std::size_t> product_of(class_names.size(), kNothing);
  facings.has_class.assign(planogram.products.size(), false);
  for (std::size_t c = 0; c < class_names.size(); ++c) {
    for (std::size_t p = 0; p < planogram.products.size(); ++p) {
      const PlannedProduct& product = planogram.products[p];
      if (class_names[c] != product.id && class_names[c] != product.name) continue;
      product_of[c] = p;
      facings.has_class[p] = true;
      break;
    }
  }
  facings.tells_apart = class_names.size() > 1;
  if (!facings.tells_apart) facings.has_class.assign(planogram.products.size(), false);
  const auto add = [&](std::size_t row, bool on_board, std::size_t detection) {
    const auto class_id = static_cast<std::size_t>(detections[detection].class_id);
    const std::size_t product = facings.tells_apart ? product_of[class_id] : kNothing;
    const bool is_known = std::find(unknown_labels.begin(), unknown_labels.end(),
                                    class_names[class_id]) == unknown_labels.end();
    facings.seen.push_back(
        {row, on_board, detections[detection].box, detection, product, is_known});
  };
  for (std::size_t r = 0; r < reading.rows.size(); ++r) {
    for (const Facing& facing : reading.rows[r].facings) {
      for (const std::size_t detection : facing.boxes)
        add(r, detection == facing.boxes.front(), detection);
    }
  }
  // What is too small beside its neighbours to be counted is a product where the plan wants one of
  // that size: is_large_enough() tells.
  for (std::size_t i = 0; i < detections.size(); ++i) {
    if (reading.placements[i].row < 0 && is_valid(detections[i].box)) add(kNothing, false, i);
  }
  return facings;
}

/// Where a planned facing is expected in the picture, not clipped.
Box expected_box(const PlannedFacing& plan, const ShelfMap& map) {
  Box box;
  bool first = true;
  for (const double x : {plan.x - plan.width / 2, plan.x + plan.width / 2}) {
    for (const double y : {plan.foot - plan.height, plan.foot}) {
      const Place place = map.to_picture({x, y});
      const auto px = static_cast<float>(place.x);
      const auto py = static_cast<float>(place.y);
      box = first ? Box{px, py, px, py} : hull(box, {px, py, px, py});
      first = false;
    }
  }
  return box;
}

/// How far up or down a product may be from where it is wanted and still be on that board, in its
/// heights.
constexpr double kSameBoard = 0.8;

enum class FacingState { kRight, kWrong, kEmpty, kHidden };

class Comparer {
 public:
  Comparer(const Facings& facings, const std::vector<Gap>& gaps, bool model_knows_gaps,
           const Planogram& planogram, Size image, const CompareOptions& options)
      : facings_(facings),
        gaps_(gaps),
        model_knows_gaps_(model_knows_gaps),
        planogram_(planogram),
        image_(image),
        options_(options) {}

  Comparison run(const std::optional<ShelfMap>& map) {
    Comparison result;
    result.positions.resize(planogram_.positions.size());
    if (!map) return result;
    Alignment alignment =
        align(facings_, *map, options_.max_shift, options_.max_rise, Candidates::kAll);
    const auto matched = std::count_if(alignment.begin(), alignment.end(),
                                       [](std::size_t p) { return p != kNothing; });
    const auto on_boards = std::count_if(facings_.seen.begin(), facings_.seen.end(),
                                         [](const SeenFacing& seen) { return seen.on_board; });
    if (static_cast<double>(matched) < options_.min_matched * static_cast<double>(on_boards)) {
      return result;
    }
    result.registered = true;
    std::vector<std::size_t> seen_on(facings_.planned.size(), kNothing);
    for (std::size_t s = 0; s < alignment.size(); ++s) {
      if (alignment[s] != kNothing) seen_on[alignment[s]] = s;
    }
    match_by_place(*map, alignment, seen_on);
    match_by_label(*map, alignment, seen_on);
    match_by_stack(*map, alignment, seen_on);
    for (std::size_t p = 0; p < facings_.planned.size(); ++p) {
      const PlannedFacing& plan = facings_.planned[p];
      add_facing(plan, *map, seen_on[p], result.positions[plan.position]);
    }
    for (PositionResult& position : result.positions) decide(position);
    find_misplaced(alignment, *map, result);
    sum_up(result);
    return result;
  }

 private:
  bool is_inside(const PlannedFacing& plan, const ShelfMap& map) const {
    if (!map.is_sound_at({plan.x, plan.foot})) return false;
    const Box box = expected_box(plan, map);
    return area(clip(box, image_)) >= options_.min_inside * area(box);
  }

  /// Products whose foot the picture cuts off, or that the reading took for another row's, are
  /// still where they should be.
  void match_by_place(const ShelfMap& map, Alignment& alignment,
                      std::vector<std::size_t>& seen_on) const {
    constexpr float kSame = 0.5F;
    for (std::size_t p = 0; p < facings_.planned.size(); ++p) {
      const PlannedFacing& plan = facings_.planned[p];
      if (seen_on[p] != kNothing || !is_inside(plan, map)) continue;
      const Box expected = clip(expected_box(plan, map), image_);
      float best = kSame;
      for (std::size_t s = 0; s < alignment.size(); ++s) {
        if (alignment[s] != kNothing) continue;
        const float overlap = iou(expected, facings_.seen[s].base);
        if (overlap <= best) continue;
        best = overlap;
        seen_on[p] = s;
      }
      if (seen_on[p] != kNothing) alignment[seen_on[p]] = p;
    }
  }

  /// A product pushed back or aside, farther than another one's could be: within two facings of
  /// its place its label says that it is the one.
  void match_by_label(const ShelfMap& map, Alignment& alignment,
                      std::vector<std::size_t>& seen_on) const {
    struct Pair {
      double distance = 0;
      std::size_t planned = 0;
      std::size_t seen = 0;
    };
    std::vector<Pair> pairs;
    for (std::size_t s = 0; s < alignment.size(); ++s) {
      const SeenFacing& seen = facings_.seen[s];
      if (alignment[s] != kNothing || seen.product == kNothing) continue;
      const Place foot = map.to_plan({seen.base.center_x(), seen.base.y2});
      for (std::size_t p = 0; p < facings_.planned.size(); ++p) {
        const PlannedFacing& plan = facings_.planned[p];
        if (seen_on[p] != kNothing || plan.product != seen.product) continue;
        if (!is_large_enough(plan, seen, map)) continue;
        const double aside = std::abs(plan.x - foot.x) / plan.width;
        const double rise = std::abs(plan.foot - foot.y) / plan.height;
        if (aside < kNearby && rise < kSameBoard && map.is_sound_at({plan.x, plan.foot}))
          pairs.push_back({aside + rise, p, s});
      }
    }
    std::stable_sort(pairs.begin(), pairs.end(),
                     [](const Pair& a, const Pair& b) { return a.distance < b.distance; });
    for (const Pair& pair : pairs) {
      if (seen_on[pair.planned] != kNothing || alignment[pair.seen] != kNothing) continue;
      seen_on[pair.planned] = pair.seen;
      alignment[pair.seen] = pair.planned;
    }
  }

  /// What stands on a planned facing's top is held up by it, found or not.
  void match_by_stack(const ShelfMap& map, const Alignment& alignment,
                      std::vector<std::size_t>& seen_on) const {
    for (std::size_t s = 0; s < alignment.size(); ++s) {
      const SeenFacing& seen = facings_.seen[s];
      if (alignment[s] != kNothing || seen.row == kNothing) continue;
      const Place foot = map.to_plan({seen.base.center_x(), seen.base.y2});
      for (std::size_t p = 0; p < facings_.planned.size(); ++p) {
        const PlannedFacing& plan = facings_.planned[p];
        const double above = (plan.foot - foot.y) / plan.height;
        if (seen_on[p] != kNothing || std::abs(plan.x - foot.x) > 0.4 * plan.width) continue;
        if (above > 0.7 && above < 1.3 && is_inside(plan, map)) seen_on[p] = s;
      }
    }
  }

  FacingState state_of(const PlannedFacing& plan, const Box& box, std::size_t seen) const {
    if (seen != kNothing) {
      if (!facings_.seen[seen].is_known && facings_.has_class[plan.product])
        return FacingState::kHidden;
      const bool wrong = facings_.disagree(plan, facings_.seen[seen]);
      return wrong ? FacingState::kWrong : FacingState::kRight;
    }
    const Box inside = clip(box, image_);
    // The map is rough where the picture ends: what the model sees there counts all the same.
    const double least_inside = (model_knows_gaps_ ? 0.5 : 1.0) * options_.min_inside;
    if (area(inside) < least_inside * area(box)) return FacingState::kHidden;
    float empty = 0;
    for (const Gap& gap : gaps_) empty = std::max(empty, area(intersection(gap.box, inside)));
    if (empty >= options_.gap_share * area(inside)) return FacingState::kEmpty;
    if (model_knows_gaps_) return FacingState::kHidden;
    float taken = 0;
    for (const SeenFacing& other : facings_.seen) taken += area(intersection(other.base, inside));
    return taken <= (1 - options_.gap_share) * area(inside) ? FacingState::kEmpty
                                                            : FacingState::kHidden;
  }

  void add_facing(const PlannedFacing& plan, const ShelfMap& map, std::size_t seen,
                  PositionResult& position) const {
    const bool sound = map.is_sound_at({plan.x, plan.foot});
    const Box box = sound ? expected_box(plan, map) : Box{};
    const FacingState state = sound ? state_of(plan, box, seen) : FacingState::kHidden;
    if (state != FacingState::kHidden) ++position.visible;
    if (state == FacingState::kRight) ++position.correct;
    if (state == FacingState::kWrong) ++position.wrong;
    if (sound && seen != kNothing) position.detections.push_back(facings_.seen[seen].detection);
    const Box inside = clip(box, image_);
    if (!is_valid(inside)) return;
    position.box = is_valid(position.box) ? hull(position.box, inside) : inside;
  }

  static void decide(PositionResult& position) {
    if (position.visible == 0) {
      position.status = PositionStatus::kHidden;
    } else if (2 * position.correct >= position.visible) {
      position.status = PositionStatus::kCorrect;
    } else {
      position.status = position.wrong > 0 ? PositionStatus::kWrongProduct : PositionStatus::kEmpty;
    }
  }

  /// Whether the plan wants a product about where a facing stands.
  bool is_wanted_near(const SeenFacing& seen, const ShelfMap& map) const {
    const Place foot = map.to_plan({seen.base.center_x(), seen.base.y2});
    return std::any_of(
        facings_.planned.begin(), facings_.planned.end(), [&](const PlannedFacing& plan) {
          if (plan.product != seen.product || std::abs(plan.x - foot.x) >= kNearby * plan.width)
            return false;
          return std::abs(plan.foot - foot.y) < plan.height || is_stacked(foot, plan);
        });
  }

  /// Whether what stands higher than a planned facing, below the next board, may be stacked on some
  /// that were not found. A fixture may be a whole shelf: then other facings tell of boards.
  bool is_stacked(const Place& foot, const PlannedFacing& plan) const {
    if (foot.y >= plan.foot || foot.y <= planogram_.fixtures[plan.fixture].y) return false;
    return std::none_of(facings_.planned.begin(), facings_.planned.end(),
                        [&](const PlannedFacing& other) {
                          return std::abs(other.x - foot.x) < kNearby * other.width &&
                                 other.foot > foot.y - 0.3 * other.height &&
                                 other.foot < plan.foot - 0.3 * plan.height;
                        });
  }

  /// What stands where it should not: facings on nobody's place, and labelled ones on another's.
  void find_misplaced(const Alignment& alignment, const ShelfMap& map, Comparison& result) const {
    std::vector<bool> elsewhere(planogram_.products.size(), false);
    for (std::size_t s = 0; s < alignment.size(); ++s) {
      const SeenFacing& seen = facings_.seen[s];
      if (alignment[s] == kNothing && !seen.on_board) continue;
      if (alignment[s] == kNothing) result.extra.push_back(seen.detection);
      if (seen.product == kNothing || elsewhere[seen.product]) continue;
      const bool at_home =
          alignment[s] != kNothing && facings_.planned[alignment[s]].product == seen.product;
      elsewhere[seen.product] = !at_home && !is_wanted_near(seen, map);
    }
    for (std::size_t p = 0; p < result.positions.size(); ++p) {
      PositionResult& position = result.positions[p];
      const bool missing = position.status == PositionStatus::kWrongProduct ||
                           position.status == PositionStatus::kEmpty;
      if (missing && position.correct == 0 && elsewhere[planogram_.positions[p].product]) {
        position.status = PositionStatus::kWrongPlace;
      }
    }
  }

  void sum_up(Comparison& result) const {
    int positions = 0;
    int correct_positions = 0;
    int facings = 0;
    int correct_facings = 0;
    std::map<std::size_t, bool> fixtures;
    for (std::size_t p = 0; p < result.positions.size(); ++p) {
      const PositionResult& position = result.positions[p];
      facings += position.visible;
      correct_facings += position.correct;
      if (position.status == PositionStatus::kHidden) continue;
      const bool correct = position.status == PositionStatus::kCorrect;
      ++positions;
      correct_positions += correct ? 1 : 0;
      const auto [entry, is_new] = fixtures.emplace(planogram_.positions[p].fixture, correct);
      if (!is_new) entry->second = entry->second && correct;
    }
    const auto share = [](auto part, auto whole) -> std::optional<double> {
      if (whole == 0) return std::nullopt;
      return static_cast<double>(part) / static_cast<double>(whole);
    };
    result.position_compliance = share(correct_positions, positions);
    result.facing_compliance = share(correct_facings, facings);
    const auto right = std::count_if(fixtures.begin(), fixtures.end(),
                                     [](const auto& fixture) { return fixture.second; });
    result.row_compliance = share(right, fixtures.size());
  }

  const Facings& facings_;
  const std::vector<Gap>& gaps_;
  bool model_knows_gaps_;
  const Planogram& planogram_;
  Size image_;
  CompareOptions options_;
};

}  // namespace

std::string_view name_of(PositionStatus status) {
  switch (status) {
    case PositionStatus::kCorrect:
      return "correct";
    case PositionStatus::kWrongProduct:
      return "wrong_product";
    case PositionStatus::kWrongPlace:
      return "wrong_place";
    case PositionStatus::kEmpty:
      return "empty";
    case PositionStatus::kHidden:
      break;
  }
  return "hidden";
}

Comparison compare(const ShelfReading& reading, const std::vector<Detection>& detections,
                   const std::vector<std::string>& class_names, const std::vector<Gap>& gaps,
                   bool model_knows_gaps, const Planogram& planogram, Size image,
                   const CompareOptions& options) {
  GONDOLA_EXPECTS(reading.placements.size() == detections.size(),
                  "compare: ", reading.placements.size(), " placements for ", detections.size(),
                  " detections");
  for (const Detection& detection : detections) {
    GONDOLA_EXPECTS(detection.class_id >= 0 &&
                        static_cast<std::size_t>(detection.class_id) < class_names.size(),
                    "compare: class ", detection.class_id, " of ", class_names.size(), " names");
  }
  const Facings facings =
      collect(reading, detections, class_names, planogram, options.unknown_labels);
  return Comparer(facings, gaps, model_knows_gaps, planogram, image, options)
      .run(register_picture(facings, reading, image));
}

}  // namespace gondola::shelf
