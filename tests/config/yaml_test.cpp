#include "gondola/config/yaml.hpp"

#include <functional>
#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gondola/core/error.hpp"
#include "support/shared_data.hpp"

namespace gondola::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

Node parse(const std::string& text) { return parse_yaml(text, "x.yaml"); }

/// The message of the ConfigError that a piece of work throws.
std::string message_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no error";
}

std::string parse_message(const std::string& text) {
  return message_of([&] { parse(text); });
}

constexpr const char* kExample = R"(# a comment first
name: shelf-n
scale: {depth: 0.33, width: 0.25}
nc: 3
pretrained: false
backbone:
  - type: conv
    channels: 16
  - type: c2f
    channels: 32
classes:
  0: bottle
  1: "can"
note:
)";

TEST(Yaml, ReadsScalarsListsAndMaps) {
  const Node top = parse(kExample);
  EXPECT_TRUE(top.is_map());
  EXPECT_EQ(top.at("name").as_string(), "shelf-n");
  EXPECT_EQ(top.at("scale").at("depth").as_double(), 0.33);
  EXPECT_EQ(top.at("nc").as_int(), 3);
  EXPECT_FALSE(top.at("pretrained").as_bool());
  const std::vector<Node> backbone = top.at("backbone").items();
  ASSERT_EQ(backbone.size(), 2U);
  EXPECT_TRUE(top.at("backbone").is_list());
  EXPECT_EQ(backbone[1].at("channels").as_int(), 32);
  EXPECT_TRUE(backbone[1].at("type").is_scalar());
  EXPECT_TRUE(top.at("note").is_null());
}

TEST(Yaml, KeepsTheOrderOfKeys) {
  const Node top = parse("b: 1\na: 2\n10: 3\n");
  EXPECT_THAT(top.keys(), ElementsAre("b", "a", "10"));
  const std::vector<Entry> entries = top.entries();
  ASSERT_EQ(entries.size(), 3U);
  EXPECT_EQ(entries[1].key, "a");
  EXPECT_EQ(entries[1].value.as_int(), 2);
}

TEST(Yaml, KnowsWhereEverythingStands) {
  const Node top = parse(kExample);
  EXPECT_EQ(top.path(), "");
  EXPECT_EQ(top.line(), 2);
  const Node channels = top.at("backbone").items()[1].at("channels");
  EXPECT_EQ(channels.path(), "backbone[1].channels");
  EXPECT_EQ(channels.line(), 10);
  EXPECT_EQ(channels.where(), "x.yaml:10");
  EXPECT_EQ(top.at("backbone").line(), 6) << "its key, not its first element";
  EXPECT_EQ(top.at("backbone").items()[1].line(), 9);
  EXPECT_EQ(top.at("note").line(), 14);
}

TEST(Yaml, NodesOutliveTheDocumentTheyCameFrom) {
  const auto channels = [] { return parse(kExample).at("backbone").items()[0].at("channels"); }();
  EXPECT_EQ(channels.as_int(), 16);
}

TEST(Yaml, FindsWhatMayBeMissing) {
  const Node top = parse(kExample);
  EXPECT_EQ(top.find("nc")->as_int(), 3);
  EXPECT_FALSE(top.find("missing").has_value());
  EXPECT_FALSE(top.find("note").has_value()) << "nothing after the colon counts as missing";
  EXPECT_TRUE(top.has("nc"));
  EXPECT_FALSE(top.has("note"));
}

TEST(Yaml, TakesAnEmptySectionForAnEmptyMap) {
  const Node note = parse(kExample).at("note");
  EXPECT_FALSE(note.find("x").has_value());
  EXPECT_THAT(note.keys(), IsEmpty());
  EXPECT_THAT(note.entries(), IsEmpty());
  EXPECT_NO_THROW(note.refuse_unknown_keys({"x"}));
  EXPECT_EQ(message_of([&] { note.at("x"); }), "x.yaml:14: key 'x' is missing in note");
}

TEST(Yaml, NamesAMissingKey) {
  const Node top = parse(kExample);
  EXPECT_EQ(message_of([&] { top.at("epochs"); }), "x.yaml:2: key 'epochs' is missing");
  EXPECT_EQ(message_of([&] { top.at("scale").at("ratio"); }),
            "x.yaml:3: key 'ratio' is missing in scale");
  EXPECT_EQ(message_of([&] { top.at("backbone").items()[1].at("repeats"); }),
            "x.yaml:9: key 'repeats' is missing in backbone[1]");
}

TEST(Yaml, RefusesUnknownKeysAndNamesTheNearest) {
  const Node top = parse("iou: 0.7\nconf_thres: 0.25\n");
  EXPECT_NO_THROW(top.refuse_unknown_keys({"iou", "conf_thres"}));
  EXPECT_EQ(message_of([&] {
              top.refuse_unknown_keys({"iou", "conf"});
            }),
            "x.yaml:2: unknown key 'conf_thres' (did you mean 'conf'?)");
  EXPECT_EQ(message_of([&] {
              top.refuse_unknown_keys({"iou", "epochs"});
            }),
            "x.yaml:2: unknown key 'conf_thres' (known keys: iou, epochs)");
  const Node nested = parse("optimizer:\n  lr: 1\n  momentun: 2\n").at("optimizer");
  EXPECT_EQ(message_of([&] {
              nested.refuse_unknown_keys({"lr", "momentum"});
            }),
            "x.yaml:3: unknown key 'momentun' in optimizer (did you mean 'momentum'?)");
}

TEST(Yaml, SaysWhatItFoundInsteadOfAMapOrList) {
  const Node top = parse("number: 5\nlist: [1]\nmap: {a: 1}\nempty:\n");
  EXPECT_EQ(message_of([&] { top.at("number").at("x"); }), "x.yaml:1: number = 5; expected a map");
  EXPECT_EQ(message_of([&] { top.at("list").find("x"); }),
            "x.yaml:2: list is a list; expected a map");
  EXPECT_EQ(message_of([&] { top.at("list").keys(); }), "x.yaml:2: list is a list; expected a map");
  EXPECT_EQ(message_of([&] { top.at("list").entries(); }),
            "x.yaml:2: list is a list; expected a map");
  EXPECT_EQ(message_of([&] { top.at("list").refuse_unknown_keys({}); }),
            "x.yaml:2: list is a list; expected a map");
  EXPECT_EQ(message_of([&] { top.at("map").items(); }), "x.yaml:3: map is a map; expected a list");
  EXPECT_EQ(message_of([&] { top.at("empty").items(); }),
            "x.yaml:4: empty is empty; expected a list");
  EXPECT_EQ(message_of([&] { parse("- 1").at("x"); }),
            "x.yaml:1: the document is a list; expected a map");
}

TEST(Yaml, ReadsIntegers) {
  const auto read = [](const std::string& text) { return parse("v: " + text).at("v").as_int(); };
  EXPECT_EQ(read("0"), 0);
  EXPECT_EQ(read("-12"), -12);
  EXPECT_EQ(read("+12"), 12);
  EXPECT_EQ(read("2147483647"), std::numeric_limits<int>::max());
  EXPECT_EQ(read("-2147483648"), std::numeric_limits<int>::min());
  for (const char* const text : {"1e3", "1.0", "0x10", "1_000", "007", "-07", "five", "''", "\"5\"",
                                 "'5'", "1 2", "--1", "+-1", "+", ".", "true"}) {
    EXPECT_THAT(message_of([&] { read(text); }), HasSubstr("; expected an integer")) << text;
  }
}

TEST(Yaml, KeepsIntegersInRange) {
  const Node v = parse("v: 5").at("v");
  EXPECT_EQ(v.as_int(5, 5), 5);
  EXPECT_EQ(message_of([&] { v.as_int(6); }), "x.yaml:1: v = 5; expected an integer >= 6");
  EXPECT_EQ(message_of([&] { v.as_int(std::numeric_limits<int>::min(), 4); }),
            "x.yaml:1: v = 5; expected an integer <= 4");
  EXPECT_EQ(message_of([&] { v.as_int(1, 4); }),
            "x.yaml:1: v = 5; expected an integer from 1 to 4");
}

TEST(Yaml, SaysWhichIntegersFit) {
  const Node v = parse("v: 2147483648").at("v");
  EXPECT_EQ(message_of([&] { v.as_int(); }),
            "x.yaml:1: v = 2147483648; expected an integer from -2147483648 to 2147483647");
  EXPECT_EQ(message_of([&] { v.as_int(1); }),
            "x.yaml:1: v = 2147483648; expected an integer from 1 to 2147483647");
  EXPECT_EQ(v.as_int64(), 2147483648);
  EXPECT_EQ(parse("v: 9223372036854775807").at("v").as_int64(),
            std::numeric_limits<std::int64_t>::max());
  EXPECT_THAT(message_of([] { parse("v: 9223372036854775808").at("v").as_int64(); }),
              HasSubstr("to 9223372036854775807"));
}

TEST(Yaml, ReadsNumbers) {
  const auto read = [](const std::string& text) { return parse("v: " + text).at("v").as_double(); };
  EXPECT_EQ(read("3"), 3.0);
  EXPECT_EQ(read("-0.5"), -0.5);
  EXPECT_EQ(read("+.5"), 0.5);
  EXPECT_EQ(read("5."), 5.0);
  EXPECT_EQ(read("1e-3"), 1e-3);
  EXPECT_EQ(read("1E+3"), 1e3);
  for (const char* const text : {".inf", "-.inf", ".nan", "inf", "nan", "0x10", "1_000", "1e999",
                                 "0.5x", "1,5", "\"0.5\"", "ten", "''", "e3", "+-1", "++1"}) {
    EXPECT_THAT(message_of([&] { read(text); }), HasSubstr("; expected a number")) << text;
  }
}

TEST(Yaml, KeepsNumbersInRange) {
  const Node lr = parse("optimizer:\n  lr: -0.1\n").at("optimizer").at("lr");
  EXPECT_EQ(lr.as_double(at_least(-0.1)), -0.1);
  EXPECT_EQ(lr.as_double(between(-1, -0.1)), -0.1);
  EXPECT_EQ(message_of([&] { lr.as_double(greater_than(0)); }),
            "x.yaml:2: optimizer.lr = -0.1; expected a number > 0");
  EXPECT_EQ(message_of([&] { lr.as_double(greater_than(-0.1)); }),
            "x.yaml:2: optimizer.lr = -0.1; expected a number > -0.1");
  EXPECT_EQ(message_of([&] { lr.as_double(at_least(0)); }),
            "x.yaml:2: optimizer.lr = -0.1; expected a number >= 0");
  EXPECT_EQ(message_of([&] { lr.as_double(between(0, 1)); }),
            "x.yaml:2: optimizer.lr = -0.1; expected a number from 0 to 1");
  EXPECT_EQ(message_of([&] {
              lr.as_double({0, 1, true});
            }),
            "x.yaml:2: optimizer.lr = -0.1; expected a number above 0, up to 1");
  Range below;
  below.max = -1;
  EXPECT_EQ(message_of([&] { lr.as_double(below); }),
            "x.yaml:2: optimizer.lr = -0.1; expected a number <= -1");
}

TEST(Yaml, ReadsTruthValues) {
  const auto read = [](const std::string& text) { return parse("v: " + text).at("v").as_bool(); };
  for (const char* const text : {"true", "True", "TRUE"}) EXPECT_TRUE(read(text));
  for (const char* const text : {"false", "False", "FALSE"}) EXPECT_FALSE(read(text));
  for (const char* const text :
       {"yes", "no", "on", "off", "y", "1", "0", "tRUE", "\"true\"", "[]"}) {
    EXPECT_THAT(message_of([&] { read(text); }), HasSubstr("; expected true or false")) << text;
  }
}

TEST(Yaml, ReadsText) {
  const auto read = [](const std::string& text) { return parse("v: " + text).at("v").as_string(); };
  EXPECT_EQ(read("plain words"), "plain words");
  EXPECT_EQ(read("\"quoted\\n\""), "quoted\n");
  EXPECT_EQ(read("5"), "5") << "a model may be called 5";
  EXPECT_EQ(read("''"), "");
  EXPECT_EQ(read("|\n  two\n  lines\n"), "two\nlines\n");
  EXPECT_EQ(message_of([&] { read("[1]"); }), "x.yaml:1: v is a list; expected text");
  EXPECT_EQ(message_of([&] { read("~"); }), "x.yaml:1: v is empty; expected text");
}

TEST(Yaml, QuotesTextInMessagesAndKeepsThemOnOneShortLine) {
  const auto message = [](const std::string& text) {
    return message_of([&] { parse("v: " + text).at("v").as_int(); });
  };
  EXPECT_EQ(message("\"5\""), "x.yaml:1: v = \"5\"; expected an integer");
  EXPECT_EQ(message("\"a\\nb\""), "x.yaml:1: v = \"a?b\"; expected an integer");
  EXPECT_EQ(message(std::string(1000, 'a')),
            "x.yaml:1: v = " + std::string(57, 'a') + "...; expected an integer");
}

TEST(Yaml, LetsTheCallerExplainAValue) {
  const Node node = parse("activation: reluu").at("activation");
  EXPECT_EQ(message_of([&] { node.fail("relu or silu"); }),
            "x.yaml:1: activation = reluu; expected relu or silu");
}

TEST(Yaml, RefusesAKeyGivenTwice) {
  EXPECT_EQ(parse_message("lr: 1\nepochs: 2\nlr: 3\n"),
            "x.yaml:3: key 'lr' is given twice, first in line 1");
  EXPECT_EQ(parse_message("a: {b: 1, b: 2}"), "x.yaml:1: key 'b' is given twice, first in line 1");
  EXPECT_NO_THROW(parse("a: {x: 1}\nb: {x: 1}\n"));
}

TEST(Yaml, RefusesAnEmptyDocument) {
  for (const char* const text : {"", "\n\n", "# only a comment\n", "---\n", "~", "--- \n...\n"}) {
    EXPECT_EQ(parse_message(text), "x.yaml:1: the document is empty") << text;
  }
}

TEST(Yaml, RefusesASecondDocument) {
  EXPECT_EQ(parse_message("a: 1\n---\nb: 2\n"),
            "x.yaml:2: a second document starts here; expected only one");
  EXPECT_NO_THROW(parse("---\na: 1\n...\n"));
}

TEST(Yaml, SaysWhereTheSyntaxIsWrong) {
  EXPECT_EQ(parse_message("a: 1\nb: [1, 2\n"),
            "x.yaml:3: not valid YAML: end of sequence flow not found");
  EXPECT_THAT(parse_message("a: 1\n b: 2\n"), StartsWith("x.yaml:2: not valid YAML: "));
  EXPECT_THAT(parse_message("a: *nobody\n"), StartsWith("x.yaml:1: not valid YAML: "));
  EXPECT_EQ(parse_message("a: \"open\nb: 2\n"), "x.yaml:3: not valid YAML: illegal EOF in scalar");
  EXPECT_THAT(parse_message("a: 'open\n"), HasSubstr("illegal EOF in scalar"));
  EXPECT_THAT(parse_message("%YAML 3.0\n---\na: 1"), StartsWith("x.yaml:1: not valid YAML: "));
}

TEST(Yaml, RefusesWhatItDoesNotSupport) {
  EXPECT_EQ(parse_message("a: !!python/object:os.system {}"),
            "x.yaml:1: the tag 'tag:yaml.org,2002:python/object:os.system' is not supported; write "
            "the value without it");
  EXPECT_THAT(parse_message("a: !!int '5'"), HasSubstr("tag"));
  EXPECT_THAT(parse_message("a: !mine [1]"), HasSubstr("the tag '!mine' is not supported"));
  EXPECT_EQ(parse_message("a: &x {b: 1}\nc:\n  <<: *x\n"),
            "x.yaml:3: merge keys (<<) are not supported; write the keys out");
  EXPECT_EQ(parse_message("? [1, 2]\n: 3\n"),
            "x.yaml:1: a key must be plain text, not a list or map");
  EXPECT_EQ(parse_message("a: &x 1\n*x : 2\n"), "x.yaml:2: an alias (*name) cannot be a key");
  EXPECT_EQ(parse_message("a: 1\n: 2\n"), "x.yaml:2: a key is missing before ':'");
}

TEST(Yaml, FollowsAliases) {
  const Node top = parse("base: &base\n  size: 5\ncopy: *base\nlist: [*base, 7]\n");
  EXPECT_EQ(top.at("copy").at("size").as_int(), 5);
  EXPECT_EQ(top.at("copy").line(), 3);
  EXPECT_EQ(top.at("copy").at("size").path(), "copy.size");
  EXPECT_EQ(top.at("list").items()[0].at("size").as_int(), 5);
}

TEST(Yaml, RefusesAliasesOfThemselves) {
  EXPECT_EQ(parse_message("a: &x\n  - 1\n  - *x\n"),
            "x.yaml:3: an alias (*name) stands inside the value it names");
  EXPECT_EQ(parse_message("&x {a: {b: *x}}"),
            "x.yaml:1: an alias (*name) stands inside the value it names");
}

TEST(Yaml, RefusesABillionLaughs) {
  std::string bomb = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n";
  for (int i = 1; i < 10; ++i) {
    const std::string below = concat("*a", i - 1);
    bomb += concat("a", i, ": &a", i, " [");
    for (int k = 0; k < 10; ++k) bomb += concat(k == 0 ? "" : ", ", below);
    bomb += "]\n";
  }
  EXPECT_THAT(parse_message(bomb), HasSubstr("more than 1000000 values, counting what aliases"));
}

TEST(Yaml, RefusesDeepNesting) {
  const auto nested = [](int depth) {
    return std::string(static_cast<std::size_t>(depth), '[') +
           std::string(static_cast<std::size_t>(depth), ']');
  };
  EXPECT_NO_THROW(parse(nested(100)));
  EXPECT_EQ(parse_message(nested(101)), "x.yaml:1: nested deeper than 100 levels");
  for (const std::string& deep :
       {nested(100000), std::string(100000, '['), std::string(100000, '{')}) {
    EXPECT_THAT(parse_message(deep), StartsWith("x.yaml:1: "));
  }
  std::string block;
  for (int i = 0; i < 1000; ++i) block += std::string(static_cast<std::size_t>(i), ' ') + "a:\n";
  EXPECT_EQ(parse_message(block), "x.yaml:101: nested deeper than 100 levels");
  std::string dashes;
  for (int i = 0; i < 5000; ++i) dashes += "- ";
  EXPECT_EQ(parse_message(dashes), "x.yaml:1: nested deeper than 100 levels");
}

TEST(Yaml, RefusesHugeInput) {
  const std::string huge(2U << 20U, '#');
  EXPECT_EQ(parse_message(huge), "x.yaml: longer than 1048576 bytes, too long for a configuration");
}

TEST(Yaml, ReadsLongListsQuickly) {
  std::string text = "names:\n";
  for (int i = 0; i < 20000; ++i) text += concat("  ", i, ": class number ", i, '\n');
  EXPECT_EQ(parse(text).at("names").entries().size(), 20000U);
}

TEST(Yaml, TakesWindowsLineEndsAndAByteOrderMark) {
  const Node top = parse("\xEF\xBB\xBFlr: 0.1\r\nname: a b\r\n");
  EXPECT_EQ(top.at("lr").as_double(), 0.1);
  EXPECT_EQ(top.at("name").as_string(), "a b");
}

TEST(YamlFile, ReadsAFile) {
  const test::TempDir dir;
  test::write_text(dir / "a.yaml", "\nlr: x\n");
  const Node lr = load_yaml_file(dir / "a.yaml").at("lr");
  EXPECT_EQ(message_of([&] { lr.as_double(); }),
            (dir / "a.yaml").string() + ":2: lr = x; expected a number");
}

TEST(YamlFile, SaysWhyItCannotRead) {
  const test::TempDir dir;
  const auto message = [](const std::filesystem::path& path) {
    try {
      load_yaml_file(path);
    } catch (const IoError& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  EXPECT_EQ(message(dir / "none.yaml"),
            "cannot open " + (dir / "none.yaml").string() + ": No such file or directory");
  EXPECT_EQ(message(dir.path()),
            "cannot read " + dir.path().string() + ": it is a folder; expected a YAML file");
  test::write_text(dir / "file", "");
  EXPECT_EQ(message(dir / "file/x.yaml"),
            "cannot open " + (dir / "file/x.yaml").string() + ": Not a directory");
}

TEST(YamlFile, RefusesAnEmptyAndAHugeFile) {
  const test::TempDir dir;
  test::write_text(dir / "empty.yaml", "");
  EXPECT_EQ(message_of([&] { load_yaml_file(dir / "empty.yaml"); }),
            (dir / "empty.yaml").string() + ":1: the document is empty");
  test::write_text(dir / "huge.yaml", "");
  std::filesystem::resize_file(dir / "huge.yaml", std::uintmax_t{1} << 40U);
  EXPECT_THAT(message_of([&] { load_yaml_file(dir / "huge.yaml"); }),
              HasSubstr("huge.yaml: longer than 1048576 bytes"));
}

TEST(YamlFile, ReadsTheModelsThatShip) {
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(test::source_dir() / "configs")) {
    if (entry.path().extension() != ".yaml") continue;
    EXPECT_NO_THROW(load_yaml_file(entry.path())) << entry.path();
  }
}

}  // namespace
}  // namespace gondola::config
