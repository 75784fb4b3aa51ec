#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "annotation_files.hpp"

namespace gondola::data {

/// How YOLO labels are found and taken.
struct YoloFiles {
  std::string labels = "labels";  ///< folder in the place of `images`
  double min_score = 0;
};

/// The label file of a picture: `.../images/...` becomes `.../<labels>/...`. Where no folder is
/// called images it is in a folder `<labels>` beside the picture or, failing that, just beside it.
std::filesystem::path yolo_label_path(const std::filesystem::path& image,
                                      const std::string& labels);

/// Adds the pictures of a folder, and an issue for each label file without one. Returns how many
/// have a label file.
std::size_t read_yolo_folder(const std::filesystem::path& folder, const YoloFiles& files,
                             const ImageFilter& filter, ClassTable& classes, ImageCollector& into);

/// Adds the pictures that a text file names, one a line, relative to the file's folder; empty lines
/// and those that begin with # do not count.
std::size_t read_yolo_list(const std::filesystem::path& list, const YoloFiles& files,
                           const ImageFilter& filter, ClassTable& classes, ImageCollector& into);

}  // namespace gondola::data
