#include "shelf_accuracy/made_shelves.hpp"

#include "gondola/shelf/audit.hpp"
#include "shelf/made_shelf.hpp"

namespace gondola::bench {
namespace {

using shelf::PositionStatus;

constexpr std::uint32_t kShelves = 50;
constexpr double kMissing = 0.1;

PositionStatus status_of(const shelf::test::MadeShelf& made, std::size_t position) {
  if (made.position_is_hidden[position]) return PositionStatus::kHidden;
  return made.position_is_empty[position] ? PositionStatus::kEmpty : PositionStatus::kCorrect;
}

}  // namespace

MadeScore score_made_shelves(double yaw, bool labels, bool rough) {
  MadeScore score;
  for (std::uint32_t seed = 1; seed <= kShelves; ++seed) {
    shelf::test::MadeShelfOptions options;
    options.seed = seed;
    options.bays = 2;
    options.yaw = yaw;
    options.pitch = 6;
    options.roll = 6;
    options.bend = -0.15;
    options.empty_share = 0.08;
    shelf::test::MadeShelf made = shelf::test::make_shelf(options);
    if (rough) made.products = shelf::test::imperfect(made.products, kMissing, seed);
    std::vector<Detection> detections = shelf::test::detections_of(made);
    std::vector<std::string> names{"product"};
    if (labels) {
      names.clear();
      for (const shelf::PlannedProduct& product : made.planogram.products)
        names.push_back(product.id);
    } else {
      for (Detection& detection : detections) detection.class_id = 0;
    }
    const shelf::Audit audit = shelf::audit(detections, names, made.image, &made.planogram);
    for (std::size_t p = 0; p < audit.comparison->positions.size(); ++p) {
      const PositionStatus found = audit.comparison->positions[p].status;
      const PositionStatus truth = status_of(made, p);
      if (truth == PositionStatus::kHidden && found == truth) continue;
      ++score.positions;
      score.right += found == truth ? 1 : 0;
    }
  }
  return score;
}

}  // namespace gondola::bench
