#include "gondola/pipeline/result_names.hpp"

#include <cstdio>
#include <filesystem>

#include "gondola/core/error.hpp"

namespace gondola::pipeline {

std::string result_stem(const media::Frame& frame) {
  std::string stem = std::filesystem::path(frame.source).stem().string();
  if (stem.empty()) stem = "frame";
  if (frame.kind == media::SourceKind::kImage) return stem;
  char number[24];
  std::snprintf(number, sizeof number, "_%06lld", static_cast<long long>(frame.index));
  return stem + number;
}

std::string ResultNames::claim(const std::string& stem, const std::string& extension) {
  std::string name = stem + extension;
  for (int copy = 2; !taken_.insert(name).second; ++copy) name = concat(stem, '_', copy, extension);
  return name;
}

}  // namespace gondola::pipeline
