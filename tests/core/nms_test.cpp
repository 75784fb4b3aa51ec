#include "gondola/core/nms.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gondola/core/box_iou.hpp"
#include "gondola/core/error.hpp"

namespace gondola {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kMax = std::numeric_limits<float>::max();

// The reference: every method as its definition reads, comparing everything with everything.

double length_shared(double a1, double a2, double b1, double b2) {
  return std::max(0.0, std::min(a2, b2) - std::max(a1, b1));
}

float reference_iou(const Box& a, const Box& b) {
  const double shared =
      length_shared(a.x1, a.x2, b.x1, b.x2) * length_shared(a.y1, a.y2, b.y1, b.y2);
  const double area_a = (double{a.x2} - a.x1) * (double{a.y2} - a.y1);
  const double area_b = (double{b.x2} - b.x1) * (double{b.y2} - b.y1);
  return static_cast<float>(shared / (area_a + area_b - shared));
}

std::vector<Detection> reference_order(const std::vector<Detection>& candidates) {
  std::vector<Detection> sorted;
  for (const Detection& d : candidates) {
    const bool finite = std::isfinite(d.box.x1) && std::isfinite(d.box.y1) &&
                        std::isfinite(d.box.x2) && std::isfinite(d.box.y2) &&
                        std::isfinite(d.score);
    if (finite && d.box.x1 < d.box.x2 && d.box.y1 < d.box.y2) sorted.push_back(d);
  }
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Detection& a, const Detection& b) { return a.score > b.score; });
  return sorted;
}

bool compete(const Detection& a, const Detection& b, const NmsOptions& options) {
  return options.class_agnostic || a.class_id == b.class_id;
}

std::vector<Detection> reference_greedy(const std::vector<Detection>& candidates,
                                        const NmsOptions& options) {
  std::vector<Detection> kept;
  for (const Detection& candidate : reference_order(candidates)) {
    const bool removed = std::any_of(kept.begin(), kept.end(), [&](const Detection& k) {
      const float overlap = options.method == NmsMethod::kDiou
                                ? diou(k.box, candidate.box)
                                : reference_iou(k.box, candidate.box);
      return compete(k, candidate, options) && overlap > options.iou_threshold;
    });
    if (!removed) kept.push_back(candidate);
  }
  return kept;
}

std::vector<Detection> reference_merge(const std::vector<Detection>& candidates,
                                       const NmsOptions& options) {
  std::vector<Detection> kept;
  std::vector<std::vector<Detection>> groups;
  for (const Detection& candidate : reference_order(candidates)) {
    std::size_t nearest = kept.size();
    float highest = options.iou_threshold;
    for (std::size_t i = 0; i < kept.size(); ++i) {
      const float overlap = reference_iou(kept[i].box, candidate.box);
      if (compete(kept[i], candidate, options) && overlap > highest) {
        highest = overlap;
        nearest = i;
      }
    }
    if (nearest == kept.size()) {
      kept.push_back(candidate);
      groups.emplace_back();
    }
    groups[nearest].push_back(candidate);
  }
  for (std::size_t i = 0; i < kept.size(); ++i) {
    const auto mean = [&](float Box::*corner) {
      double sum = 0;
      double weights = 0;
      for (const Detection& member : groups[i]) {
        const double weight = std::max(0.0F, member.score);
        sum += weight * member.box.*corner;
        weights += weight;
      }
      return weights > 0 ? static_cast<float>(sum / weights) : kept[i].box.*corner;
    };
    kept[i].box = {mean(&Box::x1), mean(&Box::y1), mean(&Box::x2), mean(&Box::y2)};
  }
  return kept;
}

std::vector<Detection> reference_soft(const std::vector<Detection>& candidates,
                                      const NmsOptions& options) {
  std::vector<Detection> waiting = reference_order(candidates);
  std::vector<std::size_t> input_place;
  for (const Detection& d : waiting) {
    // Equal detections are interchangeable, so the first one not used yet will do.
    std::size_t place = 0;
    while (candidates[place] != d ||
           std::count(input_place.begin(), input_place.end(), place) != 0) {
      ++place;
    }
    input_place.push_back(place);
  }
  std::vector<Detection> results;
  while (true) {
    for (std::size_t i = waiting.size(); i-- > 0;) {
      if (waiting[i].score >= options.soft_score_threshold) continue;
      waiting.erase(waiting.begin() + std::ptrdiff_t(i));
      input_place.erase(input_place.begin() + std::ptrdiff_t(i));
    }
    if (waiting.empty()) return results;
    std::size_t best = 0;
    for (std::size_t i = 1; i < waiting.size(); ++i) {
      const bool first =
          waiting[i].score == waiting[best].score && input_place[i] < input_place[best];
      if (waiting[i].score > waiting[best].score || first) best = i;
    }
    const Detection kept = waiting[best];
    results.push_back(kept);
    waiting.erase(waiting.begin() + std::ptrdiff_t(best));
    input_place.erase(input_place.begin() + std::ptrdiff_t(best));
    for (Detection& other : waiting) {
      if (!compete(kept, other, options)) continue;
      const float overlap = reference_iou(kept.box, other.box);
      if (options.method == NmsMethod::kSoftGaussian) {
        other.score *= std::exp(-overlap * overlap / options.soft_sigma);
      } else if (overlap > options.iou_threshold) {
        other.score *= 1 - overlap;
      }
    }
  }
}

std::vector<Detection> reference_nms(const std::vector<Detection>& candidates,
                                     const NmsOptions& options) {
  std::vector<Detection> results;
  switch (options.method) {
    case NmsMethod::kGreedy:
    case NmsMethod::kDiou:
      results = reference_greedy(candidates, options);
      break;
    case NmsMethod::kMerge:
      results = reference_merge(candidates, options);
      break;
    case NmsMethod::kSoftGaussian:
    case NmsMethod::kSoftLinear:
      results = reference_soft(candidates, options);
      break;
  }
  if (options.max_detections != 0 && results.size() > options.max_detections) {
    results.resize(options.max_detections);
  }
  return results;
}

// Candidates of every kind.

using Random = std::mt19937;

float uniform(Random& random, float from, float to) {
  return std::uniform_real_distribution<float>(from, to)(random);
}

int whole(Random& random, int from, int to) {
  return std::uniform_int_distribution<int>(from, to)(random);
}

/// Small whole coordinates: equal boxes, touching ones and overlaps exactly at a threshold abound.
Box grid_box(Random& random) {
  const int x = whole(random, 0, 12);
  const int y = whole(random, 0, 12);
  return {static_cast<float>(x), static_cast<float>(y), static_cast<float>(x + whole(random, 1, 6)),
          static_cast<float>(y + whole(random, 1, 6))};
}

/// Jittered copies of a few products side by side.
Box shelf_box(Random& random) {
  const auto x = static_cast<float>(whole(random, 0, 5)) * 40;
  const auto y = static_cast<float>(whole(random, 0, 2)) * 90;
  const auto jitter = [&] { return uniform(random, -4, 4); };
  return {x + jitter(), y + jitter(), x + 40 + jitter(), y + 90 + jitter()};
}

/// Sides from a thousandth of a pixel to a million pixels, around the same few places.
Box any_scale_box(Random& random) {
  const float width = std::exp2(uniform(random, -10, 20));
  const float height = std::exp2(uniform(random, -10, 20));
  const float x = uniform(random, -1, 1) * (whole(random, 0, 1) == 0 ? 1.0F : 1e5F);
  const float y = uniform(random, -1, 1);
  return {x - width / 2, y - height / 2, x + width / 2, y + height / 2};
}

/// Near-copies over all scales, so that overlaps near every threshold happen at each of them.
Box scaled_copy_box(Random& random) {
  const float scale = std::exp2(static_cast<float>(whole(random, -30, 60)));
  const auto jitter = [&] { return uniform(random, -0.25F, 0.25F); };
  const float shift = uniform(random, -1, 1) < 0 ? 0.0F : 1000.0F;
  return {scale * (shift + jitter()), scale * (shift + jitter()), scale * (shift + 1 + jitter()),
          scale * (shift + 1 + jitter())};
}

/// The ends of what a float can hold.
Box extreme_box(Random& random) {
  const std::vector<float> ends = {-kMax, -kMax / 2, -1, 0, 1e-38F, 1, kMax / 2, kMax};
  const auto draw = [&] { return ends[static_cast<std::size_t>(whole(random, 0, 7))]; };
  return {draw(), draw(), draw(), draw()};
}

Box broken_box(Random& random) {
  Box box = grid_box(random);
  float* const corners[] = {&box.x1, &box.y1, &box.x2, &box.y2};
  const float bad[] = {kNan, kInf, -kInf, 6.0F};  // 6 may invert it
  *corners[whole(random, 0, 3)] = bad[whole(random, 0, 3)];
  return box;
}

std::vector<Detection> draw_candidates(Random& random, int count) {
  const std::vector<std::function<Box(Random&)>> kinds = {
      grid_box, shelf_box, any_scale_box, scaled_copy_box, extreme_box, broken_box};
  // Mostly one kind, sometimes all together.
  const int kind = whole(random, 0, 7);
  const int classes = whole(random, 1, 4);
  const bool many_ties = whole(random, 0, 1) == 0;
  std::vector<Detection> candidates;
  for (int i = 0; i < count; ++i) {
    const int own_kind = kind < 6 ? kind : whole(random, 0, 5);
    float score = many_ties ? static_cast<float>(whole(random, 0, 4)) / 4 : uniform(random, 0, 1);
    if (whole(random, 0, 30) == 0) score = kNan;
    if (whole(random, 0, 30) == 0) score = -score;
    candidates.push_back(
        {kinds[static_cast<std::size_t>(own_kind)](random), score, whole(random, -1, classes - 2)});
  }
  return candidates;
}

NmsOptions draw_options(Random& random, NmsMethod method) {
  const std::vector<float> thresholds = {0,     0.01F, 1.0F / 16, 0.1F, 0.2F,  0.25F, 1.0F / 3,
                                         0.45F, 0.5F,  0.6F,      0.7F, 0.75F, 0.9F,  1};
  NmsOptions options;
  options.method = method;
  options.iou_threshold = thresholds[static_cast<std::size_t>(
      whole(random, 0, static_cast<int>(thresholds.size()) - 1))];
  options.class_agnostic = whole(random, 0, 2) == 0;
  options.max_detections = static_cast<std::size_t>(std::max(0, whole(random, -10, 10)));
  options.soft_sigma = uniform(random, 0.1F, 2);
  options.soft_score_threshold = uniform(random, 0, 0.3F);
  return options;
}

void expect_reference(NmsMethod method, unsigned seeds, int most_candidates) {
  for (unsigned seed = 0; seed < seeds; ++seed) {
    Random random(seed);
    const std::vector<Detection> candidates =
        draw_candidates(random, whole(random, 0, most_candidates));
    const NmsOptions options = draw_options(random, method);
    ASSERT_EQ(nms(candidates, options), reference_nms(candidates, options))
        << "seed " << seed << ", threshold " << options.iou_threshold << ", " << candidates.size()
        << " candidates";
  }
}

TEST(NmsAgainstReference, Greedy) { expect_reference(NmsMethod::kGreedy, 20000, 60); }
TEST(NmsAgainstReference, Diou) { expect_reference(NmsMethod::kDiou, 10000, 60); }
TEST(NmsAgainstReference, Merge) { expect_reference(NmsMethod::kMerge, 10000, 60); }
TEST(NmsAgainstReference, SoftGaussian) { expect_reference(NmsMethod::kSoftGaussian, 5000, 40); }
TEST(NmsAgainstReference, SoftLinear) { expect_reference(NmsMethod::kSoftLinear, 5000, 40); }

TEST(NmsAgainstReference, ManyCandidates) {
  for (const NmsMethod method : {NmsMethod::kGreedy, NmsMethod::kDiou, NmsMethod::kMerge}) {
    expect_reference(method, 60, 2000);
  }
}

// Rules, one by one.

Detection detection(Box box, float score, int class_id = 0) { return {box, score, class_id}; }

TEST(Nms, RemovesTheLowerScoreOfTwoOnTheSameObject) {
  // Shared 9x10 of 10x10 each: IoU 90 / 110 = 0.82.
  const Detection better = detection({1, 0, 11, 10}, 0.9F);
  const Detection worse = detection({0, 0, 10, 10}, 0.8F);
  EXPECT_THAT(nms({worse, better}), ElementsAre(better));
}

TEST(Nms, KeepsBoxExactlyAtThreshold) {
  // 7 of 10 and 10 of 10 in a row: IoU 7 / 10, and 0.7F is what that rounds to.
  const Detection longer = detection({0, 0, 10, 1}, 0.9F);
  const Detection shorter = detection({0, 0, 7, 1}, 0.8F);
  NmsOptions options;
  options.iou_threshold = 0.7F;
  EXPECT_THAT(nms({longer, shorter}, options), ElementsAre(longer, shorter));
  options.iou_threshold = std::nextafter(0.7F, 0.0F);
  EXPECT_THAT(nms({longer, shorter}, options), ElementsAre(longer));
}

TEST(Nms, SortsByScoreThenInputOrder) {
  const Detection a = detection({0, 0, 1, 1}, 0.5F);
  const Detection b = detection({10, 0, 11, 1}, 0.9F);
  const Detection c = detection({20, 0, 21, 1}, 0.5F);
  EXPECT_THAT(nms({a, b, c}), ElementsAre(b, a, c));
  EXPECT_THAT(nms({c, b, a}), ElementsAre(b, c, a));
}

TEST(Nms, KeepsTheFirstOfEqualScores) {
  const Detection first = detection({0, 0, 10, 10}, 0.5F);
  const Detection second = detection({0, 0, 10, 9}, 0.5F);
  EXPECT_THAT(nms({first, second}), ElementsAre(first));
  EXPECT_THAT(nms({second, first}), ElementsAre(second));
  // -0 and 0 are equal.
  const Detection zero = detection({0, 0, 10, 10}, 0.0F);
  const Detection minus_zero = detection({0, 0, 10, 9}, -0.0F);
  EXPECT_THAT(nms({minus_zero, zero}), ElementsAre(minus_zero));
}

TEST(Nms, ARemovedBoxRemovesNothing) {
  // In a row of three, each overlaps the next by 8 / 12 = 0.67, the outer two by 6 / 14 = 0.43.
  const Detection left = detection({0, 0, 10, 1}, 0.9F);
  const Detection middle = detection({2, 0, 12, 1}, 0.8F);
  const Detection right = detection({4, 0, 14, 1}, 0.7F);
  NmsOptions options;
  options.iou_threshold = 0.5F;
  EXPECT_THAT(nms({left, middle, right}, options), ElementsAre(left, right));
}

TEST(Nms, KeepsClassesApartUnlessAgnostic) {
  const Detection can = detection({0, 0, 10, 10}, 0.9F, 0);
  const Detection bottle = detection({0, 0, 10, 10}, 0.8F, 1);
  NmsOptions options;
  EXPECT_THAT(nms({can, bottle}, options), ElementsAre(can, bottle));
  options.class_agnostic = true;
  EXPECT_THAT(nms({can, bottle}, options), ElementsAre(can));
}

TEST(Nms, KeepsAnyNumberOfClassesApart) {
  // Ids that differ in their upper bits only, so that a hash of them must not be all that is asked.
  std::vector<Detection> candidates;
  for (int i = -1000; i < 1000; ++i)
    candidates.push_back(detection({0, 0, 10, 10}, 0.5F, i * 65536));
  EXPECT_EQ(nms(candidates), candidates);
  const std::vector<Detection> again = candidates;
  candidates.insert(candidates.end(), again.begin(), again.end());
  EXPECT_EQ(nms(candidates).size(), candidates.size() / 2);
}

TEST(Nms, FindsTheFarthestPartnersOfABox) {
  // A box at the end of a longer one, or beside an equal one, with an IoU just above the threshold,
  // at any place relative to a grid: as far from each other as two centres can be.
  Random random(3);
  for (int i = 0; i < 20000; ++i) {
    const float threshold = uniform(random, 0.05F, 0.95F);
    const float side = std::exp2(uniform(random, -8, 12));
    const float start = uniform(random, -20, 20) * side;
    const bool inside = whole(random, 0, 1) == 0;
    const float factor = threshold * 1.001F;
    // Inside: IoU = side / longer. Beside: IoU = (side - shift) / (side + shift).
    const float longer = inside ? side / factor : side;
    const float shift = inside ? longer - side : side * (1 - factor) / (1 + factor);
    const Box a{start, start, start + longer, start + side};
    const Box b{start + shift, start, start + shift + side, start + side};
    NmsOptions options;
    options.iou_threshold = threshold;
    ASSERT_GT(iou(a, b), threshold);
    for (const auto& [one, other] : {std::pair(a, b), std::pair(b, a)}) {
      const Box tall_one{one.y1, one.x1, one.y2, one.x2};
      const Box tall_other{other.y1, other.x1, other.y2, other.x2};
      ASSERT_EQ(nms({detection(one, 0.9F), detection(other, 0.8F)}, options).size(), 1U);
      ASSERT_EQ(nms({detection(tall_one, 0.9F), detection(tall_other, 0.8F)}, options).size(), 1U);
    }
  }
}

TEST(Nms, DropsWhatIsNotABoxOrHasNoScore) {
  const Detection good = detection({0, 0, 10, 10}, 0.5F);
  const std::vector<Detection> candidates = {detection({kNan, 0, 10, 10}, 0.9F),
                                             detection({0, 0, kInf, 10}, 0.9F),
                                             detection({10, 0, 0, 10}, 0.9F),
                                             detection({0, 0, 10, 0}, 0.9F),
                                             detection({0, 0, 10, 10}, kNan),
                                             detection({0, 0, 10, 10}, kInf),
                                             good};
  for (const std::string& name : nms_method_names()) {
    NmsOptions options;
    options.method = *nms_method_from_name(name);
    EXPECT_THAT(nms(candidates, options), ElementsAre(good)) << name;
  }
}

TEST(Nms, TakesNoCandidates) {
  for (const std::string& name : nms_method_names()) {
    NmsOptions options;
    options.method = *nms_method_from_name(name);
    EXPECT_THAT(nms({}, options), IsEmpty()) << name;
  }
}

TEST(Nms, CapsNothingUnlessAsked) {
  std::vector<Detection> candidates;
  for (int i = 0; i < 50000; ++i) {
    const auto x = static_cast<float>(i);
    candidates.push_back(detection({x, 0, x + 1, 1}, 0.5F));
  }
  EXPECT_EQ(nms(candidates), candidates);
  NmsOptions options;
  options.max_detections = 300;
  EXPECT_EQ(nms(candidates, options),
            std::vector<Detection>(candidates.begin(), candidates.begin() + 300));
}

TEST(Nms, IsIdempotent) {
  Random random(5);
  for (const NmsMethod method : {NmsMethod::kGreedy, NmsMethod::kDiou}) {
    NmsOptions options;
    options.method = method;
    const std::vector<Detection> once = nms(draw_candidates(random, 500), options);
    EXPECT_EQ(nms(once, options), once);
  }
}

TEST(Nms, DiouSparesNeighboursThatGreedyRemoves) {
  // 10x10 boxes shifted by 2: IoU 80 / 120 = 0.667; centres 2 apart, hull 12x10:
  // DIoU = 0.667 - 4 / 244 = 0.650.
  const Detection a = detection({0, 0, 10, 10}, 0.9F);
  const Detection b = detection({2, 0, 12, 10}, 0.8F);
  NmsOptions options;
  options.iou_threshold = 0.66F;
  EXPECT_THAT(nms({a, b}, options), ElementsAre(a));
  options.method = NmsMethod::kDiou;
  EXPECT_THAT(nms({a, b}, options), ElementsAre(a, b));
  options.iou_threshold = 0.64F;
  EXPECT_THAT(nms({a, b}, options), ElementsAre(a));
}

TEST(Nms, SoftGaussianDecaysByTheSquareOfTheOverlap) {
  // IoU 80 / 120 = 2/3: 0.8 * exp(-(4/9) / 0.5) = 0.8 * exp(-8/9).
  NmsOptions options;
  options.method = NmsMethod::kSoftGaussian;
  const std::vector<Detection> results =
      nms({detection({0, 0, 10, 10}, 0.9F), detection({2, 0, 12, 10}, 0.8F)}, options);
  ASSERT_EQ(results.size(), 2U);
  EXPECT_EQ(results[0].score, 0.9F);
  EXPECT_NEAR(results[1].score, 0.8 * std::exp(-8.0 / 9), 1e-6);
}

TEST(Nms, SoftLinearDecaysOnlyAboveTheThreshold) {
  // IoU 2/3: 0.8 * 1/3.
  NmsOptions options;
  options.method = NmsMethod::kSoftLinear;
  options.iou_threshold = 0.6F;
  const std::vector<Detection> candidates = {detection({0, 0, 10, 10}, 0.9F),
                                             detection({2, 0, 12, 10}, 0.8F)};
  EXPECT_NEAR(nms(candidates, options).at(1).score, 0.8 / 3, 1e-6);
  options.iou_threshold = 0.7F;
  EXPECT_EQ(nms(candidates, options).at(1).score, 0.8F);
}

TEST(Nms, SoftReordersByDecayedScore) {
  // The second falls to 0.33, below the third, which stands alone.
  const Detection alone = detection({50, 0, 60, 10}, 0.5F);
  NmsOptions options;
  options.method = NmsMethod::kSoftGaussian;
  const std::vector<Detection> results =
      nms({detection({0, 0, 10, 10}, 0.9F), detection({2, 0, 12, 10}, 0.8F), alone}, options);
  ASSERT_EQ(results.size(), 3U);
  EXPECT_EQ(results[1], alone);
}

TEST(Nms, SoftDropsWhatFallsBelowItsThreshold) {
  NmsOptions options;
  options.method = NmsMethod::kSoftGaussian;
  options.soft_score_threshold = 0.4F;  // 0.8 * exp(-8/9) = 0.33
  const std::vector<Detection> candidates = {
      detection({0, 0, 10, 10}, 0.9F), detection({2, 0, 12, 10}, 0.8F),
      detection({50, 0, 60, 10}, 0.39F), detection({70, 0, 80, 10}, 0.4F)};
  EXPECT_THAT(nms(candidates, options), ElementsAre(candidates[0], candidates[3]));
}

TEST(Nms, MergeAveragesByScoreAndKeepsTheBestScore) {
  // Corners weighted 0.75 : 0.25. x1: 0.25 * 1 = 0.25; x2: 0.75 * 10 + 0.25 * 11 = 10.25.
  NmsOptions options;
  options.method = NmsMethod::kMerge;
  const std::vector<Detection> results =
      nms({detection({0, 0, 10, 10}, 0.75F, 3), detection({1, 0, 11, 10}, 0.25F, 3)}, options);
  EXPECT_THAT(results, ElementsAre(detection({0.25F, 0, 10.25F, 10}, 0.75F, 3)));
}

TEST(Nms, MergeJoinsTheNearestKeptBox) {
  // Both kept boxes remove the third (IoU 0.5 with the first, 8/9 with the second): it belongs to
  // the second, whose right side moves to (0.5 * 18 + 0.5 * 16) / 1 = 17.
  NmsOptions options;
  options.method = NmsMethod::kMerge;
  options.iou_threshold = 0.45F;
  const std::vector<Detection> results =
      nms({detection({0, 0, 8, 1}, 0.9F), detection({0, 0, 18, 1}, 0.5F),
           detection({0, 0, 16, 1}, 0.5F)},
          options);
  EXPECT_THAT(results, ElementsAre(detection({0, 0, 8, 1}, 0.9F), detection({0, 0, 17, 1}, 0.5F)));
}

TEST(Nms, MergeLeavesTheBoxWhereNoScoreIsPositive) {
  NmsOptions options;
  options.method = NmsMethod::kMerge;
  EXPECT_THAT(nms({detection({0, 0, 10, 10}, 0), detection({1, 0, 11, 10}, -0.5F)}, options),
              ElementsAre(detection({0, 0, 10, 10}, 0)));
}

TEST(Nms, NamesItsMethods) {
  EXPECT_EQ(nms_method_from_name("greedy"), NmsMethod::kGreedy);
  EXPECT_EQ(nms_method_from_name("soft"), NmsMethod::kSoftGaussian);
  EXPECT_EQ(nms_method_from_name("soft-linear"), NmsMethod::kSoftLinear);
  EXPECT_EQ(nms_method_from_name("diou"), NmsMethod::kDiou);
  EXPECT_EQ(nms_method_from_name("merge"), NmsMethod::kMerge);
  EXPECT_EQ(nms_method_from_name("Greedy"), std::nullopt);
  EXPECT_EQ(nms_method_from_name(""), std::nullopt);
  EXPECT_EQ(nms_method_names().size(), 5U);
  for (const std::string& name : nms_method_names()) {
    EXPECT_EQ(name_of(*nms_method_from_name(name)), name);
  }
}

TEST(Nms, RefusesOptionsOutOfRange) {
  for (const float threshold : {-0.1F, 1.1F, kNan}) {
    NmsOptions options;
    options.iou_threshold = threshold;
    EXPECT_THROW(nms({}, options), ContractViolation);
  }
  for (const float sigma : {0.0F, -1.0F, kNan}) {
    NmsOptions options;
    options.soft_sigma = sigma;
    EXPECT_THROW(nms({}, options), ContractViolation);
  }
  NmsOptions options;
  options.soft_score_threshold = -0.1F;
  EXPECT_THROW(nms({}, options), ContractViolation);
}

}  // namespace
}  // namespace gondola
