#include "number_text.hpp"

#include <array>
#include <cmath>
#include <cstdio>

namespace gondola::report {

std::string decimal_text(double value, int decimals) {
  std::array<char, 64> buffer{};
  const int length = std::snprintf(buffer.data(), buffer.size(), "%.*f", decimals, value);
  std::string text(buffer.data(), static_cast<std::size_t>(length));
  if (text.find('.') != std::string::npos) {
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
  }
  return text == "-0" ? "0" : text;
}

std::string percent_text(double share) { return decimal_text(100 * share, 1) + "\u00a0%"; }

std::string change_text(double change, int decimals) {
  const std::string size = decimal_text(std::abs(change), decimals);
  if (size == "0") return "\u00b10";
  return (change < 0 ? "\u2212" : "+") + size;
}

}  // namespace gondola::report
