#pragma once

#include <set>
#include <string>

#include "gondola/media/frame.hpp"

namespace gondola::pipeline {

/// What a frame's results are called: the stem of a picture; for any other source its stem and the
/// number of the frame, such as "aisle_000012".
std::string result_stem(const media::Frame& frame);

/// Hands out file names, never the same twice.
class ResultNames {
 public:
  /// stem + extension, or else stem_2 + extension, stem_3 + extension, ...
  std::string claim(const std::string& stem, const std::string& extension);

 private:
  std::set<std::string> taken_;
};

}  // namespace gondola::pipeline
