#pragma once

#include <string>
#include <string_view>

namespace gondola::nn {

/// Text from a file for a one-line message: printable, shortened, in single quotes.
std::string in_quotes(std::string_view text);

/// The text with every byte that is not part of valid UTF-8 replaced by U+FFFD.
std::string to_utf8(std::string_view text);

}  // namespace gondola::nn
