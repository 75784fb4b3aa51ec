#include "gondola/core/detection.hpp"

#include <ostream>

namespace gondola {

std::ostream& operator<<(std::ostream& out, const Detection& detection) {
  return out << "{class " << detection.class_id << ", score " << detection.score << ", box "
             << detection.box << '}';
}

}  // namespace gondola
