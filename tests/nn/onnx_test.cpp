#include "gondola/nn/onnx.hpp"

#include <fstream>
#include <limits>
#include <map>
#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <onnx/checker.h>
#include <onnx/shape_inference/implementation.h>

#include "gondola/core/error.hpp"
#include "onnx_models.hpp"

namespace gondola::nn {
namespace {

using testing::AllOf;
using testing::HasSubstr;

using Shape = std::vector<std::int64_t>;

onnx::ModelProto exported(const WeightsFile& weights, const OnnxOptions& options = {}) {
  const test::TempDir dir;
  write_onnx(dir / "model.onnx", weights, "test", options);
  onnx::ModelProto model;
  std::ifstream file(dir / "model.onnx", std::ios::binary);
  EXPECT_TRUE(model.ParseFromIstream(&file));
  return model;
}

Shape shape_of(const onnx::ValueInfoProto& value) {
  Shape shape;
  for (const auto& side : value.type().tensor_type().shape().dim()) {
    shape.push_back(side.dim_value());
  }
  return shape;
}

// The output's shape as the ONNX library works it out from input and nodes, strictly: it throws at
// the first node whose attributes and inputs do not fit together.
Shape inferred_output_shape(onnx::ModelProto model) {
  model.mutable_graph()->mutable_output(0)->mutable_type()->mutable_tensor_type()->clear_shape();
  onnx::ShapeInferenceOptions strict;
  strict.check_type = true;
  strict.error_mode = 1;
  onnx::shape_inference::InferShapes(model, onnx::OpSchemaRegistry::Instance(), strict);
  return shape_of(model.graph().output(0));
}

void expect_valid(const onnx::ModelProto& model, const Shape& output) {
  EXPECT_NO_THROW(onnx::checker::check_model(model));
  EXPECT_EQ(shape_of(model.graph().output(0)), output);
  EXPECT_EQ(inferred_output_shape(model), output);
}

TEST(Onnx, EveryBuiltinStructurePassesTheLibrarysChecks) {
  // Cells at 96x160: 12 * 20 + 6 * 10 + 3 * 5 = 315; shelf-n has the two finer levels only.
  const std::map<std::string, Shape> outputs = {
      {"yolov8n", {2, 84, 315}}, {"yolo11n", {2, 84, 315}}, {"shelf-n", {2, 6, 300}}};
  OnnxOptions options;
  options.batch = 2;
  options.image_height = 96;
  options.image_width = 160;
  for (const auto& [name, output] : outputs) {
    SCOPED_TRACE(name);
    const onnx::ModelProto model = exported(random_weights(builtin_spec(name)), options);
    expect_valid(model, output);
    EXPECT_EQ(shape_of(model.graph().input(0)), (Shape{2, 3, 96, 160}));
  }
}

TEST(Onnx, EveryActivationPassesTheLibrarysChecks) {
  for (const std::string& name : activation_names()) {
    SCOPED_TRACE(name);
    ModelSpec spec = builtin_spec("shelf-n");
    spec.activation = make_activation_spec(name);
    expect_valid(exported(random_weights(spec)), {1, 6, 80 * 80 + 40 * 40});
  }
}

TEST(Onnx, IsReadableByOlderPrograms) {
  const onnx::ModelProto model = exported(random_weights(builtin_spec("shelf-n")));
  EXPECT_EQ(model.opset_import(0).version(), 12);
  EXPECT_EQ(model.ir_version(), 7);
  EXPECT_EQ(model.graph().input(0).name(), "images");
  EXPECT_EQ(model.graph().output(0).name(), "output0");
}

TEST(Onnx, NoBatchNormIsLeft) {
  const onnx::ModelProto model = exported(random_weights(builtin_spec("yolo11n")));
  for (const auto& node : model.graph().node()) EXPECT_NE(node.op_type(), "BatchNormalization");
  for (const auto& tensor : model.graph().initializer()) {
    EXPECT_EQ(tensor.name().find(".bn."), std::string::npos) << tensor.name();
  }
}

TEST(Onnx, SaysWhatASafetensorsFileSays) {
  WeightsFile weights = random_weights(builtin_spec("shelf-n"));
  weights.description.spec.class_names = {"product", "shelf \"row\""};
  weights.description.score_threshold = 0.375F;
  weights.description.licence = "CC0-1.0";
  const onnx::ModelProto model = exported(weights);
  std::map<std::string, std::string> properties;
  for (const auto& property : model.metadata_props()) {
    properties[property.key()] = property.value();
  }
  EXPECT_EQ(properties, to_metadata(weights.description));
  EXPECT_EQ(properties.at("gondola.conf"), "0.375");
  EXPECT_EQ(properties.at("gondola.licence"), "CC0-1.0");
  EXPECT_EQ(properties.at("gondola.classes"), R"(["product","shelf \"row\""])");
}

TEST(Onnx, Yolov8nInOpenCvGivesTheGoldenHead) {
  GONDOLA_REQUIRE_SHARED("weights/yolov8n.safetensors");
  GONDOLA_REQUIRE_SHARED("golden/yolov8n_bus_head_1x84x8400.f32.bin");
  GONDOLA_REQUIRE_SHARED("golden/input_bus_1x3x640x640.f32.bin");
  const auto shared = test::shared_dir();
  auto input = test::read_binary<float>(shared / "golden/input_bus_1x3x640x640.f32.bin");
  auto expected = test::read_binary<float>(shared / "golden/yolov8n_bus_head_1x84x8400.f32.bin");
  ASSERT_EQ(input.size(), 3U * 640 * 640);
  ASSERT_EQ(expected.size(), 84U * 8400);
  const cv::Mat images(std::vector<int>{1, 3, 640, 640}, CV_32F, input.data());
  cv::Mat output = run_in_opencv(read_weights(shared / "weights/yolov8n.safetensors"), images);
  ASSERT_EQ(output.total(), expected.size());
  output = output.reshape(1, 84);
  const cv::Mat golden(84, 8400, CV_32F, expected.data());
  // A few times what folding alone moves, see shared/README.md.
  EXPECT_LE(cv::norm(output.rowRange(0, 4), golden.rowRange(0, 4), cv::NORM_INF), 5e-3) << "pixels";
  EXPECT_LE(cv::norm(output.rowRange(4, 84), golden.rowRange(4, 84), cv::NORM_INF), 3e-5);
}

TEST(Onnx, PicturesOfABatchDoNotMix) {
  const WeightsFile weights = random_weights(builtin_spec("shelf-n"));
  cv::Mat images = random_images(2, 64, 96);
  const cv::Mat both = run_in_opencv(weights, images);
  ASSERT_EQ(both.size[0], 2);
  for (int i = 0; i < 2; ++i) {
    const cv::Mat image(std::vector<int>{1, 3, 64, 96}, CV_32F, images.ptr(i));
    const cv::Mat alone = run_in_opencv(weights, image).reshape(1, 1);
    const cv::Mat part = both.reshape(1, 2).row(i);
    EXPECT_LE(cv::norm(part, alone, cv::NORM_INF), 1e-4) << i;
  }
}

class OnnxErrors : public testing::Test {
 protected:
  std::string weights_error(const WeightsFile& weights) {
    try {
      write_onnx(dir_ / "model.onnx", weights, "some.safetensors");
    } catch (const WeightsError& error) {
      EXPECT_TRUE(std::filesystem::is_empty(dir_.path())) << "something was left behind";
      EXPECT_THAT(error.what(), HasSubstr("some.safetensors"));
      return error.what();
    }
    ADD_FAILURE() << "no error";
    return {};
  }

  // The weights with one tensor replaced, or left out when there is nothing to put in its place.
  static WeightsFile with(const std::string& replaced, const std::optional<TensorData>& tensor) {
    WeightsFile weights = random_weights(builtin_spec("shelf-n"));
    NamedTensors tensors;
    for (const auto& [name, original] : weights.tensors) {
      if (name != replaced) static_cast<void>(tensors.add(name, original));
    }
    if (tensor) static_cast<void>(tensors.add(replaced, *tensor));
    weights.tensors = tensors;
    return weights;
  }

  const test::TempDir dir_;
};

TEST_F(OnnxErrors, Int8Tensors) {
  const TensorData int8 = make_tensor(DType::kI8, {4}, std::vector<std::byte>(4));
  EXPECT_THAT(weights_error(with("model.1.conv.weight", int8)),
              AllOf(HasSubstr("model.1.conv.weight is int8"),
                    HasSubstr("convert the file that it was quantised from")));
}

TEST_F(OnnxErrors, QuantisationOfMaps) {
  WeightsFile weights = random_weights(builtin_spec("shelf-n"));
  weights.quantization.emplace();
  EXPECT_THAT(weights_error(weights), HasSubstr("convert the file that it was quantised from"));
}

TEST_F(OnnxErrors, TensorsThatAreNotTheNetworks) {
  EXPECT_THAT(weights_error(with("model.0.bn.bias", std::nullopt)),
              HasSubstr("model.0.bn.bias is missing"));
  EXPECT_THAT(weights_error(with("model.0.bn.bias", float_tensor({2}, {0, 0}))),
              HasSubstr("model.0.bn.bias is [2], not ["));
  EXPECT_THAT(weights_error(with("model.99.weight", float_tensor({1}, {0}))),
              HasSubstr("1 of its "));
}

TEST_F(OnnxErrors, ValuesThatAreNotFinite) {
  const std::string name = "model.0.bn.bias";
  const WeightsFile weights = random_weights(builtin_spec("shelf-n"));
  const TensorData* original = weights.tensors.find(name);
  ASSERT_NE(original, nullptr);
  std::vector<float> values = to_float32(*original);
  values.back() = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT(weights_error(with(name, float_tensor(original->shape, values))),
              HasSubstr("model.0.bn.bias has NaN or infinite values"));
}

TEST_F(OnnxErrors, SidesOffTheStride) {
  OnnxOptions options;
  options.image_height = 100;
  const WeightsFile weights = random_weights(builtin_spec("shelf-n"));
  EXPECT_THROW(write_onnx(dir_ / "model.onnx", weights, "test", options), ConfigError);
  options.image_height = 64;
  options.batch = 0;
  EXPECT_THROW(write_onnx(dir_ / "model.onnx", weights, "test", options), ContractViolation);
}

TEST_F(OnnxErrors, FolderThatIsNotThere) {
  const WeightsFile weights = random_weights(builtin_spec("shelf-n"));
  EXPECT_THROW(write_onnx(dir_ / "no/model.onnx", weights, "test"), IoError);
}

}  // namespace
}  // namespace gondola::nn
