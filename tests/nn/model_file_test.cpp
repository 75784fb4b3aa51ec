#include "gondola/nn/model_file.hpp"

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gondola/core/error.hpp"
#include "gondola/nn/safetensors.hpp"
#include "gondola/nn/tensor_shapes.hpp"
#include "support/shared_data.hpp"

namespace gondola::nn {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const char* const kTinyModel = R"(
name: tiny
classes: [bottle, can]
activation: silu
backbone:
  - {block: conv, id: a, channels: 8, stride: 2}
head: {from: [a], strides: [2], reg_max: 4}
)";

WeightsFile tiny_weights(const std::string& activation = "silu") {
  WeightsFile weights;
  weights.description.spec = parse_model_spec(kTinyModel, "tiny.yaml");
  weights.description.spec.activation = make_activation_spec(activation);
  weights.description.score_threshold = 0.31F;
  weights.description.licence = "Apache-2.0";
  weights.description.training = R"({"epochs":3})";
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

TEST(WeightsFile, WrittenFileIsCompleteInItself) {
  const test::TempDir dir;
  const WeightsFile written = tiny_weights("leaky_relu");
  write_weights(dir / "tiny.safetensors", written);
  const WeightsFile read = read_weights(dir / "tiny.safetensors");
  EXPECT_TRUE(read.description.spec == written.description.spec);
  EXPECT_EQ(read.description.score_threshold, written.description.score_threshold);
  EXPECT_EQ(read.description.licence, "Apache-2.0");
  EXPECT_EQ(read.description.training, R"({"epochs":3})");
  EXPECT_THAT(read.description.notes, IsEmpty());
  ASSERT_EQ(read.tensors.size(), written.tensors.size());
  for (const auto& [name, tensor] : written.tensors) {
    EXPECT_EQ(to_float32(*read.tensors.find(name)), to_float32(tensor)) << name;
  }
  const SafetensorsFile raw = read_safetensors(dir / "tiny.safetensors");
  EXPECT_EQ(raw.metadata.at("gondola.activation"), "leaky_relu(slope=0.01)");
  EXPECT_EQ(raw.metadata.at("gondola.classes"), R"(["bottle","can"])");
  EXPECT_EQ(raw.metadata.at("gondola.conf").substr(0, 4), "0.31");
}

TEST(WeightsFile, HalfPrecisionHalvesTheFileAndRoundsTheValues) {
  const test::TempDir dir;
  WeightsFile weights = tiny_weights();
  write_weights(dir / "full.safetensors", weights);
  const NamedTensors full = weights.tensors;
  weights.tensors = convert_tensors(full, DType::kF16);
  write_weights(dir / "half.safetensors", weights);
  const WeightsFile half = read_weights(dir / "half.safetensors");
  for (const auto& [name, tensor] : full) {
    const auto exact = to_float32(tensor);
    const auto rounded = to_float32(*half.tensors.find(name));
    for (std::size_t i = 0; i < exact.size(); ++i) {
      EXPECT_NEAR(rounded[i], exact[i], 5e-4 * std::abs(exact[i]) + 1e-7) << name;
    }
  }
  EXPECT_LT(std::filesystem::file_size(dir / "half.safetensors"),
            std::filesystem::file_size(dir / "full.safetensors"));
}

TEST(WeightsFile, ForeignFilesAreRecognised) {
  GONDOLA_REQUIRE_SHARED("weights/yolov8n.safetensors");
  const auto folder = test::shared_dir() / "weights";
  const WeightsFile safetensors = read_weights(folder / "yolov8n.safetensors");
  EXPECT_EQ(safetensors.description.spec.name, "yolov8n");
  EXPECT_EQ(safetensors.description.spec.activation.name, "silu");
  EXPECT_EQ(safetensors.description.spec.class_count, 80);
  EXPECT_THAT(safetensors.description.spec.class_names, IsEmpty());
  const WeightsFile v8 = read_weights(folder / "yolov8n.pt");
  EXPECT_EQ(v8.description.spec.name, "yolov8n");
  EXPECT_EQ(v8.description.spec.class_names.at(5), "bus");
  EXPECT_THAT(v8.description.training, HasSubstr("2022-12-30"));
  const WeightsFile v11 = read_weights(folder / "yolo11n.pt");
  EXPECT_EQ(v11.description.spec.name, "yolo11n");
  EXPECT_TRUE(v11.description.spec.head.depthwise_class_branch);
}

TEST(WeightsFile, ConvertedCheckpointHoldsTheSameNumbers) {
  GONDOLA_REQUIRE_SHARED("weights/yolov8n.pt");
  const test::TempDir dir;
  const WeightsFile original = read_weights(test::shared_dir() / "weights/yolov8n.pt");
  write_weights(dir / "out.safetensors", original);
  const WeightsFile converted = read_weights(dir / "out.safetensors");
  EXPECT_TRUE(converted.description.spec == original.description.spec);
  for (const auto& [name, tensor] : original.tensors) {
    EXPECT_EQ(to_float32(*converted.tensors.find(name)), to_float32(tensor)) << name;
  }
}

TEST(WeightsFile, UnknownTensorsNameTheKnownModels) {
  const test::TempDir dir;
  NamedTensors tensors;
  ASSERT_TRUE(tensors.add("encoder.weight", filled({3, 3}, 1)));
  write_safetensors(dir / "other.safetensors", {}, tensors);
  const std::string fault = fault_of([&] { read_weights(dir / "other.safetensors"); });
  EXPECT_THAT(fault, HasSubstr("other.safetensors: its 1 tensors are those of no known model"));
  EXPECT_THAT(fault, HasSubstr("yolov8n"));
  EXPECT_THAT(fault, HasSubstr("--model FILE.yaml --weights FILE"));
}

TEST(WeightsFile, OneTensorOffIsNamedTogetherWithTheNearestModel) {
  GONDOLA_REQUIRE_SHARED("weights/yolov8n.safetensors");
  const test::TempDir dir;
  NamedTensors tensors;
  for (const auto& [name, tensor] :
       read_weights(test::shared_dir() / "weights/yolov8n.safetensors").tensors) {
    if (name == "model.4.cv1.bn.bias") continue;
    ASSERT_TRUE(tensors.add(name, tensor));
  }
  write_safetensors(dir / "cut.safetensors", {}, tensors);
  EXPECT_THAT(fault_of([&] { read_weights(dir / "cut.safetensors"); }),
              HasSubstr("nearest is yolov8n, which differs in 1 tensors: model.4.cv1.bn.bias is "
                        "missing"));
}

TEST(WeightsFile, ContradictingMetadataIsRefused) {
  const test::TempDir dir;
  const WeightsFile weights = tiny_weights();
  write_weights(dir / "good.safetensors", weights);
  const auto fault_with = [&](const std::string& key, const std::string& value) {
    SafetensorsFile file = read_safetensors(dir / "good.safetensors");
    file.metadata[key] = value;
    write_safetensors(dir / "bad.safetensors", file.metadata, file.tensors);
    return fault_of([&] { read_weights(dir / "bad.safetensors"); });
  };
  EXPECT_THAT(fault_with("gondola.activation", "relu"), HasSubstr("the file contradicts itself"));
  EXPECT_THAT(fault_with("gondola.classes", R"(["one"])"), HasSubstr("has 1 class names"));
  EXPECT_THAT(fault_with("gondola.classes", "one"), HasSubstr("expected a JSON list"));
  EXPECT_THAT(fault_with("gondola.conf", "high"), HasSubstr("expected a number from 0 to 1"));
  EXPECT_THAT(fault_with("gondola.model", "classes: -1"), HasSubstr("(gondola.model):1"));
}

TEST(ResolveModel, RefusesAnotherActivationThanTrained) {
  const test::TempDir dir;
  write_weights(dir / "tiny.safetensors", tiny_weights("silu"));
  ModelRequest request;
  request.model = dir / "tiny.safetensors";
  request.activation = make_activation_spec("relu");
  const std::string fault = fault_of([&] { resolve_model(request); });
  EXPECT_THAT(fault, HasSubstr("trained with silu but asked to run with relu"));
  EXPECT_THAT(fault, HasSubstr("accuracy collapses"));
  EXPECT_THAT(fault, HasSubstr("--force-activation"));
  request.force_activation = true;
  EXPECT_EQ(resolve_model(request).description.spec.activation.name, "relu");
}

TEST(ResolveModel, RefusesSiluWeightsInAReluYaml) {
  const test::TempDir dir;
  write_weights(dir / "tiny.safetensors", tiny_weights("silu"));
  std::string yaml = kTinyModel;
  yaml.replace(yaml.find("silu"), 4, "relu");
  test::write_text(dir / "relu.yaml", yaml);
  ModelRequest request;
  request.model = dir / "relu.yaml";
  request.weights = dir / "tiny.safetensors";
  EXPECT_THAT(fault_of([&] { resolve_model(request); }),
              HasSubstr("trained with silu but asked to run with relu in stage 0"));
  test::write_text(dir / "silu.yaml", kTinyModel);
  request.model = dir / "silu.yaml";
  EXPECT_EQ(resolve_model(request).tensors.size(), tiny_weights().tensors.size());
}

TEST(ResolveModel, RefusesCheckpointWeightsInAReluYaml) {
  GONDOLA_REQUIRE_SHARED("weights/yolov8n.pt");
  const test::TempDir dir;
  std::string yaml = test::read_text(test::source_dir() / "configs/models/yolov8n.yaml");
  yaml.replace(yaml.find("activation: silu"), 16, "activation: relu");
  test::write_text(dir / "relu.yaml", yaml);
  for (const char* file : {"weights/yolov8n.pt", "weights/yolov8n.safetensors"}) {
    ModelRequest request;
    request.model = dir / "relu.yaml";
    request.weights = test::shared_dir() / file;
    EXPECT_THAT(fault_of([&] { resolve_model(request); }), HasSubstr("accuracy collapses"));
  }
}

TEST(ResolveModel, WeightsOfAnotherNetworkAreRefused) {
  const test::TempDir dir;
  write_weights(dir / "tiny.safetensors", tiny_weights());
  ModelRequest request;
  request.model = test::source_dir() / "configs/models/shelf-n.yaml";
  request.weights = dir / "tiny.safetensors";
  EXPECT_THAT(fault_of([&] { resolve_model(request); }), HasSubstr("does not fit"));
  request.model = dir / "tiny.safetensors";
  EXPECT_THAT(fault_of([&] { resolve_model(request); }), HasSubstr("is a weights file itself"));
}

TEST(FindModel, FileBeatsNameAndNamesAreLookedUp) {
  const test::TempDir dir;
  write_weights(dir / "tiny.safetensors", tiny_weights());
  EXPECT_EQ(find_model((dir / "tiny.safetensors").string()), dir / "tiny.safetensors");
  setenv("GONDOLA_WEIGHTS", dir.path().c_str(), 1);
  EXPECT_EQ(find_model("tiny"), dir / "tiny.safetensors");
  const std::string fault = fault_of([] { find_model("tinny"); });
  unsetenv("GONDOLA_WEIGHTS");
  EXPECT_THAT(fault, HasSubstr("did you mean 'tiny'?"));
  EXPECT_THAT(fault, HasSubstr(dir.path().string()));
  EXPECT_THAT(fault_of([] { find_model("no/such.pt"); }),
              HasSubstr("model file 'no/such.pt' does not exist"));
  EXPECT_THAT(fault_of([&] { find_model(dir.path().string()); }), HasSubstr("is a folder"));
}

}  // namespace
}  // namespace gondola::nn
