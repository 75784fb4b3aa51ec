#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "gondola/core/class_names.hpp"
#include "gondola/core/labelled_box.hpp"
#include "issue_log.hpp"

namespace gondola::data {

/// Which classes labels may have.
class ClassTable {
 public:
  /// Without names every id up to a limit is taken, and names() has one empty name for each up to
  /// the highest seen.
  explicit ClassTable(ClassNames names) : names_(std::move(names)), open_(names_.empty()) {}

  std::optional<int> by_id(double id);
  std::optional<int> by_name(std::string_view name) const { return names_.find(name); }

  /// "the data set has classes 0..2", for messages.
  std::string range() const;
  ClassNames names() const;

 private:
  ClassNames names_;
  bool open_;
  int highest_ = -1;
};

/// A box as a label file has it: finite or not, inside or not.
struct RawBox {
  double x1 = 0;
  double y1 = 0;
  double x2 = 0;
  double y2 = 0;
};

/// Takes the labels of one picture and keeps those that are fit for use.
class LabelCollector {
 public:
  LabelCollector(Size image, IssueLog& log) : image_(image), log_(&log) {}

  /// @param box    pixels of the picture
  /// @param label  everything but the box
  /// @param where  `file:line`, how messages start
  void add(const RawBox& box, LabelledBox label, const std::string& where);

  Size image() const { return image_; }
  IssueLog& log() { return *log_; }
  std::vector<LabelledBox> release() && { return std::move(labels_); }

 private:
  Size image_;
  IssueLog* log_;
  std::vector<LabelledBox> labels_;
  std::set<std::tuple<int, float, float, float, float>> seen_;
};

/// Adds the labels of a YOLO file. `file` names it in messages.
void parse_yolo_labels(std::string_view text, const std::string& file, double min_score,
                       ClassTable& classes, LabelCollector& into);

}  // namespace gondola::data
