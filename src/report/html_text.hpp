#pragma once

#include <string>
#include <string_view>

namespace gondola::report {

/// Text as HTML shows it, in elements and in quoted attributes. Bytes that are not UTF-8 and
/// control characters become U+FFFD.
std::string escape_html(std::string_view text);

/// The text of a name from outside, in an element that keeps scripts written from right to left
/// from turning what stands beside them.
std::string name_html(std::string_view name);

/// JSON fit for a <script> element: the same values, and nothing in it that ends the element.
std::string escape_script_json(std::string_view json);

/// RFC 4648, with padding.
std::string base64(std::string_view bytes);

}  // namespace gondola::report
