#include "gondola/train/detection_loss.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <utility>

#include <ATen/Parallel.h>

#include "gondola/train/bce.hpp"
#include "gondola/train/ciou.hpp"
#include "gondola/train/dfl.hpp"

namespace gondola::train {
namespace {

// A level's logits or gradients as rows of channels, one row per cell.
struct LevelRows {
  at::Tensor map;  // [N, C, H, W] float32, CPU, channels last: keeps the memory alive
  AnchorGrid grid;

  float* row(std::int64_t image, int cell) const {
    const std::int64_t cells = map.size(2) * map.size(3);
    return map.data_ptr<float>() + (image * cells + cell) * map.size(1);
  }
};

std::vector<LevelRows> as_rows(const std::vector<at::Tensor>& logits,
                               const std::vector<int>& strides) {
  std::vector<LevelRows> levels;
  for (std::size_t i = 0; i < logits.size(); ++i) {
    const at::Tensor map =
        logits[i].detach().to(at::kCPU, at::kFloat).contiguous(at::MemoryFormat::ChannelsLast);
    levels.push_back(
        {map, {static_cast<int>(map.size(3)), static_cast<int>(map.size(2)), strides[i]}});
  }
  return levels;
}

// Where an anchor point lies and its row of logits.
struct Anchor {
  float x = 0;  // cells
  float y = 0;
  float stride = 0;
  std::size_t level = 0;
  int cell = 0;
};

std::vector<Anchor> make_anchors(const std::vector<LevelRows>& levels) {
  std::vector<Anchor> anchors;
  for (std::size_t level = 0; level < levels.size(); ++level) {
    const AnchorGrid& grid = levels[level].grid;
    for (int cell = 0; cell < grid.width * grid.height; ++cell) {
      anchors.push_back({static_cast<float>(cell % grid.width) + 0.5F,
                         static_cast<float>(cell / grid.width) + 0.5F,
                         static_cast<float>(grid.stride), level, cell});
    }
  }
  return anchors;
}

void softmax(const float* logits, int count, float* probabilities) {
  const float highest = *std::max_element(logits, logits + count);
  float sum = 0;
  for (int i = 0; i < count; ++i) {
    probabilities[i] = std::exp(logits[i] - highest);
    sum += probabilities[i];
  }
  for (int i = 0; i < count; ++i) probabilities[i] /= sum;
}

float expectation(const float* probabilities, int count) {
  float sum = 0;
  for (int i = 1; i < count; ++i) sum += static_cast<float>(i) * probabilities[i];
  return sum;
}

std::vector<std::vector<LabelledBox>> without_crowds(std::vector<std::vector<LabelledBox>> labels) {
  for (auto& picture : labels) {
    picture.erase(std::remove_if(picture.begin(), picture.end(),
                                 [](const LabelledBox& label) { return label.crowd; }),
                  picture.end());
  }
  return labels;
}

// One picture's predictions and what became of them.
struct Picture {
  std::vector<float> probabilities;  // [A, 4, reg_max]
  std::vector<Box> boxes;            // [A] input pixels
  std::vector<float> scores;         // [A, nc]
  std::vector<Assignment> assignments;
  LossParts sums;  // not yet divided by the batch's quality
};

class BatchLoss {
 public:
  BatchLoss(const std::vector<at::Tensor>& logits, const nn::HeadSpec& head,
            const std::vector<std::vector<LabelledBox>>& labels, const LossOptions& options)
      : labels_(without_crowds(labels)),
        options_(options),
        bins_(head.reg_max),
        levels_(as_rows(logits, head.strides)),
        anchors_(make_anchors(levels_)),
        pictures_(labels.size()) {
    class_count_ = static_cast<int>(levels_.front().map.size(1)) - 4 * bins_;
    for (const LevelRows& level : levels_) {
      gradients_.push_back({at::empty_like(level.map), level.grid});
      grids_.push_back(level.grid);
    }
  }

  DetectionLoss run(const std::vector<at::Tensor>& logits, const WholeBatch& whole) {
    for_pictures([this](std::int64_t image) { predict_and_assign(image); });
    BatchTotals totals;
    totals.pictures = static_cast<double>(pictures_.size());
    DetectionLoss loss;
    for (const Picture& picture : pictures_) {
      for (const Assignment& assignment : picture.assignments) totals.quality += assignment.quality;
      loss.assigned += picture.assignments.size();
    }
    if (whole) totals = whole(totals);
    batch_size_ = totals.pictures;
    norm_ = std::max(totals.quality, 1.0);
    for_pictures([this](std::int64_t image) { differentiate(image); });
    for (const Picture& picture : pictures_) {
      loss.parts.box += picture.sums.box * options_.box_gain / norm_;
      loss.parts.classification += picture.sums.classification * options_.class_gain / norm_;
      loss.parts.dfl += picture.sums.dfl * options_.dfl_gain / norm_;
    }
    for (std::size_t i = 0; i < logits.size(); ++i) {
      loss.gradients.push_back(gradients_[i].map.to(logits[i].device(), logits[i].scalar_type()));
    }
    return loss;
  }

 private:
  template <typename Body>
  void for_pictures(const Body& body) {
    at::parallel_for(0, static_cast<std::int64_t>(pictures_.size()), 1,
                     [&](std::int64_t first, std::int64_t last) {
                       for (std::int64_t image = first; image < last; ++image) body(image);
                     });
  }

  void predict_and_assign(std::int64_t image) {
    Picture& picture = pictures_[static_cast<std::size_t>(image)];
    const auto bins = static_cast<std::size_t>(bins_);
    const auto classes = static_cast<std::size_t>(class_count_);
    picture.probabilities.resize(anchors_.size() * 4 * bins);
    picture.boxes.resize(anchors_.size());
    picture.scores.resize(anchors_.size() * classes);
    for (std::size_t a = 0; a < anchors_.size(); ++a) {
      const Anchor& anchor = anchors_[a];
      const float* row = levels_[anchor.level].row(image, anchor.cell);
      float* probabilities = &picture.probabilities[a * 4 * bins];
      std::array<float, 4> distances{};
      for (std::size_t side = 0; side < 4; ++side) {
        softmax(row + side * bins, bins_, probabilities + side * bins);
        distances[side] = expectation(probabilities + side * bins, bins_);
      }
      picture.boxes[a] = {
          (anchor.x - distances[0]) * anchor.stride, (anchor.y - distances[1]) * anchor.stride,
          (anchor.x + distances[2]) * anchor.stride, (anchor.y + distances[3]) * anchor.stride};
      for (std::size_t c = 0; c < classes; ++c) {
        picture.scores[a * classes + c] = 1.0F / (1.0F + std::exp(-row[4 * bins + c]));
      }
    }
    picture.assignments =
        assign(grids_, {picture.boxes.data(), picture.scores.data(), class_count_},
               labels_[static_cast<std::size_t>(image)], options_.assigner);
  }

  void differentiate(std::int64_t image) {
    Picture& picture = pictures_[static_cast<std::size_t>(image)];
    const auto per_quality = static_cast<float>(batch_size_ / norm_);
    std::size_t next = 0;
    for (std::size_t a = 0; a < anchors_.size(); ++a) {
      const Anchor& anchor = anchors_[a];
      const float* row = levels_[anchor.level].row(image, anchor.cell);
      float* gradient = gradients_[anchor.level].row(image, anchor.cell);
      const bool assigned = next < picture.assignments.size() &&
                            picture.assignments[next].anchor == static_cast<int>(a);
      std::fill(gradient, gradient + 4 * bins_, 0.0F);
      int wanted_class = -1;
      float quality = 0;
      if (assigned) {
        const Assignment& assignment = picture.assignments[next++];
        const LabelledBox& label =
            labels_[static_cast<std::size_t>(image)][static_cast<std::size_t>(assignment.label)];
        wanted_class = label.class_id;
        quality = assignment.quality;
        differentiate_box(picture, a, label.box, quality, per_quality, gradient);
      }
      for (int c = 0; c < class_count_; ++c) {
        const ScalarLoss bce =
            binary_cross_entropy(row[4 * bins_ + c], c == wanted_class ? quality : 0.0F);
        picture.sums.classification += bce.value;
        gradient[4 * bins_ + c] = bce.gradient * options_.class_gain * per_quality;
      }
    }
  }

  void differentiate_box(Picture& picture, std::size_t a, const Box& target, float quality,
                         float per_quality, float* gradient) {
    const Anchor& anchor = anchors_[a];
    const auto bins = static_cast<std::size_t>(bins_);
    const float* probabilities = &picture.probabilities[a * 4 * bins];

    const CiouGradient overlap = ciou_with_gradient(picture.boxes[a], target);
    picture.sums.box += (1.0 - overlap.value) * quality;
    // Left and top distances move their corner the other way.
    const std::array<float, 4> corner_by_distance = {-anchor.stride, -anchor.stride, anchor.stride,
                                                     anchor.stride};
    // The largest distance bins can express, less a little, so that a target between the last two
    // bins is always there.
    const float farthest = static_cast<float>(bins_ - 1) - 0.01F;
    const std::array<float, 4> targets = {
        anchor.x - target.x1 / anchor.stride, anchor.y - target.y1 / anchor.stride,
        target.x2 / anchor.stride - anchor.x, target.y2 / anchor.stride - anchor.y};
    const float box_weight = -options_.box_gain * quality * per_quality;
    const float dfl_weight = options_.dfl_gain * quality * per_quality / 4;
    for (std::size_t side = 0; side < 4; ++side) {
      const float* p = probabilities + side * bins;
      const float distance = expectation(p, bins_);
      const float by_distance = box_weight * overlap.gradient[side] * corner_by_distance[side];
      for (std::size_t bin = 0; bin < bins; ++bin) {
        gradient[side * bins + bin] += by_distance * p[bin] * (static_cast<float>(bin) - distance);
      }
      const float wanted = std::clamp(targets[side], 0.0F, farthest);
      picture.sums.dfl +=
          quality / 4 *
          distribution_focal_loss(p, bins_, wanted, dfl_weight, gradient + side * bins);
    }
  }

  std::vector<std::vector<LabelledBox>> labels_;
  const LossOptions& options_;
  int bins_;
  int class_count_ = 0;
  std::vector<LevelRows> levels_;
  std::vector<LevelRows> gradients_;
  std::vector<AnchorGrid> grids_;
  std::vector<Anchor> anchors_;
  std::vector<Picture> pictures_;
  double batch_size_ = 0;
  double norm_ = 1;
};

}  // namespace

DetectionLoss detection_loss(const std::vector<at::Tensor>& logits, const nn::HeadSpec& head,
                             const std::vector<std::vector<LabelledBox>>& labels,
                             const LossOptions& options, const WholeBatch& whole) {
  TORCH_CHECK(logits.size() == head.strides.size() && !logits.empty(),
              "detection_loss: ", logits.size(), " levels of logits but ", head.strides.size(),
              " strides");
  TORCH_CHECK(static_cast<std::size_t>(logits.front().size(0)) == labels.size(),
              "detection_loss: logits of ", logits.front().size(0), " pictures but labels of ",
              labels.size());
  return BatchLoss(logits, head, labels, options).run(logits, whole);
}

}  // namespace gondola::train
