#include "gondola/nn/quantization.hpp"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "gondola/core/error.hpp"
#include "gondola/nn/model_file.hpp"
#include "gondola/nn/safetensors.hpp"
#include "gondola/nn/tensor_shapes.hpp"
#include "support/shared_data.hpp"

namespace gondola::nn {
namespace {

using testing::ElementsAre;
using testing::Eq;
using testing::HasSubstr;
using testing::StartsWith;

template <typename Call>
std::string fault_of(const Call& call) {
  try {
    call();
  } catch (const WeightsError& error) {
    return error.what();
  }
  return "no WeightsError";
}

void add(NamedTensors& tensors, const std::string& name, TensorData tensor) {
  ASSERT_TRUE(tensors.add(name, std::move(tensor))) << name;
}

std::vector<int> integers(const TensorData& tensor) {
  EXPECT_EQ(tensor.dtype, DType::kI8);
  std::vector<int> values;
  for (const float value : to_float32(tensor)) values.push_back(static_cast<int>(value));
  return values;
}

// One convolution of 2 outputs and 3 inputs, 1x1, whose inputs have scales 0.5, 0.25 and 2.
NamedTensors small_layer() {
  NamedTensors tensors;
  add(tensors, "a.conv.weight", make_float32({2, 3, 1, 1}, {2.54F, -0.4F, 0, 0, 0.1F, 0.05F}));
  add(tensors, "a.conv.bias", make_float32({2}, {0.25F, -3}));
  add(tensors, "a.conv.input_scale", make_float32({3}, {0.5F, 0.25F, 2}));
  add(tensors, "b.weight", make_float32({1, 2, 1, 1}, {0.3F, 0.4F}));
  return tensors;
}

TEST(RoundToInt8, LargestBecomes127) {
  // One step is 2.54 / 127 = 0.02: 1 is 50 steps, 0.031 is 1.55, -0.029 is -1.45.
  std::vector<float> values = {1, -2.54F, 0.031F, -0.029F, 0};
  // Steps have 12 significant bits.
  EXPECT_NEAR(round_to_int8(values.data(), values.size()), 0.02, 0.02 / 4096);
  EXPECT_THAT(values, ElementsAre(50, -127, 2, -1, 0));
}

TEST(RoundToInt8, NothingButZerosHasAStepAllTheSame) {
  std::vector<float> zeros = {0, -0.0F, 0};
  EXPECT_GT(round_to_int8(zeros.data(), zeros.size()), 0);
  EXPECT_THAT(zeros, ElementsAre(Eq(0), Eq(0), Eq(0)));
  EXPECT_GT(round_to_int8(nullptr, 0), 0);
  std::vector<float> next_to_zero = {1e-45F, -3e-39F};
  EXPECT_GT(round_to_int8(next_to_zero.data(), next_to_zero.size()), 0);
  EXPECT_THAT(next_to_zero, ElementsAre(Eq(0), Eq(0)));
}

TEST(RoundToInt8, EveryValueIsWithinHalfAStep) {
  std::vector<float> values;
  for (int i = -500; i <= 500; ++i)
    values.push_back(0.001F * static_cast<float>(i * i % 773 - 350));
  std::vector<float> rounded = values;
  const float step = round_to_int8(rounded.data(), rounded.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    EXPECT_LE(std::abs(rounded[i]), 127);
    EXPECT_EQ(rounded[i], std::nearbyint(rounded[i]));
    EXPECT_NEAR(rounded[i] * step, values[i], 0.501 * step);
  }
}

TEST(QuantizationJson, RoundTripKeepsEveryBit) {
  Quantization quantization;
  quantization.tensors["model.0"] = {0.1F, 7};
  quantization.tensors["model.10.m.0.attn attention"] = {1e-38F, 0};
  quantization.tensors["model.2.cv1"] = {3.4e38F, 255};
  quantization.kept = {{"model.22.cv3.0.2", 0.0123456789}, {"model.0", -1e-9}};
  const Quantization read = parse_quantization(to_json(quantization), "file");
  ASSERT_EQ(read.tensors.size(), 3U);
  for (const auto& [name, tensor] : quantization.tensors) {
    EXPECT_EQ(read.tensors.at(name).scale, tensor.scale) << name;
    EXPECT_EQ(read.tensors.at(name).zero_point, tensor.zero_point) << name;
  }
  ASSERT_EQ(read.kept.size(), 2U);
  for (const KeptLayer& layer : read.kept) {
    EXPECT_EQ(layer.cost, layer.name == "model.0" ? -1e-9 : 0.0123456789) << layer.name;
  }
}

TEST(QuantizationJson, WhatIsNotItsShapeIsRefused) {
  for (const char* json :
       {"", "{", "[]", "7", "{}", R"({"tensors": {}})", R"({"kept": {}})",
        R"({"tensors": [], "kept": {}})", R"({"tensors": {}, "kept": 3})",
        R"({"tensors": {"a": []}, "kept": {}})", R"({"tensors": {"a": [1]}, "kept": {}})",
        R"({"tensors": {"a": ["1", 0]}, "kept": {}})",
        R"({"tensors": {"a": {"scale": 1}}, "kept": {}})", R"({"tensors": {"a": 5}, "kept": {}})",
        R"({"tensors": {"a": [1, 0]}, "kept": {"a": "much"}})"}) {
    EXPECT_EQ(fault_of([&] { parse_quantization(json, "m.safetensors"); }),
              "m.safetensors: gondola.quantization is not what `gondola quantize` writes; quantise "
              "the model again")
        << json;
  }
}

TEST(QuantizationJson, NumbersOutOfRangeAreNamed) {
  const auto fault = [](const std::string& entry) {
    return fault_of([&] {
      parse_quantization(R"({"tensors": {"model.3": )" + entry + R"(}, "kept": {}})",
                         "m.safetensors");
    });
  };
  EXPECT_EQ(fault("[0, 3]"),
            "m.safetensors: gondola.quantization has scale 0, zero point 3 for model.3");
  for (const char* entry :
       {"[-0.1, 3]", "[1e39, 3]", "[1, -1]", "[1, 256]", "[1, 3.5]", "[1, 1e20]"}) {
    EXPECT_THAT(fault(entry), HasSubstr("for model.3")) << entry;
  }
}

TEST(EncodeInt8, WeightsAreMultipliedByTheirInputsScalesAndRounded) {
  const NamedTensors encoded = encode_int8(small_layer());
  // Output 0: 1.27, -0.1, 0 at a step of 0.01; output 1: 0, 0.025, 0.1 at a step of 0.1 / 127.
  EXPECT_THAT(integers(*encoded.find("a.conv.weight")), ElementsAre(127, -10, 0, 0, 32, 127));
  const std::vector<float> steps = to_float32(*encoded.find("a.conv.weight_scale"));
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_NEAR(steps[0], 0.01, 0.01 / 4096);
  EXPECT_NEAR(steps[1], 0.1 / 127, 0.1 / 127 / 4096);
  EXPECT_THAT(to_float32(*encoded.find("a.conv.bias")), ElementsAre(0.25F, -3));
  EXPECT_EQ(encoded.find("b.weight")->dtype, DType::kF32);
  EXPECT_EQ(encoded.find("b.weight_scale"), nullptr);
  EXPECT_EQ(encoded.size(), 5U);
}

TEST(EncodeInt8, DecodedWeightsGiveTheVerySameIntegersAgain) {
  NamedTensors tensors;
  std::uint32_t state = 1;
  const auto random = [&] {
    state = state * 1664525U + 1013904223U;
    return static_cast<float>(state >> 8U) / 16777216.0F;
  };
  std::vector<float> weights(64 * 24 * 9);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    // Outputs of very different size, one of zeros.
    const float size = i / (24 * 9) == 5 ? 0 : std::exp(12 * random() - 6);
    weights[i] = size * (random() - 0.5F);
  }
  std::vector<float> scales(24);
  for (float& scale : scales) scale = std::exp(6 * random() - 5);
  add(tensors, "c.weight", make_float32({64, 24, 3, 3}, weights));
  add(tensors, "c.input_scale", make_float32({24}, scales));
  const NamedTensors encoded = encode_int8(tensors);
  const NamedTensors decoded = decode_int8(encoded, "file");
  EXPECT_EQ(decoded.find("c.weight")->dtype, DType::kF32);
  EXPECT_EQ(decoded.find("c.weight_scale"), nullptr);
  const NamedTensors again = encode_int8(decoded);
  EXPECT_EQ(integers(*again.find("c.weight")), integers(*encoded.find("c.weight")));
  EXPECT_EQ(to_float32(*again.find("c.weight_scale")), to_float32(*encoded.find("c.weight_scale")));
}

TEST(EncodeInt8, ScaleThatDoesNotFitIsACallersBug) {
  NamedTensors tensors;
  add(tensors, "c.weight", make_float32({1, 2, 1, 1}, {1, 2}));
  add(tensors, "c.input_scale", make_float32({3}, {1, 1, 1}));
  EXPECT_THROW(encode_int8(tensors), ContractViolation);
}

TEST(DecodeInt8, IntegersTimesOutputScaleOverInputScale) {
  const NamedTensors decoded = decode_int8(encode_int8(small_layer()), "file");
  const std::vector<float> weights = to_float32(*decoded.find("a.conv.weight"));
  // 32 steps of 0.1 / 127 over 0.25, and 127 of them over 2.
  const std::vector<double> expected = {2.54, -0.4, 0, 0, 32 * 0.1 / 127 / 0.25, 0.05};
  ASSERT_EQ(weights.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(weights[i], expected[i], std::abs(expected[i]) / 4096) << i;
  }
}

TEST(DecodeInt8, ScalesThatAreMissingOrDoNotFitAreRefused) {
  const NamedTensors encoded = encode_int8(small_layer());
  const auto fault_with = [&](const std::string& changed, std::optional<TensorData> replacement) {
    NamedTensors tensors;
    for (const auto& [name, tensor] : encoded) {
      if (name != changed) {
        add(tensors, name, tensor);
      } else if (replacement) {
        add(tensors, name, *replacement);
      }
    }
    return fault_of([&] { decode_int8(tensors, "m.safetensors"); });
  };
  const std::string expected =
      "m.safetensors: int8 tensor a.conv.weight comes without a weight_scale and an input_scale "
      "that fit it";
  EXPECT_EQ(fault_with("a.conv.weight_scale", std::nullopt), expected);
  EXPECT_EQ(fault_with("a.conv.input_scale", std::nullopt), expected);
  EXPECT_EQ(fault_with("a.conv.weight_scale", make_float32({3}, {1, 1, 1})), expected);
  EXPECT_EQ(fault_with("a.conv.input_scale", make_float32({3, 1}, {1, 1, 1})), expected);
  EXPECT_EQ(fault_with("a.conv.weight", make_tensor(DType::kI8, {2, 3}, std::vector<std::byte>(6))),
            expected);
}

TEST(DecodeInt8, EmptyTensorStaysEmpty) {
  NamedTensors tensors;
  add(tensors, "c.weight", make_tensor(DType::kI8, {0, 2, 1, 1}, {}));
  add(tensors, "c.weight_scale", make_float32({0}, {}));
  add(tensors, "c.input_scale", make_float32({2}, {1, 1}));
  EXPECT_EQ(decode_int8(tensors, "file").find("c.weight")->element_count(), 0U);
}

// ---- in a file ----

const char* const kTinyModel = R"(
name: tiny
classes: [bottle, can]
activation: silu
backbone:
  - {block: conv, id: a, channels: 8, stride: 2}
head: {from: [a], strides: [2], reg_max: 4}
)";

WeightsFile quantized_file() {
  WeightsFile weights;
  weights.description.spec = parse_model_spec(kTinyModel, "tiny.yaml");
  const NamedTensors all = random_tensors(weights.description.spec, 3);
  add(weights.tensors, "model.0.conv.weight", *all.find("model.0.conv.weight"));
  add(weights.tensors, "model.0.conv.bias", make_float32({8}, std::vector<float>(8, 0.5F)));
  add(weights.tensors, "model.0.conv.input_scale",
      make_float32({3}, std::vector<float>(3, 1.0F / 255)));
  weights.quantization.emplace();
  weights.quantization->tensors["model.0"] = {0.02F, 11};
  weights.quantization->kept.push_back({"model.0", 0.004});
  return weights;
}

TEST(QuantizedFile, KeepsBytesAndGivesFloatsBack) {
  const test::TempDir dir;
  const WeightsFile written = quantized_file();
  write_weights(dir / "q.safetensors", written);
  const SafetensorsFile raw = read_safetensors(dir / "q.safetensors");
  EXPECT_EQ(raw.tensors.find("model.0.conv.weight")->dtype, DType::kI8);
  const WeightsFile read = read_weights(dir / "q.safetensors");
  ASSERT_TRUE(read.quantization);
  EXPECT_EQ(read.quantization->tensors.at("model.0").scale, 0.02F);
  EXPECT_EQ(read.quantization->tensors.at("model.0").zero_point, 11);
  ASSERT_EQ(read.quantization->kept.size(), 1U);
  EXPECT_EQ(read.quantization->kept[0].name, "model.0");
  EXPECT_EQ(read.quantization->kept[0].cost, 0.004);
  const std::vector<float> exact = to_float32(*written.tensors.find("model.0.conv.weight"));
  const std::vector<float> rounded = to_float32(*read.tensors.find("model.0.conv.weight"));
  ASSERT_EQ(rounded.size(), exact.size());
  for (std::size_t i = 0; i < exact.size(); ++i) {
    // Weights of 27 inputs are at most 1 / sqrt(27) = 0.19, half a step at most 0.00076.
    EXPECT_NEAR(rounded[i], exact[i], 0.00077);
  }
}

TEST(QuantizedFile, DamageNamesTheFile) {
  const test::TempDir dir;
  const std::string path = (dir / "q.safetensors").string();
  write_weights(path, quantized_file());
  const SafetensorsFile raw = read_safetensors(path);

  auto metadata = raw.metadata;
  metadata["gondola.quantization"] = "{\"tensors\": 4}";
  write_safetensors(path, metadata, raw.tensors);
  EXPECT_THAT(fault_of([&] { read_weights(path); }),
              StartsWith(path + ": gondola.quantization is not what"));

  NamedTensors without;
  for (const auto& [name, tensor] : raw.tensors) {
    if (name != "model.0.conv.input_scale") add(without, name, tensor);
  }
  write_safetensors(path, raw.metadata, without);
  EXPECT_THAT(fault_of([&] { read_weights(path); }),
              StartsWith(path + ": int8 tensor model.0.conv.weight comes without"));
}

}  // namespace
}  // namespace gondola::nn
