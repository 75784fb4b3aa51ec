#include "gondola/core/box.hpp"

#include <ostream>

namespace gondola {

std::ostream& operator<<(std::ostream& out, const Box& box) {
  return out << '[' << box.x1 << ", " << box.y1 << ", " << box.x2 << ", " << box.y2 << ']';
}

std::ostream& operator<<(std::ostream& out, const Size& size) {
  return out << size.width << 'x' << size.height;
}

std::ostream& operator<<(std::ostream& out, const CxCyWh& box) {
  return out << "[center " << box.cx << ", " << box.cy << ", size " << box.w << ", " << box.h
             << ']';
}

}  // namespace gondola
