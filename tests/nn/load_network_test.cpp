#include "gondola/nn/load_network.hpp"

#include <cstring>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gondola/core/error.hpp"
#include "gondola/nn/tensor_shapes.hpp"

namespace gondola::nn {
namespace {

using testing::HasSubstr;

const char* const kTinyModel = R"(
name: tiny
classes: [bottle, can]
activation: silu
backbone:
  - {block: conv, id: a, channels: 8, stride: 2}
head: {from: [a], strides: [2], reg_max: 4}
)";

WeightsFile tiny_weights() {
  WeightsFile weights;
  weights.description.spec = parse_model_spec(kTinyModel, "tiny.yaml");
  weights.tensors = random_tensors(weights.description.spec, /*seed=*/3);
  return weights;
}

template <typename Call>
std::string fault_of(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "no Error";
}

TensorData filled(const std::vector<std::int64_t>& shape, float value) {
  TensorData tensor{DType::kF32, shape, nullptr};
  std::vector<std::byte> bytes(tensor.byte_size());
  for (std::size_t i = 0; i < bytes.size(); i += sizeof value) {
    std::memcpy(bytes.data() + i, &value, sizeof value);
  }
  return make_tensor(DType::kF32, shape, std::move(bytes));
}

TEST(LoadTensors, NamesWhatIsMissingUnexpectedMisshapenOrNotFinite) {
  const WeightsFile good = tiny_weights();
  NamedTensors tensors;
  for (const auto& [name, tensor] : good.tensors) {
    if (name == "model.0.conv.weight") continue;
    if (name == "model.0.bn.bias") {
      ASSERT_TRUE(tensors.add(name, filled({9}, 0)));
    } else if (name == "model.0.bn.weight") {
      ASSERT_TRUE(tensors.add(name, filled({8}, std::numeric_limits<float>::infinity())));
    } else {
      ASSERT_TRUE(tensors.add(name, tensor));
    }
  }
  ASSERT_TRUE(tensors.add("extra", filled({1}, 0)));
  Network network(good.description.spec);
  const std::string fault = fault_of([&] { load_tensors(network, tensors, "file"); });
  EXPECT_THAT(fault, HasSubstr("file: tensors do not fit network tiny"));
  EXPECT_THAT(fault, HasSubstr("1 missing (model.0.conv.weight)"));
  EXPECT_THAT(fault, HasSubstr("1 unexpected (extra)"));
  EXPECT_THAT(fault, HasSubstr("model.0.bn.bias is [9], not [8]"));
  EXPECT_THAT(fault, HasSubstr("1 with NaN or infinite values (model.0.bn.weight)"));
}

TEST(LoadTensors, NarrowTypesLoadIntoTheFloat32Network) {
  WeightsFile half = tiny_weights();
  half.tensors = convert_tensors(half.tensors, DType::kF16);
  const Network network = build_network(half, "half");
  EXPECT_EQ(network->parameters().front().scalar_type(), at::kFloat);
}

}  // namespace
}  // namespace gondola::nn
