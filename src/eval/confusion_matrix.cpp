#include "gondola/eval/confusion_matrix.hpp"

#include <algorithm>
#include <cstdint>
#include <tuple>

#include "gondola/core/box_iou.hpp"
#include "gondola/core/error.hpp"
#include "sorted_objects.hpp"

namespace gondola::eval {
namespace {

struct Pair {
  float iou;
  bool same_class;
  float score;
  std::uint32_t object;
  std::uint32_t detection;
};

/// The places of both at the end make the order the same on every machine.
bool comes_first(const Pair& a, const Pair& b) {
  return std::tie(b.iou, b.same_class, b.score, a.object, a.detection) <
         std::tie(a.iou, a.same_class, a.score, b.object, b.detection);
}

}  // namespace

ConfusionMatrix::ConfusionMatrix(int class_count)
    : class_count_(class_count),
      counts_(static_cast<std::size_t>(class_count + 1) *
              static_cast<std::size_t>(class_count + 1)) {
  GONDOLA_EXPECTS(class_count >= 0, "ConfusionMatrix: ", class_count, " classes");
}

std::size_t ConfusionMatrix::index_of(int truth, int predicted) const {
  GONDOLA_EXPECTS(
      truth >= 0 && truth <= class_count_ && predicted >= 0 && predicted <= class_count_,
      "ConfusionMatrix: class ", truth, " taken for ", predicted, " of ", class_count_);
  return static_cast<std::size_t>(truth) * static_cast<std::size_t>(class_count_ + 1) +
         static_cast<std::size_t>(predicted);
}

void ConfusionMatrix::add_image(const std::vector<LabelledBox>& objects,
                                const std::vector<Detection>& detections, float iou_threshold) {
  GONDOLA_EXPECTS(iou_threshold > 0, "ConfusionMatrix: IoU threshold is ", iou_threshold);
  const SortedObjects sorted(objects);
  std::vector<Pair> pairs;
  std::vector<bool> in_crowd(detections.size(), false);
  for (std::uint32_t d = 0; d < detections.size(); ++d) {
    const Detection& detection = detections[d];
    sorted.visit_near(detection.box, [&](std::uint32_t i) {
      const LabelledBox& object = objects[i];
      const bool same_class = object.class_id == detection.class_id;
      if (object.crowd) {
        if (same_class && share_inside(detection.box, object.box) >= iou_threshold) {
          in_crowd[d] = true;
        }
        return;
      }
      const float overlap = iou(detection.box, object.box);
      if (overlap >= iou_threshold) {
        pairs.push_back({overlap, same_class, detection.score, i, d});
      }
    });
  }
  std::sort(pairs.begin(), pairs.end(), comes_first);

  std::vector<bool> object_matched(objects.size(), false);
  std::vector<bool> detection_matched(detections.size(), false);
  for (const Pair& pair : pairs) {
    if (object_matched[pair.object] || detection_matched[pair.detection]) continue;
    object_matched[pair.object] = detection_matched[pair.detection] = true;
    add(objects[pair.object].class_id, detections[pair.detection].class_id);
  }
  for (std::size_t i = 0; i < objects.size(); ++i) {
    if (!object_matched[i] && !objects[i].crowd) add(objects[i].class_id, background());
  }
  for (std::size_t d = 0; d < detections.size(); ++d) {
    if (!detection_matched[d] && !in_crowd[d]) add(background(), detections[d].class_id);
  }
}

}  // namespace gondola::eval
