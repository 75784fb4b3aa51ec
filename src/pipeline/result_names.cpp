#include "gondola/pipeline/result_names.hpp"

#include <cstdio>
#include <filesystem>

#include "gondola/core/error.hpp"

namespace gondola::pipeline {

namespace {

std::string number_of(const media::Frame& frame) {
  char number[24];
  std::snprintf(number, sizeof number, "_%06lld", static_cast<long long>(frame.index));
  return number;
}

}  // namespace

std::string source_stem(const std::string& source) {
  namespace fs = std::filesystem;
  std::error_code is_none;
  if (fs::is_directory(source, is_none)) {
    // "." and ".." are names of folders, too.
    const fs::path folder = fs::absolute(source).lexically_normal();
    const fs::path name =
        folder.has_filename() ? folder.filename() : folder.parent_path().filename();
    return name.empty() ? "frame" : name.string();
  }
  const std::string stem = fs::path(source).stem().string();
  return stem.empty() ? "frame" : stem;
}

std::string result_stem(const media::Frame& frame) {
  const std::string stem = source_stem(frame.source);
  return frame.kind == media::SourceKind::kImage ? stem : stem + number_of(frame);
}

std::string ResultNames::claim(const std::string& stem, const std::string& extension) {
  std::string name = stem + extension;
  for (int copy = 2; !taken_.insert(name).second; ++copy) name = concat(stem, '_', copy, extension);
  return name;
}

std::string ResultNames::claim(const media::Frame& frame, const std::string& extension) {
  if (frame.kind == media::SourceKind::kImage) return claim(result_stem(frame), extension);
  const auto [stem, is_new] = stems_.try_emplace(frame.source);
  if (is_new) stem->second = claim(source_stem(frame.source), "");
  return stem->second + number_of(frame) + extension;
}

}  // namespace gondola::pipeline
