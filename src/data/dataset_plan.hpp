#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "gondola/core/class_names.hpp"
#include "gondola/data/dataset.hpp"

namespace gondola::data {

enum class PartKind {
  kFolder,  ///< pictures in a folder and below, with YOLO labels
  kList,    ///< a text file that names pictures, with YOLO labels
  kCoco,    ///< a JSON file
  kVoc      ///< a folder of XML files
};

/// One place that labelled pictures come from.
struct DatasetPart {
  PartKind kind = PartKind::kFolder;
  std::filesystem::path path;
  std::filesystem::path stems;  ///< VOC: a list of the pictures that count; empty = all
};

/// Where to find what was asked for.
struct DatasetPlan {
  std::vector<DatasetPart> parts;
  ClassNames names;               ///< as the data set has them; may be empty
  std::string labels = "labels";  ///< folder of YOLO labels
  double min_score = 0;           ///< of YOLO labels
  double val_share = 0;           ///< 0 when the parts are the split already
};

/// Finds out how a data set is laid out. Nothing but data.yaml and class lists is read yet.
///
/// Throws: as load_dataset().
DatasetPlan plan_dataset(const std::filesystem::path& where, const DatasetOptions& options);

}  // namespace gondola::data
