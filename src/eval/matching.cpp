#include "gondola/eval/matching.hpp"

#include <algorithm>

#include "gondola/core/box_iou.hpp"
#include "gondola/core/error.hpp"
#include "sorted_objects.hpp"

namespace gondola::eval {
namespace {

constexpr double kSmallArea = 32.0 * 32.0;
constexpr double kLargeArea = 96.0 * 96.0;

}  // namespace

AreaRange area_range(ObjectSize size) {
  switch (size) {
    case ObjectSize::kSmall:
      return {0, kSmallArea};
    case ObjectSize::kMedium:
      return {kSmallArea, kLargeArea};
    case ObjectSize::kLarge:
      return {kLargeArea, std::numeric_limits<double>::infinity()};
    case ObjectSize::kAll:
      break;
  }
  return {};
}

std::string_view name_of(ObjectSize size) {
  constexpr std::array<std::string_view, kObjectSizes.size()> kNames = {"all", "small", "medium",
                                                                        "large"};
  return kNames[static_cast<std::size_t>(size)];
}

double object_area(const LabelledBox& object) {
  return object.area > 0 ? object.area : area(object.box);
}

ClassMatcher::ClassMatcher(const std::vector<LabelledBox>& objects,
                           const std::vector<Detection>& detections, float lowest_iou)
    : lowest_iou_(lowest_iou) {
  GONDOLA_EXPECTS(lowest_iou > 0, "ClassMatcher: lowest IoU is ", lowest_iou);
  for (const LabelledBox& object : objects) {
    objects_.push_back({object_area(object), object.crowd});
  }
  const SortedObjects sorted(objects);
  begins_.push_back(0);
  for (const Detection& detection : detections) {
    detection_areas_.push_back(area(detection.box));
    sorted.visit_near(detection.box, [&](std::uint32_t i) {
      const float overlap = objects[i].crowd ? share_inside(detection.box, objects[i].box)
                                             : iou(detection.box, objects[i].box);
      if (overlap >= lowest_iou) overlaps_.push_back({i, overlap});
    });
    const auto begin = overlaps_.begin() + static_cast<std::ptrdiff_t>(begins_.back());
    std::sort(begin, overlaps_.end(),
              [](const Overlap& a, const Overlap& b) { return a.object < b.object; });
    begins_.push_back(overlaps_.size());
  }
}

std::vector<Outcome> ClassMatcher::match(float iou_threshold, const AreaRange& range) const {
  GONDOLA_EXPECTS(iou_threshold >= lowest_iou_, "ClassMatcher: threshold ", iou_threshold,
                  " is below the lowest one of ", lowest_iou_);
  std::vector<bool> taken(objects_.size(), false);
  std::vector<Outcome> outcomes;
  outcomes.reserve(detection_areas_.size());
  for (std::size_t d = 0; d < detection_areas_.size(); ++d) {
    const Overlap* best = nullptr;
    const Overlap* best_ignored = nullptr;
    for (std::size_t k = begins_[d]; k < begins_[d + 1]; ++k) {
      const Overlap& overlap = overlaps_[k];
      const Object& object = objects_[overlap.object];
      if (overlap.iou < iou_threshold || (taken[overlap.object] && !object.crowd)) continue;
      const Overlap*& rival = is_ignored(object, range) ? best_ignored : best;
      if (rival == nullptr || overlap.iou >= rival->iou) rival = &overlap;
    }
    const Overlap* match = best != nullptr ? best : best_ignored;
    if (match != nullptr) taken[match->object] = true;
    if (best != nullptr) {
      outcomes.push_back(Outcome::kTrue);
    } else if (best_ignored != nullptr || !range.contains(detection_areas_[d])) {
      outcomes.push_back(Outcome::kIgnored);
    } else {
      outcomes.push_back(Outcome::kFalse);
    }
  }
  return outcomes;
}

std::size_t ClassMatcher::count_objects(const AreaRange& range) const {
  return static_cast<std::size_t>(
      std::count_if(objects_.begin(), objects_.end(),
                    [&](const Object& object) { return !is_ignored(object, range); }));
}

}  // namespace gondola::eval
