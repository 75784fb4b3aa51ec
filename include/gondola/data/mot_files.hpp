#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "gondola/core/box.hpp"

namespace gondola::data {

/// One line of a file in the format of the MOTChallenge.
struct MotBox {
  int frame = 1;  ///< from 1
  std::int64_t identity = 0;
  Box box;
  float confidence = 1;  ///< of truth: 0 for what is to be ignored
  int class_id = -1;     ///< -1 where the file has none
};

/// Reads lines of `frame,id,left,top,width,height[,conf[,class[,...]]]`, in their order; further
/// fields, empty lines and blanks around numbers do not matter. Whole numbers may be written like
/// 1.0.
///
/// Throws: IoError naming file and line for a field that is missing, no number, or out of range
/// (frames 1 to 10000000, sides not negative), and for an identity that is twice in a frame.
std::vector<MotBox> read_mot_file(const std::filesystem::path& path);

}  // namespace gondola::data
