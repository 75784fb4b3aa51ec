#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "gondola/data/dataset.hpp"
#include "issue_log.hpp"

namespace gondola::data {

/// Takes pictures one after another and keeps those that can be read.
class ImageCollector {
 public:
  ImageCollector(IssueLog& log, bool decode) : log_(&log), decode_(decode) {}

  /// The size of a picture; nullopt, with an issue, when it is not there, broken or was there
  /// before.
  ///
  /// @param where  what names it, as messages start; empty when it was found in a folder
  std::optional<Size> open(const std::filesystem::path& path, const std::string& where);

  void add(LabelledImage image) { images_.push_back(std::move(image)); }

  IssueLog& log() { return *log_; }
  const std::vector<LabelledImage>& images() const { return images_; }

  /// The pictures, after an issue for each that has the bytes of one before.
  std::vector<LabelledImage> release() &&;

 private:
  IssueLog* log_;
  bool decode_;
  std::vector<LabelledImage> images_;
  std::set<std::string> seen_;
};

/// A whole file. Throws: IoError with path and reason; also for more than 4 GiB.
std::string read_text_file(const std::filesystem::path& path);

/// The pictures of a folder and those below it, sorted.
std::vector<std::filesystem::path> images_below(const std::filesystem::path& folder);

/// Whether a picture belongs to the part of a data set that a split stands for, when `val_share` of
/// it is for validation. Split "" is everything.
bool is_in_share(const std::filesystem::path& image, const std::string& split, double val_share);

}  // namespace gondola::data
