#pragma once

#include <map>
#include <set>
#include <string>

#include "gondola/media/frame.hpp"

namespace gondola::pipeline {

/// What a source's results are called: the stem of its file, the name of its folder, the last part
/// of its address, else "frame".
std::string source_stem(const std::string& source);

/// What a frame's results are called: the stem of a picture; for any other source its stem and the
/// number of the frame, such as "aisle_000012".
std::string result_stem(const media::Frame& frame);

/// Hands out file names, never the same for two pictures or sources.
class ResultNames {
 public:
  /// stem + extension, or else stem_2 + extension, stem_3 + extension, ...
  std::string claim(const std::string& stem, const std::string& extension);

  /// The same for a frame's result_stem(). Of videos, cameras and streams only the source is
  /// remembered, as they may go on for days: of equal stems the second gets stem_2_000012.
  std::string claim(const media::Frame& frame, const std::string& extension);

 private:
  std::set<std::string> taken_;
  std::map<std::string, std::string> stems_;  // by source
};

}  // namespace gondola::pipeline
