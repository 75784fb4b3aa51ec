#pragma once

#include <cstddef>
#include <string>

namespace gondola {

/// 32 hexadecimal digits that tell contents apart: FNV-1a, 128 bits (Fowler, Noll and Vo). Equal
/// for equal bytes; no protection against somebody who wants two contents to look equal.
std::string fingerprint(const void* bytes, std::size_t size);

}  // namespace gondola
