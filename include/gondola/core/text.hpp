#pragma once

#include <charconv>
#include <cstddef>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace gondola {

/// "a, b, c" for separator ", ".
std::string join(const std::vector<std::string>& parts, std::string_view separator);

/// "8/16/32" for separator "/", from any range of whole numbers.
template <typename Numbers>
std::string join_numbers(const Numbers& numbers, std::string_view separator) {
  std::vector<std::string> texts;
  texts.reserve(std::size(numbers));
  for (const auto number : numbers) texts.push_back(std::to_string(number));
  return join(texts, separator);
}

/// The parts between separators, empty ones included: n separators give n + 1 parts.
std::vector<std::string> split(std::string_view text, char separator);

/// Without the blanks, tabs and line ends at both ends.
std::string_view trim(std::string_view text);

bool starts_with(std::string_view text, std::string_view start);
bool ends_with(std::string_view text, std::string_view end);

/// The number that a text is, in decimal notation and nothing else around it; nullopt when it is
/// none or does not fit the type. A double may be infinite or not a number ("inf", "nan").
template <typename Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number{};
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return number;
}

/// Text from outside made fit for a one-line message: control characters become '?', and what
/// exceeds max_length bytes (>= 3) becomes "...", never splitting a UTF-8 character.
std::string printable(std::string_view text, std::size_t max_length = 60);

/// A field of a table as RFC 4180 wants it: quoted when it holds a comma, quote or line end.
std::string csv_field(std::string_view text);

/// What somebody who typed `word` probably meant, for "did you mean".
///
/// The candidate with the fewest typing errors (a letter missing, added, wrong, or two swapped;
/// case does not count), if that is at most one in three letters; otherwise one of which the word
/// is a longer or shorter form ("conf_thres" for "conf"). Nothing if no candidate is that near.
/// Equally near ones: the first.
std::optional<std::string> nearest_name(std::string_view word,
                                        const std::vector<std::string>& candidates);

}  // namespace gondola
