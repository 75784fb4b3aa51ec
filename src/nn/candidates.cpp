#include "gondola/nn/candidates.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

#include "gondola/core/error.hpp"

namespace gondola::nn {
namespace {

float sigmoid(float logit) { return 1.0F / (1.0F + std::exp(-logit)); }

// Expectation of a softmax over the bins 0..reg_max-1, whose logits lie `plane` floats apart.
float expected_distance(const float* logits, std::size_t plane, int reg_max) {
  float largest = logits[0];
  for (int bin = 1; bin < reg_max; ++bin) {
    largest = std::max(largest, logits[static_cast<std::size_t>(bin) * plane]);
  }
  float weight_sum = 0;
  float value_sum = 0;
  for (int bin = 0; bin < reg_max; ++bin) {
    const float weight = std::exp(logits[static_cast<std::size_t>(bin) * plane] - largest);
    weight_sum += weight;
    value_sum += weight * static_cast<float>(bin);
  }
  return value_sum / weight_sum;
}

class LevelDecoder {
 public:
  LevelDecoder(const LevelLogits& level, const CandidateOptions& options)
      : level_(level),
        options_(options),
        plane_(static_cast<std::size_t>(level.height) * static_cast<std::size_t>(level.width)),
        class_logits_(level.data + 4 * static_cast<std::size_t>(options.reg_max) * plane_) {}

  std::size_t cells() const { return plane_; }

  float class_logit(std::size_t cell, int class_id) const {
    return class_logits_[static_cast<std::size_t>(class_id) * plane_ + cell];
  }

  const float* class_plane(int class_id) const {
    return class_logits_ + static_cast<std::size_t>(class_id) * plane_;
  }

  Box box(std::size_t cell) const {
    const auto width = static_cast<std::size_t>(level_.width);
    const float x = static_cast<float>(cell % width) + 0.5F;
    const float y = static_cast<float>(cell / width) + 0.5F;
    const auto distance = [&](std::size_t side) {
      const std::size_t first = side * static_cast<std::size_t>(options_.reg_max);
      return expected_distance(level_.data + first * plane_ + cell, plane_, options_.reg_max);
    };
    const auto stride = static_cast<float>(level_.stride);
    return {(x - distance(0)) * stride, (y - distance(1)) * stride, (x + distance(2)) * stride,
            (y + distance(3)) * stride};
  }

 private:
  const LevelLogits& level_;
  const CandidateOptions& options_;
  std::size_t plane_;
  const float* class_logits_;
};

}  // namespace

std::vector<Detection> select_candidates(const std::vector<LevelLogits>& levels,
                                         const CandidateOptions& options) {
  GONDOLA_EXPECTS(options.class_count > 0 && options.reg_max > 0,
                  "select_candidates: class_count = ", options.class_count,
                  ", reg_max = ", options.reg_max);
  std::vector<bool> wanted(static_cast<std::size_t>(options.class_count), options.classes.empty());
  for (const int class_id : options.classes) {
    GONDOLA_EXPECTS(class_id >= 0 && class_id < options.class_count, "select_candidates: class ",
                    class_id, " of ", options.class_count);
    wanted[static_cast<std::size_t>(class_id)] = true;
  }
  const auto is_wanted = [&](int class_id) { return wanted[static_cast<std::size_t>(class_id)]; };
  // The sigmoid is monotonic: its inverse at the threshold, a little low, turns away all but a few
  // cells without computing one; the exact comparison follows on the score itself.
  const float t = options.score_threshold;
  const float logit_bound = t <= 0   ? -std::numeric_limits<float>::infinity()
                            : t >= 1 ? std::numeric_limits<float>::infinity()
                                     : std::log(t / (1 - t)) - 1e-3F;

  std::vector<Detection> found;
  std::vector<float> best_logits;
  std::vector<int> best_classes;
  for (const LevelLogits& level : levels) {
    const LevelDecoder decoder(level, options);
    const std::size_t cells = decoder.cells();
    // Class by class over whole planes: memory order, which the compiler vectorises.
    best_logits.assign(cells, -std::numeric_limits<float>::infinity());
    best_classes.assign(cells, 0);
    for (int class_id = 0; class_id < options.class_count; ++class_id) {
      const float* plane = decoder.class_plane(class_id);
      for (std::size_t cell = 0; cell < cells; ++cell) {
        const bool better = plane[cell] > best_logits[cell];
        best_logits[cell] = better ? plane[cell] : best_logits[cell];
        best_classes[cell] = better ? class_id : best_classes[cell];
      }
    }
    for (std::size_t cell = 0; cell < cells; ++cell) {
      if (!(best_logits[cell] >= logit_bound)) continue;
      if (!options.multi_label) {
        const float score = sigmoid(best_logits[cell]);
        if (score > t && is_wanted(best_classes[cell])) {
          found.push_back({decoder.box(cell), score, best_classes[cell]});
        }
        continue;
      }
      const Box box = decoder.box(cell);
      for (int class_id = 0; class_id < options.class_count; ++class_id) {
        const float logit = decoder.class_logit(cell, class_id);
        if (!(logit >= logit_bound) || !is_wanted(class_id)) continue;
        const float score = sigmoid(logit);
        if (score > t) found.push_back({box, score, class_id});
      }
    }
  }
  return found;
}

}  // namespace gondola::nn
