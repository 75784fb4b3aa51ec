#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "gondola/core/class_names.hpp"

namespace gondola::data {

/// What a data.yaml says.
struct DataYaml {
  std::filesystem::path root;  ///< what relative entries are relative to
  std::map<std::string, std::vector<std::filesystem::path>> splits;  ///< as written
  ClassNames names;  ///< empty when there are neither names nor nc
  std::string labels = "labels";
  double label_min_score = 0;
  double val_share = 0;
};

/// Throws: IoError when the file cannot be opened; ConfigError, with file and line, for unknown
/// keys, wrong values, and names that do not agree with nc.
DataYaml load_data_yaml(const std::filesystem::path& path);

}  // namespace gondola::data
