#include "html_text.hpp"

#include <string>

#include <gtest/gtest.h>

#include "number_text.hpp"

namespace gondola::report {
namespace {

TEST(EscapeHtml, LeavesNothingThatMarkupIsMadeOf) {
  EXPECT_EQ(escape_html("<a href=\"x\">'&'</a>"),
            "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;");
}

TEST(EscapeHtml, ReplacesBytesThatAreNotUtf8) {
  const std::string bad = "\uFFFD";
  EXPECT_EQ(escape_html("\x80"), bad);                                // a continuation alone
  EXPECT_EQ(escape_html("\xC0\xBC"), bad + bad);                      // '<' in two bytes
  EXPECT_EQ(escape_html("\xE0\x80\xBC"), bad + bad + bad);            // '<' in three
  EXPECT_EQ(escape_html("\xED\xA0\x80"), bad + bad + bad);            // a surrogate
  EXPECT_EQ(escape_html("\xF4\x90\x80\x80"), bad + bad + bad + bad);  // beyond U+10FFFF
  EXPECT_EQ(escape_html("\xE7\xB7"), bad + bad);                      // cut off
  EXPECT_EQ(escape_html("\xF0\x9F\x8D\xB5"), "\U0001F375");           // tea
  EXPECT_EQ(escape_html(std::string_view("a\0b\x7F", 4)), "a" + bad + "b" + bad);
}

TEST(EscapeScriptJson, CannotEndTheElement) {
  EXPECT_EQ(escape_script_json(R"(["</script><!--"])"), R"(["\u003c/script>\u003c!--"])");
}

// Vectors of RFC 4648, section 10.
TEST(Base64, AgreesWithTheRfc) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foob"), "Zm9vYg==");
  EXPECT_EQ(base64("fooba"), "Zm9vYmE=");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64("\xFF\xEF\xBE"), "/+++");
}

TEST(NumberText, HasNoZerosTooMany) {
  EXPECT_EQ(decimal_text(12, 1), "12");
  EXPECT_EQ(decimal_text(12.25, 1), "12.2");
  EXPECT_EQ(decimal_text(100, 0), "100");
  EXPECT_EQ(decimal_text(-0.01, 1), "0");
  EXPECT_EQ(percent_text(0.9876), "98.8\u00a0%");
  EXPECT_EQ(change_text(3, 0), "+3");
  EXPECT_EQ(change_text(-2.5, 1), "\u22122.5");
  EXPECT_EQ(change_text(0.01, 1), "\u00b10");
}

}  // namespace
}  // namespace gondola::report
