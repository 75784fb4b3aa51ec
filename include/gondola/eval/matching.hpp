#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

#include "gondola/core/detection.hpp"
#include "gondola/core/labelled_box.hpp"

namespace gondola::eval {

/// Square pixels an object must have to be part of a measure, both ends included.
struct AreaRange {
  double min = 0;
  double max = std::numeric_limits<double>::infinity();

  constexpr bool contains(double area) const { return area >= min && area <= max; }
};

/// COCO's four ranges. Their ends belong to both neighbours.
enum class ObjectSize {
  kAll,
  kSmall,   ///< up to 32 x 32 pixels of the original image
  kMedium,  ///< up to 96 x 96
  kLarge,
};

inline constexpr std::array kObjectSizes = {ObjectSize::kAll, ObjectSize::kSmall,
                                            ObjectSize::kMedium, ObjectSize::kLarge};

AreaRange area_range(ObjectSize size);

/// "all", "small", "medium", "large".
std::string_view name_of(ObjectSize size);

/// LabelledBox::area, or the box's own where that is 0.
double object_area(const LabelledBox& object);

/// What becomes of a detection.
enum class Outcome : std::uint8_t {
  kFalse,    ///< matches nothing: a false positive
  kTrue,     ///< the best match of an object: a true positive
  kIgnored,  ///< neither right nor wrong: in a crowd, or outside the range of areas
};

/// Detections and objects of one class in one image, matched after COCO's rules.
///
/// Detections choose in their order. Each takes, of the objects it overlaps by the threshold or
/// more and that no earlier one took, the one with the highest IoU; of equal ones the last.
/// Crowds and objects outside the range of areas come second: they are only taken by what finds
/// none inside, which is then ignored, as is what takes nothing and is itself outside the range.
/// A crowd can be taken any number of times, and the overlap with it is the share of the detection
/// inside of it.
///
/// Lin et al., "Microsoft COCO", ECCV 2014, section 5 and the COCO API's cocoeval.
///
/// Overlaps are computed once, however often match() is called. Thread-safe once constructed.
class ClassMatcher {
 public:
  /// @param objects     of one class
  /// @param detections  of that class, highest score first
  /// @param lowest_iou  > 0, the lowest threshold that match() will be asked for
  ClassMatcher(const std::vector<LabelledBox>& objects, const std::vector<Detection>& detections,
               float lowest_iou);

  /// One outcome per detection. An IoU of exactly the threshold is enough.
  ///
  /// Requires: iou_threshold >= the constructor's lowest_iou (ContractViolation otherwise).
  std::vector<Outcome> match(float iou_threshold, const AreaRange& range = {}) const;

  /// How many objects there are to be found: those in the range that are no crowd.
  std::size_t count_objects(const AreaRange& range = {}) const;

 private:
  struct Object {
    double area;
    bool crowd;
  };

  struct Overlap {
    std::uint32_t object;
    float iou;
  };

  bool is_ignored(const Object& object, const AreaRange& range) const {
    return object.crowd || !range.contains(object.area);
  }

  float lowest_iou_;
  std::vector<Object> objects_;
  std::vector<double> detection_areas_;
  std::vector<Overlap> overlaps_;    // of all detections one after another, objects ascending
  std::vector<std::size_t> begins_;  // where each detection's overlaps begin, and the end
};

}  // namespace gondola::eval
