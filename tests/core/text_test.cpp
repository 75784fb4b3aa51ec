#include "gondola/core/text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gondola {
namespace {

using ::testing::ElementsAre;

TEST(JoinNumbers, PutsTheSeparatorBetween) {
  EXPECT_EQ(join_numbers(std::vector<int>{8, 16, 32}, "/"), "8/16/32");
  EXPECT_EQ(join_numbers(std::vector<long>{-1}, ", "), "-1");
  EXPECT_EQ(join_numbers(std::vector<int>{}, ", "), "");
}

TEST(Text, JoinPutsTheSeparatorBetween) {
  EXPECT_EQ(join({}, ", "), "");
  EXPECT_EQ(join({"a"}, ", "), "a");
  EXPECT_EQ(join({"a", "", "c"}, ", "), "a, , c");
}

TEST(Text, SplitKeepsEmptyParts) {
  EXPECT_THAT(split("", ','), ElementsAre(""));
  EXPECT_THAT(split("a", ','), ElementsAre("a"));
  EXPECT_THAT(split(",a,,b,", ','), ElementsAre("", "a", "", "b", ""));
}

TEST(Text, TrimTakesBlanksFromBothEnds) {
  EXPECT_EQ(trim("  a b\t\r\n"), "a b");
  EXPECT_EQ(trim(" \n"), "");
  EXPECT_EQ(trim(""), "");
}

TEST(Text, PrintableKeepsOneShortLine) {
  EXPECT_EQ(printable("as it is"), "as it is");
  EXPECT_EQ(printable("two\nlines\t\x1b[31m\x7f"), "two?lines??[31m?");
  EXPECT_EQ(printable("0123456789", 10), "0123456789");
  EXPECT_EQ(printable("0123456789a", 10), "0123456...");
}

TEST(Text, PrintableDoesNotCutACharacterInTwo) {
  // An e with acute accent is two bytes, 5 and 6 of "caffè": 8 - 3 = 5 bytes would split it.
  EXPECT_EQ(printable("caff\u00e9-latte", 8), "caff...");
  EXPECT_EQ(printable("caff\u00e9-latte", 9), "caff\u00e9...");
}

TEST(Text, StartsAndEnds) {
  EXPECT_TRUE(starts_with("model.0", "model."));
  EXPECT_FALSE(starts_with("mod", "model."));
  EXPECT_TRUE(ends_with("bn.bias", ".bias"));
  EXPECT_FALSE(ends_with("bias", ".bias"));
  EXPECT_TRUE(starts_with("any", ""));
  EXPECT_TRUE(ends_with("any", ""));
}

TEST(Text, ParsesANumberOnlyWhenItIsAllThereIs) {
  EXPECT_EQ(parse_number<int>("42"), 42);
  EXPECT_EQ(parse_number<int>("-7"), -7);
  EXPECT_EQ(parse_number<double>("2.5e-3"), 0.0025);
  EXPECT_EQ(parse_number<int>("4.2"), std::nullopt);
  EXPECT_EQ(parse_number<int>("42 "), std::nullopt);
  EXPECT_EQ(parse_number<int>(" 42"), std::nullopt);
  EXPECT_EQ(parse_number<int>(""), std::nullopt);
  EXPECT_EQ(parse_number<int>("99999999999"), std::nullopt) << "does not fit";
  EXPECT_EQ(parse_number<std::size_t>("-1"), std::nullopt);
}

TEST(NearestName, FindsTypingErrors) {
  const std::vector<std::string> names = {"learning_rate", "momentum", "epochs", "conf"};
  EXPECT_EQ(nearest_name("learnign_rate", names), "learning_rate") << "swapped";
  EXPECT_EQ(nearest_name("momentun", names), "momentum") << "wrong";
  EXPECT_EQ(nearest_name("epoch", names), "epochs") << "missing";
  EXPECT_EQ(nearest_name("cconf", names), "conf") << "added";
  EXPECT_EQ(nearest_name("Epochs", names), "epochs") << "case";
}

TEST(NearestName, CountsASwapOfNeighboursAsOneError) {
  // Without swaps "form" would be two errors from "from", as many as three letters allow it not.
  EXPECT_EQ(nearest_name("form", {"from"}), "from");
}

TEST(NearestName, FindsLongerAndShorterForms) {
  EXPECT_EQ(nearest_name("conf_thres", {"iou", "conf"}), "conf");
  EXPECT_EQ(nearest_name("threshold", {"sigma", "score_threshold"}), "score_threshold");
}

TEST(CsvField, QuotesOnlyWhatNeedsIt) {
  EXPECT_EQ(csv_field("milk 1 l"), "milk 1 l");
  EXPECT_EQ(csv_field("milk, 1 l"), "\"milk, 1 l\"");
  EXPECT_EQ(csv_field("6\" pan"), "\"6\"\" pan\"");
  EXPECT_EQ(csv_field("two\nlines"), "\"two\nlines\"");
  EXPECT_EQ(csv_field(""), "");
}

TEST(NearestName, PrefersFewerErrorsThenTheFirst) {
  EXPECT_EQ(nearest_name("tiles", {"titles", "tile", "tales"}), "titles");
  EXPECT_EQ(nearest_name("milk", {"silk", "milk_2", "mild"}), "silk");
}

TEST(NearestName, SaysNothingWhenNothingIsNear) {
  EXPECT_EQ(nearest_name("banana", {"epochs", "conf"}), std::nullopt);
  EXPECT_EQ(nearest_name("x", {"y", "lr"}), std::nullopt) << "one letter of one";
  EXPECT_EQ(nearest_name("lr", {"colr_x"}), std::nullopt) << "two letters are in many words";
  EXPECT_EQ(nearest_name("", {"a", ""}), "");
  EXPECT_EQ(nearest_name("word", {}), std::nullopt);
}

TEST(NearestName, IsQuickForHugeWords) {
  EXPECT_EQ(nearest_name(std::string(10'000'000, 'x'), {"conf", "iou"}), std::nullopt);
}

}  // namespace
}  // namespace gondola
