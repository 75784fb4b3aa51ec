#include "gondola/train/assigner.hpp"

#include <algorithm>
#include <cmath>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gondola/core/box_iou.hpp"

namespace gondola::train {
namespace {

// Two levels of a 64-pixel picture: 8 x 8 cells of 8 pixels, 4 x 4 of 16.
const std::vector<AnchorGrid> kGrids = {{8, 8, 8}, {4, 4, 16}};
constexpr std::size_t kAnchors = 80;
constexpr int kClasses = 3;

struct Scene {
  std::vector<Box> boxes = std::vector<Box>(kAnchors, Box{0, 0, 1, 1});
  std::vector<float> scores = std::vector<float>(kAnchors * kClasses, 0.1F);
  std::vector<LabelledBox> labels;

  std::vector<Assignment> run(const AssignerOptions& options = {}) const {
    return assign(kGrids, {boxes.data(), scores.data(), kClasses}, labels, options);
  }
};

struct Point {
  float x;
  float y;
};

std::vector<Point> anchor_points() {
  std::vector<Point> points;
  for (const AnchorGrid& grid : kGrids) {
    for (int y = 0; y < grid.height; ++y) {
      for (int x = 0; x < grid.width; ++x) {
        points.push_back({(static_cast<float>(x) + 0.5F) * static_cast<float>(grid.stride),
                          (static_cast<float>(y) + 0.5F) * static_cast<float>(grid.stride)});
      }
    }
  }
  return points;
}

// The paper's procedure written out over the full matrix of objects and anchor points.
std::vector<Assignment> reference(const Scene& scene, const AssignerOptions& options) {
  const std::vector<Point> points = anchor_points();
  const std::size_t objects = scene.labels.size();
  std::vector<std::vector<float>> alignment(objects, std::vector<float>(kAnchors, -1));
  std::vector<std::vector<float>> overlap(objects, std::vector<float>(kAnchors, 0));
  std::vector<std::vector<bool>> chosen(objects, std::vector<bool>(kAnchors, false));
  for (std::size_t j = 0; j < objects; ++j) {
    const LabelledBox& label = scene.labels[j];
    for (std::size_t a = 0; a < kAnchors; ++a) {
      const Point& p = points[a];
      if (!(p.x > label.box.x1 && p.x < label.box.x2 && p.y > label.box.y1 && p.y < label.box.y2)) {
        continue;
      }
      overlap[j][a] = std::max(0.0F, ciou(scene.boxes[a], label.box));
      alignment[j][a] =
          std::pow(scene.scores[a * kClasses + static_cast<std::size_t>(label.class_id)],
                   options.alpha) *
          std::pow(overlap[j][a], options.beta);
    }
    for (int k = 0; k < options.top_k; ++k) {
      int best = -1;
      for (std::size_t a = 0; a < kAnchors; ++a) {
        if (alignment[j][a] < 0 || chosen[j][a]) continue;
        if (best < 0 || alignment[j][a] > alignment[j][static_cast<std::size_t>(best)]) {
          best = static_cast<int>(a);
        }
      }
      if (best >= 0) chosen[j][static_cast<std::size_t>(best)] = true;
    }
  }
  std::vector<Assignment> result;
  for (std::size_t a = 0; a < kAnchors; ++a) {
    int owner = -1;
    for (std::size_t j = 0; j < objects; ++j) {
      if (chosen[j][a] &&
          (owner < 0 || overlap[j][a] > overlap[static_cast<std::size_t>(owner)][a])) {
        owner = static_cast<int>(j);
      }
    }
    if (owner >= 0) result.push_back({static_cast<int>(a), owner, 0});
  }
  for (Assignment& assignment : result) {
    float top_alignment = 0;
    float top_overlap = 0;
    const auto j = static_cast<std::size_t>(assignment.label);
    for (const Assignment& other : result) {
      if (other.label != assignment.label) continue;
      top_alignment = std::max(top_alignment, alignment[j][static_cast<std::size_t>(other.anchor)]);
      top_overlap = std::max(top_overlap, overlap[j][static_cast<std::size_t>(other.anchor)]);
    }
    if (top_alignment > 0) {
      assignment.quality =
          alignment[j][static_cast<std::size_t>(assignment.anchor)] / top_alignment * top_overlap;
    }
  }
  return result;
}

TEST(Assigner, AgreesWithTheFullMatrixOnRandomScenes) {
  std::mt19937 random(5);
  std::uniform_real_distribution<float> place(0, 50);
  std::uniform_real_distribution<float> side(12, 40);
  std::uniform_real_distribution<float> jitter(-6, 6);
  std::uniform_real_distribution<float> score(0.01F, 1);
  std::uniform_int_distribution<int> class_id(0, kClasses - 1);
  const std::vector<Point> points = anchor_points();
  for (int round = 0; round < 50; ++round) {
    Scene scene;
    for (int i = 0; i < 6; ++i) {
      const float x = place(random);
      const float y = place(random);
      scene.labels.push_back({{x, y, x + side(random), y + side(random)}, class_id(random)});
    }
    for (std::size_t a = 0; a < kAnchors; ++a) {
      const Box& near = scene.labels[a % scene.labels.size()].box;
      scene.boxes[a] = {near.x1 + jitter(random), near.y1 + jitter(random),
                        near.x2 + jitter(random), near.y2 + jitter(random)};
      for (std::size_t c = 0; c < kClasses; ++c) scene.scores[a * kClasses + c] = score(random);
    }
    AssignerOptions options;
    options.top_k = 1 + round % 12;
    const std::vector<Assignment> expected = reference(scene, options);
    const std::vector<Assignment> actual = scene.run(options);
    ASSERT_EQ(actual.size(), expected.size());
    for (std::size_t i = 0; i < actual.size(); ++i) {
      EXPECT_EQ(actual[i].anchor, expected[i].anchor);
      EXPECT_EQ(actual[i].label, expected[i].label);
      EXPECT_FLOAT_EQ(actual[i].quality, expected[i].quality);
    }
  }
}

TEST(Assigner, GivesThePerfectPredictionItsOverlapAsQuality) {
  Scene scene;
  scene.labels = {{{8, 8, 24, 24}, 1}};
  // The anchor point of cell (1, 1) is at 12, 12.
  scene.boxes[9] = {8, 8, 24, 24};
  scene.scores[9 * kClasses + 1] = 0.3F;
  const auto found = scene.run();
  const auto best = std::max_element(
      found.begin(), found.end(),
      [](const Assignment& a, const Assignment& b) { return a.quality < b.quality; });
  EXPECT_EQ(best->anchor, 9);
  EXPECT_FLOAT_EQ(best->quality, 1);
}

TEST(Assigner, GivesAnObjectBetweenAnchorPointsTheNearestOfTheFinestLevel) {
  Scene scene;
  // No cell centre (4, 12, 20, ... and 8, 24, ...) lies in 13..18; its centre falls into cell (1,
  // 1).
  scene.labels = {{{13, 13, 18, 18}, 0}};
  const auto found = scene.run();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].anchor, 8 + 1);
}

TEST(Assigner, AssignsWithoutQualityWhereNothingOverlapsYet) {
  Scene scene;
  scene.labels = {{{30, 30, 60, 60}, 0}};
  scene.boxes.assign(kAnchors, Box{0, 0, 2, 2});
  const auto found = scene.run();
  ASSERT_EQ(found.size(), 10U);
  for (const Assignment& assignment : found) EXPECT_EQ(assignment.quality, 0);
}

TEST(Assigner, FindsNothingForNoObjects) { EXPECT_TRUE(Scene().run().empty()); }

}  // namespace
}  // namespace gondola::train
