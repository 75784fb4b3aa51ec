#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "gondola/data/dataset.hpp"

namespace gondola::data {

/// The last part of a path without the extension of a picture; other endings are part of a name.
std::string stem_of(const std::string& path);

/// Finds the picture of a data set that a file of results means. Refers to the pictures, which must
/// outlive it.
class PictureNames {
 public:
  explicit PictureNames(const std::vector<LabelledImage>& images);

  /// A path or file name is looked up by its stem first, anything else as a name first; see
  /// assign_detections(). Throws: ConfigError when several fit equally well.
  ///
  /// @param file  that the name is from, for messages
  std::optional<std::size_t> find(const std::string& name, const std::string& file) const;

 private:
  using Index = std::unordered_map<std::string, std::vector<std::size_t>>;

  const std::vector<LabelledImage>& images_;
  Index by_name_;  // LabelledImage::name
  Index by_stem_;  // of the path
};

}  // namespace gondola::data
