#include "gondola/nn/pickle.hpp"

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gondola/core/error.hpp"
#include "nn/pickle_bytes.hpp"

namespace gondola::nn {
namespace {

namespace py = test::py;
using namespace std::string_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

PickleGraph parse(const std::string& bytes, const PickleLimits& limits = {}) {
  return parse_pickle({bytes.begin(), bytes.end()}, "test.pkl", limits);
}

/// The graph of a value given by the bytes that push it.
PickleGraph graph_of(const std::string& value) { return parse(py::pickle(value)); }

std::string error_of(const std::string& bytes, const PickleLimits& limits = {}) {
  try {
    parse(bytes, limits);
  } catch (const WeightsError& error) {
    return error.what();
  }
  return "no error";
}

std::int64_t integer_of(const std::string& value) {
  const PickleGraph graph = graph_of(value);
  const auto* integer = graph.get<std::int64_t>(graph.root());
  EXPECT_NE(integer, nullptr) << describe(graph, graph.root());
  return integer == nullptr ? 0 : *integer;
}

std::vector<std::int64_t> integers_of(const PickleGraph& graph, const std::vector<ValueId>& items) {
  std::vector<std::int64_t> values;
  for (const ValueId id : items)
    values.push_back(graph.get<std::int64_t>(id) ? *graph.get<std::int64_t>(id) : -999);
  return values;
}

template <typename Container>
std::vector<std::int64_t> root_integers(const std::string& value) {
  const PickleGraph graph = graph_of(value);
  const auto* container = graph.get<Container>(graph.root());
  EXPECT_NE(container, nullptr) << describe(graph, graph.root());
  return container == nullptr ? std::vector<std::int64_t>{} : integers_of(graph, container->items);
}

std::string text_of(const std::string& value) {
  const PickleGraph graph = graph_of(value);
  const auto* string = graph.get<PickleString>(graph.root());
  EXPECT_NE(string, nullptr) << describe(graph, graph.root());
  return string == nullptr ? "" : std::string(string->text);
}

std::string bytes_of(const std::string& value) {
  const PickleGraph graph = graph_of(value);
  const auto* bytes = graph.get<PickleBytes>(graph.root());
  EXPECT_NE(bytes, nullptr) << describe(graph, graph.root());
  return bytes == nullptr ? "" : std::string(bytes->bytes);
}

TEST(Pickle, ReadsIntegersOfEveryEncoding) {
  EXPECT_EQ(integer_of("K\xFF"), 255);
  EXPECT_EQ(integer_of("M\x01\x02"), 0x0201);
  EXPECT_EQ(integer_of("J\xFE\xFF\xFF\xFF"), -2);
  EXPECT_EQ(integer_of("\x8A\x00"s), 0);
  EXPECT_EQ(integer_of("\x8A\x01\xFF"s), -1);
  EXPECT_EQ(integer_of("\x8A\x02\xFF\x00"s), 255);  // the zero byte keeps it positive
  EXPECT_EQ(integer_of("\x8B\x03\x00\x00\x00\x00\x00\x80"s), -0x800000);
  EXPECT_EQ(integer_of(py::integer(std::numeric_limits<std::int64_t>::min())),
            std::numeric_limits<std::int64_t>::min());
}

TEST(Pickle, KeepsIntegersBeyond64BitsAsBytes) {
  const PickleGraph graph = graph_of("\x8A\x09\x00\x00\x00\x00\x00\x00\x00\x00\x01"s);  // 2^64
  const auto* integer = graph.get<PickleBigInt>(graph.root());
  ASSERT_NE(integer, nullptr);
  EXPECT_EQ(integer->little_endian, "\0\0\0\0\0\0\0\0\1"s);
}

TEST(Pickle, ReadsNoneBooleansAndFloats) {
  const PickleGraph graph =
      graph_of(py::tuple({py::none(), py::boolean(true), py::boolean(false), py::real(-0.1)}));
  const auto& items = graph.get<PickleTuple>(graph.root())->items;
  ASSERT_EQ(items.size(), 4U);
  EXPECT_NE(graph.get<PickleNone>(items[0]), nullptr);
  EXPECT_TRUE(*graph.get<bool>(items[1]));
  EXPECT_FALSE(*graph.get<bool>(items[2]));
  EXPECT_EQ(*graph.get<double>(items[3]), -0.1);
  // 1.0 is 0x3FF0000000000000, written with its most significant byte first.
  const PickleGraph one = graph_of("G\x3F\xF0\x00\x00\x00\x00\x00\x00"s);
  EXPECT_EQ(*one.get<double>(one.root()), 1.0);
}

TEST(Pickle, ReadsTextAndBytesOfEveryEncoding) {
  EXPECT_EQ(text_of("\x8C\x02hi"), "hi");
  EXPECT_EQ(text_of("X\x02\x00\x00\x00hi"s), "hi");
  EXPECT_EQ(text_of("\x8D\x02\x00\x00\x00\x00\x00\x00\x00hi"s), "hi");
  EXPECT_EQ(text_of("U\x02hi"), "hi");
  EXPECT_EQ(text_of("T\x02\x00\x00\x00hi"s), "hi");
  EXPECT_EQ(text_of(py::text("")), "");
  EXPECT_EQ(bytes_of("C\x02\x00\xFF"s), "\x00\xFF"s);
  EXPECT_EQ(bytes_of("B\x02\x00\x00\x00\x00\xFF"s), "\x00\xFF"s);
  EXPECT_EQ(bytes_of("\x8E\x01\x00\x00\x00\x00\x00\x00\x00\x07"s), "\x07");
  EXPECT_EQ(bytes_of("\x96\x01\x00\x00\x00\x00\x00\x00\x00\x07"s), "\x07");
}

TEST(Pickle, ReadsTuplesListsAndSets) {
  EXPECT_THAT(root_integers<PickleTuple>(")"), ElementsAre());
  EXPECT_THAT(root_integers<PickleTuple>("K\x01\x85"), ElementsAre(1));
  EXPECT_THAT(root_integers<PickleTuple>("K\x01K\x02\x86"), ElementsAre(1, 2));
  EXPECT_THAT(root_integers<PickleTuple>("K\x01K\x02K\x03\x87"), ElementsAre(1, 2, 3));
  EXPECT_THAT(root_integers<PickleTuple>("(K\x01K\x02K\x03K\x04t"), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(root_integers<PickleList>("]"), ElementsAre());
  EXPECT_THAT(root_integers<PickleList>("]K\x01"
                                        "aK\x02"
                                        "a"),
              ElementsAre(1, 2));
  EXPECT_THAT(root_integers<PickleList>("](K\x01K\x02"
                                        "e(K\x03"
                                        "e"),
              ElementsAre(1, 2, 3));
  EXPECT_THAT(root_integers<PickleList>("(K\x01K\x02l"), ElementsAre(1, 2));
  EXPECT_THAT(root_integers<PickleSet>("\x8F(K\x01K\x02\x90"), ElementsAre(1, 2));
  EXPECT_THAT(root_integers<PickleSet>("(K\x01K\x02\x91"), ElementsAre(1, 2));
}

TEST(Pickle, ReadsDictionariesInOrder) {
  for (const char* bytes : {"}(K\x05K\x01K\x03K\x02u", "}K\x05K\x01sK\x03K\x02s",
                            "(K\x05K\x01K\x03K\x02"
                            "d"}) {
    const PickleGraph graph = graph_of(bytes);
    const auto* dict = graph.get<PickleDict>(graph.root());
    ASSERT_NE(dict, nullptr) << bytes;
    std::vector<ValueId> flat;
    for (const auto& [key, value] : dict->entries) flat.insert(flat.end(), {key, value});
    EXPECT_THAT(integers_of(graph, flat), ElementsAre(5, 1, 3, 2)) << bytes;
  }
}

TEST(Pickle, RecordsGlobalsWithoutResolvingThem) {
  for (const std::string& bytes : {py::global("os", "system"), "\x8C\x02os\x8C\x06system\x93"s}) {
    const PickleGraph graph = graph_of(bytes);
    const auto* global = graph.get<PickleGlobal>(graph.root());
    ASSERT_NE(global, nullptr);
    EXPECT_EQ(global->module, "os");
    EXPECT_EQ(global->name, "system");
  }
}

TEST(Pickle, RecordsCallsWithoutMakingThem) {
  const PickleGraph graph = graph_of(py::call(py::global("os", "system"), {py::text("rm -rf /")}));
  const auto* object = graph.get<PickleObject>(graph.root());
  ASSERT_NE(object, nullptr);
  EXPECT_EQ(graph.get<PickleGlobal>(object->callable)->name, "system");
  EXPECT_EQ(graph.get<PickleTuple>(object->arguments)->items.size(), 1U);
  EXPECT_EQ(object->state, kNoValue);
}

TEST(Pickle, RecordsObjectsWithStateItemsAndEntries) {
  const std::string type = py::global("m", "C");
  const PickleGraph graph = graph_of(type +
                                     ")\x81"
                                     "}b"
                                     "(K\x01K\x02"
                                     "e"
                                     "(K\x03K\x04u"
                                     "(K\x05\x90");
  const auto* object = graph.get<PickleObject>(graph.root());
  ASSERT_NE(object, nullptr);
  EXPECT_NE(graph.get<PickleDict>(object->state), nullptr);
  EXPECT_THAT(integers_of(graph, object->items), ElementsAre(1, 2, 5));
  ASSERT_EQ(object->entries.size(), 1U);
  EXPECT_EQ(*graph.get<std::int64_t>(object->entries[0].second), 4);
}

TEST(Pickle, RecordsKeywordArguments) {
  const PickleGraph graph = graph_of(py::global("m", "C") + ")}\x92");
  const auto* object = graph.get<PickleObject>(graph.root());
  ASSERT_NE(object, nullptr);
  EXPECT_NE(graph.get<PickleTuple>(object->arguments), nullptr);
  EXPECT_NE(graph.get<PickleDict>(object->keyword_arguments), nullptr);
}

TEST(Pickle, RecordsPersistentIds) {
  const PickleGraph graph = graph_of("K\x07Q");
  const auto* persistent = graph.get<PicklePersistentId>(graph.root());
  ASSERT_NE(persistent, nullptr);
  EXPECT_EQ(*graph.get<std::int64_t>(persistent->id), 7);
}

TEST(Pickle, RecallsWhatWasPutInTheMemo) {
  // Each puts 7 in the memo, drops it, and gets it back.
  EXPECT_EQ(integer_of("K\x07q\x05"
                       "0h\x05"),
            7);
  EXPECT_EQ(integer_of("K\x07r\x00\x01\x00\x00"
                       "0j\x00\x01\x00\x00"s),
            7);
  EXPECT_EQ(integer_of("K\x06\x94"
                       "0K\x07\x94"
                       "0h\x01"),
            7);
}

TEST(Pickle, SharesWhatIsRecalled) {
  const PickleGraph graph = graph_of("]q\x01h\x01\x86");
  const auto& items = graph.get<PickleTuple>(graph.root())->items;
  EXPECT_EQ(items[0], items[1]);
}

TEST(Pickle, HandlesTheStackOpcodes) {
  EXPECT_THAT(root_integers<PickleTuple>("K\x01"
                                         "2\x86"),
              ElementsAre(1, 1));
  EXPECT_EQ(integer_of("K\x01K\x02"
                       "0"),
            1);
  EXPECT_EQ(integer_of("K\x01(K\x02K\x03"
                       "1"),
            1);
  EXPECT_EQ(integer_of("K\x01(0"), 1);  // POP drops a mark with nothing above it, as in Python
}

TEST(Pickle, IgnoresFramesAndWhatFollowsStop) {
  const PickleGraph graph = parse("\x80\x04\x95\x03\x00\x00\x00\x00\x00\x00\x00K\x07.garbage"s);
  EXPECT_EQ(*graph.get<std::int64_t>(graph.root()), 7);
}

TEST(Pickle, KeepsItsTextWhenMoved) {
  PickleGraph first = graph_of(py::text("here"));
  const PickleGraph second = std::move(first);
  EXPECT_EQ(second.get<PickleString>(second.root())->text, "here");
}

TEST(Pickle, GetGivesNullForOtherKindsAndForNoValue) {
  const PickleGraph graph = graph_of("K\x07");
  EXPECT_EQ(graph.get<PickleString>(graph.root()), nullptr);
  EXPECT_EQ(graph.get<std::int64_t>(kNoValue), nullptr);
  EXPECT_THROW(graph[static_cast<ValueId>(graph.size())], ContractViolation);
}

TEST(Pickle, AMillionNestedListsNeitherOverflowTheStackNorLinger) {
  constexpr std::size_t kDepth = 1'000'000;
  const PickleGraph graph =
      parse("\x80\x02" + std::string(kDepth, ']') + std::string(kDepth - 1, 'a') + ".");
  std::size_t depth = 0;
  for (ValueId id = graph.root();; id = graph.get<PickleList>(id)->items[0]) {
    ++depth;
    if (graph.get<PickleList>(id)->items.empty()) break;
  }
  EXPECT_EQ(depth, kDepth);
}

TEST(Pickle, AListMayContainItself) {
  const PickleGraph graph = graph_of(
      "]q\x01h\x01"
      "a");
  EXPECT_THAT(graph.get<PickleList>(graph.root())->items, ElementsAre(graph.root()));
}

TEST(Pickle, EveryTruncationIsAnError) {
  const std::string whole = py::pickle(
      py::dict({{py::text("a"), py::tensor(py::storage("FloatStorage", "0", 4), 0, {2}, {1})},
                {"\x8C\x01"
                 "b",
                 py::list({py::real(0.5), "C\x01x", "M\x01\x01", "B\x01\x00\x00\x00x"s})}}));
  EXPECT_EQ(error_of(whole), "no error");
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_NE(error_of(whole.substr(0, length)), "no error") << length;
  }
}

struct BadPickle {
  const char* name;
  std::string bytes;
  const char* message;  // a part of what is said
};

class PickleError : public ::testing::TestWithParam<BadPickle> {};

TEST_P(PickleError, IsOneClearLine) {
  const std::string message = error_of(GetParam().bytes);
  EXPECT_THAT(message, HasSubstr("test.pkl: "));
  EXPECT_THAT(message, HasSubstr(GetParam().message));
  EXPECT_EQ(message.find('\n'), std::string::npos) << message;
}

INSTANTIATE_TEST_SUITE_P(
    Of, PickleError,
    ::testing::Values(
        BadPickle{"Nothing", "", "ends at offset 0 without STOP; the file is truncated"},
        BadPickle{"NoStop", "\x80\x02N", "ends at offset 3 without STOP"},
        BadPickle{"UnknownOpcode", "\x80\x02N\xFF.", "unsupported pickle opcode 0xff at offset 3"},
        BadPickle{
            "TextOpcode", "I42\n.",
            "unsupported pickle opcode INT at offset 0; expected a pickle of protocol 2 to 5"},
        BadPickle{"Extension", "\x82\x01.", "unsupported pickle opcode EXT1 at offset 0"},
        BadPickle{"OutOfBand", "\x97.", "unsupported pickle opcode NEXT_BUFFER at offset 0"},
        BadPickle{"Protocol6", "\x80\x06N.", "pickle protocol 6; expected 2 to 5"},
        BadPickle{"EmptyStack", ".", "STOP at offset 0: nothing on the stack"},
        BadPickle{"TooFewForTuple", "N\x86.",
                  "TUPLE2 at offset 1: expected 2 values on the stack, got 1"},
        BadPickle{"BelowMark", "N(\x85.",
                  "TUPLE1 at offset 2: expected 1 values on the stack, got 0"},
        BadPickle{"StopBelowMark", "N(.", "STOP at offset 2: nothing on the stack"},
        BadPickle{"NoMark", "Nt.", "TUPLE at offset 1: no mark on the stack"},
        BadPickle{"MemoNeverSet", "h\x07.", "BINGET at offset 0: memo 7 was never set"},
        BadPickle{"MemoOfNothing", "q\x07.", "BINPUT at offset 0: nothing on the stack"},
        BadPickle{"LongText", "X\xFF\xFF\xFF\x7Fshort",
                  "BINUNICODE at offset 0: needs 2147483647 bytes, 5 are left"},
        BadPickle{"HugeText", "\x8D\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFFshort",
                  "BINUNICODE8 at offset 0: needs 18446744073709551615 bytes, 5 are left"},
        BadPickle{"LongInteger", "\x8B\xFF\xFF\xFF\xFF.",
                  "LONG4 at offset 0: needs 4294967295 bytes, 1 are left"},
        BadPickle{"LongFrame", "\x95\xFF\x00\x00\x00\x00\x00\x00\x00N."s,
                  "FRAME at offset 0: needs 255 bytes, 2 are left"},
        BadPickle{"NoLineEnd", "cos", "GLOBAL at offset 0: no end of line"},
        BadPickle{"AppendToInteger", "K\x01Na.",
                  "APPEND at offset 3: expected a list on the stack, got an int"},
        BadPickle{"AddToList", "](K\x01\x90.",
                  "ADDITEMS at offset 4: expected a set on the stack, got a list"},
        BadPickle{"SetInTuple", ")K\x01K\x02s.",
                  "SETITEM at offset 5: expected a dict on the stack, got a tuple"},
        BadPickle{"KeyWithoutValue", "}(K\x01u.", "SETITEMS at offset 4: a key without a value"},
        BadPickle{"DictKeyWithoutValue",
                  "(K\x01"
                  "d.",
                  "DICT at offset 3: a key without a value"},
        BadPickle{"BuildDict", "}}b.",
                  "BUILD at offset 2: expected an object on the stack, got a dict"},
        BadPickle{"ArgumentsNoTuple", "NNR.",
                  "REDUCE at offset 2: expected a tuple of arguments, got None"},
        BadPickle{"GlobalNameNoText", "NN\x93.",
                  "STACK_GLOBAL at offset 2: expected a string on the stack, got None"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(Pickle, StopsAtTheLimitOfValues) {
  PickleLimits limits;
  limits.max_values = 100;
  EXPECT_EQ(error_of("\x80\x02" + std::string(50, ']') + ".", limits), "no error");
  EXPECT_THAT(error_of("\x80\x02" + std::string(200, ']') + ".", limits),
              HasSubstr("makes more than 100 values"));
  EXPECT_THAT(error_of("\x80\x02N" + std::string(200, '\x94') + ".", limits),
              HasSubstr("more than 100 values in the memo"));
}

TEST(DescribePickle, NamesKindsAndClassesInOneLine) {
  const PickleGraph global = graph_of(py::global("torch", "FloatStorage"));
  EXPECT_EQ(describe(global, global.root()), "the global 'torch.FloatStorage'");
  const PickleGraph object = graph_of(py::object(py::global("m", "C\x01"), "}"));
  EXPECT_EQ(describe(object, object.root()), "an object made by 'm.C?'");
  const PickleGraph list = graph_of("]");
  EXPECT_EQ(describe(list, list.root()), "a list");
  EXPECT_EQ(describe(list, kNoValue), "nothing");
}

}  // namespace
}  // namespace gondola::nn
