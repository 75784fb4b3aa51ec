#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <unordered_map>

#include <nlohmann/json.hpp>

#include "annotation_files.hpp"
#include "gondola/core/text.hpp"

namespace gondola::data {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

double number_at(const Json& object, const char* key, double otherwise) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number() ? found->get<double>() : otherwise;
}

std::string text_at(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

/// An id, a whole number or text, as text; "" for anything else.
std::string id_at(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end()) return "";
  if (found->is_string()) return found->get<std::string>();
  return found->is_number_integer() ? found->dump() : "";
}

/// Where the annotation of a place in the list is, for messages.
std::string where(const std::string& file, const char* list, std::size_t place) {
  return concat(file, ": ", list, '[', place, ']');
}

std::optional<RawBox> box_of(const Json& annotation) {
  const auto found = annotation.find("bbox");
  if (found == annotation.end() || !found->is_array() || found->size() != 4) return std::nullopt;
  double values[4];
  for (std::size_t i = 0; i < 4; ++i) {
    if (!(*found)[i].is_number()) return std::nullopt;
    values[i] = (*found)[i].get<double>();
  }
  return RawBox{values[0], values[1], values[0] + values[2], values[1] + values[3]};
}

CocoCategories categories_of(const Json& list, const std::string& file) {
  std::vector<std::pair<int, std::string>> categories;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const double id = number_at(list[i], "id", kNan);
    const std::string name = text_at(list[i], "name");
    if (!(id >= 0 && id <= 1e6) || id != std::floor(id) || name.empty()) {
      throw ConfigError(concat(where(file, "categories", i),
                               " is no category; expected an id from 0 to 1000000 and a name"));
    }
    categories.emplace_back(static_cast<int>(id), name);
  }
  std::sort(categories.begin(), categories.end());
  CocoCategories sorted;
  for (const auto& [id, name] : categories) {
    if (!sorted.ids.empty() && sorted.ids.back() == id) {
      throw ConfigError(concat(file, ": categories '", printable(sorted.names.back()), "' and '",
                               printable(name), "' have the same id ", id));
    }
    sorted.ids.push_back(id);
    sorted.names.push_back(name);
  }
  return sorted;
}

/// The first of the usual places where a picture is; the first place when it is in none.
fs::path find_image(const std::vector<fs::path>& places, const std::string& name) {
  for (const fs::path& place : places) {
    std::error_code failed;
    if (fs::is_regular_file(place / name, failed)) return place / name;
  }
  return places.front() / name;
}

std::vector<fs::path> image_places(const fs::path& json, const fs::path& root) {
  const fs::path folder = json.parent_path();
  std::vector<fs::path> places;
  if (!root.empty()) places.push_back(root);
  for (const fs::path& base : {folder, folder / ".."}) {
    places.push_back(base / "images");
    places.push_back(base);
    // annotations/instances_val2017.json goes with val2017/
    const std::string stem = json.stem().string();
    const std::size_t underscore = stem.rfind('_');
    if (underscore != std::string::npos) {
      places.push_back(base / stem.substr(underscore + 1));
      places.push_back(base / "images" / stem.substr(underscore + 1));
    }
  }
  return places;
}

}  // namespace

struct CocoFile::Parsed {
  fs::path path;
  Json document;
  CocoCategories categories;
};

CocoFile::CocoFile(const fs::path& path) : parsed_(std::make_unique<Parsed>()) {
  parsed_->path = path;
  const std::string file = path.string();
  try {
    parsed_->document = Json::parse(read_text_file(path));
  } catch (const Json::exception& error) {
    throw ConfigError(concat(file, ": not valid JSON: ", printable(error.what(), 200)));
  }
  for (const char* key : {"images", "annotations", "categories"}) {
    const Json& document = parsed_->document;
    if (!document.is_object() || !document.contains(key) || !document[key].is_array()) {
      throw ConfigError(concat(file, ": there is no list '", key,
                               "'; expected a COCO file with images, annotations and categories"));
    }
  }
  parsed_->categories = categories_of(parsed_->document["categories"], file);
}

CocoFile::~CocoFile() = default;
CocoFile::CocoFile(CocoFile&&) noexcept = default;

const CocoCategories& CocoFile::categories() const { return parsed_->categories; }

void CocoFile::read(const fs::path& image_root, const ImageFilter& filter,
                    const ClassTable& classes, ImageCollector& into) const {
  const std::string file = parsed_->path.string();
  const Json& annotations = parsed_->document["annotations"];
  const Json& images = parsed_->document["images"];
  IssueLog& log = into.log();

  std::unordered_map<int, std::optional<int>> class_of;
  const CocoCategories& categories = parsed_->categories;
  for (std::size_t i = 0; i < categories.ids.size(); ++i)
    class_of[categories.ids[i]] = classes.by_name(categories.names[i]);

  std::unordered_map<std::string, std::vector<std::size_t>> annotations_of;
  for (std::size_t i = 0; i < images.size(); ++i) annotations_of[id_at(images[i], "id")];
  for (std::size_t i = 0; i < annotations.size(); ++i) {
    const std::string id = id_at(annotations[i], "image_id");
    const auto found = annotations_of.find(id);
    if (id.empty() || found == annotations_of.end()) {
      log.add(IssueKind::kLabelsWithoutImage, where(file, "annotations", i), ": image_id '",
              printable(id), "' is none of the images; ignored");
      continue;
    }
    found->second.push_back(i);
  }

  const auto add_label = [&](std::size_t place, LabelCollector& labels) {
    const Json& annotation = annotations[place];
    const std::string here = where(file, "annotations", place);
    const double category = number_at(annotation, "category_id", kNan);
    // A key outside of int is none of the ids, which are at most a million.
    const auto known = category >= 0 && category <= 1e6 && category == std::floor(category)
                           ? class_of.find(static_cast<int>(category))
                           : class_of.end();
    if (known == class_of.end() || !known->second) {
      log.add(IssueKind::kBadClass, here, ": category_id ", category,
              known == class_of.end() ? " is none of the categories" : " is not wanted",
              "; label dropped");
      return;
    }
    const std::optional<RawBox> box = box_of(annotation);
    if (!box) {
      log.add(IssueKind::kBadLine, here, ": bbox is not [x, y, width, height]; label dropped");
      return;
    }
    LabelledBox label;
    label.class_id = *known->second;
    const auto crowd = annotation.find("iscrowd");
    label.crowd = crowd != annotation.end() && (*crowd == 1 || *crowd == true);
    label.area = static_cast<float>(number_at(annotation, "area", 0));
    labels.add(*box, label, here);
  };

  const std::vector<fs::path> places = image_places(parsed_->path, image_root);
  for (std::size_t i = 0; i < images.size(); ++i) {
    const std::string here = where(file, "images", i);
    const std::string name = text_at(images[i], "file_name");
    const std::string id = id_at(images[i], "id");
    if (name.empty() || id.empty()) {
      log.add(IssueKind::kBadLine, here, " has no file_name or no id; left out");
      continue;
    }
    if (!filter(name)) continue;
    const fs::path path = find_image(places, name);
    const std::optional<Size> size = into.open(path, here);
    if (!size) continue;
    const double width = number_at(images[i], "width", size->width);
    const double height = number_at(images[i], "height", size->height);
    if (width != size->width || height != size->height) {
      log.add(IssueKind::kSizeMismatch, here, ": it says ", width, 'x', height, ", the picture '",
              path.string(), "' has ", *size, "; labels taken as pixels of the picture");
    }
    LabelCollector labels(*size, log);
    for (const std::size_t place : annotations_of[id]) add_label(place, labels);
    into.add({path.string(), *size, id, std::move(labels).release()});
  }
}

}  // namespace gondola::data
