#include "gondola/nn/candidates.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>

#include "gondola/core/error.hpp"

namespace gondola::nn {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

float sigmoid(float logit) { return 1.0F / (1.0F + std::exp(-logit)); }

/// Expectation of a softmax over the bins 0..bins-1.
float expected_distance(const float* logits, int bins) {
  const float largest = *std::max_element(logits, logits + bins);
  float weight_sum = 0;
  float value_sum = 0;
  for (int bin = 0; bin < bins; ++bin) {
    const float weight = std::exp(logits[bin] - largest);
    weight_sum += weight;
    value_sum += weight * static_cast<float>(bin);
  }
  return value_sum / weight_sum;
}

/// Whether any of the values reaches the bound; NaN does not. Without an early exit, so that the
/// compiler makes vectors of it.
bool any_reaches(const float* values, int count, float bound) {
  int reached = 0;
  for (int i = 0; i < count; ++i) reached |= static_cast<int>(values[i] >= bound);
  return reached != 0;
}

/// The first of the greatest values; NaN counts as less than everything.
int first_greatest(const float* values, int count) {
  int best = 0;
  float greatest = -kInfinity;
  for (int i = 0; i < count; ++i) {
    if (values[i] > greatest) {
      greatest = values[i];
      best = i;
    }
  }
  return best;
}

Box box_of(const LevelLogits& level, int row, int column, const float* bins, int reg_max) {
  const float x = static_cast<float>(column) + 0.5F;
  const float y = static_cast<float>(row) + 0.5F;
  const auto distance = [&](int side) { return expected_distance(bins + side * reg_max, reg_max); };
  const auto stride = static_cast<float>(level.stride);
  return {(x - distance(0)) * stride, (y - distance(1)) * stride, (x + distance(2)) * stride,
          (y + distance(3)) * stride};
}

/// The sigmoid's inverse at the threshold, a little low: what is below it is turned away without
/// computing a sigmoid, and the exact comparison follows on the score itself.
float logit_bound(float threshold) {
  if (threshold <= 0) return -kInfinity;
  if (threshold >= 1) return kInfinity;
  return std::log(threshold / (1 - threshold)) - 1e-3F;
}

class Selection {
 public:
  explicit Selection(const CandidateOptions& options)
      : options_(options),
        bound_(logit_bound(options.score_threshold)),
        wanted_(static_cast<std::size_t>(options.class_count), options.classes.empty()) {
    for (const int class_id : options.classes) {
      GONDOLA_EXPECTS(class_id >= 0 && class_id < options.class_count, "select_candidates: class ",
                      class_id, " of ", options.class_count);
      wanted_[static_cast<std::size_t>(class_id)] = true;
    }
  }

  void add_level(const LevelLogits& level) {
    const float* classes = level.classes;
    const float* boxes = level.boxes;
    for (int row = 0; row < level.height; ++row) {
      for (int column = 0; column < level.width; ++column) {
        if (any_reaches(classes, options_.class_count, bound_)) {
          add_cell(classes, [&] { return box_of(level, row, column, boxes, options_.reg_max); });
        }
        classes += level.class_step;
        boxes += level.box_step;
      }
    }
  }

  std::vector<Detection> take() { return std::move(found_); }

 private:
  template <typename MakeBox>
  void add_cell(const float* logits, const MakeBox& make_box) {
    if (!options_.multi_label) {
      const int best = first_greatest(logits, options_.class_count);
      const float score = sigmoid(logits[best]);
      if (score > options_.score_threshold && is_wanted(best)) {
        found_.push_back({make_box(), score, best});
      }
      return;
    }
    const Box box = make_box();
    for (int class_id = 0; class_id < options_.class_count; ++class_id) {
      const float logit = logits[class_id];
      if (!(logit >= bound_) || !is_wanted(class_id)) continue;
      const float score = sigmoid(logit);
      if (score > options_.score_threshold) found_.push_back({box, score, class_id});
    }
  }

  bool is_wanted(int class_id) const { return wanted_[static_cast<std::size_t>(class_id)]; }

  const CandidateOptions& options_;
  float bound_;
  std::vector<bool> wanted_;
  std::vector<Detection> found_;
};

}  // namespace

std::vector<Detection> select_candidates(const std::vector<LevelLogits>& levels,
                                         const CandidateOptions& options) {
  GONDOLA_EXPECTS(options.class_count > 0 && options.reg_max > 0,
                  "select_candidates: class_count = ", options.class_count,
                  ", reg_max = ", options.reg_max);
  Selection selection(options);
  for (const LevelLogits& level : levels) selection.add_level(level);
  return selection.take();
}

}  // namespace gondola::nn
