#include "shelf_accuracy/made_shelves.hpp"

#include <utility>

#include "gondola/shelf/audit.hpp"
#include "shelf/made_shelf.hpp"

namespace gondola::bench {
namespace {

using shelf::PositionStatus;

constexpr std::uint32_t kShelves = 50;
constexpr double kMissing = 0.1;

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
    std::vector<std::string> names = shelf::test::class_names(made.planogram);
    if (!labels) {
      detections = shelf::test::without_labels(std::move(detections));
      names = {"product"};
    }
    const shelf::Audit audit = shelf::audit(detections, names, made.image, &made.planogram);
    for (std::size_t p = 0; p < audit.comparison->positions.size(); ++p) {
      const PositionStatus found = audit.comparison->positions[p].status;
      const PositionStatus truth = shelf::test::expected_status(made, p);
      if (truth == PositionStatus::kHidden && found == truth) continue;
      ++score.positions;
      score.right += found == truth ? 1 : 0;
    }
  }
  return score;
}

}  // namespace gondola::bench
