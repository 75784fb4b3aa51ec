#include <algorithm>
#include <cmath>

#include "gondola/core/text.hpp"
#include "label_collector.hpp"

namespace gondola::data {
namespace {

/// A word as a finite number; nullopt for anything else.
std::optional<double> number_of(std::string_view word) {
  if (word.size() > 1 && word.front() == '+' && word[1] != '-') word.remove_prefix(1);
  const std::optional<double> number = parse_number<double>(word);
  return number && std::isfinite(*number) ? number : std::nullopt;
}

constexpr std::string_view kBlanks = " \t\r\f\v";

/// The numbers of a line; nullopt when one of its words is none.
std::optional<std::vector<double>> numbers_of(std::string_view line) {
  std::vector<double> numbers;
  for (std::size_t at = line.find_first_not_of(kBlanks); at != std::string_view::npos;
       at = line.find_first_not_of(kBlanks, at)) {
    const std::size_t end = std::min(line.find_first_of(kBlanks, at), line.size());
    const std::optional<double> number = number_of(line.substr(at, end - at));
    if (!number) return std::nullopt;
    numbers.push_back(*number);
    at = end;
  }
  return numbers;
}

constexpr std::size_t kBoxColumns = 5;    // class cx cy w h
constexpr std::size_t kScoreColumns = 6;  // ... score

/// Class and at least three points.
bool is_polygon(std::size_t columns) { return columns >= 7 && columns % 2 == 1; }

RawBox hull_of_polygon(const std::vector<double>& numbers) {
  RawBox hull{numbers[1], numbers[2], numbers[1], numbers[2]};
  for (std::size_t i = 3; i + 1 < numbers.size(); i += 2) {
    hull.x1 = std::min(hull.x1, numbers[i]);
    hull.x2 = std::max(hull.x2, numbers[i]);
    hull.y1 = std::min(hull.y1, numbers[i + 1]);
    hull.y2 = std::max(hull.y2, numbers[i + 1]);
  }
  return hull;
}

RawBox box_of(const std::vector<double>& numbers) {
  const double half_width = numbers[3] / 2;
  const double half_height = numbers[4] / 2;
  return {numbers[1] - half_width, numbers[2] - half_height, numbers[1] + half_width,
          numbers[2] + half_height};
}

}  // namespace

void parse_yolo_labels(std::string_view text, const std::string& file, double min_score,
                       ClassTable& classes, LabelCollector& into) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.substr(0, kByteOrderMark.size()) == kByteOrderMark)
    text.remove_prefix(kByteOrderMark.size());
  std::size_t number = 0;
  while (!text.empty()) {
    ++number;
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty()) continue;
    const std::string where = concat(file, ':', number);

    const std::optional<std::vector<double>> values = numbers_of(line);
    if (!values) {
      into.log().add(IssueKind::kBadLine, where, ": '", printable(line),
                     "' is not made of finite numbers; label dropped");
      continue;
    }
    const std::size_t columns = values->size();
    const bool has_box = columns == kBoxColumns || columns == kScoreColumns;
    if (!has_box && !is_polygon(columns)) {
      into.log().add(
          IssueKind::kBadLine, where, ": '", printable(line), "' has ", columns,
          " columns; expected class cx cy w h, with a score as the sixth, or a class and "
          "the points of a polygon; label dropped");
      continue;
    }
    if (columns == kScoreColumns && !(values->back() >= min_score)) continue;
    const std::optional<int> class_id = classes.by_id(values->front());
    if (!class_id) {
      into.log().add(IssueKind::kBadClass, where, ": class ", values->front(), "; ",
                     classes.range(), "; label dropped");
      continue;
    }
    if (has_box && ((*values)[3] < 0 || (*values)[4] < 0)) {
      into.log().add(IssueKind::kEmptyBox, where, ": '", printable(line),
                     "' has a negative width or height; label dropped");
      continue;
    }
    RawBox box = has_box ? box_of(*values) : hull_of_polygon(*values);
    box.x1 *= into.image().width;
    box.x2 *= into.image().width;
    box.y1 *= into.image().height;
    box.y2 *= into.image().height;
    LabelledBox label;
    label.class_id = *class_id;
    into.add(box, label, where);
  }
}

}  // namespace gondola::data
