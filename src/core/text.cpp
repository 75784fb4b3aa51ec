#include "gondola/core/text.hpp"

#include <algorithm>
#include <cctype>

namespace gondola {
namespace {

std::string to_lower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

/// Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours cost 1.
std::size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> before_last(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before_last.swap(last);
    last.swap(row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substitution = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, substitution});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
  }
  return row[b.size()];
}

bool contains(const std::string& longer, const std::string& shorter) {
  constexpr std::size_t kShortest = 3;  // two letters are part of nearly every word
  return shorter.size() >= kShortest && longer.find(shorter) != std::string::npos;
}

bool starts_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U; }

}  // namespace

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string joined;
  for (const std::string& part : parts) {
    if (&part != &parts.front()) joined += separator;
    joined += part;
  }
  return joined;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0;;) {
    const std::size_t end = text.find(separator, begin);
    parts.emplace_back(text.substr(begin, end - begin));
    if (end == std::string_view::npos) return parts;
    begin = end + 1;
  }
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

bool starts_with(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

std::string printable(std::string_view text, std::size_t max_length) {
  constexpr std::string_view kEllipsis = "...";
  std::string result(text);
  if (text.size() > max_length) {
    std::size_t end = max_length - kEllipsis.size();
    while (end > 0 && !starts_character(text[end])) --end;
    result.resize(end);
    result += kEllipsis;
  }
  std::replace_if(
      result.begin(), result.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; }, '?');
  return result;
}

std::optional<std::string> nearest_name(std::string_view word,
                                        const std::vector<std::string>& candidates) {
  const std::string typed = to_lower(word);
  const std::size_t allowed_errors = (typed.size() + 1) / 3;
  const std::string* nearest = nullptr;
  std::size_t fewest_errors = allowed_errors + 1;
  for (const std::string& candidate : candidates) {
    // Also keeps a key of megabytes in a hostile file from being compared letter by letter.
    if (candidate.size() > typed.size() + allowed_errors) continue;
    if (candidate.size() + allowed_errors < typed.size()) continue;
    const std::size_t errors = edit_distance(typed, to_lower(candidate));
    if (errors < fewest_errors) {
      fewest_errors = errors;
      nearest = &candidate;
    }
  }
  if (nearest == nullptr) {
    const auto related =
        std::find_if(candidates.begin(), candidates.end(), [&](const std::string& candidate) {
          const std::string lower = to_lower(candidate);
          return contains(typed, lower) || contains(lower, typed);
        });
    if (related != candidates.end()) nearest = &*related;
  }
  if (nearest == nullptr) return std::nullopt;
  return *nearest;
}

}  // namespace gondola
