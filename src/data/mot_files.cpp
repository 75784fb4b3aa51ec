#include "gondola/data/mot_files.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "gondola/core/error.hpp"
#include "gondola/core/text.hpp"
#include "read_text.hpp"

namespace gondola::data {
namespace {

constexpr std::array<const char*, 8> kFields = {"frame", "id",     "left", "top",
                                                "width", "height", "conf", "class"};
constexpr std::size_t kNeededFields = 6;
constexpr double kMostFrames = 10'000'000;

/// The fields of one line that are known.
class Line {
 public:
  Line(std::string where, std::string_view text) : where_(std::move(where)) {
    fields_ = split(text, ',');
    if (fields_.size() < kNeededFields) {
      throw IoError(concat(where_, ": ", fields_.size(), " fields; expected at least ",
                           kNeededFields, " (frame,id,left,top,width,height)"));
    }
  }

  bool has(std::size_t field) const { return field < fields_.size(); }

  double number(std::size_t field) const {
    const std::string_view text = trim(fields_[field]);
    const auto value = parse_number<double>(text);
    if (!value || !std::isfinite(*value)) refuse(field, "a number");
    return *value;
  }

  double number_from(std::size_t field, double least) const {
    const double value = number(field);
    if (value < least) refuse(field, concat(least, " or more"));
    return value;
  }

  /// Beyond what a double holds exactly, whole numbers are no longer told apart.
  double whole(std::size_t field) const {
    const double value = number(field);
    constexpr double kLargest = 9007199254740992;
    if (value != std::floor(value) || std::abs(value) > kLargest) refuse(field, "a whole number");
    return value;
  }

  double frame() const {
    const double value = whole(0);
    if (value < 1 || value > kMostFrames) {
      refuse(0, concat("1 to ", static_cast<int>(kMostFrames), " (frames count from 1)"));
    }
    return value;
  }

  int class_id() const {
    const double value = whole(7);
    constexpr double kLargest = 1e9;
    if (std::abs(value) > kLargest) refuse(7, "a class number");
    return static_cast<int>(value);
  }

  const std::string& where() const { return where_; }

 private:
  [[noreturn]] void refuse(std::size_t field, const std::string& expected) const {
    throw IoError(concat(where_, ": ", kFields[field], " is '", printable(trim(fields_[field])),
                         "'; expected ", expected));
  }

  std::string where_;
  std::vector<std::string> fields_;
};

MotBox read_line(const Line& line) {
  const auto left = line.number(2);
  const auto top = line.number(3);
  const Box box{static_cast<float>(left), static_cast<float>(top),
                static_cast<float>(left + line.number_from(4, 0)),
                static_cast<float>(top + line.number_from(5, 0))};
  MotBox result{static_cast<int>(line.frame()), static_cast<std::int64_t>(line.whole(1)), box};
  if (line.has(6)) result.confidence = static_cast<float>(line.number(6));
  if (line.has(7)) result.class_id = line.class_id();
  return result;
}

}  // namespace

std::vector<MotBox> read_mot_file(const std::filesystem::path& path) {
  const std::string name = path.string();
  std::vector<MotBox> boxes;
  std::map<std::pair<int, std::int64_t>, std::size_t> lines;
  const std::vector<std::string> texts = split(read_text(path), '\n');
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (trim(texts[i]).empty()) continue;
    const Line line(concat(name, ':', i + 1), texts[i]);
    const MotBox box = read_line(line);
    const auto [first, is_new] = lines.emplace(std::pair(box.frame, box.identity), i + 1);
    if (!is_new) {
      throw IoError(concat(line.where(), ": identity ", box.identity, " is in frame ", box.frame,
                           " already (line ", first->second,
                           "); each may be there once, with the number of its track"));
    }
    boxes.push_back(box);
  }
  return boxes;
}

}  // namespace gondola::data
