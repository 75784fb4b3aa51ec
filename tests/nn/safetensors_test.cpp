#include "gondola/nn/safetensors.hpp"

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gondola/core/error.hpp"
#include "support/shared_data.hpp"

namespace gondola::nn {
namespace {

using namespace std::string_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

std::string file_of(const std::string& header, const std::string& data = "") {
  const std::uint64_t size = header.size();
  std::string length(sizeof size, '\0');
  std::memcpy(length.data(), &size, sizeof size);
  return length + header + data;
}

SafetensorsFile parse(const std::string& bytes) {
  const auto owner = std::make_shared<const std::vector<char>>(bytes.begin(), bytes.end());
  return parse_safetensors({owner, reinterpret_cast<const std::byte*>(owner->data())},
                           owner->size(), "test.safetensors");
}

std::string error_of(const std::string& bytes) {
  try {
    parse(bytes);
  } catch (const WeightsError& error) {
    return error.what();
  }
  return "no error";
}

TensorData floats(const std::vector<float>& values, std::vector<std::int64_t> shape) {
  std::vector<std::byte> bytes(values.size() * sizeof(float));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return make_tensor(DType::kF32, std::move(shape), std::move(bytes));
}

TensorData zeros(DType dtype, std::vector<std::int64_t> shape) {
  std::vector<std::byte> bytes(*checked_byte_size(dtype, shape));
  return make_tensor(dtype, std::move(shape), std::move(bytes));
}

std::vector<std::string> names_of(const NamedTensors& tensors) {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : tensors) names.push_back(name);
  return names;
}

constexpr const char* kTwoTensors =
    R"({"__metadata__":{"note":"x"},"b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]},)"
    R"("a":{"dtype":"I16","shape":[1],"data_offsets":[0,2]}})";

TEST(Safetensors, ReadsTensorsInTheOrderOfTheHeader) {
  const SafetensorsFile file = parse(file_of(kTwoTensors, "\x01\x02\x03\x04"));
  EXPECT_THAT(names_of(file.tensors), ElementsAre("b", "a"));
  EXPECT_THAT(file.metadata, ElementsAre(Pair("note", "x")));
  EXPECT_THAT(to_float32(*file.tensors.find("a")), ElementsAre(0x0201));
  EXPECT_THAT(to_float32(*file.tensors.find("b")), ElementsAre(3, 4));
}

TEST(Safetensors, ReadsEveryType) {
  const struct {
    const char* name;
    DType dtype;
  } kTypes[] = {{"F64", DType::kF64},   {"F32", DType::kF32}, {"F16", DType::kF16},
                {"BF16", DType::kBF16}, {"I64", DType::kI64}, {"I32", DType::kI32},
                {"I16", DType::kI16},   {"I8", DType::kI8},   {"U8", DType::kU8},
                {"BOOL", DType::kBool}};
  for (const auto& type : kTypes) {
    const std::size_t size = size_of(type.dtype);
    const SafetensorsFile file =
        parse(file_of("{\"a\":{\"dtype\":\""s + type.name + "\",\"shape\":[],\"data_offsets\":[0," +
                          std::to_string(size) + "]}}",
                      std::string(size, '\0')));
    EXPECT_EQ(file.tensors.find("a")->dtype, type.dtype) << type.name;
  }
}

TEST(Safetensors, ReadsScalarsEmptyTensorsAndPaddedHeaders) {
  const SafetensorsFile file =
      parse(file_of(R"({"a":{"dtype":"U8","shape":[],"data_offsets":[0,1]},)"
                    R"("e":{"dtype":"F32","shape":[0,3],"data_offsets":[1,1]}}   )",
                    "\x07"));
  EXPECT_THAT(to_float32(*file.tensors.find("a")), ElementsAre(7));
  EXPECT_EQ(file.tensors.find("e")->element_count(), 0U);
  EXPECT_TRUE(parse(file_of("{}")).tensors.empty());
}

TEST(Safetensors, EveryTruncationIsAnError) {
  const std::string whole = file_of(kTwoTensors, "\x01\x02\x03\x04");
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_THAT(error_of(whole.substr(0, length)), HasSubstr("test.safetensors: ")) << length;
  }
}

struct BadFile {
  const char* name;
  std::string bytes;
  const char* message;  // a part of what is said
};

std::string one_tensor(const std::string& fields, const std::string& data = "\x01\x02\x03\x04") {
  return file_of("{\"a\":{" + fields + "}}", data);
}

class SafetensorsError : public ::testing::TestWithParam<BadFile> {};

TEST_P(SafetensorsError, IsOneClearLine) {
  const std::string message = error_of(GetParam().bytes);
  EXPECT_THAT(message, HasSubstr("test.safetensors: "));
  EXPECT_THAT(message, HasSubstr(GetParam().message));
  EXPECT_EQ(message.find('\n'), std::string::npos) << message;
}

INSTANTIATE_TEST_SUITE_P(
    Of, SafetensorsError,
    ::testing::Values(
        BadFile{"Nothing", "", "a file of 0 bytes is too short for safetensors"},
        BadFile{"HeaderBeyondFile", "\x40\0\0\0\0\0\0\0{}"s,
                "header of 64 bytes does not fit the file of 10; it is truncated"},
        BadFile{"HeaderHuge", "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF{}"s,
                "header length 18446744073709551615 exceeds the format's 100000000"},
        BadFile{"HeaderEmpty", file_of(""), "header does not begin with '{'"},
        BadFile{"HeaderNoObject", file_of("[]"), "header does not begin with '{'"},
        BadFile{"NotJson", file_of("{\"a\":"), "not JSON at byte"},
        BadFile{"TwoValues", file_of("{}{}"), "not JSON at byte 3"},
        BadFile{"NotUtf8", file_of("{\"\xFF\":{}}"), "not JSON at byte"},
        BadFile{"TensorNoObject", file_of(R"({"a":3})"), "'a': expected an object, got a number"},
        BadFile{"TensorList", file_of(R"({"a":[[[[[[]]]]]]})"),
                "'a': expected an object, got a list"},
        BadFile{"MetadataNumber", file_of(R"({"__metadata__":{"a":1}})"),
                "metadata 'a': expected a string, got a number"},
        BadFile{"MetadataObject", file_of(R"({"__metadata__":{"a":{}}})"),
                "metadata 'a': expected a string, got an object"},
        BadFile{"MetadataTwice", file_of(R"({"__metadata__":{"a":"1","a":"2"}})"),
                "metadata 'a' is there twice"},
        BadFile{"NameTwice", file_of(R"({"a":{},"a":{}})"), "'a' is there twice"},
        BadFile{"FieldTwice", one_tensor(R"("dtype":"U8","dtype":"U8")"), "dtype is there twice"},
        BadFile{"ShapeTwice", one_tensor(R"("shape":[],"shape":[])"), "shape is there twice"},
        BadFile{"FieldUnknown", one_tensor(R"("strides":[1])"),
                "field 'strides' is a list; expected dtype"},
        BadFile{"FieldNull", one_tensor(R"("dtype":null)"), "field 'dtype' is null"},
        BadFile{"FieldMissing", one_tensor(R"("dtype":"U8","shape":[4])"),
                "tensor 'a': incomplete; expected dtype, shape and data_offsets"},
        BadFile{"OffsetsOfThree", one_tensor(R"("dtype":"U8","shape":[4],"data_offsets":[0,4,4])"),
                "tensor 'a': incomplete"},
        BadFile{"TypeUnknown", one_tensor(R"("dtype":"F8_E4M3","shape":[4],"data_offsets":[0,4])"),
                "tensor 'a': dtype 'F8_E4M3' is not supported; expected one of F64 F32 F16 BF16"},
        BadFile{"ShapeNegative", one_tensor(R"("dtype":"U8","shape":[-4],"data_offsets":[0,4])"),
                "tensor 'a': shape holds -4; expected 0 or more"},
        BadFile{"ShapeFraction", one_tensor(R"("dtype":"U8","shape":[4.0],"data_offsets":[0,4])"),
                "tensor 'a': shape holds '4.0'; expected a whole number"},
        BadFile{"ShapeText", one_tensor(R"("dtype":"U8","shape":["4"],"data_offsets":[0,4])"),
                "tensor 'a': shape holds a string; expected a whole number"},
        BadFile{"ShapeBeyond63Bits",
                one_tensor(R"("dtype":"U8","shape":[9223372036854775808],"data_offsets":[0,4])"),
                "tensor 'a': shape holds 9223372036854775808, which is too large"},
        BadFile{
            "ShapeOverflow",
            one_tensor(R"("dtype":"F32","shape":[4294967296,4294967296,1],"data_offsets":[0,0])"),
            "tensor 'a': shape [4294967296, 4294967296, 1] is too large"},
        BadFile{"ShapeLong",
                one_tensor("\"shape\":[1" +
                           [] {
                             std::string s;
                             for (int i = 0; i < 64; ++i) s += ",1";
                             return s;
                           }() +
                           "]"),
                "tensor 'a': shape holds more than 64 numbers"},
        BadFile{"OffsetsReversed", one_tensor(R"("dtype":"U8","shape":[4],"data_offsets":[4,0])"),
                "tensor 'a': data_offsets [4, 0] do not lie in the file's 4 bytes of data"},
        BadFile{"OffsetsBeyondData", one_tensor(R"("dtype":"U8","shape":[5],"data_offsets":[0,5])"),
                "tensor 'a': data_offsets [0, 5] do not lie in the file's 4 bytes of data; the "
                "file is truncated"},
        BadFile{"OffsetsTooFew", one_tensor(R"("dtype":"F32","shape":[1],"data_offsets":[0,3])"),
                "tensor 'a': data_offsets [0, 3] give 3 bytes; expected 4 for float32 [1]"},
        BadFile{"Hole", one_tensor(R"("dtype":"U8","shape":[3],"data_offsets":[1,4])"),
                "tensor 'a': begins at 1 and leaves a hole; expected it to begin at 0"},
        BadFile{"Overlap",
                file_of(R"({"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},)"
                        R"("b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}})",
                        "1234"),
                "tensor 'b': begins at 2 and overlaps another; expected it to begin at 3"},
        BadFile{"DataLeft", one_tensor(R"("dtype":"U8","shape":[3],"data_offsets":[0,3])"),
                "the tensors end after 3 of 4 bytes of data"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(Safetensors, MissingFilesAndFoldersAreIoErrors) {
  const test::TempDir dir;
  const auto message = [](const std::filesystem::path& path) -> std::string {
    try {
      read_safetensors(path);
    } catch (const IoError& error) {
      return error.what();
    }
    return "no IoError";
  };
  EXPECT_EQ(message(dir / "none.safetensors"),
            "cannot open " + (dir / "none.safetensors").string() + ": No such file or directory");
  EXPECT_THAT(message(dir.path()), HasSubstr("expected a file, not a folder or device"));
  EXPECT_THAT(message("/dev/null"), HasSubstr("expected a file, not a folder or device"));
}

TEST(Safetensors, AnEmptyFileIsAWeightsError) {
  const test::TempDir dir;
  test::write_text(dir / "empty.safetensors", "");
  EXPECT_THROW(read_safetensors(dir / "empty.safetensors"), WeightsError);
}

NamedTensors mixed_tensors() {
  NamedTensors tensors;
  EXPECT_TRUE(tensors.add("flag", zeros(DType::kBool, {3})));
  EXPECT_TRUE(tensors.add("weight", floats({1.5F, -2.0F, 0.1F}, {3, 1})));
  EXPECT_TRUE(tensors.add("count", zeros(DType::kI64, {})));
  EXPECT_TRUE(tensors.add("half", zeros(DType::kF16, {5})));
  EXPECT_TRUE(tensors.add("nothing", zeros(DType::kF32, {0, 2})));
  return tensors;
}

TEST(WriteSafetensors, WhatIsWrittenIsReadBack) {
  const test::TempDir dir;
  const std::map<std::string, std::string> metadata = {
      {"gondola.classes", R"(["cup","Käse"])"}, {"line", "a\nb\"c"}, {"zero", "\0"s}};
  write_safetensors(dir / "a.safetensors", metadata, mixed_tensors());
  const SafetensorsFile file = read_safetensors(dir / "a.safetensors");
  EXPECT_EQ(file.metadata, metadata);
  EXPECT_THAT(names_of(file.tensors), ElementsAre("flag", "weight", "count", "half", "nothing"));
  EXPECT_EQ(file.tensors.find("weight")->shape, (std::vector<std::int64_t>{3, 1}));
  EXPECT_THAT(to_float32(*file.tensors.find("weight")), ElementsAre(1.5F, -2.0F, 0.1F));
  EXPECT_EQ(file.tensors.find("half")->dtype, DType::kF16);
  EXPECT_EQ(file.tensors.find("count")->shape.size(), 0U);
}

TEST(WriteSafetensors, AlignsTheHeaderAndEveryTensor) {
  const test::TempDir dir;
  write_safetensors(dir / "a.safetensors", {{"k", "v"}}, mixed_tensors());
  const std::string bytes = test::read_text(dir / "a.safetensors");
  std::uint64_t header = 0;
  std::memcpy(&header, bytes.data(), sizeof header);
  EXPECT_EQ(header % 8, 0U);
  const SafetensorsFile file = read_safetensors(dir / "a.safetensors");  // mapped: page aligned
  for (const auto& [name, tensor] : file.tensors) {
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(tensor.data.get()) % size_of(tensor.dtype), 0U)
        << name;
  }
}

// The header is {"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}, 54 bytes, padded to 56 =
// 0x38; the value is 1.0 = 0x3F800000.
TEST(WriteSafetensors, WritesTheFormatByteForByte) {
  const test::TempDir dir;
  NamedTensors tensors;
  ASSERT_TRUE(tensors.add("a", floats({1.0F}, {1})));
  write_safetensors(dir / "a.safetensors", {}, tensors);
  EXPECT_EQ(test::read_text(dir / "a.safetensors"),
            "\x38\0\0\0\0\0\0\0"s + R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}  )" +
                "\0\0\x80\x3F"s);
}

TEST(WriteSafetensors, WritesTheSameBytesAgain) {
  const test::TempDir dir;
  write_safetensors(dir / "a.safetensors", {{"b", "1"}, {"a", "2"}}, mixed_tensors());
  write_safetensors(dir / "b.safetensors", {{"a", "2"}, {"b", "1"}}, mixed_tensors());
  EXPECT_EQ(test::read_text(dir / "a.safetensors"), test::read_text(dir / "b.safetensors"));
}

TEST(WriteSafetensors, WritesAFileWithoutTensors) {
  const test::TempDir dir;
  write_safetensors(dir / "a.safetensors", {}, {});
  EXPECT_TRUE(read_safetensors(dir / "a.safetensors").tensors.empty());
}

TEST(WriteSafetensors, LeavesTheOldFileWhenItFails) {
  const test::TempDir dir;
  test::write_text(dir / "a.safetensors", "old");
  NamedTensors tensors;
  ASSERT_TRUE(tensors.add("bad \xFF name", floats({1.0F}, {1})));
  try {
    write_safetensors(dir / "a.safetensors", {}, tensors);
    FAIL() << "expected WeightsError";
  } catch (const WeightsError& error) {
    EXPECT_THAT(error.what(), HasSubstr("cannot write " + (dir / "a.safetensors").string()));
    EXPECT_THAT(error.what(), HasSubstr("is not UTF-8"));
  }
  EXPECT_EQ(test::read_text(dir / "a.safetensors"), "old");
  const std::filesystem::directory_iterator files(dir.path());
  EXPECT_EQ(std::distance(begin(files), end(files)), 1) << "a temporary file is left";
}

TEST(WriteSafetensors, AFolderThatIsNotThereIsAnIoError) {
  const test::TempDir dir;
  EXPECT_THROW(write_safetensors(dir.path() / "none" / "a.safetensors", {}, {}), IoError);
}

TEST(WriteSafetensors, RefusesCallersMistakes) {
  const test::TempDir dir;
  NamedTensors reserved;
  ASSERT_TRUE(reserved.add("__metadata__", floats({1.0F}, {1})));
  EXPECT_THROW(write_safetensors(dir / "a.safetensors", {}, reserved), ContractViolation);
  NamedTensors empty;
  ASSERT_TRUE(empty.add("a", {DType::kF32, {1}, nullptr}));
  EXPECT_THROW(write_safetensors(dir / "a.safetensors", {}, empty), ContractViolation);
}

TEST(Safetensors, TensorsOutliveTheFileAndItsReplacement) {
  const test::TempDir dir;
  NamedTensors first;
  ASSERT_TRUE(first.add("a", floats({1.0F, 2.0F}, {2})));
  write_safetensors(dir / "a.safetensors", {}, first);
  const TensorData tensor = *read_safetensors(dir / "a.safetensors").tensors.find("a");
  NamedTensors second;
  ASSERT_TRUE(second.add("a", floats({3.0F, 4.0F}, {2})));
  write_safetensors(dir / "a.safetensors", {}, second);
  EXPECT_THAT(to_float32(tensor), ElementsAre(1.0F, 2.0F));
  EXPECT_THAT(to_float32(*read_safetensors(dir / "a.safetensors").tensors.find("a")),
              ElementsAre(3.0F, 4.0F));
}

TEST(Safetensors, RewritingTheSharedWeightsKeepsEveryByte) {
  GONDOLA_REQUIRE_SHARED("weights/yolov8n.safetensors");
  const SafetensorsFile original =
      read_safetensors(test::shared_dir() / "weights/yolov8n.safetensors");
  EXPECT_EQ(original.metadata.at("bn_eps"), "0.001");
  ASSERT_EQ(original.tensors.size(), 355U);
  const test::TempDir dir;
  write_safetensors(dir / "a.safetensors", original.metadata, original.tensors);
  const SafetensorsFile copy = read_safetensors(dir / "a.safetensors");
  EXPECT_EQ(copy.metadata, original.metadata);
  ASSERT_EQ(names_of(copy.tensors), names_of(original.tensors));
  for (const auto& [name, tensor] : original.tensors) {
    const TensorData& other = *copy.tensors.find(name);
    EXPECT_EQ(other.dtype, tensor.dtype) << name;
    EXPECT_EQ(other.shape, tensor.shape) << name;
    EXPECT_EQ(std::memcmp(other.data.get(), tensor.data.get(), tensor.byte_size()), 0) << name;
  }
}

}  // namespace
}  // namespace gondola::nn
