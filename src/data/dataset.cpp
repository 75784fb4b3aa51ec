#include "gondola/data/dataset.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "annotation_files.hpp"
#include "dataset_plan.hpp"
#include "gondola/core/text.hpp"
#include "image_collector.hpp"
#include "label_collector.hpp"
#include "yolo_files.hpp"

namespace gondola::data {
namespace {

namespace fs = std::filesystem;

void check(const DatasetOptions& options) {
  const std::string& split = options.split;
  if (!split.empty() && split != "train" && split != "val" && split != "test") {
    throw ConfigError(
        concat("split '", printable(split), "'; expected train, val, test, or none for all"));
  }
  if (!(options.label_min_score <= 1)) {
    throw ConfigError(
        concat("label_min_score = ", options.label_min_score, "; expected a number up to 1"));
  }
  if (!(options.val_share >= 0 && options.val_share <= 1)) {
    throw ConfigError(concat("val_share = ", options.val_share, "; expected a number from 0 to 1"));
  }
}

/// Reads the parts of a plan one after another.
class Reader {
 public:
  Reader(const fs::path& where, const DatasetOptions& options)
      : where_(where),
        options_(options),
        plan_(plan_dataset(where, options)),
        log_(options.strict),
        images_(log_, options.decode_images) {
    files_.labels = options.labels.empty() ? plan_.labels : options.labels;
    files_.min_score = options.label_min_score < 0 ? plan_.min_score : options.label_min_score;
    for (const DatasetPart& part : plan_.parts)
      if (part.kind == PartKind::kCoco) coco_files_.emplace(part.path, CocoFile(part.path));
  }

  Dataset read() {
    ClassTable classes(class_names());
    for (const DatasetPart& part : plan_.parts) read_part(part, classes);
    check_result();
    Dataset dataset;
    dataset.names = classes.names();
    dataset.category_ids = category_ids(dataset.names);
    dataset.images = std::move(images_).release();
    dataset.issues = std::move(log_).release();
    if (options_.single_class) make_single_class(dataset);
    return dataset;
  }

 private:
  /// The names that labels are understood by.
  ClassNames class_names() const {
    // With a single class, the name that was asked for is that of the one, not of those in files.
    if (!options_.names.empty() && !options_.single_class) return options_.names;
    if (!plan_.names.empty()) return plan_.names;
    for (const DatasetPart& part : plan_.parts) {
      if (part.kind == PartKind::kCoco)
        return ClassNames(coco_files_.at(part.path).categories().names);
      if (part.kind == PartKind::kVoc) return voc_class_names(*find_voc_folder(part.path));
    }
    return {};
  }

  void read_part(const DatasetPart& part, ClassTable& classes) {
    const ImageFilter filter = filter_for(part);
    switch (part.kind) {
      case PartKind::kFolder:
        labelled_ += read_yolo_folder(part.path, files_, filter, classes, images_);
        break;
      case PartKind::kList:
        labelled_ += read_yolo_list(part.path, files_, filter, classes, images_);
        break;
      case PartKind::kCoco:
        coco_files_.at(part.path).read(options_.image_root, filter, classes, images_);
        has_own_labels_ = true;
        break;
      case PartKind::kVoc:
        read_voc(*find_voc_folder(part.path), filter, classes, images_);
        has_own_labels_ = true;
        break;
    }
  }

  ImageFilter filter_for(const DatasetPart& part) const {
    if (!part.stems.empty()) {
      std::set<std::string> stems;
      for (const std::string& line : split(read_text_file(part.stems), '\n')) {
        // VOC's lists per class have a second column.
        const std::string_view stem = trim(line);
        stems.emplace(stem.substr(0, stem.find_first_of(" \t")));
      }
      return [stems](const fs::path& image) { return stems.count(image.stem().string()) != 0; };
    }
    return [split = options_.split, share = plan_.val_share](const fs::path& image) {
      return is_in_share(image, split, share);
    };
  }

  void check_result() const {
    const std::string name =
        options_.split.empty()
            ? concat("data set '", where_.string(), '\'')
            : concat("split '", options_.split, "' of data set '", where_.string(), '\'');
    if (images_.images().empty()) {
      const std::string found = count_by_kind(log_.issues());
      throw ConfigError(concat(name, " has no pictures that can be read",
                               found.empty() ? "" : concat(" (", found, ')'),
                               "; expected them in '", plan_.parts.front().path.string(), '\''));
    }
    const bool labelled = has_own_labels_ || labelled_ > 0 || options_.allow_unlabelled;
    if (!labelled) {
      const fs::path example = yolo_label_path(images_.images().front().path, files_.labels);
      throw ConfigError(concat(name, " has no labels for any of its ", images_.images().size(),
                               " pictures; expected for example '", example.string(), '\''));
    }
  }

  /// The ids in a COCO file of the classes in their order, -1 for what it does not have.
  std::vector<int> category_ids(const ClassNames& names) const {
    if (coco_files_.empty()) return {};
    const CocoCategories& categories = coco_files_.begin()->second.categories();
    std::vector<int> ids;
    for (const std::string& name : names.names()) {
      const auto found = std::find(categories.names.begin(), categories.names.end(), name);
      ids.push_back(
          found == categories.names.end()
              ? -1
              : categories.ids[static_cast<std::size_t>(found - categories.names.begin())]);
    }
    return ids;
  }

  void make_single_class(Dataset& dataset) const {
    dataset.names = ClassNames({options_.names.empty() ? "object" : options_.names.name(0)});
    dataset.category_ids.clear();
    for (LabelledImage& image : dataset.images)
      for (LabelledBox& label : image.labels) label.class_id = 0;
  }

  fs::path where_;
  const DatasetOptions& options_;
  DatasetPlan plan_;
  IssueLog log_;
  ImageCollector images_;
  YoloFiles files_;
  std::map<fs::path, CocoFile> coco_files_;
  std::size_t labelled_ = 0;  ///< pictures with a YOLO label file
  bool has_own_labels_ = false;
};

}  // namespace

Dataset load_dataset(const fs::path& where, const DatasetOptions& options) {
  check(options);
  return Reader(where, options).read();
}

}  // namespace gondola::data
