#include "gondola/train/assigner.hpp"

#include <algorithm>
#include <cmath>

#include "gondola/core/box_iou.hpp"

namespace gondola::train {
namespace {

struct Candidate {
  int anchor = 0;
  float alignment = 0;
  float overlap = 0;
};

// Cells along one axis whose centres lie between two coordinates: [first, last).
struct CellRange {
  int first = 0;
  int last = 0;
};

CellRange cells_between(float low, float high, int stride, int count) {
  const auto cell = static_cast<float>(stride);
  const int first = static_cast<int>(std::floor(low / cell - 0.5F)) + 1;
  const int last = static_cast<int>(std::ceil(high / cell - 0.5F));
  return {std::clamp(first, 0, count), std::clamp(last, 0, count)};
}

template <typename Visit>
void visit_anchors_inside(const std::vector<AnchorGrid>& grids, const Box& box,
                          const Visit& visit) {
  int offset = 0;
  for (const AnchorGrid& grid : grids) {
    const CellRange columns = cells_between(box.x1, box.x2, grid.stride, grid.width);
    const CellRange rows = cells_between(box.y1, box.y2, grid.stride, grid.height);
    for (int y = rows.first; y < rows.last; ++y) {
      for (int x = columns.first; x < columns.last; ++x) visit(offset + y * grid.width + x);
    }
    offset += grid.width * grid.height;
  }
}

int nearest_anchor(const AnchorGrid& grid, const Box& box) {
  const auto cell = static_cast<float>(grid.stride);
  const int x = std::clamp(static_cast<int>(box.center_x() / cell), 0, grid.width - 1);
  const int y = std::clamp(static_cast<int>(box.center_y() / cell), 0, grid.height - 1);
  return y * grid.width + x;
}

std::vector<Candidate> best_candidates(const std::vector<AnchorGrid>& grids,
                                       const Predictions& predictions, const LabelledBox& label,
                                       const AssignerOptions& options) {
  std::vector<Candidate> candidates;
  const auto add = [&](int anchor) {
    const auto index = static_cast<std::size_t>(anchor);
    const float overlap = std::max(0.0F, ciou(predictions.boxes[index], label.box));
    const float score =
        predictions.scores[index * static_cast<std::size_t>(predictions.class_count) +
                           static_cast<std::size_t>(label.class_id)];
    candidates.push_back(
        {anchor, std::pow(score, options.alpha) * std::pow(overlap, options.beta), overlap});
  };
  visit_anchors_inside(grids, label.box, add);
  if (candidates.empty()) add(nearest_anchor(grids.front(), label.box));

  const std::size_t count = std::min(candidates.size(), static_cast<std::size_t>(options.top_k));
  std::partial_sort(candidates.begin(), candidates.begin() + static_cast<std::ptrdiff_t>(count),
                    candidates.end(), [](const Candidate& a, const Candidate& b) {
                      return a.alignment != b.alignment ? a.alignment > b.alignment
                                                        : a.anchor < b.anchor;
                    });
  candidates.resize(count);
  return candidates;
}

struct Claim {
  Candidate candidate;
  int label = 0;
};

}  // namespace

std::vector<Assignment> assign(const std::vector<AnchorGrid>& grids, const Predictions& predictions,
                               const std::vector<LabelledBox>& labels,
                               const AssignerOptions& options) {
  std::vector<Claim> claims;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    for (const Candidate& candidate : best_candidates(grids, predictions, labels[i], options)) {
      claims.push_back({candidate, static_cast<int>(i)});
    }
  }
  // The winner of each anchor point first.
  std::sort(claims.begin(), claims.end(), [](const Claim& a, const Claim& b) {
    if (a.candidate.anchor != b.candidate.anchor) return a.candidate.anchor < b.candidate.anchor;
    if (a.candidate.overlap != b.candidate.overlap) {
      return a.candidate.overlap > b.candidate.overlap;
    }
    return a.label < b.label;
  });
  claims.erase(std::unique(claims.begin(), claims.end(),
                           [](const Claim& a, const Claim& b) {
                             return a.candidate.anchor == b.candidate.anchor;
                           }),
               claims.end());

  std::vector<float> best_alignment(labels.size(), 0.0F);
  std::vector<float> best_overlap(labels.size(), 0.0F);
  for (const Claim& claim : claims) {
    const auto label = static_cast<std::size_t>(claim.label);
    best_alignment[label] = std::max(best_alignment[label], claim.candidate.alignment);
    best_overlap[label] = std::max(best_overlap[label], claim.candidate.overlap);
  }
  std::vector<Assignment> assignments;
  assignments.reserve(claims.size());
  for (const Claim& claim : claims) {
    const auto label = static_cast<std::size_t>(claim.label);
    // No overlap anywhere yet: the point is to learn its object, but owes no score.
    const float quality =
        best_alignment[label] > 0
            ? claim.candidate.alignment / best_alignment[label] * best_overlap[label]
            : 0.0F;
    assignments.push_back({claim.candidate.anchor, claim.label, quality});
  }
  return assignments;
}

}  // namespace gondola::train
