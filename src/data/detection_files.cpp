#include "gondola/data/detection_files.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <unordered_map>

#include <nlohmann/json.hpp>

#include "csv_table.hpp"
#include "gondola/core/error.hpp"
#include "gondola/core/text.hpp"
#include "picture_names.hpp"
#include "read_text.hpp"

namespace gondola::data {
namespace {

using Json = nlohmann::json;

constexpr const char* kSchema = "gondola.detections/1";

/// Gathers detections picture by picture, whatever their order in the file.
class Collector {
 public:
  explicit Collector(std::string path) { file_.path = std::move(path); }

  DetectedImage& image(const std::string& name) {
    const auto [place, is_new] = places_.try_emplace(name, file_.images.size());
    if (is_new) file_.images.push_back({name, {}});
    return file_.images[place->second];
  }

  int class_of(const FileClass& wanted) {
    const auto [place, is_new] =
        classes_.try_emplace({wanted.label, wanted.id}, static_cast<int>(file_.classes.size()));
    if (is_new) file_.classes.push_back(wanted);
    return place->second;
  }

  DetectionFile release() && { return std::move(file_); }

 private:
  DetectionFile file_;
  std::unordered_map<std::string, std::size_t> places_;
  std::map<std::pair<std::string, std::optional<int>>, int> classes_;
};

/// @param where  how the message starts
void check_box(const std::string& where, const Box& box) {
  const bool is_finite = std::isfinite(box.x1) && std::isfinite(box.y1) && std::isfinite(box.x2) &&
                         std::isfinite(box.y2);
  if (is_finite && box.x2 >= box.x1 && box.y2 >= box.y1) return;
  throw IoError(concat(where, ": box ", box, is_finite ? " ends before it begins" : " has no end",
                       "; expected x1 <= x2, y1 <= y2"));
}

float checked_score(const std::string& where, double score) {
  if (score >= 0 && score <= 1) return static_cast<float>(score);
  throw IoError(concat(where, ": score is ", score, "; expected 0..1"));
}

/// Reading values of one JSON object, with messages that say where it is.
class Entry {
 public:
  Entry(const Json& json, std::string where) : json_(json), where_(std::move(where)) {
    if (!json.is_object()) fail(concat("is ", printable(json.dump())), "an object");
  }

  const std::string& where() const { return where_; }
  bool has(const char* key) const { return json_.contains(key); }

  const Json& at(const char* key) const {
    const auto found = json_.find(key);
    if (found == json_.end()) throw IoError(concat(where_, ": '", key, "' is missing"));
    return *found;
  }

  double number(const char* key) const {
    const Json& value = at(key);
    if (!value.is_number()) refuse(key, "a number");
    return value.get<double>();
  }

  int whole(const char* key) const {
    const Json& value = at(key);
    if (!value.is_number_integer()) refuse(key, "a whole number");
    return value.get<int>();
  }

  std::string text(const char* key) const {
    const Json& value = at(key);
    if (!value.is_string()) refuse(key, "text");
    return value.get<std::string>();
  }

  /// An image id: COCO's own are numbers, those of other data sets often file names.
  std::string id(const char* key) const {
    const Json& value = at(key);
    if (value.is_string()) return value.get<std::string>();
    if (!value.is_number_integer()) refuse(key, "a whole number or text");
    return value.dump();
  }

  const Json& list(const char* key) const {
    const Json& value = at(key);
    if (!value.is_array()) refuse(key, "a list");
    return value;
  }

  std::array<float, 4> four_numbers(const char* key) const {
    const Json& value = at(key);
    const bool fits =
        value.is_array() && value.size() == 4 &&
        std::all_of(value.begin(), value.end(), [](const Json& one) { return one.is_number(); });
    if (!fits) refuse(key, "a list of four numbers");
    return value.get<std::array<float, 4>>();
  }

 private:
  [[noreturn]] void fail(const std::string& what, const char* expected) const {
    throw IoError(concat(where_, ": ", what, "; expected ", expected));
  }

  [[noreturn]] void refuse(const char* key, const char* expected) const {
    fail(concat("'", key, "' is ", printable(json_.at(key).dump())), expected);
  }

  const Json& json_;
  std::string where_;
};

DetectionFile read_coco(const std::string& path, const Json& list) {
  Collector collector(path);
  for (std::size_t i = 0; i < list.size(); ++i) {
    const Entry entry(list[i], concat(path, ": entry ", i));
    const auto [x, y, width, height] = entry.four_numbers("bbox");
    const Box box{x, y, x + width, y + height};
    check_box(entry.where(), box);
    const float score = checked_score(entry.where(), entry.number("score"));
    const int class_id = collector.class_of({"", entry.whole("category_id")});
    collector.image(entry.id("image_id")).detections.push_back({box, score, class_id});
  }
  DetectionFile file = std::move(collector).release();
  file.ids_are_categories = true;
  return file;
}

void add_image(Collector& collector, const Entry& image) {
  // A picture without detections is one nonetheless.
  std::vector<Detection>& detections = collector.image(image.text("source")).detections;
  const Json& list = image.list("detections");
  for (std::size_t i = 0; i < list.size(); ++i) {
    const Entry entry(list[i], concat(image.where(), ", detection ", i));
    const auto [x1, y1, x2, y2] = entry.four_numbers("box");
    const Box box{x1, y1, x2, y2};
    check_box(entry.where(), box);
    const float score = checked_score(entry.where(), entry.number("score"));
    const FileClass wanted{entry.has("label") ? entry.text("label") : "", entry.whole("class")};
    detections.push_back({box, score, collector.class_of(wanted)});
  }
}

void check_schema(const Entry& document) {
  const std::string schema = document.has("schema") ? document.text("schema") : "";
  if (schema == kSchema) return;
  throw IoError(concat(document.where(), ": schema is '", printable(schema), "'; expected ",
                       kSchema, ", a COCO results list, or a CSV table"));
}

DetectionFile read_gondola_document(const std::string& path, const Json& json) {
  const Entry document(json, path);
  check_schema(document);
  Collector collector(path);
  const Json& images = document.list("images");
  for (std::size_t i = 0; i < images.size(); ++i) {
    add_image(collector, Entry(images[i], concat(path, ": image ", i)));
  }
  return std::move(collector).release();
}

std::size_t line_at(std::string_view text, std::size_t byte) {
  const std::string_view before = text.substr(0, std::min(byte, text.size()));
  return 1 + static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
}

/// @param first_line  number of the text's first line in the file
Json parse_json(const std::string& path, std::string_view text, std::size_t first_line) {
  try {
    return Json::parse(text.begin(), text.end());
  } catch (const Json::parse_error& error) {
    throw IoError(concat(path, ':', first_line + line_at(text, error.byte) - 1,
                         ": this is not JSON, or the file was cut off"));
  } catch (const Json::out_of_range&) {
    throw IoError(concat(path, ": holds a number that is too large for JSON"));
  }
}

DetectionFile read_gondola_lines(const std::string& path, const std::string& text) {
  Collector collector(path);
  const std::vector<std::string> lines = split(text, '\n');
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (trim(lines[i]).empty()) continue;
    const Json json = parse_json(path, lines[i], i + 1);
    const Entry image(json, concat(path, ':', i + 1));
    check_schema(image);
    add_image(collector, image);
  }
  return std::move(collector).release();
}

/// One JSON object a line: the first line is complete in itself and there are others.
bool is_lines(const std::string& text) {
  const std::string_view all = trim(text);
  const std::size_t end = all.find('\n');
  const std::string_view first = all.substr(0, end);
  const Json json = Json::parse(first.begin(), first.end(), nullptr, /*allow_exceptions=*/false);
  return json.is_object() && !json.contains("images");
}

/// What the tables of detections and of truth have in common.
struct BoxColumns {
  std::size_t image;
  std::size_t x1;
  std::size_t y1;
  std::size_t x2;
  std::size_t y2;
  std::optional<std::size_t> class_id;
  std::optional<std::size_t> label;

  explicit BoxColumns(const CsvTable& table)
      : image(table.column({"image_name", "source", "image", "file", "filename", "image_id"})),
        x1(table.column({"x1", "xmin"})),
        y1(table.column({"y1", "ymin"})),
        x2(table.column({"x2", "xmax"})),
        y2(table.column({"y2", "ymax"})),
        class_id(table.find_column({"class"})),
        label(table.find_column({"label", "class_name"})) {
    if (!class_id && !label) table.column({"class", "label"});
  }

  Box box(const CsvTable& table, const CsvRow& row) const {
    const auto coordinate = [&](std::size_t column) {
      return static_cast<float>(table.number(row, column));
    };
    return {coordinate(x1), coordinate(y1), coordinate(x2), coordinate(y2)};
  }

  FileClass wanted(const CsvRow& row) const {
    FileClass result;
    if (class_id) result.id = parse_number<int>(row.cells[*class_id]);
    if (label) {
      result.label = row.cells[*label];
    } else if (!result.id) {
      result.label = row.cells[*class_id];
    }
    return result;
  }
};

DetectionFile read_table(const std::string& path, const std::string& text) {
  const CsvTable table(path, text);
  const BoxColumns columns(table);
  const std::size_t score_column = table.column({"score", "confidence", "conf"});
  Collector collector(path);
  for (const CsvRow& row : table.rows()) {
    const Box box = columns.box(table, row);
    check_box(table.where(row), box);
    const float score = checked_score(table.where(row), table.number(row, score_column));
    collector.image(row.cells[columns.image])
        .detections.push_back({box, score, collector.class_of(columns.wanted(row))});
  }
  return std::move(collector).release();
}

/// A class's name for people, from whatever the file has.
std::string name_of(const FileClass& one) {
  return one.label.empty() ? std::to_string(one.id.value_or(-1)) : one.label;
}

std::optional<int> find_class(const FileClass& wanted, const DetectionFile& file,
                              const Dataset& dataset) {
  if (!wanted.label.empty() && has_class_names(dataset)) {
    return dataset.names.find(wanted.label);
  }
  if (!wanted.id) return std::nullopt;
  if (file.ids_are_categories && !dataset.category_ids.empty()) {
    const auto& ids = dataset.category_ids;
    const auto found = std::find(ids.begin(), ids.end(), *wanted.id);
    if (found == ids.end()) return std::nullopt;
    return static_cast<int>(found - ids.begin());
  }
  const bool is_place =
      *wanted.id >= 0 && static_cast<std::size_t>(*wanted.id) < dataset.names.size();
  if (is_place) return *wanted.id;
  // A file may call its classes by numbers and a data set by the same numbers as names.
  return dataset.names.find(std::to_string(*wanted.id));
}

std::vector<std::optional<int>> find_classes(const DetectionFile& file, const Dataset& dataset,
                                             std::vector<std::string>& unknown) {
  std::vector<std::optional<int>> ids;
  for (const FileClass& wanted : file.classes) {
    ids.push_back(find_class(wanted, file, dataset));
    if (!ids.back()) unknown.push_back(name_of(wanted));
  }
  if (!ids.empty() && unknown.size() == ids.size()) {
    throw ConfigError(concat(file.path, ": the data set has none of the classes (",
                             printable(join(unknown, ", ")), "); it has ",
                             has_class_names(dataset)
                                 ? printable(join(dataset.names.names(), ", "))
                                 : concat("numbers 0 to ", dataset.names.size() - 1)));
  }
  return ids;
}

}  // namespace

DetectionFile read_detections(const std::filesystem::path& path) {
  const std::string name = path.string();
  const std::string text = read_text(path);
  const std::string_view content = trim(text);
  if (content.empty()) throw IoError(concat(name, ": the file is empty"));
  if (content.front() == '[') return read_coco(name, parse_json(name, text, 1));
  if (content.front() != '{') return read_table(name, text);
  if (is_lines(text)) return read_gondola_lines(name, text);
  return read_gondola_document(name, parse_json(name, text, 1));
}

Dataset read_truth_table(const std::filesystem::path& path) {
  const std::string name = path.string();
  const CsvTable table(name, read_text(path));
  const BoxColumns columns(table);
  Collector collector(name);
  for (const CsvRow& row : table.rows()) {
    const Box box = columns.box(table, row);
    if (!is_valid(box)) {
      throw IoError(concat(table.where(row), ": box ", box, " encloses nothing; expected x1 < x2, ",
                           "y1 < y2"));
    }
    collector.image(row.cells[columns.image])
        .detections.push_back({box, 1, collector.class_of(columns.wanted(row))});
  }
  const DetectionFile file = std::move(collector).release();
  if (file.images.empty()) throw IoError(concat(name, ": there are no boxes in the table"));

  Dataset dataset;
  const bool all_numbers =
      std::all_of(file.classes.begin(), file.classes.end(),
                  [](const auto& one) { return one.label.empty() && one.id >= 0; });
  std::vector<std::string> names;
  for (const FileClass& one : file.classes) {
    if (all_numbers) {
      names.resize(std::max(names.size(), static_cast<std::size_t>(*one.id) + 1));
    } else {
      names.push_back(name_of(one));
    }
  }
  dataset.names = ClassNames(std::move(names));
  for (const DetectedImage& image : file.images) {
    LabelledImage labelled{image.name, {}, stem_of(image.name), {}};
    for (const Detection& box : image.detections) {
      const FileClass& one = file.classes[static_cast<std::size_t>(box.class_id)];
      labelled.labels.push_back({box.box, all_numbers ? *one.id : box.class_id});
    }
    dataset.images.push_back(std::move(labelled));
  }
  return dataset;
}

AssignedDetections assign_detections(const DetectionFile& file, const Dataset& dataset) {
  AssignedDetections result;
  result.per_image.resize(dataset.images.size());
  const auto class_ids = find_classes(file, dataset, result.unknown_classes);
  const PictureNames names(dataset.images);
  for (const DetectedImage& image : file.images) {
    const std::optional<std::size_t> index = names.find(image.name, file.path);
    if (!index) {
      result.unknown_images.push_back(image.name);
      result.dropped += image.detections.size();
      continue;
    }
    for (Detection detection : image.detections) {
      const std::optional<int> id = class_ids[static_cast<std::size_t>(detection.class_id)];
      if (id) {
        detection.class_id = *id;
        result.per_image[*index].push_back(detection);
      } else {
        ++result.dropped;
      }
    }
  }
  if (!file.images.empty() && result.unknown_images.size() == file.images.size()) {
    throw ConfigError(concat(file.path, ": the data set has none of its ", file.images.size(),
                             " pictures, such as '", printable(file.images.front().name),
                             "'; it has such as '", printable(dataset.images.front().path), "'"));
  }
  return result;
}

bool has_class_names(const Dataset& dataset) {
  const std::vector<std::string>& names = dataset.names.names();
  return std::any_of(names.begin(), names.end(), [](const auto& name) { return !name.empty(); });
}

}  // namespace gondola::data
