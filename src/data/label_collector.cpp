#include "label_collector.hpp"

#include <algorithm>
#include <cmath>

namespace gondola::data {
namespace {

/// Ids of classes without names; a wrong column read as an id soon exceeds it.
constexpr int kMostClasses = 10000;

/// How far label files may be off by rounding, in pixels.
constexpr double kRounding = 1.0;

std::string text_of(const RawBox& box) {
  return concat('[', box.x1, ", ", box.y1, ", ", box.x2, ", ", box.y2, ']');
}

}  // namespace

std::optional<int> ClassTable::by_id(double id) {
  const double count = open_ ? kMostClasses : static_cast<double>(names_.size());
  if (!(id >= 0 && id < count) || id != std::floor(id)) return std::nullopt;
  highest_ = std::max(highest_, static_cast<int>(id));
  return static_cast<int>(id);
}

std::string ClassTable::range() const {
  if (open_) return concat("expected a whole number from 0 to ", kMostClasses - 1);
  return concat("the data set has classes 0 to ", names_.size() - 1);
}

ClassNames ClassTable::names() const {
  if (!open_) return names_;
  return ClassNames(std::vector<std::string>(static_cast<std::size_t>(highest_ + 1)));
}

void LabelCollector::add(const RawBox& box, LabelledBox label, const std::string& where) {
  const double width = image_.width;
  const double height = image_.height;
  const bool finite = std::isfinite(box.x1) && std::isfinite(box.y1) && std::isfinite(box.x2) &&
                      std::isfinite(box.y2) && std::isfinite(label.area);
  if (!finite) {
    log_->add(IssueKind::kBadLine, where, ": box ", text_of(box),
              " is not made of finite numbers; label dropped");
    return;
  }
  if (box.x1 >= width || box.y1 >= height || box.x2 <= 0 || box.y2 <= 0) {
    log_->add(IssueKind::kBoxOutside, where, ": box ", text_of(box),
              " lies outside the picture of ", image_, "; label dropped");
    return;
  }
  label.box = {static_cast<float>(std::clamp(box.x1, 0.0, width)),
               static_cast<float>(std::clamp(box.y1, 0.0, height)),
               static_cast<float>(std::clamp(box.x2, 0.0, width)),
               static_cast<float>(std::clamp(box.y2, 0.0, height))};
  if (!is_valid(label.box)) {
    log_->add(IssueKind::kEmptyBox, where, ": box ", text_of(box),
              " has no width or no height; label dropped");
    return;
  }
  const Box& kept = label.box;
  if (!seen_.emplace(label.class_id, kept.x1, kept.y1, kept.x2, kept.y2).second) {
    log_->add(IssueKind::kDuplicateLabel, where, ": class ", label.class_id, " with box ",
              text_of(box), " is there already; label dropped");
    return;
  }
  if (box.x1 < -kRounding || box.y1 < -kRounding || box.x2 > width + kRounding ||
      box.y2 > height + kRounding) {
    log_->add(IssueKind::kBoxClipped, where, ": box ", text_of(box), " exceeds the picture of ",
              image_, "; clipped");
  }
  labels_.push_back(label);
}

}  // namespace gondola::data
