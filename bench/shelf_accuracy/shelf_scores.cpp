#include "shelf_accuracy/shelf_scores.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>
#include <utility>

#include "gondola/core/box_iou.hpp"

namespace gondola::bench {
namespace {

bool is_match(const Box& a, const Box& b) {
  const float shared = area(intersection(a, b));
  return iou(a, b) >= 0.3F || shared >= 0.5F * std::min(area(a), area(b));
}

bool covers(const Box& box, const Box& gap) {
  return area(intersection(box, gap)) >= 0.25F * std::min(area(gap), area(box));
}

FalseGap reason_for(const DrawnShelf& shelf, const std::vector<SeenProduct>& seen, const Box& gap) {
  std::set<std::size_t> known;
  for (const SeenProduct& product : seen) known.insert(product.object);
  bool hidden = false;
  for (std::size_t i = 0; i < shelf.truth.objects.size(); ++i) {
    const data::ShelfObject& object = shelf.truth.objects[i];
    if (known.count(i) != 0 || !covers(object.box, gap)) continue;
    if (is_labelled(object)) return FalseGap::kMissed;
    hidden = true;
  }
  for (const data::ShelfHiddenFacing& facing : shelf.truth.hidden) {
    hidden = hidden || covers(facing.box, gap);
  }
  if (hidden) return FalseGap::kHidden;
  for (const data::ShelfFreeStretch& stretch : shelf.truth.free) {
    if (is_match(gap, stretch.box)) return FalseGap::kNarrow;
  }
  return FalseGap::kOther;
}

}  // namespace

RowScore& RowScore::operator+=(const RowScore& other) {
  products += other.products;
  complete += other.complete;
  facings += other.facings;
  facing_error += other.facing_error;
  return *this;
}

RowScore score_rows(const DrawnShelf& shelf, const std::vector<SeenProduct>& seen,
                    const shelf::Audit& audit) {
  RowScore score;
  score.products = seen.size();
  std::map<int, std::map<int, std::size_t>> found_of;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    ++found_of[shelf.truth.objects[seen[i].object].row][audit.products[i].place.row];
  }
  for (auto& [row, counts] : found_of) {
    counts.erase(-1);
    std::size_t most = 0;
    for (const auto& [found, count] : counts) most = std::max(most, count);
    score.complete += most;
  }
  std::set<std::pair<int, int>> columns;
  for (const SeenProduct& product : seen) {
    const data::ShelfObject& object = shelf.truth.objects[product.object];
    columns.emplace(object.position, object.facing);
  }
  score.facings = static_cast<int>(columns.size());
  score.facing_error = std::abs(audit.kpi.facings - score.facings);
  return score;
}

double GapScore::precision() const {
  return found == doubtful ? 0 : static_cast<double>(right) / (found - doubtful);
}

double GapScore::precision_on_what_is_seen() const {
  const int judged = found - doubtful - false_for[static_cast<std::size_t>(FalseGap::kHidden)];
  return judged == 0 ? 0 : static_cast<double>(right) / judged;
}

double GapScore::recall() const { return wanted == 0 ? 0 : static_cast<double>(recalled) / wanted; }

double GapScore::recall_of_labelled() const {
  return labelled == 0 ? 0 : static_cast<double>(labelled_recalled) / labelled;
}

GapScore& GapScore::operator+=(const GapScore& other) {
  found += other.found;
  right += other.right;
  doubtful += other.doubtful;
  wanted += other.wanted;
  recalled += other.recalled;
  labelled += other.labelled;
  labelled_recalled += other.labelled_recalled;
  for (std::size_t i = 0; i < kFalseGaps; ++i) false_for[i] += other.false_for[i];
  return *this;
}

GapScore score_gaps(const DrawnShelf& shelf, const std::vector<SeenProduct>& seen,
                    const std::vector<Box>& found) {
  GapScore score;
  score.found = static_cast<int>(found.size());
  std::vector<bool> matched(shelf.truth.free.size(), false);
  for (const Box& gap : found) {
    bool right = false;
    bool doubtful = false;
    for (std::size_t i = 0; i < matched.size(); ++i) {
      const data::ShelfFreeStretch& stretch = shelf.truth.free[i];
      if (!stretch.holds_facing || !is_match(gap, stretch.box)) continue;
      matched[i] = true;
      const bool is_wanted = stretch.is_seen() && stretch.room >= 1;
      (is_wanted ? right : doubtful) = true;
    }
    if (right) {
      ++score.right;
    } else if (doubtful) {
      ++score.doubtful;
    } else {
      ++score.false_for[static_cast<std::size_t>(reason_for(shelf, seen, gap))];
    }
  }
  for (std::size_t i = 0; i < matched.size(); ++i) {
    const data::ShelfFreeStretch& stretch = shelf.truth.free[i];
    if (!stretch.is_seen() || stretch.room < 1) continue;
    ++score.wanted;
    score.recalled += matched[i] ? 1 : 0;
  }
  for (const data::ShelfGap& gap : shelf.truth.gaps) {
    const bool matches = std::any_of(found.begin(), found.end(),
                                     [&](const Box& box) { return is_match(box, gap.box); });
    ++score.labelled;
    score.labelled_recalled += matches ? 1 : 0;
  }
  return score;
}

}  // namespace gondola::bench
