#include "html_text.hpp"

#include <cstddef>
#include <cstdint>

namespace gondola::report {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

unsigned char byte_at(std::string_view text, std::size_t i) {
  return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
}

/// Bytes of the UTF-8 sequence of more than one byte that starts the text, 0 for none. RFC 3629:
/// the second byte's range excludes overlong forms, surrogates and what is beyond U+10FFFF.
std::size_t sequence_length(std::string_view text) {
  const unsigned char first = byte_at(text, 0);
  const unsigned char second = byte_at(text, 1);
  unsigned char low = 0x80;
  unsigned char high = 0xBF;
  std::size_t length = 0;
  if (first >= 0xC2 && first <= 0xDF) {
    length = 2;
  } else if (first >= 0xE0 && first <= 0xEF) {
    length = 3;
    if (first == 0xE0) low = 0xA0;
    if (first == 0xED) high = 0x9F;
  } else if (first >= 0xF0 && first <= 0xF4) {
    length = 4;
    if (first == 0xF0) low = 0x90;
    if (first == 0xF4) high = 0x8F;
  }
  if (length == 0 || second < low || second > high) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if ((byte_at(text, i) & 0xC0U) != 0x80) return 0;
  }
  return length;
}

}  // namespace

std::string escape_html(std::string_view text) {
  std::string html;
  html.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const unsigned char c = byte_at(text, i);
    if (c >= 0x80) {
      const std::size_t length = sequence_length(text.substr(i));
      html += length == 0 ? kReplacement : text.substr(i, length);
      i += length == 0 ? 1 : length;
      continue;
    }
    switch (c) {
      case '&':
        html += "&amp;";
        break;
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '"':
        html += "&quot;";
        break;
      case '\'':
        html += "&#39;";
        break;
      case '\t':
      case '\n':
        html += ' ';
        break;
      default:
        if (c < 0x20 || c == 0x7F)
          html += kReplacement;
        else
          html += static_cast<char>(c);
    }
    ++i;
  }
  return html;
}

std::string name_html(std::string_view name) { return "<bdi>" + escape_html(name) + "</bdi>"; }

std::string escape_script_json(std::string_view json) {
  std::string text;
  text.reserve(json.size());
  for (const char c : json) {
    if (c == '<')
      text += "\\u003c";
    else
      text += c;
  }
  return text;
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::uint32_t group = std::uint32_t{byte_at(bytes, i)} << 16U |
                                std::uint32_t{byte_at(bytes, i + 1)} << 8U |
                                std::uint32_t{byte_at(bytes, i + 2)};
    const std::size_t there = bytes.size() - i;
    text += kDigits[group >> 18U];
    text += kDigits[group >> 12U & 63U];
    text += there > 1 ? kDigits[group >> 6U & 63U] : '=';
    text += there > 2 ? kDigits[group & 63U] : '=';
  }
  return text;
}

}  // namespace gondola::report
