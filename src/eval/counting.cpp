#include "gondola/eval/counting.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "gondola/core/error.hpp"
#include "gondola/eval/confidence.hpp"

namespace gondola::eval {
namespace {

/// Every way to count: from counting nothing to counting all, one more score each.
struct Step {
  float lowest_score;  ///< that is counted; infinite for none
  double mae;
  double rmse;
  double bias;
};

struct ScoredPicture {
  float score;
  std::uint32_t picture;
};

std::vector<ScoredPicture> ranked_scores(const std::vector<PictureCount>& pictures) {
  std::vector<ScoredPicture> ranked;
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    for (const float score : pictures[i].scores) {
      GONDOLA_EXPECTS(std::isfinite(score), "evaluate_counting: picture ", i, " has the score ",
                      score);
      if (score > 0) ranked.push_back({score, static_cast<std::uint32_t>(i)});
    }
  }
  std::sort(ranked.begin(), ranked.end(),
            [](const ScoredPicture& a, const ScoredPicture& b) { return a.score > b.score; });
  return ranked;
}

/// Sums over pictures, in whole numbers: a sweep over millions of scores adds up no rounding.
class ErrorSums {
 public:
  explicit ErrorSums(const std::vector<PictureCount>& pictures) {
    for (const PictureCount& picture : pictures) {
      errors_.push_back(-static_cast<std::int64_t>(picture.objects));
      add(errors_.back(), 1);
    }
  }

  void count_one(std::uint32_t picture) {
    add(errors_[picture], -1);
    add(++errors_[picture], 1);
  }

  Step step(float lowest_score) const {
    const double pictures = std::max<double>(1, static_cast<double>(errors_.size()));
    return {lowest_score, static_cast<double>(absolute_) / pictures,
            std::sqrt(static_cast<double>(squared_) / pictures),
            static_cast<double>(sum_) / pictures};
  }

 private:
  void add(std::int64_t error, std::int64_t sign) {
    sum_ += sign * error;
    absolute_ += sign * std::abs(error);
    squared_ += sign * error * error;
  }

  std::vector<std::int64_t> errors_;  // by picture: counted less true
  std::int64_t sum_ = 0;
  std::int64_t absolute_ = 0;
  std::int64_t squared_ = 0;
};

/// Highest lowest_score first.
std::vector<Step> sweep(const std::vector<PictureCount>& pictures) {
  ErrorSums sums(pictures);
  std::vector<Step> steps = {sums.step(std::numeric_limits<float>::infinity())};
  const std::vector<ScoredPicture> ranked = ranked_scores(pictures);
  for (std::size_t i = 0; i < ranked.size(); ++i) {
    sums.count_one(ranked[i].picture);
    const bool last_of_equals = i + 1 == ranked.size() || ranked[i + 1].score < ranked[i].score;
    if (last_of_equals) steps.push_back(sums.step(ranked[i].score));
  }
  return steps;
}

/// The step that counts exactly the scores above the confidence.
const Step& step_at(const std::vector<Step>& steps, float confidence) {
  const auto after = std::partition_point(
      steps.begin(), steps.end(), [&](const Step& step) { return step.lowest_score > confidence; });
  return *std::prev(after);
}

CountingError error_of(const Step& step, float confidence) {
  return {confidence, step.mae, step.rmse, step.bias};
}

/// A confidence that counts this step's scores and no others.
float confidence_of(const std::vector<Step>& steps, std::size_t index) {
  const float counted = steps[index].lowest_score;
  if (index + 1 == steps.size()) return std::nextafter(counted, 0.0F);
  const float not_counted = steps[index + 1].lowest_score;
  if (index == 0) return not_counted;
  const float middle = not_counted + (counted - not_counted) / 2;
  return middle < counted ? middle : not_counted;
}

}  // namespace

CountingEvaluation evaluate_counting(const std::vector<PictureCount>& pictures, float confidence) {
  GONDOLA_EXPECTS(confidence >= 0, "evaluate_counting: confidence is ", confidence);
  CountingEvaluation result;
  for (const PictureCount& picture : pictures) {
    result.mean_objects += static_cast<double>(picture.objects);
  }
  if (!pictures.empty()) result.mean_objects /= static_cast<double>(pictures.size());

  const std::vector<Step> steps = sweep(pictures);
  result.asked = error_of(step_at(steps, confidence), confidence);
  result.curve.reserve(kConfidences);
  for (std::size_t i = 0; i < kConfidences; ++i) {
    result.curve.push_back(error_of(step_at(steps, confidence_at(i)), confidence_at(i)));
  }
  const auto best = std::min_element(steps.begin(), steps.end(), [](const Step& a, const Step& b) {
    return a.mae != b.mae ? a.mae < b.mae : a.rmse < b.rmse;
  });
  const auto index = static_cast<std::size_t>(best - steps.begin());
  result.best = error_of(*best, steps.size() > 1 ? confidence_of(steps, index) : confidence);
  return result;
}

}  // namespace gondola::eval
