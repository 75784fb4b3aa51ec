#include "gondola/shelf/compare.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "gondola/core/error.hpp"
#include "shelf/made_shelf.hpp"

namespace gondola::shelf {
namespace {

using test::class_names;
using test::expected_status;
using test::MadeShelf;
using test::MadeShelfOptions;
using test::without_labels;

Comparison look(const MadeShelf& shelf, const std::vector<Detection>& detections,
                const std::vector<std::string>& names, const CompareOptions& options = {}) {
  std::vector<Box> boxes;
  for (const Detection& detection : detections) boxes.push_back(detection.box);
  const ShelfReading reading = find_rows(boxes);
  const std::vector<Gap> gaps = find_gaps(reading, {}, false, shelf.image);
  return compare(reading, detections, names, gaps, false, shelf.planogram, shelf.image, options);
}

Comparison look(const MadeShelf& shelf) {
  return look(shelf, detections_of(shelf), class_names(shelf.planogram));
}

struct Tally {
  int right = 0;
  int positions = 0;

  double share() const { return static_cast<double>(right) / positions; }
  void add(const MadeShelf& shelf, const Comparison& comparison) {
    for (std::size_t p = 0; p < comparison.positions.size(); ++p) {
      const PositionStatus truth = expected_status(shelf, p);
      const PositionStatus found = comparison.positions[p].status;
      if (truth == PositionStatus::kHidden && found == truth) continue;
      ++positions;
      right += found == truth ? 1 : 0;
    }
  }
};

MadeShelfOptions slanted() {
  MadeShelfOptions options;
  options.yaw = 15;
  options.pitch = 6;
  options.roll = 5;
  options.bend = -0.1;
  options.bays = 2;
  options.empty_share = 0.08;
  return options;
}

TEST(Compare, FindsEveryPositionFromStraightAhead) {
  const MadeShelf shelf = test::make_shelf({});
  const Comparison comparison = look(shelf);
  ASSERT_TRUE(comparison.registered);
  for (const PositionResult& position : comparison.positions) {
    EXPECT_EQ(position.status, PositionStatus::kCorrect);
    EXPECT_EQ(position.correct, position.visible);
  }
  EXPECT_EQ(comparison.position_compliance, 1);
  EXPECT_EQ(comparison.facing_compliance, 1);
  EXPECT_EQ(comparison.row_compliance, 1);
  EXPECT_TRUE(comparison.extra.empty());
}

TEST(Compare, KnowsByItsLabelWhatIsPushedAway) {
  MadeShelf shelf = test::make_shelf({});
  const auto count_on = [&](int position) {
    return std::count_if(shelf.products.begin(), shelf.products.end(),
                         [&](const auto& product) { return product.position == position; });
  };
  const auto moved = std::find_if(shelf.products.begin(), shelf.products.end(),
                                  [&](const auto& p) { return count_on(p.position) == 1; });
  ASSERT_NE(moved, shelf.products.end());
  const auto position = static_cast<std::size_t>(moved->position);
  // By 0.6 of its height: more than max_rise, and 0.4 / 1.6 is no overlap to speak of.
  const float rise = 0.6F * moved->box.height();
  moved->box.y1 -= rise;
  moved->box.y2 -= rise;
  EXPECT_EQ(look(shelf).positions[position].status, PositionStatus::kCorrect);
  const Comparison nameless = look(shelf, without_labels(detections_of(shelf)), {"product"});
  EXPECT_NE(nameless.positions[position].status, PositionStatus::kCorrect);
}

/// The first position of several facings that can be seen.
std::size_t some_position(const MadeShelf& shelf) {
  for (std::size_t p = 5; p < shelf.planogram.positions.size(); ++p) {
    if (shelf.planogram.positions[p].facings > 1 && !shelf.position_is_hidden[p]) return p;
  }
  return 0;
}

struct LonelyPosition {
  MadeShelf shelf;
  std::size_t position = 0;
};

/// A position of one facing whose product the plan wants nowhere else, on the first shelf with one.
LonelyPosition find_lonely(bool stacked) {
  for (std::uint32_t seed = 1; seed <= 50; ++seed) {
    MadeShelfOptions options;
    options.seed = seed;
    MadeShelf shelf = test::make_shelf(options);
    const std::vector<PlannedPosition>& positions = shelf.planogram.positions;
    for (std::size_t p = 0; p < positions.size(); ++p) {
      const auto wanted = std::count_if(positions.begin(), positions.end(), [&](const auto& other) {
        return other.product == positions[p].product;
      });
      const bool has_stack =
          std::any_of(shelf.products.begin(), shelf.products.end(), [&](const auto& product) {
            return product.position == static_cast<int>(p) && product.level > 0;
          });
      if (wanted == 1 && positions[p].facings == 1 && has_stack == stacked)
        return {std::move(shelf), p};
    }
  }
  ADD_FAILURE() << "no such position";
  return {};
}

TEST(Compare, KeepsNamedProductsInOrderThatStandAside) {
  // All of one board stands farther to the right than unnamed products could, and one product there
  // is another one.
  MadeShelf shelf = test::make_shelf({});
  std::vector<PlannedPosition>& positions = shelf.planogram.positions;
  const std::size_t fixture = positions[some_position(shelf)].fixture;
  double narrowest = 1e9;
  for (const PlannedPosition& position : positions) {
    if (position.fixture == fixture)
      narrowest = std::min(narrowest, shelf.planogram.products[position.product].width);
  }
  for (PlannedPosition& position : positions) {
    if (position.fixture == fixture) position.x -= 0.9 * narrowest;
  }
  std::vector<Detection> detections = detections_of(shelf);
  std::vector<std::string> names = class_names(shelf.planogram);
  names.emplace_back("something the plan does not know");
  const std::size_t wrong = some_position(shelf);
  for (std::size_t i = 0; i < detections.size(); ++i) {
    if (shelf.products[i].position == static_cast<int>(wrong))
      detections[i].class_id = static_cast<int>(names.size()) - 1;
  }
  const Comparison comparison = look(shelf, detections, names);
  for (std::size_t p = 0; p < positions.size(); ++p) {
    const PositionStatus status =
        p == wrong ? PositionStatus::kWrongProduct : PositionStatus::kCorrect;
    EXPECT_EQ(comparison.positions[p].status, status) << p;
  }
}

TEST(Compare, FindsProductsTooSmallToBeCounted) {
  // A box an eighth as wide and high as those around is no product, unless the plan wants one.
  auto [shelf, position] = find_lonely(false);
  PlannedPosition& planned = shelf.planogram.positions[position];
  PlannedProduct& product = shelf.planogram.products[planned.product];
  std::size_t index = 0;
  while (shelf.products.at(index).position != static_cast<int>(position)) ++index;
  Box& box = shelf.products[index].box;
  box = {box.center_x() - box.width() / 16, box.y2 - box.height() / 8,
         box.center_x() + box.width() / 16, box.y2};
  planned.x += product.width * 7 / 16;
  planned.y += product.height * 7 / 8;
  product.width /= 8;
  product.height /= 8;
  ASSERT_EQ(find_rows(test::boxes_of(shelf)).placements[index].row, -1);
  EXPECT_EQ(look(shelf).positions[position].status, PositionStatus::kCorrect);
}

TEST(Compare, DoesNotTakeAStackForAMisplacedProduct) {
  // The plan wants the same product on another board, too, where another one stands. Where it is
  // right, only what is stacked on the board's one was found.
  auto [shelf, position] = find_lonely(true);
  std::vector<PlannedPosition>& positions = shelf.planogram.positions;
  std::size_t other = 0;
  while (positions.at(other).fixture == positions[position].fixture) ++other;
  positions[other].product = positions[position].product;
  std::vector<Detection> found;
  const std::vector<Detection> all = detections_of(shelf);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const test::MadeProduct& product = shelf.products[i];
    const bool at_position = product.position == static_cast<int>(position);
    if (!at_position || product.level > 0) found.push_back(all[i]);
  }
  const Comparison comparison = look(shelf, found, class_names(shelf.planogram));
  EXPECT_EQ(comparison.positions[other].status, PositionStatus::kWrongProduct);
  EXPECT_EQ(comparison.positions[position].status, PositionStatus::kCorrect);
}

TEST(Compare, HoldsUnderTiltPerspectiveAndLens) {
  Tally labelled;
  Tally single_class;
  for (std::uint32_t seed = 1; seed <= 10; ++seed) {
    MadeShelfOptions options = slanted();
    options.seed = seed;
    const MadeShelf shelf = test::make_shelf(options);
    labelled.add(shelf, look(shelf));
    single_class.add(shelf, look(shelf, without_labels(detections_of(shelf)), {"product"}));
  }
  EXPECT_GT(labelled.share(), 0.995);
  EXPECT_GT(single_class.share(), 0.99);
}

TEST(Compare, BearsMissingProductsAndRoughBoxes) {
  // A position whose only facing was not detected looks empty, and nobody can tell: about one in
  // ten of those with one facing.
  Tally tally;
  for (std::uint32_t seed = 1; seed <= 10; ++seed) {
    MadeShelfOptions options = slanted();
    options.seed = seed;
    MadeShelf shelf = test::make_shelf(options);
    shelf.products = test::imperfect(shelf.products, 0.1, seed);
    tally.add(shelf, look(shelf));
  }
  EXPECT_GT(tally.share(), 0.95);
}

TEST(Compare, FindsThePartThatThePictureShows) {
  MadeShelfOptions options;
  options.bays = 3;
  options.distance = 0.55;
  const MadeShelf shelf = test::make_shelf(options);
  ASSERT_GT(std::count(shelf.position_is_hidden.begin(), shelf.position_is_hidden.end(), true), 20);
  Tally tally;
  tally.add(shelf, look(shelf));
  EXPECT_GT(tally.share(), 0.95);
}

TEST(Compare, TellsAWrongProduct) {
  const MadeShelf shelf = test::make_shelf({});
  const std::size_t position = some_position(shelf);
  std::vector<Detection> detections = detections_of(shelf);
  std::vector<std::string> names = class_names(shelf.planogram);
  names.push_back("something the plan does not know");
  for (std::size_t i = 0; i < detections.size(); ++i) {
    if (shelf.products[i].position != static_cast<int>(position)) continue;
    detections[i].class_id = static_cast<int>(names.size()) - 1;
  }
  const Comparison comparison = look(shelf, detections, names);
  EXPECT_EQ(comparison.positions[position].status, PositionStatus::kWrongProduct);
  EXPECT_EQ(comparison.positions[position].correct, 0);
  const auto positions = static_cast<double>(comparison.positions.size());
  EXPECT_DOUBLE_EQ(*comparison.position_compliance, (positions - 1) / positions);
  // One fixture of five has a position that is not correct.
  EXPECT_DOUBLE_EQ(*comparison.row_compliance, 0.8);
}

TEST(Compare, TellsAProductInAnotherPlace) {
  MadeShelf shelf = test::make_shelf({});
  // The plan has the two products of neighbours the other way round.
  std::size_t first = some_position(shelf);
  std::vector<PlannedPosition>& positions = shelf.planogram.positions;
  const std::size_t one = positions[first].product;
  // What stands on `first` is wanted only where nothing of the kind stands.
  std::vector<Detection> detections = detections_of(shelf);
  std::size_t other = 0;
  for (std::size_t p = 0; p < positions.size(); ++p) {
    if (positions[p].product != one && positions[p].fixture + 2 < positions[first].fixture + 1) {
      other = p;
    }
  }
  ASSERT_NE(positions[other].product, one);
  const std::size_t wanted = positions[other].product;
  for (std::size_t i = 0; i < detections.size(); ++i) {
    const auto at = static_cast<std::size_t>(shelf.products[i].position);
    if (positions[at].product == wanted) detections[i].class_id = static_cast<int>(one);
    if (at == first) detections[i].class_id = static_cast<int>(wanted);
  }
  const Comparison comparison = look(shelf, detections, class_names(shelf.planogram));
  EXPECT_EQ(comparison.positions[other].status, PositionStatus::kWrongPlace);
}

TEST(Compare, ListsWhatThePlanDoesNotKnow) {
  MadeShelf shelf = test::make_shelf({});
  const std::size_t position = some_position(shelf);
  const std::size_t before = shelf.planogram.positions.size();
  shelf.planogram.positions.erase(shelf.planogram.positions.begin() +
                                  static_cast<std::ptrdiff_t>(position));
  const Comparison comparison = look(shelf);
  ASSERT_EQ(comparison.positions.size(), before - 1);
  std::vector<std::size_t> expected_extra;
  for (std::size_t i = 0; i < shelf.products.size(); ++i) {
    const test::MadeProduct& product = shelf.products[i];
    if (product.position == static_cast<int>(position) && product.level == 0) {
      expected_extra.push_back(i);
    }
  }
  std::vector<std::size_t> extra = comparison.extra;
  std::sort(extra.begin(), extra.end());
  EXPECT_EQ(extra, expected_extra);
}

TEST(Compare, MatchesByPlaceWhatTheModelDoesNotKnow) {
  const MadeShelf shelf = test::make_shelf({});
  std::vector<std::string> names = class_names(shelf.planogram);
  const auto unknown =
      static_cast<std::size_t>(shelf.planogram.positions[some_position(shelf)].product);
  names[unknown] = "some bottle";
  const Comparison comparison = look(shelf, detections_of(shelf), names);
  for (std::size_t p = 0; p < comparison.positions.size(); ++p) {
    EXPECT_EQ(comparison.positions[p].status, PositionStatus::kCorrect) << p;
  }
}

TEST(Compare, HidesEverythingWhenThePictureShowsSomethingElse) {
  const MadeShelf shelf = test::make_shelf({});
  const Comparison nothing = look(shelf, {}, {"product"});
  EXPECT_FALSE(nothing.registered);
  EXPECT_EQ(nothing.positions.size(), shelf.planogram.positions.size());
  EXPECT_EQ(nothing.positions[0].status, PositionStatus::kHidden);
  EXPECT_FALSE(nothing.position_compliance);
}

TEST(Compare, RefusesClassesWithoutAName) {
  const MadeShelf shelf = test::make_shelf({});
  EXPECT_THROW(look(shelf, detections_of(shelf), {"product"}), ContractViolation);
}

TEST(Compare, TakesWhatIsNotRecognisedForNeitherRightNorWrong) {
  const MadeShelf shelf = test::make_shelf({});
  std::vector<std::string> names = class_names(shelf.planogram);
  names.emplace_back("product");
  std::vector<Detection> detections = detections_of(shelf);
  // Nothing of one position and every other facing elsewhere is recognised.
  const int unknown_position = shelf.products.front().position;
  for (std::size_t i = 0; i < detections.size(); ++i) {
    const test::MadeProduct& product = shelf.products[i];
    if (product.position == unknown_position || product.facing % 2 == 1)
      detections[i].class_id = static_cast<int>(names.size()) - 1;
  }
  CompareOptions options;
  options.unknown_labels = {"product"};
  const Comparison result = look(shelf, detections, names, options);
  ASSERT_TRUE(result.registered);
  EXPECT_EQ(result.positions[static_cast<std::size_t>(unknown_position)].status,
            PositionStatus::kHidden);
  int correct = 0;
  for (const PositionResult& position : result.positions) {
    EXPECT_EQ(position.wrong, 0);
    EXPECT_NE(position.status, PositionStatus::kWrongProduct);
    correct += position.status == PositionStatus::kCorrect ? 1 : 0;
  }
  EXPECT_GT(correct, 10);

  // Any other label that the plan does not have is another product.
  std::vector<Detection> one_wrong = detections_of(shelf);
  for (std::size_t i = 0; i < one_wrong.size(); ++i) {
    if (shelf.products[i].position == unknown_position)
      one_wrong[i].class_id = static_cast<int>(names.size()) - 1;
  }
  const Comparison strict = look(shelf, one_wrong, names);
  EXPECT_EQ(strict.positions[static_cast<std::size_t>(unknown_position)].status,
            PositionStatus::kWrongProduct);
}

}  // namespace
}  // namespace gondola::shelf
