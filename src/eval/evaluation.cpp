#include "gondola/eval/evaluation.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <tuple>

#include "gondola/core/error.hpp"

namespace gondola::eval {
namespace {

constexpr float kCurveIou = 0.5F;  // of confusion, counts, and all curves
constexpr std::size_t kCurveIouIndex = 0;

/// All outcomes of a class for one range of sizes: one list per IoU, parallel to its detections.
struct SizeOutcomes {
  std::size_t objects = 0;
  std::array<std::vector<Outcome>, kIouThresholds> per_iou;
};

/// A class in all images, put together image by image.
struct ClassRecord {
  std::size_t images = 0;
  std::vector<float> scores;
  std::vector<std::size_t> ranks;  ///< of each detection in its own image, from 0
  std::array<SizeOutcomes, kObjectSizes.size()> by_size;
  std::vector<PictureCount> counts;  ///< one per image

  /// Puts all detections into the order of their scores.
  void rank();
};

template <typename T>
void reorder(std::vector<T>& values, const std::vector<std::size_t>& order) {
  std::vector<T> sorted;
  sorted.reserve(values.size());
  for (const std::size_t i : order) sorted.push_back(values[i]);
  values.swap(sorted);
}

void ClassRecord::rank() {
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
  reorder(scores, order);
  reorder(ranks, order);
  for (SizeOutcomes& size : by_size) {
    for (std::vector<Outcome>& outcomes : size.per_iou) reorder(outcomes, order);
  }
}

void check_image(const ImageEvaluation& image, std::size_t index, int class_count) {
  const auto is_known = [&](int id) { return id >= 0 && id < class_count; };
  for (const LabelledBox& object : image.truth) {
    GONDOLA_EXPECTS(is_known(object.class_id), "evaluate: an object of image ", index,
                    " has class ", object.class_id, " of ", class_count);
  }
  for (const Detection& detection : image.detections) {
    GONDOLA_EXPECTS(is_known(detection.class_id), "evaluate: a detection in image ", index,
                    " has class ", detection.class_id, " of ", class_count);
    GONDOLA_EXPECTS(std::isfinite(detection.score), "evaluate: a detection in image ", index,
                    " has the score ", detection.score);
  }
}

/// One image, class by class, highest score first.
class SortedImage {
 public:
  SortedImage(const ImageEvaluation& image, std::size_t max_detections)
      : objects_(image.truth), detections_(image.detections) {
    std::stable_sort(
        objects_.begin(), objects_.end(),
        [](const LabelledBox& a, const LabelledBox& b) { return a.class_id < b.class_id; });
    std::stable_sort(
        detections_.begin(), detections_.end(), [](const Detection& a, const Detection& b) {
          return a.class_id != b.class_id ? a.class_id < b.class_id : a.score > b.score;
        });
    if (max_detections > 0) keep_best(max_detections);
  }

  const std::vector<LabelledBox>& objects() const { return objects_; }
  const std::vector<Detection>& detections() const { return detections_; }

  /// Calls `visit(class_id, objects, detections, place of the first detection)` for every class
  /// that the image has an object or a detection of.
  template <typename Visit>
  void visit_classes(const Visit& visit) const {
    auto object = objects_.begin();
    auto detection = detections_.begin();
    while (object != objects_.end() || detection != detections_.end()) {
      int id = std::numeric_limits<int>::max();
      if (object != objects_.end()) id = object->class_id;
      if (detection != detections_.end()) id = std::min(id, detection->class_id);
      const auto differs = [id](const auto& box) { return box.class_id != id; };
      const auto objects_end = std::find_if(object, objects_.end(), differs);
      const auto detections_end = std::find_if(detection, detections_.end(), differs);
      visit(id, std::vector<LabelledBox>(object, objects_end),
            std::vector<Detection>(detection, detections_end),
            static_cast<std::size_t>(detection - detections_.begin()));
      object = objects_end;
      detection = detections_end;
    }
  }

 private:
  void keep_best(std::size_t per_class) {
    std::vector<Detection> kept;
    std::size_t of_this_class = 0;
    for (const Detection& detection : detections_) {
      if (!kept.empty() && kept.back().class_id != detection.class_id) of_this_class = 0;
      if (of_this_class++ < per_class) kept.push_back(detection);
    }
    detections_.swap(kept);
  }

  std::vector<LabelledBox> objects_;
  std::vector<Detection> detections_;
};

/// For each detection whether none of another class has the very same box and a better score.
std::vector<bool> best_of_each_box(const std::vector<Detection>& detections) {
  const auto corners = [&](std::size_t i) {
    const Box& box = detections[i].box;
    return std::tie(box.x1, box.y1, box.x2, box.y2);
  };
  std::vector<std::size_t> order(detections.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return corners(a) != corners(b) ? corners(a) < corners(b)
                                    : detections[a].score > detections[b].score;
  });
  std::vector<bool> is_best(detections.size(), true);
  for (std::size_t i = 0, first = 0; i < order.size(); ++i) {
    if (corners(order[i]) != corners(order[first])) first = i;
    is_best[order[i]] = detections[order[i]].class_id == detections[order[first]].class_id;
  }
  return is_best;
}

/// What there was to count and what was found of all classes that have objects.
std::vector<PictureCount> total_counts(const std::vector<ClassRecord>& classes,
                                       std::size_t images) {
  std::vector<PictureCount> total(images);
  for (const ClassRecord& record : classes) {
    if (record.images == 0) continue;
    for (std::size_t i = 0; i < images; ++i) {
      const PictureCount& count = record.counts[i];
      total[i].objects += count.objects;
      total[i].scores.insert(total[i].scores.end(), count.scores.begin(), count.scores.end());
    }
  }
  return total;
}

/// Builds the records of all classes and the confusion matrix.
class Recorder {
 public:
  Recorder(std::size_t images, int class_count, const EvaluationOptions& options)
      : options_(options), confusion_(class_count) {
    classes_.resize(static_cast<std::size_t>(class_count));
    for (ClassRecord& record : classes_) record.counts.resize(images);
  }

  void add(const ImageEvaluation& image, std::size_t index) {
    const SortedImage sorted(image, options_.max_detections);
    const std::vector<bool> is_best = best_of_each_box(sorted.detections());
    sorted.visit_classes([&](int class_id, const std::vector<LabelledBox>& objects,
                             const std::vector<Detection>& detections, std::size_t first) {
      ClassRecord& record = classes_[static_cast<std::size_t>(class_id)];
      const std::vector<Outcome> outcomes = match_all(record, objects, detections);
      PictureCount& count = record.counts[index];
      for (std::size_t i = 0; i < detections.size(); ++i) {
        record.scores.push_back(detections[i].score);
        record.ranks.push_back(i);
        if (is_best[first + i] && outcomes[i] != Outcome::kIgnored) {
          count.scores.push_back(detections[i].score);
        }
      }
      count.objects = static_cast<std::size_t>(
          std::count_if(objects.begin(), objects.end(), [](const auto& o) { return !o.crowd; }));
      if (count.objects > 0) ++record.images;
    });
    add_confusion(sorted, is_best);
  }

  std::vector<ClassRecord>& classes() { return classes_; }
  const ConfusionMatrix& confusion() const { return confusion_; }

 private:
  /// Returns the outcomes at the curves' IoU for objects of any size.
  static std::vector<Outcome> match_all(ClassRecord& record,
                                        const std::vector<LabelledBox>& objects,
                                        const std::vector<Detection>& detections) {
    const ClassMatcher matcher(objects, detections, iou_threshold_at(0));
    for (std::size_t size = 0; size < kObjectSizes.size(); ++size) {
      const AreaRange range = area_range(kObjectSizes[size]);
      record.by_size[size].objects += matcher.count_objects(range);
      for (std::size_t t = 0; t < kIouThresholds; ++t) {
        const std::vector<Outcome> outcomes = matcher.match(iou_threshold_at(t), range);
        std::vector<Outcome>& all = record.by_size[size].per_iou[t];
        all.insert(all.end(), outcomes.begin(), outcomes.end());
      }
    }
    return matcher.match(kCurveIou);
  }

  void add_confusion(const SortedImage& image, const std::vector<bool>& is_best) {
    std::vector<Detection> confident;
    for (std::size_t i = 0; i < is_best.size(); ++i) {
      const Detection& detection = image.detections()[i];
      if (is_best[i] && detection.score > options_.confidence) confident.push_back(detection);
    }
    confusion_.add_image(image.objects(), confident, kCurveIou);
  }

  EvaluationOptions options_;
  std::vector<ClassRecord> classes_;
  ConfusionMatrix confusion_;
};

/// Adds what one IoU has to say about recall.
void add_recall(AverageRecall& recall, const std::vector<Outcome>& outcomes,
                const std::vector<std::size_t>& ranks, std::size_t objects) {
  const auto found = [&](std::size_t best) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
      if (outcomes[i] == Outcome::kTrue && ranks[i] < best) ++count;
    }
    return static_cast<double>(count) / static_cast<double>(objects * kIouThresholds);
  };
  recall.best_1 += found(1);
  recall.best_10 += found(10);
  recall.best_100 += found(100);
  recall.best_300 += found(300);
  recall.all += found(std::numeric_limits<std::size_t>::max());
}

std::optional<SizeEvaluation> evaluate_size(const SizeOutcomes& outcomes,
                                            const std::vector<std::size_t>& ranks) {
  if (outcomes.objects == 0) return std::nullopt;
  SizeEvaluation result;
  result.objects = outcomes.objects;
  for (std::size_t t = 0; t < kIouThresholds; ++t) {
    result.precision.per_iou[t] =
        average_precision(precision_at_recall(outcomes.per_iou[t], outcomes.objects));
    add_recall(result.recall, outcomes.per_iou[t], ranks, outcomes.objects);
  }
  return result;
}

std::vector<PrecisionRecall> precision_recall_curve(const ClassRecord& record) {
  const SizeOutcomes& all = record.by_size.front();
  const std::vector<Outcome>& outcomes = all.per_iou[kCurveIouIndex];
  std::vector<PrecisionRecall> curve(kConfidences);
  std::size_t right = 0;
  std::size_t wrong = 0;
  std::size_t next = 0;
  for (std::size_t i = kConfidences; i-- > 0;) {
    for (; next < outcomes.size() && record.scores[next] > confidence_at(i); ++next) {
      if (outcomes[next] == Outcome::kTrue) ++right;
      if (outcomes[next] == Outcome::kFalse) ++wrong;
    }
    if (right + wrong > 0) {
      curve[i].precision = static_cast<double>(right) / static_cast<double>(right + wrong);
    }
    curve[i].recall = static_cast<double>(right) / static_cast<double>(all.objects);
  }
  return curve;
}

ClassEvaluation evaluate_class(ClassRecord& record, float confidence) {
  record.rank();
  ClassEvaluation result;
  result.images = record.images;
  result.detections = record.scores.size();
  result.counting = evaluate_counting(record.counts, confidence);
  for (std::size_t size = 0; size < kObjectSizes.size(); ++size) {
    result.by_size[size] = evaluate_size(record.by_size[size], record.ranks);
  }
  if (!result.any_size()) return result;
  result.objects = result.any_size()->objects;
  result.precision_at_recall =
      precision_at_recall(record.by_size.front().per_iou[kCurveIouIndex], result.objects);
  result.precision_recall_curve = precision_recall_curve(record);
  return result;
}

/// `sum += share of value`, for every number in the two.
void accumulate(SizeEvaluation& sum, const SizeEvaluation& value, double share) {
  sum.objects += value.objects;
  for (std::size_t t = 0; t < kIouThresholds; ++t) {
    sum.precision.per_iou[t] += share * value.precision.per_iou[t];
  }
  sum.recall.best_1 += share * value.recall.best_1;
  sum.recall.best_10 += share * value.recall.best_10;
  sum.recall.best_100 += share * value.recall.best_100;
  sum.recall.best_300 += share * value.recall.best_300;
  sum.recall.all += share * value.recall.all;
}

std::optional<SizeEvaluation> mean_over_classes(const std::vector<ClassEvaluation>& classes,
                                                std::size_t size) {
  const auto with_objects = std::count_if(classes.begin(), classes.end(),
                                          [&](const auto& one) { return one.by_size[size]; });
  if (with_objects == 0) return std::nullopt;
  SizeEvaluation mean;
  for (const ClassEvaluation& one : classes) {
    if (one.by_size[size]) {
      accumulate(mean, *one.by_size[size], 1.0 / static_cast<double>(with_objects));
    }
  }
  return mean;
}

/// The means of the curves of classes with objects; there is at least one.
void average_curves(Evaluation& result) {
  const auto with_objects =
      std::count_if(result.classes.begin(), result.classes.end(),
                    [](const ClassEvaluation& one) { return one.any_size().has_value(); });
  const double share = 1.0 / static_cast<double>(with_objects);
  result.precision_recall_curve.assign(kConfidences, {0, 0});
  result.f1_curve.assign(kConfidences, 0);
  for (const ClassEvaluation& one : result.classes) {
    if (!one.any_size()) continue;
    for (std::size_t i = 0; i < result.precision_at_recall.size(); ++i) {
      result.precision_at_recall[i] += share * one.precision_at_recall[i];
    }
    for (std::size_t i = 0; i < kConfidences; ++i) {
      const PrecisionRecall& point = one.precision_recall_curve[i];
      result.precision_recall_curve[i].precision += share * point.precision;
      result.precision_recall_curve[i].recall += share * point.recall;
      result.f1_curve[i] += share * point.f1();
    }
  }
}

void find_best_f1(Evaluation& result) {
  const auto best = std::max_element(result.f1_curve.begin(), result.f1_curve.end());
  const auto index = static_cast<std::size_t>(best - result.f1_curve.begin());
  result.best_f1 = *best;
  result.best_f1_confidence = confidence_at(index);
  result.at_best_f1 = result.precision_recall_curve[index];
  for (ClassEvaluation& one : result.classes) {
    if (one.any_size()) one.at_best_f1 = one.precision_recall_curve[index];
  }
}

}  // namespace

double AveragePrecision::mean() const {
  return std::accumulate(per_iou.begin(), per_iou.end(), 0.0) / static_cast<double>(per_iou.size());
}

Evaluation evaluate(const std::vector<ImageEvaluation>& images, int class_count,
                    const EvaluationOptions& options) {
  GONDOLA_EXPECTS(class_count > 0, "evaluate: ", class_count, " classes");
  Recorder recorder(images.size(), class_count, options);
  for (std::size_t i = 0; i < images.size(); ++i) {
    check_image(images[i], i, class_count);
    recorder.add(images[i], i);
  }

  Evaluation result;
  result.images = images.size();
  for (ClassRecord& record : recorder.classes()) {
    result.classes.push_back(evaluate_class(record, options.confidence));
    result.objects += result.classes.back().objects;
    result.detections += result.classes.back().detections;
  }
  for (std::size_t size = 0; size < kObjectSizes.size(); ++size) {
    result.by_size[size] = mean_over_classes(result.classes, size);
  }
  if (result.any_size()) {
    average_curves(result);
    find_best_f1(result);
  }
  result.confusion = recorder.confusion();
  result.counting =
      evaluate_counting(total_counts(recorder.classes(), images.size()), options.confidence);
  return result;
}

}  // namespace gondola::eval
