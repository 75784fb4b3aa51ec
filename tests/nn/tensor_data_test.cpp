#include "gondola/nn/tensor_data.hpp"

#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gondola/core/error.hpp"

namespace gondola::nn {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

template <typename Element>
TensorData tensor_of(DType dtype, const std::vector<Element>& elements) {
  std::vector<std::byte> bytes(elements.size() * sizeof(Element));
  std::memcpy(bytes.data(), elements.data(), bytes.size());
  return make_tensor(dtype, {static_cast<std::int64_t>(elements.size())}, std::move(bytes));
}

TEST(TensorData, CountsElementsAndBytes) {
  const TensorData tensor{DType::kF16, {2, 3, 4}, nullptr};
  EXPECT_EQ(tensor.element_count(), 24U);
  EXPECT_EQ(tensor.byte_size(), 48U);
  EXPECT_EQ((TensorData{DType::kI64, {}, nullptr}.byte_size()), 8U);
  EXPECT_EQ((TensorData{DType::kI64, {5, 0}, nullptr}.element_count()), 0U);
}

TEST(CheckedByteSize, RefusesNegativeDimensionsAndOverflow) {
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(checked_byte_size(DType::kF32, {2, 3}), 24U);
  EXPECT_EQ(checked_byte_size(DType::kF32, {2, -1}), std::nullopt);
  EXPECT_EQ(checked_byte_size(DType::kU8, {kMax}), static_cast<std::size_t>(kMax));
  EXPECT_EQ(checked_byte_size(DType::kI16, {kMax}), std::nullopt);
  EXPECT_EQ(checked_byte_size(DType::kU8, {1LL << 32, 1LL << 31}), std::nullopt);  // 2^63
  EXPECT_EQ(checked_byte_size(DType::kU8, {1LL << 32, 1LL << 32}), std::nullopt);  // 2^64
  EXPECT_EQ(checked_byte_size(DType::kF64, {7, 0}), 0U);
  EXPECT_EQ(checked_byte_size(DType::kF64, {kMax, 0}), std::nullopt);
}

TEST(ToFloat32, ConvertsEveryType) {
  EXPECT_THAT(to_float32(tensor_of<double>(DType::kF64, {1.5, 1e-3})), ElementsAre(1.5F, 1e-3F));
  EXPECT_THAT(to_float32(tensor_of<float>(DType::kF32, {-2.25F})), ElementsAre(-2.25F));
  // 0x3C00 is 1, 0xC100 is -(1 + 256/1024) * 2^1 = -2.5, 0x0001 is 2^-24.
  EXPECT_THAT(to_float32(tensor_of<std::uint16_t>(DType::kF16, {0x3C00, 0xC100, 0x0001})),
              ElementsAre(1.0F, -2.5F, 0x1p-24F));
  // 0x3F80 is 1, 0xC020 is -2.5 (0xC0200000 as a float32).
  EXPECT_THAT(to_float32(tensor_of<std::uint16_t>(DType::kBF16, {0x3F80, 0xC020})),
              ElementsAre(1.0F, -2.5F));
  // 2^24 + 1 lies halfway between two float32 and goes to the even one, 2^24.
  EXPECT_THAT(to_float32(tensor_of<std::int64_t>(DType::kI64, {-3, (1LL << 24) + 1})),
              ElementsAre(-3.0F, 0x1p24F));
  EXPECT_THAT(to_float32(tensor_of<std::int32_t>(DType::kI32, {-70000})), ElementsAre(-70000.0F));
  EXPECT_THAT(to_float32(tensor_of<std::int16_t>(DType::kI16, {-300})), ElementsAre(-300.0F));
  EXPECT_THAT(to_float32(tensor_of<std::int8_t>(DType::kI8, {-128})), ElementsAre(-128.0F));
  EXPECT_THAT(to_float32(tensor_of<std::uint8_t>(DType::kU8, {255})), ElementsAre(255.0F));
  EXPECT_THAT(to_float32(tensor_of<std::uint8_t>(DType::kBool, {0, 1, 2})),
              ElementsAre(0.0F, 1.0F, 1.0F));
  EXPECT_THAT(to_float32({DType::kF32, {0}, nullptr}), IsEmpty());
}

TEST(ToFloat32, ReadsElementsThatAreNotAligned) {
  std::vector<std::byte> bytes(1 + sizeof(float));
  const float value = 0.1F;
  std::memcpy(bytes.data() + 1, &value, sizeof value);
  const auto owner = std::make_shared<const std::vector<std::byte>>(std::move(bytes));
  const TensorData tensor{
      DType::kF32, {1}, std::shared_ptr<const std::byte>(owner, owner->data() + 1)};
  EXPECT_THAT(to_float32(tensor), ElementsAre(0.1F));
}

TEST(MakeTensor, RefusesBytesThatDoNotFitTheShape) {
  EXPECT_THROW(make_tensor(DType::kF32, {2}, std::vector<std::byte>(4)), ContractViolation);
  EXPECT_THROW(make_tensor(DType::kF32, {-1}, {}), ContractViolation);
}

TEST(NamedTensors, KeepsTheOrderAndFindsByName) {
  NamedTensors tensors;
  for (const char* name : {"b", "a", "c"}) {
    EXPECT_TRUE(tensors.add(name, tensor_of<float>(DType::kF32, {1.0F})));
  }
  std::string order;
  for (const auto& [name, tensor] : tensors) order += name;
  EXPECT_EQ(order, "bac");
  ASSERT_NE(tensors.find("a"), nullptr);
  EXPECT_EQ(tensors.find("a")->dtype, DType::kF32);
  EXPECT_EQ(tensors.find("d"), nullptr);
}

TEST(NamedTensors, RefusesANameThatIsThere) {
  NamedTensors tensors;
  EXPECT_TRUE(tensors.add("a", tensor_of<float>(DType::kF32, {1.0F})));
  EXPECT_FALSE(tensors.add("a", tensor_of<std::int64_t>(DType::kI64, {2})));
  EXPECT_EQ(tensors.size(), 1U);
  EXPECT_EQ(tensors.find("a")->dtype, DType::kF32);
}

}  // namespace
}  // namespace gondola::nn
