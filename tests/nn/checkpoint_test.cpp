#include "gondola/nn/checkpoint.hpp"

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "gondola/core/error.hpp"
#include "gondola/nn/safetensors.hpp"
#include "nn/pickle_bytes.hpp"
#include "nn/zip_bytes.hpp"
#include "support/shared_data.hpp"

namespace gondola::nn {
namespace {

namespace py = test::py;
using namespace std::string_literals;
using test::ZipEntry;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr const char* kDetectionModel = "DetectionModel";

Checkpoint parse(const std::string& bytes, const CheckpointLimits& limits = {}) {
  // Exactly this size on the heap, so that AddressSanitizer sees a read past the end.
  const std::vector<char> exact(bytes.begin(), bytes.end());
  return parse_checkpoint(reinterpret_cast<const std::byte*>(exact.data()), exact.size(), "test.pt",
                          limits);
}

std::string error_of(const std::string& bytes, const CheckpointLimits& limits = {}) {
  try {
    parse(bytes, limits);
  } catch (const WeightsError& error) {
    return error.what();
  }
  return "no error";
}

template <typename Element>
std::string storage_bytes(const std::vector<Element>& elements) {
  return {reinterpret_cast<const char*>(elements.data()), elements.size() * sizeof(Element)};
}

/// Float32 values 0, 1, 2, ...
std::string counting(std::size_t count) {
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<float>(i);
  return storage_bytes(values);
}

/// A checkpoint with storage 0: 16 float32 counting up; 1: halves 1, 2, 3, 4; 2: 3 int64.
std::string archive_of(const std::string& root, const std::vector<ZipEntry>& extra = {}) {
  std::vector<ZipEntry> entries = {
      {"tiny/data.pkl", py::pickle(root)},
      {"tiny/data/0", counting(16)},
      {"tiny/data/1", storage_bytes<std::uint16_t>({0x3C00, 0x4000, 0x4200, 0x4400})},
      {"tiny/data/2", storage_bytes<std::int64_t>({7, -8, 9})}};
  entries.insert(entries.end(), extra.begin(), extra.end());
  return test::zip_bytes(entries);
}

std::string floats() { return py::storage("FloatStorage", "0", 16); }
std::string halves() { return py::storage("HalfStorage", "1", 4); }
std::string longs() { return py::storage("LongStorage", "2", 3); }

std::string state_dict(const std::string& name, const std::string& tensor) {
  return archive_of(py::ordered_dict({{py::text(name), tensor}}));
}

/// The tensor "a" of a state_dict that holds it alone.
TensorData tensor_of(const std::string& tensor) {
  const Checkpoint checkpoint = parse(state_dict("a", tensor));
  EXPECT_EQ(checkpoint.tensors.size(), 1U);
  return *checkpoint.tensors.find("a");
}

std::string tensor_error(const std::string& tensor) { return error_of(state_dict("a", tensor)); }

std::vector<std::string> names_of(const NamedTensors& tensors) {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : tensors) names.push_back(name);
  return names;
}

struct ModuleParts {
  py::Entries parameters;
  py::Entries buffers;
  py::Entries modules;
  py::Entries attributes;
};

std::string module(const std::string& module_name, const std::string& type,
                   const ModuleParts& parts) {
  py::Entries state = {{py::text("training"), py::boolean(false)},
                       {py::text("_parameters"), py::ordered_dict(parts.parameters)},
                       {py::text("_buffers"), py::ordered_dict(parts.buffers)},
                       {py::text("_modules"), py::ordered_dict(parts.modules)}};
  state.insert(state.end(), parts.attributes.begin(), parts.attributes.end());
  return py::object(py::global(module_name, type), py::dict(state));
}

std::string activation(const std::string& type, const py::Entries& attributes = {}) {
  return module("torch.nn.modules.activation", type, {{}, {}, {}, attributes});
}

std::string conv_block(const std::string& act) {
  const std::string conv = module(
      "torch.nn.modules.conv", "Conv2d",
      {{{py::text("weight"), py::parameter(py::tensor(floats(), 0, {2, 1, 2, 2}, {4, 4, 2, 1}))},
        {py::text("bias"), py::none()}},
       {},
       {},
       {}});
  return module("ultralytics.nn.modules.conv", "Conv",
                {{},
                 {},
                 {{py::text("conv"), conv}, {py::text("act"), act}},
                 {{py::text("f"), py::integer(-1)}}});
}

std::string head() {
  return module("ultralytics.nn.modules.head", "Detect",
                {{},
                 {},
                 {},
                 {{py::text("f"), py::list({py::integer(0), py::integer(1)})},
                  {py::text("reg_max"), py::integer(16)}}});
}

py::Entries class_names(const py::Items& names) {
  py::Entries entries;
  for (const std::string& name : names) {
    entries.emplace_back(py::integer(static_cast<std::int64_t>(entries.size())), py::text(name));
  }
  return entries;
}

std::string model(const py::Items& layers, const py::Entries& attributes = {},
                  const std::string& type = kDetectionModel,
                  const std::string& module_name = "ultralytics.nn.tasks") {
  py::Entries children;
  for (const std::string& layer : layers) {
    children.emplace_back(py::text(std::to_string(children.size())), layer);
  }
  const std::string sequence =
      module("torch.nn.modules.container", "Sequential", {{}, {}, children, {}});
  return module(module_name, type, {{}, {}, {{py::text("model"), sequence}}, attributes});
}

std::string tiny_model(const py::Entries& attributes = {}) {
  return model({conv_block(activation("SiLU")), head()}, attributes);
}

std::string top(const std::string& model_value, const py::Entries& more = {}) {
  py::Entries entries = {{py::text("model"), model_value}, {py::text("ema"), py::none()}};
  entries.insert(entries.end(), more.begin(), more.end());
  return py::dict(entries);
}

// Real checkpoints, against what PyTorch says about them

struct NamedShape {
  std::string name;
  std::string dtype;
  std::string shape;
};

/// The lines "name torch.dtype [shape]" of a golden structure file.
std::vector<NamedShape> golden_state_dict(const std::filesystem::path& path) {
  std::vector<NamedShape> result;
  std::ifstream file(path);
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("# state_dict", 0) == 0) {
      inside = true;
    } else if (line.empty() || line[0] == '#') {
      inside = false;
    } else if (inside) {
      const std::size_t first = line.find(' ');
      const std::size_t second = line.find(' ', first + 1);
      result.push_back({line.substr(0, first), line.substr(first + 7, second - first - 7),
                        line.substr(second + 1)});
    }
  }
  return result;
}

class SharedCheckpoint : public ::testing::TestWithParam<const char*> {};

// The structure files list the float32 model; the checkpoints hold its floats as float16.
TEST_P(SharedCheckpoint, HasExactlyTheTensorsThatPyTorchLists) {
  const std::string name = GetParam();
  GONDOLA_REQUIRE_SHARED("weights/" + name + ".pt");
  const Checkpoint checkpoint = read_checkpoint(test::shared_dir() / ("weights/" + name + ".pt"));
  const std::vector<NamedShape> golden =
      golden_state_dict(test::shared_dir() / ("golden/" + name + "_structure.txt"));
  ASSERT_GT(golden.size(), 300U);
  ASSERT_EQ(checkpoint.tensors.size(), golden.size());
  auto expected = golden.begin();
  for (const auto& [tensor_name, tensor] : checkpoint.tensors) {
    EXPECT_EQ(tensor_name, expected->name);
    EXPECT_EQ(name_of(tensor.dtype), expected->dtype == "float32" ? "float16" : expected->dtype);
    EXPECT_EQ(to_string(tensor.shape), expected->shape) << tensor_name;
    ++expected;
  }
}

TEST_P(SharedCheckpoint, SaysWhatItIs) {
  const std::string name = GetParam();
  GONDOLA_REQUIRE_SHARED("weights/" + name + ".pt");
  const Checkpoint checkpoint = read_checkpoint(test::shared_dir() / ("weights/" + name + ".pt"));
  const auto names =
      nlohmann::json::parse(test::read_text(test::shared_dir() / "golden/coco80_names.json"));
  EXPECT_EQ(checkpoint.class_names, names.get<std::vector<std::string>>());
  EXPECT_EQ(checkpoint.model_class, "ultralytics.nn.tasks.DetectionModel");
  EXPECT_THAT(checkpoint.strides, ElementsAre(8, 16, 32));
  EXPECT_EQ(checkpoint.reg_max, 16);
  EXPECT_EQ(checkpoint.batch_norm_eps, 0.001);
  EXPECT_EQ(checkpoint.yaml_file, name + ".yaml");
  EXPECT_EQ(checkpoint.scale, "n");
  EXPECT_EQ(checkpoint.version, "8.3.63");
  EXPECT_EQ(checkpoint.training.at("imgsz"), "640");
  ASSERT_EQ(checkpoint.activations.size(), 1U);
  EXPECT_EQ(checkpoint.activations[0].class_name, "torch.nn.modules.activation.SiLU");
  EXPECT_THAT(checkpoint.activations[0].attributes, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Of, SharedCheckpoint, ::testing::Values("yolov8n", "yolo11n"),
                         [](const auto& test) { return std::string(test.param); });

TEST(Checkpoint, ListsTheLayersOfYolov8) {
  GONDOLA_REQUIRE_SHARED("weights/yolov8n.pt");
  const Checkpoint checkpoint = read_checkpoint(test::shared_dir() / "weights/yolov8n.pt");
  ASSERT_EQ(checkpoint.layers.size(), 23U);
  EXPECT_EQ(checkpoint.layers[2].class_name, "ultralytics.nn.modules.block.C2f");
  EXPECT_THAT(checkpoint.layers[11].from, ElementsAre(-1, 6));
  EXPECT_THAT(checkpoint.layers[22].from, ElementsAre(15, 18, 21));
}

TEST(Checkpoint, HoldsTheSameValuesAsTheSafetensorsFile) {
  GONDOLA_REQUIRE_SHARED("weights/yolov8n.pt");
  const Checkpoint checkpoint = read_checkpoint(test::shared_dir() / "weights/yolov8n.pt");
  const SafetensorsFile file = read_safetensors(test::shared_dir() / "weights/yolov8n.safetensors");
  ASSERT_EQ(checkpoint.tensors.size(), file.tensors.size());
  for (const auto& [name, tensor] : file.tensors) {
    const TensorData* other = checkpoint.tensors.find(name);
    ASSERT_NE(other, nullptr) << name;
    EXPECT_EQ(to_float32(*other), to_float32(tensor)) << name;
  }
}

// What the pickle says

TEST(Checkpoint, ReadsModelsAndFacts) {
  const Checkpoint checkpoint = parse(archive_of(top(
      tiny_model({{py::text("names"), py::dict(class_names({"cup", "K\xC3\xA4se"}))},
                  {py::text("stride"), py::tensor(floats(), 4, {2}, {4})},
                  {py::text("yaml"), py::dict({{py::text("yaml_file"), py::text("a/b/x-s.yaml")},
                                               {py::text("scale"), py::text("s")}})}}),
      {{py::text("date"), py::text("2024-01-02")},
       {py::text("version"), py::text("8.1")},
       {py::text("license"), py::text("CC0")},
       {py::text("train_args"), py::dict({{py::text("lr0"), py::real(0.01)},
                                          {py::text("epochs"), py::integer(3)},
                                          {py::text("amp"), py::boolean(true)},
                                          {py::text("data"), py::text("d.yaml")},
                                          {py::text("time"), py::none()}})}})));
  EXPECT_EQ(checkpoint.model_class, "ultralytics.nn.tasks.DetectionModel");
  EXPECT_THAT(checkpoint.class_names, ElementsAre("cup", "Käse"));
  EXPECT_THAT(checkpoint.strides, ElementsAre(4, 8));
  EXPECT_EQ(checkpoint.reg_max, 16);
  EXPECT_EQ(checkpoint.yaml_file, "x-s.yaml");
  EXPECT_EQ(checkpoint.scale, "s");
  EXPECT_EQ(checkpoint.date, "2024-01-02");
  EXPECT_EQ(checkpoint.version, "8.1");
  EXPECT_EQ(checkpoint.licence, "CC0");
  EXPECT_THAT(checkpoint.training, ElementsAre(Pair("amp", "true"), Pair("data", "d.yaml"),
                                               Pair("epochs", "3"), Pair("lr0", "0.01")));
  ASSERT_EQ(checkpoint.layers.size(), 2U);
  EXPECT_EQ(checkpoint.layers[0].class_name, "ultralytics.nn.modules.conv.Conv");
  EXPECT_THAT(checkpoint.layers[0].from, ElementsAre(-1));
  EXPECT_THAT(checkpoint.layers[1].from, ElementsAre(0, 1));
  EXPECT_EQ(checkpoint.batch_norm_eps, std::nullopt);
  EXPECT_THAT(names_of(checkpoint.tensors), ElementsAre("model.0.conv.weight"));
}

TEST(Checkpoint, IgnoresWhatItDoesNotKnow) {
  const std::string harmful = py::call(py::global("os", "system"), {py::text("false")});
  const std::string number = py::call(py::global("numpy.core.multiarray", "scalar"), {});
  const Checkpoint checkpoint =
      parse(archive_of(top(tiny_model({{py::text("criterion"), harmful}, {harmful, py::none()}}),
                           {{py::text("optimizer"), harmful},
                            {py::text("train_args"), py::dict({{py::text("lr0"), number},
                                                               {number, py::none()},
                                                               {py::text("a"), py::integer(1)}})},
                            {py::text("date"), number}})));
  EXPECT_EQ(checkpoint.date, "");
  EXPECT_THAT(checkpoint.training, ElementsAre(Pair("a", "1")));
  EXPECT_EQ(checkpoint.layers.size(), 2U);
}

TEST(Checkpoint, PrefersTheAveragedModel) {
  const std::string other = model({conv_block(activation("ReLU")), head()});
  const Checkpoint checkpoint =
      parse(archive_of(py::dict({{py::text("model"), tiny_model()}, {py::text("ema"), other}})));
  EXPECT_EQ(checkpoint.activations.at(0).class_name, "torch.nn.modules.activation.ReLU");
}

TEST(Checkpoint, ReadsAModelThatWasSavedBare) {
  EXPECT_EQ(parse(archive_of(tiny_model())).layers.size(), 2U);
}

TEST(Checkpoint, ReadsABareStateDictAndOneUnderModel) {
  const std::string tensors =
      py::ordered_dict({{py::text("b"), py::tensor(longs(), 0, {3}, {1})},
                        {py::text("a"), py::parameter(py::tensor(halves(), 0, {4}, {1}))}});
  for (const std::string& root : {tensors, top(tensors)}) {
    const Checkpoint checkpoint = parse(archive_of(root));
    EXPECT_EQ(checkpoint.model_class, "");
    EXPECT_THAT(names_of(checkpoint.tensors), ElementsAre("b", "a"));
    EXPECT_THAT(to_float32(*checkpoint.tensors.find("b")), ElementsAre(7, -8, 9));
    EXPECT_THAT(to_float32(*checkpoint.tensors.find("a")), ElementsAre(1, 2, 3, 4));
  }
}

TEST(Checkpoint, ReadsStateDictsThatCarryMetadata) {
  // state_dict() leaves version numbers as an attribute of the OrderedDict.
  const std::string tensors =
      py::ordered_dict({{py::text("a"), py::tensor(longs(), 0, {3}, {1})}}) +
      py::dict({{py::text("_metadata"), py::ordered_dict({})}}) + "b";
  EXPECT_EQ(parse(archive_of(tensors)).tensors.size(), 1U);
}

TEST(Checkpoint, ListsActivationsByUseWithTheirNumbers) {
  const std::string leaky = activation("LeakyReLU", {{py::text("negative_slope"), py::real(0.1)},
                                                     {py::text("inplace"), py::boolean(true)}});
  const std::string identity = module("torch.nn.modules.linear", "Identity", {});
  const Checkpoint checkpoint =
      parse(archive_of(top(model({conv_block(activation("SiLU")), conv_block(leaky),
                                  conv_block(leaky), conv_block(identity), head()}))));
  ASSERT_EQ(checkpoint.activations.size(), 2U);
  EXPECT_EQ(checkpoint.activations[0].class_name, "torch.nn.modules.activation.LeakyReLU");
  EXPECT_THAT(checkpoint.activations[0].attributes, ElementsAre(Pair("negative_slope", 0.1)));
  EXPECT_EQ(checkpoint.activations[0].uses, 2U);
  EXPECT_EQ(checkpoint.activations[1].class_name, "torch.nn.modules.activation.SiLU");
}

std::string batch_norm(double eps, const py::Entries& attributes = {}) {
  py::Entries all = attributes;
  all.emplace_back(py::text("eps"), py::real(eps));
  return module("torch.nn.modules.batchnorm", "BatchNorm2d",
                {{{py::text("weight"), py::tensor(halves(), 0, {2}, {1})}},
                 {{py::text("running_mean"), py::tensor(halves(), 2, {2}, {1})},
                  {py::text("scratch"), py::tensor(halves(), 0, {1}, {1})}},
                 {},
                 all});
}

TEST(Checkpoint, LeavesOutBuffersThatPyTorchDoesNotSave) {
  const std::string as_call =
      py::call(py::global("__builtin__", "set"), {py::list({py::text("scratch")})});
  const std::string as_set = "\x8F(" + py::text("scratch") + "\x90";
  for (const std::string& unsaved : {as_call, as_set}) {
    const Checkpoint checkpoint = parse(archive_of(top(
        model({batch_norm(0.5, {{py::text("_non_persistent_buffers_set"), unsaved}}), head()}))));
    EXPECT_THAT(names_of(checkpoint.tensors),
                ElementsAre("model.0.weight", "model.0.running_mean"));
    EXPECT_EQ(checkpoint.batch_norm_eps, 0.5);
  }
}

TEST(Checkpoint, ReadsClassNamesFromAList) {
  const Checkpoint checkpoint = parse(
      archive_of(top(tiny_model({{py::text("names"), py::list({py::text("a"), py::text("b")})}}))));
  EXPECT_THAT(checkpoint.class_names, ElementsAre("a", "b"));
}

TEST(Checkpoint, ReplacesTextThatIsNotUtf8) {
  const Checkpoint checkpoint = parse(
      archive_of(top(tiny_model({{py::text("names"), py::list({py::text("a\xFF"
                                                                        "b\xC3"),
                                                               py::text("\xED\xA0\x80")})}}))));
  EXPECT_THAT(checkpoint.class_names, ElementsAre("a\xEF\xBF\xBD"
                                                  "b\xEF\xBF\xBD",
                                                  "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"));
}

TEST(Checkpoint, ReadsTrainingArgumentsOfAnObject) {
  const std::string arguments =
      py::object(py::global("ultralytics.utils", "IterableSimpleNamespace"),
                 py::dict({{py::text("epochs"), py::integer(5)}}));
  EXPECT_EQ(
      parse(archive_of(top(tiny_model({{py::text("args"), arguments}})))).training.at("epochs"),
      "5");
}

// Tensors

TEST(CheckpointTensor, ReadsHalvesFloatsAndIntegers) {
  EXPECT_EQ(tensor_of(py::tensor(halves(), 0, {4}, {1})).dtype, DType::kF16);
  EXPECT_THAT(to_float32(tensor_of(py::tensor(halves(), 1, {3}, {1}))), ElementsAre(2, 3, 4));
  EXPECT_THAT(to_float32(tensor_of(py::tensor(longs(), 0, {3}, {1}))), ElementsAre(7, -8, 9));
  EXPECT_THAT(to_float32(tensor_of(py::tensor(floats(), 14, {2}, {1}))), ElementsAre(14, 15));
}

TEST(CheckpointTensor, ReadsEveryStorageType) {
  const struct {
    const char* type;
    DType dtype;
  } kTypes[] = {{"DoubleStorage", DType::kF64}, {"FloatStorage", DType::kF32},
                {"HalfStorage", DType::kF16},   {"BFloat16Storage", DType::kBF16},
                {"LongStorage", DType::kI64},   {"IntStorage", DType::kI32},
                {"ShortStorage", DType::kI16},  {"CharStorage", DType::kI8},
                {"ByteStorage", DType::kU8},    {"BoolStorage", DType::kBool}};
  for (const auto& type : kTypes) {
    // Storage 0 has 64 bytes.
    const auto count = static_cast<std::int64_t>(64 / size_of(type.dtype));
    const TensorData tensor =
        tensor_of(py::tensor(py::storage(type.type, "0", count), 0, {count}, {1}));
    EXPECT_EQ(tensor.dtype, type.dtype) << type.type;
  }
}

TEST(CheckpointTensor, ReadsScalarsAndEmptyTensors) {
  EXPECT_THAT(to_float32(tensor_of(py::tensor(longs(), 1, {}, {}))), ElementsAre(-8));
  const TensorData empty = tensor_of(py::tensor(floats(), 16, {3, 0}, {1, 1}));
  EXPECT_EQ(empty.shape, (std::vector<std::int64_t>{3, 0}));
  EXPECT_THAT(to_float32(empty), IsEmpty());
}

// Storage 0 holds its own indices, so the values are offset + i * stride_0 + j * stride_1.
TEST(CheckpointTensor, BringsStridedTensorsIntoOrder) {
  EXPECT_THAT(to_float32(tensor_of(py::tensor(floats(), 0, {2, 3}, {1, 2}))),
              ElementsAre(0, 2, 4, 1, 3, 5));
  EXPECT_THAT(to_float32(tensor_of(py::tensor(floats(), 1, {3}, {7}))), ElementsAre(1, 8, 15));
  EXPECT_THAT(to_float32(tensor_of(py::tensor(floats(), 0, {2, 2, 2}, {8, 1, 4}))),
              ElementsAre(0, 4, 1, 5, 8, 12, 9, 13));
}

TEST(CheckpointTensor, ExpandsStridesOfZero) {
  EXPECT_THAT(to_float32(tensor_of(py::tensor(floats(), 3, {2, 3}, {0, 1}))),
              ElementsAre(3, 4, 5, 3, 4, 5));
}

TEST(CheckpointTensor, TheStrideOfADimensionOfOneDoesNotMatter) {
  constexpr std::int64_t kHuge = std::numeric_limits<std::int64_t>::max();
  EXPECT_THAT(to_float32(tensor_of(py::tensor(floats(), 0, {1, 2, 1}, {kHuge, 1, kHuge}))),
              ElementsAre(0, 1));
  EXPECT_THAT(to_float32(tensor_of(py::tensor(floats(), 0, {1, 2, 2, 1}, {kHuge, 1, 2, kHuge}))),
              ElementsAre(0, 2, 1, 3));
}

TEST(CheckpointTensor, ReadsShapesOfTypeSize) {
  const std::string size = py::call(py::global("torch", "Size"), {py::integers({2})});
  const std::string tensor = py::call(py::global("torch._utils", "_rebuild_tensor_v2"),
                                      {floats(), py::integer(0), size, py::integers({1})});
  EXPECT_THAT(to_float32(tensor_of(tensor)), ElementsAre(0, 1));
}

TEST(CheckpointTensor, TensorsThatShareAStorageShareBytes) {
  const Checkpoint checkpoint =
      parse(archive_of(py::dict({{py::text("a"), py::tensor(floats(), 0, {8}, {1})},
                                 {py::text("b"), py::tensor(floats(), 2, {2, 2}, {2, 1})}})));
  EXPECT_EQ(checkpoint.tensors.find("a")->data.get() + 2 * sizeof(float),
            checkpoint.tensors.find("b")->data.get());
}

TEST(CheckpointTensor, OutlivesTheCheckpoint) {
  const TensorData tensor = tensor_of(py::tensor(floats(), 1, {2}, {1}));
  EXPECT_THAT(to_float32(tensor), ElementsAre(1, 2));
}

TEST(CheckpointTensor, RefusesWhatReachesOutsideItsStorage) {
  EXPECT_THAT(tensor_error(py::tensor(floats(), 0, {17}, {1})),
              HasSubstr("tensor 'a': shape [17] with strides [1] at offset 0 reaches outside its "
                        "storage of 16 elements"));
  EXPECT_THAT(tensor_error(py::tensor(floats(), 16, {}, {})), HasSubstr("reaches outside"));
  EXPECT_THAT(tensor_error(py::tensor(floats(), 1, {4, 4}, {4, 1})), HasSubstr("reaches outside"));
  EXPECT_THAT(tensor_error(py::tensor(floats(), 0, {3}, {8})), HasSubstr("reaches outside"));
  // 2 * 2^63 = 2^64, which is 0 when it overflows.
  EXPECT_THAT(
      tensor_error(py::tensor(floats(), 0, {3, 3}, {std::int64_t{1} << 62, std::int64_t{1} << 62})),
      HasSubstr("reaches outside"));
  EXPECT_THAT(
      tensor_error(py::tensor(floats(), std::numeric_limits<std::int64_t>::max(), {2}, {1})),
      HasSubstr("reaches outside"));
}

TEST(CheckpointTensor, RefusesNegativeAndMismatchedNumbers) {
  for (const std::string& tensor :
       {py::tensor(floats(), -1, {2}, {1}), py::tensor(floats(), 0, {-2}, {1}),
        py::tensor(floats(), 8, {2}, {-1}), py::tensor(floats(), 0, {2, 2}, {1})}) {
    EXPECT_THAT(tensor_error(tensor),
                HasSubstr("expected an offset, a shape and as many strides, none negative"));
  }
  EXPECT_THAT(
      tensor_error(py::tensor(floats(), 0, {std::int64_t{1} << 40, std::int64_t{1} << 40}, {0, 0})),
      HasSubstr("shape [1099511627776, 1099511627776] is too large"));
}

TEST(CheckpointTensor, BoundsWhatStridesOfZeroCanMake) {
  EXPECT_THAT(
      tensor_error(py::tensor(floats(), 0, {std::int64_t{1} << 40}, {0})),
      HasSubstr(
          "tensor 'a': shape [1099511627776] with strides [0] needs 4398046511104 bytes from a "
          "storage of 64; the limit is 16777216"));
  // 8 distinct tensors of 1 MiB each from 64 bytes: over 1 MiB and 4 times the storage in sum.
  py::Entries entries;
  for (int i = 0; i < 8; ++i) {
    entries.emplace_back(py::text(std::to_string(i)), py::tensor(floats(), i, {1 << 18}, {0}));
  }
  CheckpointLimits limits;
  limits.max_expanded_bytes = 1 << 20;
  EXPECT_THAT(
      error_of(archive_of(py::dict(entries)), limits),
      HasSubstr(
          "tensor '1': the copies that bring strided tensors into order exceed 1048832 bytes"));
}

TEST(CheckpointTensor, RefusesStoragesThatLie) {
  const auto one = [](const std::string& storage) {
    return tensor_error(py::tensor(storage, 0, {1}, {1}));
  };
  EXPECT_THAT(
      one(py::storage("FloatStorage", "0", 15)),
      HasSubstr("tensor 'a': its storage 'tiny/data/0' has 64 bytes; expected 15 elements of 4"));
  EXPECT_THAT(one(py::storage("FloatStorage", "0", std::numeric_limits<std::int64_t>::max())),
              HasSubstr("has 64 bytes; expected 9223372036854775807 elements of 4"));
  EXPECT_THAT(one(py::storage("FloatStorage", "0", -16)),
              HasSubstr("damaged reference to its storage"));
  EXPECT_THAT(one(py::storage("FloatStorage", "9", 16)),
              HasSubstr("its storage 'tiny/data/9' is missing from the archive"));
  EXPECT_THAT(one(py::storage("FloatStorage", "../../etc/passwd", 16)),
              HasSubstr("is missing from the archive"));
  EXPECT_THAT(
      one(py::storage("ComplexFloatStorage", "0", 8)),
      HasSubstr("its storage is a 'torch.ComplexFloatStorage'; supported are 16 to 64 bit floats"));
  EXPECT_THAT(one(py::none()), HasSubstr("its storage is None; expected a reference to an entry"));
  EXPECT_THAT(one(py::tuple({}) + "Q"), HasSubstr("expected a reference to an entry"));
}

TEST(CheckpointTensor, ReadsAStorageAgainOnlyUnderASizeThatFits) {
  const std::string message = error_of(archive_of(
      py::dict({{py::text("a"), py::tensor(floats(), 0, {1}, {1})},
                {py::text("b"), py::tensor(py::storage("FloatStorage", "0", 32), 20, {1}, {1})}})));
  EXPECT_THAT(message,
              HasSubstr("tensor 'b': its storage '0' has 64 bytes; expected 32 elements of 4"));
}

TEST(CheckpointTensor, RefusesOtherKindsOfTensors) {
  const std::string sparse = py::call(py::global("torch._utils", "_rebuild_sparse_tensor"), {});
  EXPECT_THAT(
      error_of(archive_of(
          top(model({module("m", "M", {{{py::text("w"), sparse}}, {}, {}, {}}), head()})))),
      HasSubstr("tensor 'model.0.w': is an object made by 'torch._utils._rebuild_sparse_tensor'; "
                "expected a dense tensor"));
  EXPECT_THAT(tensor_error(py::call(py::global("torch._utils", "_rebuild_tensor_v2"), {floats()})),
              HasSubstr("tensor 'a': incomplete tensor record"));
}

TEST(CheckpointTensor, BoundsTheBytesOfAllStorages) {
  CheckpointLimits limits;
  limits.max_tensor_bytes = 64 + 7;  // storage 0, but not storage 1 as well
  const std::string both =
      archive_of(py::dict({{py::text("a"), py::tensor(floats(), 0, {1}, {1})},
                           {py::text("b"), py::tensor(halves(), 0, {1}, {1})}}));
  EXPECT_THAT(error_of(both, limits),
              HasSubstr("tensor 'b': the tensors take more than the limit of 71 bytes"));
  limits.max_tensor_bytes = 64 + 8;
  EXPECT_EQ(error_of(both, limits), "no error");
}

// Other and damaged models

TEST(CheckpointModel, NamesWhatIsNotADetectionModel) {
  const auto error = [](const std::string& type, const std::string& module_name) {
    return error_of(archive_of(top(model({head()}, {}, type, module_name))));
  };
  EXPECT_THAT(error("SegmentationModel", "ultralytics.nn.tasks"),
              HasSubstr("is a model for segmentation ('ultralytics.nn.tasks.SegmentationModel'); "
                        "only detection models"));
  EXPECT_THAT(error("PoseModel", "ultralytics.nn.tasks"),
              HasSubstr("is a model for pose estimation"));
  EXPECT_THAT(error("ClassificationModel", "ultralytics.nn.tasks"),
              HasSubstr("is a model for classification"));
  EXPECT_THAT(error("OBBModel", "ultralytics.nn.tasks"),
              HasSubstr("is a model for oriented box detection"));
  EXPECT_THAT(error("WorldModel", "ultralytics.nn.tasks"),
              HasSubstr("is a model for open-vocabulary detection"));
  EXPECT_THAT(error("RTDETRDetectionModel", "ultralytics.nn.tasks"),
              HasSubstr("is a model for transformer (RT-DETR) detection"));
  EXPECT_THAT(
      error("DetectionModel", "models.yolo"),
      HasSubstr("is a checkpoint of a YOLOv5-style repository ('models.yolo.DetectionModel')"));
  EXPECT_THAT(error("ResNet", "torchvision.models.resnet"),
              HasSubstr("is a model of class 'torchvision.models.resnet.ResNet'; expected "
                        "ultralytics.nn.tasks.DetectionModel"));
}

TEST(CheckpointModel, RefusesOtherHeads) {
  const std::string segment = module("ultralytics.nn.modules.head", "Segment", {});
  EXPECT_THAT(
      error_of(archive_of(top(model({segment})))),
      HasSubstr("the model's head is 'ultralytics.nn.modules.head.Segment'; supported is Detect"));
  EXPECT_THAT(error_of(archive_of(top(model({})))), HasSubstr("the model has no layers"));
}

TEST(CheckpointModel, RefusesRootsThatAreNoModel) {
  EXPECT_THAT(error_of(archive_of(py::list({}))),
              HasSubstr("holds a list; expected an Ultralytics checkpoint"));
  EXPECT_THAT(error_of(archive_of(top(py::none()))),
              HasSubstr("holds None; expected an Ultralytics checkpoint"));
  EXPECT_THAT(error_of(archive_of(py::dict({}))), HasSubstr("holds an empty dict"));
  EXPECT_THAT(
      error_of(archive_of(py::dict({{py::text("epoch"), py::integer(3)}}))),
      HasSubstr("holds a dict in which 'epoch' is an int; expected an Ultralytics checkpoint"));
}

TEST(CheckpointModel, RefusesDamagedModules) {
  EXPECT_THAT(error_of(archive_of(top(model({py::integer(3)})))),
              HasSubstr("module 'model.0' is an int; expected a network module"));
  EXPECT_THAT(error_of(archive_of(top(model({py::object(py::global("m", "M"), py::none())})))),
              HasSubstr("module 'model.0' has None as its state; expected a dict"));
}

TEST(CheckpointModel, RefusesTablesOfTensorsThatItCannotRead) {
  // OrderedDict([["w", tensor]]), as Python 2 pickled it.
  const std::string old =
      py::call(py::global("collections", "OrderedDict"),
               {py::list({py::list({py::text("w"), py::tensor(floats(), 0, {1}, {1})})})});
  const std::string type = py::global("m", "M");
  EXPECT_THAT(error_of(archive_of(
                  top(model({py::object(type, py::dict({{py::text("_parameters"), old}}))})))),
              HasSubstr("module 'model.0' has an object made by 'collections.OrderedDict' as its "
                        "_parameters; expected a dict"));
  EXPECT_THAT(error_of(archive_of(
                  top(model({py::object(type, py::dict({{py::text("_modules"), py::none()}}))})))),
              HasSubstr("module 'model.0' has None as its _modules; expected a dict"));
}

TEST(CheckpointModel, RefusesAModuleThatContainsItself) {
  // Memo 1: an object whose state is a dict whose _modules hold the object under "me".
  const std::string loop =
      py::global("m", "M") + ")\x81q\x01" +
      py::dict({{py::text("_modules"), py::dict({{py::text("me"), "h\x01"}})}}) + "b";
  EXPECT_THAT(error_of(archive_of(top(model({loop, head()})))),
              HasSubstr("nested more than 64 deep, or a module contains itself"));
}

// 2^60 modules, described by 60 that hold the next one twice.
TEST(CheckpointModel, RefusesAnEnormousTreeOfSharedModules) {
  std::string tree = module("m", "M", {});
  for (int i = 0; i < 60; ++i) {
    tree =
        module("m", "M", {{}, {}, {{py::text("a"), tree + "q\x01"}, {py::text("b"), "h\x01"}}, {}});
  }
  EXPECT_THAT(error_of(archive_of(top(model({tree, head()})))),
              HasSubstr("describes far more than a model holds"));
}

TEST(CheckpointModel, RefusesDamagedClassNames) {
  const auto error = [](const std::string& names) {
    return error_of(archive_of(top(tiny_model({{py::text("names"), names}}))));
  };
  const auto entry = [](std::int64_t key, const std::string& value) {
    return std::pair(py::integer(key), value);
  };
  EXPECT_THAT(error(py::dict({entry(0, py::text("a")), entry(2, py::text("b"))})),
              HasSubstr("class names are damaged; expected a dict of 2 names with keys 0 to 1"));
  EXPECT_THAT(error(py::dict({entry(0, py::text("a")), entry(0, py::text("b"))})),
              HasSubstr("class names are damaged"));
  EXPECT_THAT(error(py::dict({entry(-1, py::text("a"))})), HasSubstr("class names are damaged"));
  EXPECT_THAT(error(py::dict({entry(0, py::none())})), HasSubstr("class names are damaged"));
  EXPECT_THAT(error(py::list({py::integer(1)})), HasSubstr("class 0 is an int; expected a name"));
  EXPECT_THAT(error(py::integer(1)), HasSubstr("class names are an int; expected a list or dict"));
}

TEST(CheckpointModel, RefusesFactsThatCannotBe) {
  EXPECT_THAT(error_of(archive_of(top(model({batch_norm(0.001), batch_norm(0.00001), head()})))),
              HasSubstr("batch norm 'model.1' has eps 1e-05, others have 0.001"));
  EXPECT_THAT(error_of(archive_of(top(model({batch_norm(0)})))),
              HasSubstr("batch norm 'model.0' has no eps above 0"));
  const auto layer = [](const py::Entries& attributes) {
    return error_of(archive_of(top(model({module("m", "M", {{}, {}, {}, attributes})}))));
  };
  EXPECT_THAT(layer({{py::text("f"), py::integer(std::int64_t{1} << 40)}}),
              HasSubstr("layer 0 takes its input from 1099511627776"));
  EXPECT_THAT(layer({{py::text("reg_max"), py::integer(0)}}),
              HasSubstr("reg_max is 0; expected 1 to 1024"));
  EXPECT_THAT(error_of(archive_of(
                  top(tiny_model({{py::text("stride"), py::tensor(floats(), 0, {65}, {0})}})))),
              HasSubstr("stride has 65 values"));
}

TEST(CheckpointModel, RefusesATensorThatIsThereTwice) {
  const std::string tensor = py::tensor(floats(), 0, {1}, {1});
  EXPECT_THAT(error_of(archive_of(py::dict({{py::text("a"), tensor}, {py::text("a"), tensor}}))),
              HasSubstr("tensor 'a' is there twice"));
}

// The archive

TEST(CheckpointArchive, ReadsDeflatedEntries) {
  const std::string pickle = py::pickle(py::dict(
      {{py::text("a"), py::tensor(py::storage("FloatStorage", "0", 100'000), 99'998, {2}, {1})}}));
  const Checkpoint checkpoint = parse(test::zip_bytes(
      {{"deep/er/data.pkl", pickle, true}, {"deep/er/data/0", counting(100'000), true}}));
  EXPECT_THAT(to_float32(*checkpoint.tensors.find("a")), ElementsAre(99'998, 99'999));
}

TEST(CheckpointArchive, ReadsAnArchiveWithoutAFolder) {
  const std::string pickle =
      py::pickle(py::dict({{py::text("a"), py::tensor(longs(), 0, {3}, {1})}}));
  const Checkpoint checkpoint =
      parse(test::zip_bytes({{"data.pkl", pickle},
                             {"data/2", storage_bytes<std::int64_t>({1, 2, 3})},
                             {"byteorder", "little"}}));
  EXPECT_EQ(checkpoint.tensors.size(), 1U);
}

std::uint32_t crc32_of(const std::string& bytes) {
  std::uint32_t crc = 0xFFFFFFFFU;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1U ^ ((crc & 1U) != 0 ? 0xEDB88320U : 0U);
  }
  return ~crc;
}

/// An archive of stored entries that uses the 64-bit fields throughout (APPNOTE 4.5.3, 4.3.14,
/// 4.3.15), as for more than 4 GiB.
std::string zip64_bytes(const std::vector<std::pair<std::string, std::string>>& entries) {
  const auto u16 = [](unsigned value) {
    return py::little_endian(static_cast<std::uint16_t>(value));
  };
  const auto u32 = [](std::uint32_t value) { return py::little_endian(value); };
  const auto u64 = [](std::uint64_t value) { return py::little_endian(value); };
  constexpr std::uint32_t kIn64Bits = 0xFFFFFFFFU;
  std::string archive;
  std::string directory;
  for (const auto& [name, bytes] : entries) {
    const std::string common = u16(0) + u16(0) + u16(0) + u16(0x21) + u32(crc32_of(bytes)) +
                               u32(kIn64Bits) + u32(kIn64Bits) +
                               u16(static_cast<unsigned>(name.size()));
    const std::string sizes = u64(bytes.size()) + u64(bytes.size());
    directory += "PK\x01\x02" + u16(45) + u16(45) + common + u16(4 + 24) + u16(0) + u16(0) +
                 u16(0) + u32(0) + u32(kIn64Bits) + name + u16(1) + u16(24) + sizes +
                 u64(archive.size());
    archive +=
        "PK\x03\x04" + u16(45) + common + u16(4 + 16) + name + u16(1) + u16(16) + sizes + bytes;
  }
  const std::uint64_t start = archive.size();
  archive += directory;
  const std::uint64_t end = archive.size();
  archive += "PK\x06\x06" + u64(44) + u16(45) + u16(45) + u32(0) + u32(0) + u64(entries.size()) +
             u64(entries.size()) + u64(directory.size()) + u64(start);
  archive += "PK\x06\x07" + u32(0) + u64(end) + u32(1);
  archive += "PK\x05\x06" + u16(0xFFFF) + u16(0xFFFF) + u16(0xFFFF) + u16(0xFFFF) + u32(kIn64Bits) +
             u32(kIn64Bits) + u16(0);
  return archive;
}

TEST(CheckpointArchive, ReadsZip64) {
  const std::string pickle =
      py::pickle(py::dict({{py::text("a"), py::tensor(longs(), 0, {3}, {1})}}));
  const Checkpoint checkpoint = parse(zip64_bytes(
      {{"big/data.pkl", pickle}, {"big/data/2", storage_bytes<std::int64_t>({4, 5, 6})}}));
  EXPECT_THAT(to_float32(*checkpoint.tensors.find("a")), ElementsAre(4, 5, 6));
}

TEST(CheckpointArchive, RefusesCountsOfEntriesThatLie) {
  const std::string honest = zip64_bytes({{"big/data.pkl", py::pickle("N")}});
  const std::size_t end = honest.find("PK\x06\x06");
  std::string archive = honest;
  const std::uint64_t count = std::uint64_t{1} << 40;
  std::memcpy(&archive[end + 24], &count, sizeof count);  // on this disk
  std::memcpy(&archive[end + 32], &count, sizeof count);  // in all
  EXPECT_THAT(error_of(archive), HasSubstr("not a whole zip archive"));
}

TEST(CheckpointArchive, ReadsOnlyTheStoragesItNeeds) {
  std::string archive = archive_of(top(tiny_model()));
  test::patch_zip(archive, "tiny/data/2", test::kZipMethod, std::uint16_t{14});
  EXPECT_EQ(error_of(archive), "no error");
}

TEST(CheckpointArchive, EveryTruncationIsAnError) {
  const std::string whole = archive_of(top(tiny_model()));
  ASSERT_EQ(error_of(whole), "no error");
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_THAT(error_of(whole.substr(0, length)), HasSubstr("test.pt: ")) << length;
  }
}

TEST(CheckpointArchive, SaysWhenAnArchiveIsCutShort) {
  const std::string whole = archive_of(top(tiny_model()));
  EXPECT_THAT(error_of(whole.substr(0, whole.size() / 2)),
              HasSubstr("not a whole zip archive (Not a zip archive); the file is truncated or "
                        "damaged: copy or download it again"));
}

TEST(CheckpointArchive, RefusesSizesThatLie) {
  const std::string honest = archive_of(top(tiny_model()));
  const auto patched = [&](std::size_t field, std::uint32_t value) {
    std::string archive = honest;
    test::patch_zip(archive, "tiny/data.pkl", field, value);
    return error_of(archive);
  };
  EXPECT_THAT(
      patched(test::kZipSize, 0x7FFFFFFFU),
      HasSubstr("entry 'tiny/data.pkl': states 2147483647 bytes, more than the limit of 33554432"));
  EXPECT_THAT(patched(test::kZipSize, 1'000'000U), HasSubstr("states 1000000 bytes from "));
  EXPECT_THAT(patched(test::kZipSize, 5U), HasSubstr("holds more than the 5 bytes it states"));
  EXPECT_THAT(patched(test::kZipCompressedSize, 0x7FFFFFFFU),
              HasSubstr("the file is damaged: copy or download it again"));
}

TEST(CheckpointArchive, RefusesDeflatedSizesThatLie) {
  const std::string pickle =
      py::pickle(py::dict({{py::text(std::string(10'000, 'x')), py::none()}}));
  const std::string honest = test::zip_bytes({{"a/data.pkl", pickle, true}});
  const auto patched = [&](std::uint32_t size) {
    std::string archive = honest;
    test::patch_zip(archive, "a/data.pkl", test::kZipSize, size);
    return error_of(archive);
  };
  EXPECT_THAT(patched(static_cast<std::uint32_t>(pickle.size()) - 1),
              HasSubstr("holds more than the "));
  EXPECT_THAT(patched(static_cast<std::uint32_t>(pickle.size()) + 1), HasSubstr("bytes it states"));
  // About 60 compressed bytes cannot hold 10 MB, at most 1032 to 1.
  EXPECT_THAT(patched(10'000'000), HasSubstr("states 10000000 bytes from "));
}

TEST(CheckpointArchive, RefusesADamagedPayload) {
  std::string archive = archive_of(top(tiny_model()));
  archive[archive.find("tiny/data/0") + std::string("tiny/data/0").size() + 5] ^= 1;
  EXPECT_THAT(error_of(archive), HasSubstr("entry 'tiny/data/0': cannot be read (CRC error)"));
}

TEST(CheckpointArchive, RefusesOtherCompressionAndEncryption) {
  std::string compressed = archive_of(top(tiny_model()));
  test::patch_zip(compressed, "tiny/data/0", test::kZipMethod, std::uint16_t{14});
  EXPECT_THAT(error_of(compressed),
              HasSubstr("entry 'tiny/data/0': compression method 14; expected stored or deflated"));
  std::string encrypted = archive_of(top(tiny_model()));
  test::patch_zip(encrypted, "tiny/data/0", test::kZipFlags, std::uint16_t{1});
  EXPECT_THAT(error_of(encrypted), HasSubstr("entry 'tiny/data/0': "));
}

TEST(CheckpointArchive, RefusesOtherByteOrders) {
  EXPECT_THAT(error_of(archive_of(top(tiny_model()), {{"tiny/byteorder", "big"}})),
              HasSubstr("byte order is 'big'; expected 'little'"));
  EXPECT_EQ(error_of(archive_of(top(tiny_model()), {{"tiny/byteorder", "little"}})), "no error");
}

TEST(CheckpointArchive, NamesOtherArchives) {
  EXPECT_THAT(
      error_of(test::zip_bytes(
          {{"a/data.pkl", py::pickle("N")}, {"a/constants.pkl", "x"}, {"a/code/x.py", ""}})),
      HasSubstr("is a TorchScript archive, a program rather than weights; use the checkpoint"));
  EXPECT_THAT(error_of(test::zip_bytes({{"word/document.xml", "x"}})),
              HasSubstr("holds 0 entries data.pkl; expected one"));
  EXPECT_THAT(error_of(test::zip_bytes({{"a/data.pkl", "x"}, {"b/data.pkl", "x"}})),
              HasSubstr("holds 2 entries data.pkl"));
}

TEST(CheckpointArchive, NamesFilesThatAreNoArchives) {
  EXPECT_THAT(
      error_of("\x80\x02\x8A\nl\xFC\x9C"
               "F\xF9 j\xA8P\x19.\x80\x02M\xE9\x03."),
      HasSubstr(
          "was saved in the format of PyTorch before 1.6; load it in Python and save it again"));
  EXPECT_THAT(error_of("not a checkpoint at all"),
              HasSubstr("not a PyTorch checkpoint; expected a zip archive"));
  EXPECT_THAT(error_of(""), HasSubstr("not a PyTorch checkpoint"));
}

TEST(CheckpointArchive, NamesEntryAndOffsetOfADamagedPickle) {
  EXPECT_THAT(error_of(test::zip_bytes({{"a/data.pkl", "\x80\x02\xFF"}})),
              HasSubstr("test.pt: a/data.pkl: unsupported pickle opcode 0xff at offset 2"));
  CheckpointLimits limits;
  limits.max_pickle_bytes = 2;
  EXPECT_THAT(error_of(test::zip_bytes({{"a/data.pkl", "\x80\x02\xFF"}}), limits),
              HasSubstr("more than the limit of 2"));
}

TEST(ReadCheckpoint, ReadsFilesAndNamesThoseItCannot) {
  const test::TempDir dir;
  test::write_text(dir / "a.pt", archive_of(top(tiny_model())));
  EXPECT_EQ(read_checkpoint(dir / "a.pt").layers.size(), 2U);
  const auto io_error = [](const std::filesystem::path& path) -> std::string {
    try {
      read_checkpoint(path);
    } catch (const IoError& error) {
      return error.what();
    }
    return "no IoError";
  };
  EXPECT_EQ(io_error(dir / "none.pt"),
            "cannot open " + (dir / "none.pt").string() + ": No such file or directory");
  EXPECT_THAT(io_error(dir.path()), HasSubstr("expected a file, not a folder or device"));
  test::write_text(dir / "cut.pt", archive_of(top(tiny_model())).substr(0, 500));
  try {
    read_checkpoint(dir / "cut.pt");
    FAIL() << "expected WeightsError";
  } catch (const WeightsError& error) {
    EXPECT_THAT(error.what(), HasSubstr((dir / "cut.pt").string() + ": not a whole zip archive"));
  }
}

}  // namespace
}  // namespace gondola::nn
