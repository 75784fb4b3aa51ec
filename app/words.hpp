#pragma once

#include <cstdint>
#include <string>

namespace gondola::app {

/// `1 frame`, `7 frames`.
inline std::string counted(std::int64_t count, const std::string& one, const std::string& many) {
  return std::to_string(count) + ' ' + (count == 1 ? one : many);
}

}  // namespace gondola::app
