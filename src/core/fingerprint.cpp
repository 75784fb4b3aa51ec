#include "gondola/core/fingerprint.hpp"

namespace gondola {

std::string fingerprint(const void* bytes, std::size_t size) {
  // __extension__: the 128 bits of GCC and Clang, which -Wpedantic would otherwise mention.
  __extension__ using Wide = unsigned __int128;
  const Wide prime = (Wide{1} << 88U) + 0x13BU;
  Wide hash = (Wide{0x6C62272E07BB0142U} << 64U) + 0x62B821756295C58DU;
  const auto* byte = static_cast<const unsigned char*>(bytes);
  for (std::size_t i = 0; i < size; ++i) {
    hash ^= byte[i];
    hash *= prime;
  }
  std::string text(32, '0');
  for (std::size_t digit = text.size(); digit-- > 0; hash >>= 4U)
    text[digit] = "0123456789abcdef"[static_cast<unsigned>(hash & 0xFU)];
  return text;
}

}  // namespace gondola
