#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gondola/data/dataset.hpp"
#include "image_collector.hpp"
#include "label_collector.hpp"

namespace gondola::data {

using ImageFilter = std::function<bool(const std::filesystem::path& image)>;

/// Categories of a COCO JSON file, in the order of their ids.
struct CocoCategories {
  std::vector<std::string> names;
  std::vector<int> ids;
};

/// A COCO JSON file, parsed.
class CocoFile {
 public:
  /// Throws: IoError when it cannot be opened; ConfigError when it is not JSON or lacks `images`,
  /// `annotations` or `categories`.
  explicit CocoFile(const std::filesystem::path& path);
  ~CocoFile();
  CocoFile(CocoFile&&) noexcept;
  CocoFile(const CocoFile&) = delete;
  CocoFile& operator=(const CocoFile&) = delete;
  CocoFile& operator=(CocoFile&&) = delete;

  const CocoCategories& categories() const;

  /// Adds the pictures that pass the filter. Categories are looked up by name.
  void read(const std::filesystem::path& image_root, const ImageFilter& filter,
            const ClassTable& classes, ImageCollector& into) const;

 private:
  struct Parsed;
  std::unique_ptr<Parsed> parsed_;
};

/// A folder of Pascal VOC XML.
struct VocFolder {
  std::vector<std::filesystem::path> annotations;  ///< sorted
  std::filesystem::path images;                    ///< where the pictures are
};

/// nullopt when a folder holds no such thing: neither XML files nor an `Annotations` folder.
std::optional<VocFolder> find_voc_folder(const std::filesystem::path& folder);

/// The names of all classes, in alphabetical order. Files that cannot be read are skipped.
ClassNames voc_class_names(const VocFolder& folder);

/// Adds the pictures that pass the filter.
void read_voc(const VocFolder& folder, const ImageFilter& filter, const ClassTable& classes,
              ImageCollector& into);

/// Adds the labels of one annotation file. Throws: IoError for what is no such file.
void parse_voc_labels(std::string_view text, const std::string& file, const ClassTable& classes,
                      LabelCollector& into);

}  // namespace gondola::data
