#include "shelf_accuracy/position_scores.hpp"

#include <algorithm>
#include <cmath>

#include "gondola/data/random.hpp"

namespace gondola::bench {
namespace {

using shelf::PositionStatus;

constexpr std::uint64_t kChanges = 3;  // stream of random numbers
constexpr double kEmptiedShare = 0.07;
constexpr double kReplacedShare = 0.1;
constexpr double kInside = 0.5;

shelf::Planogram planogram_of(const data::ShelfTruth& truth) {
  shelf::Planogram plan;
  plan.width = truth.planogram.width;
  plan.height = truth.planogram.height;
  for (std::size_t i = 0; i < truth.products.size(); ++i) {
    const data::ShelfProduct& product = truth.products[i];
    plan.products.push_back({std::to_string(i), product.name, product.width, product.height});
  }
  for (std::size_t i = 0; i < truth.planogram.fixtures.size(); ++i) {
    const data::ShelfFixture& board = truth.planogram.fixtures[i];
    plan.fixtures.push_back({std::to_string(i), board.x, board.y, board.width, board.height});
  }
  for (std::size_t i = 0; i < truth.planogram.positions.size(); ++i) {
    const data::ShelfPosition& position = truth.planogram.positions[i];
    plan.positions.push_back({std::to_string(i), static_cast<std::size_t>(position.product),
                              static_cast<std::size_t>(position.fixture), position.x, position.y,
                              position.facings});
  }
  return plan;
}

/// What stands on every position: as planned, nothing, or another product.
enum class Change { kNone, kEmptied, kReplaced };

class Changer {
 public:
  Changer(const DrawnShelf& shelf, const ModelKnowledge& knowledge)
      : truth_(shelf.truth),
        random_(shelf.number, kChanges),
        changes_(truth_.planogram.positions.size(), Change::kNone),
        product_of_(changes_.size()),
        is_labelled_(changes_.size(), false),
        facings_(changes_.size()) {
    for (const data::ShelfObject& object : truth_.objects) {
      if (!is_labelled(object)) continue;
      const auto position = static_cast<std::size_t>(object.position);
      is_labelled_[position] = true;
      if (object.level == 0 && object.inside >= kInside)
        facings_[position].push_back(object.facing);
    }
    for (std::size_t p = 0; p < changes_.size(); ++p) {
      product_of_[p] = truth_.planogram.positions[p].product;
      const double draw = random_.unit();
      const std::size_t other = random_.index(changes_.size());
      if (draw < kEmptiedShare) {
        changes_[p] = Change::kEmptied;
      } else if (draw < kEmptiedShare + kReplacedShare && knowledge.labels) {
        const int product = truth_.planogram.positions[other].product;
        if (product == product_of_[p]) continue;
        changes_[p] = Change::kReplaced;
        product_of_[p] = product;
      }
    }
  }

  bool is_emptied(std::size_t position) const { return changes_[position] == Change::kEmptied; }
  int product_of(std::size_t position) const { return product_of_[position]; }

  std::vector<PositionStatus> status() const {
    std::vector<bool> elsewhere(truth_.products.size(), false);
    for (std::size_t p = 0; p < changes_.size(); ++p) {
      if (changes_[p] != Change::kReplaced) continue;
      for (const int facing : facings_[p]) {
        if (!is_wanted_near(p, facing)) elsewhere[static_cast<std::size_t>(product_of_[p])] = true;
      }
    }
    std::vector<PositionStatus> result;
    for (std::size_t p = 0; p < changes_.size(); ++p) {
      const auto planned = static_cast<std::size_t>(truth_.planogram.positions[p].product);
      PositionStatus status = PositionStatus::kCorrect;
      if (changes_[p] == Change::kEmptied) status = PositionStatus::kEmpty;
      if (changes_[p] == Change::kReplaced) status = PositionStatus::kWrongProduct;
      if (status != PositionStatus::kCorrect && elsewhere[planned])
        status = PositionStatus::kWrongPlace;
      if (facings_[p].empty()) status = PositionStatus::kHidden;
      result.push_back(status);
    }
    return result;
  }

  std::vector<bool> cut_off() const {
    std::vector<bool> result;
    for (std::size_t p = 0; p < changes_.size(); ++p) {
      result.push_back(is_labelled_[p] && facings_[p].empty());
    }
    return result;
  }

 private:
  /// Whether the plan wants the product within two of its facings.
  bool is_wanted_near(std::size_t position, int facing) const {
    const auto product = product_of_[position];
    const auto& kind = truth_.products[static_cast<std::size_t>(product)];
    const auto& own = truth_.planogram.positions[position];
    const auto& standing = truth_.products[static_cast<std::size_t>(own.product)];
    const double x = own.x + (facing + 0.5) * standing.width;
    const double foot = own.y + standing.height;
    return std::any_of(truth_.planogram.positions.begin(), truth_.planogram.positions.end(),
                       [&](const data::ShelfPosition& other) {
                         if (other.product != product) return false;
                         if (std::abs(other.y + kind.height - foot) >= kind.height) return false;
                         const double first = other.x + 0.5 * kind.width;
                         const double nearest =
                             std::clamp(x, first, first + (other.facings - 1) * kind.width);
                         return std::abs(nearest - x) < 2 * kind.width;
                       });
  }

  const data::ShelfTruth& truth_;
  data::Random random_;
  std::vector<Change> changes_;
  std::vector<int> product_of_;
  std::vector<bool> is_labelled_;
  std::vector<std::vector<int>> facings_;  // by position: those that can be seen
};

}  // namespace

ChangedShelf change_shelf(const DrawnShelf& shelf, const ModelKnowledge& knowledge,
                          const Imperfection& imperfection) {
  const Changer changer(shelf, knowledge);
  ChangedShelf changed;
  changed.planogram = planogram_of(shelf.truth);
  changed.status = changer.status();
  changed.cut_off = changer.cut_off();
  if (knowledge.labels) {
    for (const shelf::PlannedProduct& product : changed.planogram.products) {
      changed.class_names.push_back(product.id);
    }
  } else {
    changed.class_names.emplace_back("product");
  }
  const int gap_class = static_cast<int>(changed.class_names.size());
  if (knowledge.gaps) changed.class_names.emplace_back("gap");

  changed.unseen.assign(changed.status.size(), true);
  for (const SeenProduct& seen : see_products(shelf, imperfection)) {
    const auto position = static_cast<std::size_t>(shelf.truth.objects[seen.object].position);
    changed.unseen[position] = false;
    if (changer.is_emptied(position)) continue;
    const int label = knowledge.labels ? changer.product_of(position) : 0;
    changed.detections.push_back({seen.box, 0.9F, label});
  }
  if (!knowledge.gaps) return changed;
  std::vector<Box> emptied(changed.status.size());
  for (const data::ShelfObject& object : shelf.truth.objects) {
    const auto position = static_cast<std::size_t>(object.position);
    if (!is_labelled(object) || !changer.is_emptied(position)) continue;
    Box& box = emptied[position];
    box = is_valid(box) ? hull(box, object.box) : object.box;
  }
  std::vector<Box> gaps = labelled_gaps(shelf.truth);
  for (const Box& box : emptied) {
    if (is_valid(box)) gaps.push_back(box);
  }
  for (const Box& gap : see_gaps(shelf, gaps, imperfection)) {
    changed.detections.push_back({gap, 0.9F, gap_class});
  }
  return changed;
}

PositionScore& PositionScore::operator+=(const PositionScore& other) {
  positions += other.positions;
  right += other.right;
  undecided += other.undecided;
  unseen += other.unseen;
  invented += other.invented;
  pictures += other.pictures;
  registered += other.registered;
  return *this;
}

PositionScore score_positions(const ChangedShelf& shelf, const shelf::Comparison& comparison) {
  PositionScore score;
  score.pictures = 1;
  score.registered = comparison.registered ? 1 : 0;
  for (std::size_t p = 0; p < shelf.status.size(); ++p) {
    const PositionStatus truth = shelf.status[p];
    const PositionStatus found = comparison.positions[p].status;
    const bool hidden = truth == PositionStatus::kHidden;
    if (shelf.cut_off[p] || (hidden && found == PositionStatus::kHidden)) continue;
    ++score.positions;
    score.right += found == truth ? 1 : 0;
    score.undecided += found == PositionStatus::kHidden ? 1 : 0;
    score.unseen += found == PositionStatus::kHidden && shelf.unseen[p] ? 1 : 0;
    score.invented += hidden ? 1 : 0;
  }
  return score;
}

}  // namespace gondola::bench
