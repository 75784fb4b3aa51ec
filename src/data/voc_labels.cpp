#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include <pugixml.hpp>

#include "annotation_files.hpp"
#include "gondola/core/text.hpp"

namespace gondola::data {
namespace {

namespace fs = std::filesystem;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// Far more than a picture has objects for; keeps a hostile file from filling the memory.
constexpr std::size_t kMostBytes = std::size_t{1} << 26U;

/// The number an element holds; NaN for anything else.
double number_in(const pugi::xml_node& element) {
  return parse_number<double>(trim(element.child_value())).value_or(kNan);
}

std::size_t line_of(std::string_view text, std::ptrdiff_t offset) {
  const auto length = static_cast<std::size_t>(std::max<std::ptrdiff_t>(offset, 0));
  const std::string_view before = text.substr(0, std::min(length, text.size()));
  return 1 + static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
}

/// Throws IoError, file and line first, for what is no annotation.
pugi::xml_node parse(std::string_view text, const std::string& file, pugi::xml_document& into) {
  const pugi::xml_parse_result result = into.load_buffer(text.data(), text.size());
  if (!result) {
    throw IoError(
        concat(file, ':', line_of(text, result.offset), ": not valid XML: ", result.description()));
  }
  const pugi::xml_node annotation = into.child("annotation");
  if (!annotation)
    throw IoError(concat(file, ":1: there is no <annotation>; expected Pascal VOC XML"));
  return annotation;
}

std::string read_annotation(const fs::path& path) {
  std::error_code failed;
  if (fs::file_size(path, failed) > kMostBytes && !failed)
    throw IoError(concat("cannot read '", path.string(), "': it has more than 64 MiB"));
  return read_text_file(path);
}

void add_objects(const pugi::xml_node& annotation, std::string_view text, const std::string& file,
                 const ClassTable& classes, LabelCollector& into) {
  for (const pugi::xml_node& object : annotation.children("object")) {
    const std::string where = concat(file, ':', line_of(text, object.offset_debug()));
    const std::string name(trim(object.child("name").child_value()));
    const std::optional<int> class_id = classes.by_name(name);
    if (!class_id) {
      into.log().add(IssueKind::kBadClass, where, ": class '", printable(name), "'; ",
                     classes.range(), ", none of this name; label dropped");
      continue;
    }
    const pugi::xml_node bounds = object.child("bndbox");
    const RawBox box{number_in(bounds.child("xmin")) - 1, number_in(bounds.child("ymin")) - 1,
                     number_in(bounds.child("xmax")), number_in(bounds.child("ymax"))};
    LabelledBox label;
    label.class_id = *class_id;
    label.crowd = number_in(object.child("difficult")) == 1;
    into.add(box, label, where);
  }
}

void check_size(const pugi::xml_node& annotation, const std::string& file, LabelCollector& into) {
  const pugi::xml_node size = annotation.child("size");
  if (!size) return;
  const double width = number_in(size.child("width"));
  const double height = number_in(size.child("height"));
  // Tools that did not know it wrote 0.
  const bool unknown = !(width > 0 && height > 0);
  if (unknown || (width == into.image().width && height == into.image().height)) return;
  into.log().add(IssueKind::kSizeMismatch, file, ": it says ", width, 'x', height,
                 ", the picture has ", into.image(), "; labels taken as pixels of the picture");
}

}  // namespace

std::optional<VocFolder> find_voc_folder(const fs::path& folder) {
  std::error_code failed;
  VocFolder found;
  fs::path annotations = folder;
  found.images = folder;
  if (fs::is_directory(folder / "Annotations", failed)) {
    annotations = folder / "Annotations";
    if (fs::is_directory(folder / "JPEGImages", failed)) found.images = folder / "JPEGImages";
  }
  for (const fs::directory_entry& entry : fs::directory_iterator(annotations, failed))
    if (entry.path().extension() == ".xml") found.annotations.push_back(entry.path());
  if (found.annotations.empty()) return std::nullopt;
  std::sort(found.annotations.begin(), found.annotations.end());
  return found;
}

ClassNames voc_class_names(const VocFolder& folder) {
  std::set<std::string> names;
  for (const fs::path& path : folder.annotations) {
    try {
      const std::string text = read_annotation(path);
      pugi::xml_document document;
      for (const pugi::xml_node& object : parse(text, path.string(), document).children("object"))
        names.emplace(trim(object.child("name").child_value()));
    } catch (const IoError&) {
      continue;  // becomes an issue when its labels are read
    }
  }
  names.erase("");
  return ClassNames({names.begin(), names.end()});
}

void parse_voc_labels(std::string_view text, const std::string& file, const ClassTable& classes,
                      LabelCollector& into) {
  pugi::xml_document document;
  const pugi::xml_node annotation = parse(text, file, document);
  check_size(annotation, file, into);
  add_objects(annotation, text, file, classes, into);
}

void read_voc(const VocFolder& folder, const ImageFilter& filter, const ClassTable& classes,
              ImageCollector& into) {
  std::map<std::string, fs::path> image_of;
  for (const fs::path& image : images_below(folder.images))
    image_of.emplace(image.stem().string(), image);
  for (const fs::path& path : folder.annotations) {
    const auto image = image_of.find(path.stem().string());
    if (image == image_of.end()) {
      // Without a picture there is no telling which split the labels belong to.
      if (filter(path)) {
        into.log().add(IssueKind::kLabelsWithoutImage, path.string(),
                       ": there is no picture of this name in '", folder.images.string(),
                       "'; ignored");
      }
      continue;
    }
    if (!filter(image->second)) continue;
    const std::optional<Size> size = into.open(image->second, path.string());
    if (!size) continue;
    LabelCollector labels(*size, into.log());
    try {
      parse_voc_labels(read_annotation(path), path.string(), classes, labels);
    } catch (const IoError& error) {
      into.log().add(IssueKind::kBrokenLabels, error.what(), "; its picture is left out");
      continue;
    }
    into.add({image->second.string(), *size, path.stem().string(), std::move(labels).release()});
  }
}

}  // namespace gondola::data
