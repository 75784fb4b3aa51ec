#include "gondola/nn/candidates.hpp"

#include <cmath>
#include <limits>
#include <random>

#include <gtest/gtest.h>

#include "gondola/core/error.hpp"

namespace gondola::nn {
namespace {

// Boxes and classes apart, each cell followed by padding that must not be read as logits.
struct Maps {
  Maps(int rows, int columns, int bin_count, int classes)
      : height(rows),
        width(columns),
        reg_max(bin_count),
        class_count(classes),
        box_step(4 * bin_count + 3),
        class_step(classes + 5),
        boxes(cells() * static_cast<std::size_t>(box_step), 1e9F),
        logits(cells() * static_cast<std::size_t>(class_step), 1e9F) {}

  std::size_t cells() const { return static_cast<std::size_t>(height * width); }
  float& bin(int row, int column, int side, int index) {
    return boxes[static_cast<std::size_t>((row * width + column) * box_step + side * reg_max +
                                          index)];
  }
  float& logit(int row, int column, int class_id) {
    return logits[static_cast<std::size_t>((row * width + column) * class_step + class_id)];
  }
  void fill(float bin_value, float logit_value) {
    for (int row = 0; row < height; ++row) {
      for (int column = 0; column < width; ++column) {
        for (int side = 0; side < 4; ++side) {
          for (int k = 0; k < reg_max; ++k) bin(row, column, side, k) = bin_value;
        }
        for (int c = 0; c < class_count; ++c) logit(row, column, c) = logit_value;
      }
    }
  }
  LevelLogits level(int stride) const {
    return {boxes.data(), logits.data(), height, width, stride, box_step, class_step};
  }

  int height, width, reg_max, class_count, box_step, class_step;
  std::vector<float> boxes;
  std::vector<float> logits;
};

TEST(Candidates, GiveTheHandWorkedBoxFromPaddedCells) {
  Maps maps(2, 3, 4, 2);
  maps.fill(-60, -60);
  // Row 1, column 2: left 1, top 0, right 3, and below evenly 0 to 3, whose mean is 1.5 cells.
  maps.bin(1, 2, 0, 1) = 60;
  maps.bin(1, 2, 1, 0) = 60;
  maps.bin(1, 2, 2, 3) = 60;
  maps.logit(1, 2, 1) = 1;
  CandidateOptions options;
  options.class_count = 2;
  options.reg_max = 4;
  const auto found = select_candidates({maps.level(8)}, options);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].class_id, 1);
  EXPECT_NEAR(found[0].score, 1 / (1 + std::exp(-1.0)), 1e-6);
  // The anchor point is (2.5, 1.5) cells of 8 pixels.
  EXPECT_NEAR(found[0].box.x1, 1.5 * 8, 1e-4);
  EXPECT_NEAR(found[0].box.y1, 1.5 * 8, 1e-4);
  EXPECT_NEAR(found[0].box.x2, 5.5 * 8, 1e-4);
  EXPECT_NEAR(found[0].box.y2, 3.0 * 8, 1e-4);
}

TEST(Candidates, AreExactlyTheScoresAboveTheThreshold) {
  std::mt19937 generator(5);
  std::normal_distribution<float> normal(0, 2);
  Maps maps(9, 7, 3, 37);
  for (float& value : maps.boxes) value = normal(generator);
  for (float& value : maps.logits) value = normal(generator);
  for (const bool multi_label : {false, true}) {
    for (const float threshold : {0.0F, 0.5F, 0.97F}) {
      CandidateOptions options;
      options.class_count = 37;
      options.reg_max = 3;
      options.score_threshold = threshold;
      options.multi_label = multi_label;
      std::vector<std::pair<float, int>> expected;
      for (int row = 0; row < 9; ++row) {
        for (int column = 0; column < 7; ++column) {
          int best = 0;
          for (int c = 1; c < 37; ++c) {
            if (maps.logit(row, column, c) > maps.logit(row, column, best)) best = c;
          }
          for (int c = 0; c < 37; ++c) {
            const float score = 1 / (1 + std::exp(-maps.logit(row, column, c)));
            if ((multi_label || c == best) && score > threshold) expected.emplace_back(score, c);
          }
        }
      }
      const auto found = select_candidates({maps.level(16)}, options);
      ASSERT_EQ(found.size(), expected.size());
      for (std::size_t i = 0; i < found.size(); ++i) {
        EXPECT_EQ(found[i].class_id, expected[i].second);
        EXPECT_FLOAT_EQ(found[i].score, expected[i].first);
      }
    }
  }
}

TEST(Candidates, NanAmongTheClassesHidesOnlyItself) {
  Maps maps(1, 1, 4, 3);
  maps.fill(0, std::numeric_limits<float>::quiet_NaN());
  CandidateOptions options;
  options.class_count = 3;
  options.reg_max = 4;
  EXPECT_TRUE(select_candidates({maps.level(8)}, options).empty());
  maps.logit(0, 0, 1) = 2;
  const auto found = select_candidates({maps.level(8)}, options);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].class_id, 1);
}

}  // namespace
}  // namespace gondola::nn
