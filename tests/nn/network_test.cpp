#include "gondola/nn/network.hpp"

#include <fstream>
#include <map>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gondola/core/text.hpp"
#include "gondola/nn/decode.hpp"
#include "gondola/nn/load_network.hpp"
#include "gondola/nn/model_summary.hpp"
#include "support/shared_data.hpp"

namespace gondola::nn {
namespace {

ModelSpec builtin(const std::string& wanted) {
  for (const auto& [name, yaml] : builtin_model_yamls()) {
    if (name == wanted) return parse_model_spec(yaml, name);
  }
  throw std::runtime_error("no built-in model " + wanted);
}

std::int64_t parameter_count(const Network& network) {
  std::int64_t count = 0;
  for (const auto& parameter : network->parameters()) count += parameter.numel();
  return count;
}

// Lines such as `model.0.conv.weight torch.float32 [16, 3, 3, 3]` of a structure listing.
std::map<std::string, std::string> listed_tensors(const std::filesystem::path& path) {
  std::map<std::string, std::string> tensors;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string name;
    std::string type;
    words >> name >> type;
    if (type.rfind("torch.", 0) == 0) tensors[name] = line.substr(line.find('['));
  }
  return tensors;
}

void expect_structure(const std::string& model) {
  GONDOLA_REQUIRE_SHARED("golden/" + model + "_structure.txt");
  auto expected = listed_tensors(test::shared_dir() / "golden" / (model + "_structure.txt"));
  ASSERT_GT(expected.size(), 100U);
  const Network network(builtin(model));
  std::map<std::string, std::string> found;
  for (const auto& [name, tensor] : extract_tensors(network)) found[name] = to_string(tensor.shape);
  for (const auto& [name, shape] : expected) {
    const bool unused = name.find("num_batches_tracked") != std::string::npos ||
                        name.find(".dfl.") != std::string::npos;
    if (unused) continue;
    EXPECT_EQ(found[name], shape) << name;
  }
  for (const auto& [name, shape] : found) EXPECT_EQ(expected.count(name), 1U) << name;
}

TEST(Network, Yolov8nHasTheListedTensors) { expect_structure("yolov8n"); }
TEST(Network, Yolo11nHasTheListedTensors) { expect_structure("yolo11n"); }

TEST(Network, ParameterCountsAreThePublishedOnes) {
  // The Ultralytics documentation's figures to the last digit, which include 16 constants of its
  // DFL layer that are no parameters here.
  const std::map<std::string, std::int64_t> published = {
      {"yolov8n", 3157200},  {"yolov8s", 11166560}, {"yolov8m", 25902640}, {"yolov8l", 43691520},
      {"yolov8x", 68229648}, {"yolo11n", 2624080},  {"yolo11s", 9458752},  {"yolo11m", 20114688},
      {"yolo11l", 25372160}, {"yolo11x", 56966176}};
  for (const auto& [name, count] : published) {
    EXPECT_EQ(parameter_count(Network(builtin(name))), count - 16) << name;
  }
}

struct Golden {
  std::string model;
  float box_tolerance;  // pixels
  float score_tolerance;
};

void expect_golden_head(const Golden& golden, const std::string& weights_file, bool fuse) {
  const auto shared = test::shared_dir();
  const auto head_file = "golden/" + golden.model + "_bus_head_1x84x8400.f32.bin";
  GONDOLA_REQUIRE_SHARED("weights/" + weights_file);
  GONDOLA_REQUIRE_SHARED(head_file);
  GONDOLA_REQUIRE_SHARED("golden/input_bus_1x3x640x640.f32.bin");
  auto input = test::read_binary<float>(shared / "golden/input_bus_1x3x640x640.f32.bin");
  auto expected = test::read_binary<float>(shared / head_file);
  ASSERT_EQ(input.size(), 3U * 640 * 640);
  ASSERT_EQ(expected.size(), 84U * 8400);

  const at::NoGradGuard no_grad;
  Network network = build_network(read_weights(shared / "weights" / weights_file), weights_file);
  if (fuse) network->fuse();
  const at::Tensor output =
      decode(network->forward(at::from_blob(input.data(), {1, 3, 640, 640})), network->spec().head);
  ASSERT_EQ(output.sizes(), at::IntArrayRef({1, 84, 8400}));
  const at::Tensor difference = (output - at::from_blob(expected.data(), {1, 84, 8400})).abs();
  EXPECT_LE(difference.narrow(1, 0, 4).max().item<float>(), golden.box_tolerance);
  EXPECT_LE(difference.narrow(1, 4, 80).max().item<float>(), golden.score_tolerance);
}

const Golden kYolov8n{"yolov8n", 5e-3F, 3e-5F};
const Golden kYolo11n{"yolo11n", 2e-2F, 1e-4F};

TEST(Network, Yolov8nFromSafetensorsGivesTheGoldenHead) {
  expect_golden_head(kYolov8n, "yolov8n.safetensors", false);
}
TEST(Network, Yolov8nFromCheckpointGivesTheGoldenHead) {
  expect_golden_head(kYolov8n, "yolov8n.pt", false);
}
TEST(Network, Yolov8nFusedGivesTheGoldenHead) {
  expect_golden_head(kYolov8n, "yolov8n.safetensors", true);
}
TEST(Network, Yolo11nFromCheckpointGivesTheGoldenHead) {
  expect_golden_head(kYolo11n, "yolo11n.pt", false);
}
TEST(Network, Yolo11nFusedGivesTheGoldenHead) { expect_golden_head(kYolo11n, "yolo11n.pt", true); }

TEST(Network, EveryActivationBuildsAndRuns) {
  const at::NoGradGuard no_grad;
  for (const std::string& name : activation_names()) {
    ModelSpec spec = builtin("shelf-n");
    spec.activation = make_activation_spec(name);
    Network network(spec);
    initialize_parameters(network, 1);
    network->eval();
    const auto levels = network->forward(at::full({2, 3, 64, 96}, 0.5));
    ASSERT_EQ(levels.size(), 2U);
    EXPECT_EQ(levels[0].sizes(), at::IntArrayRef({2, 64 + 2, 8, 12})) << name;
    EXPECT_EQ(levels[1].sizes(), at::IntArrayRef({2, 64 + 2, 4, 6})) << name;
    EXPECT_TRUE(at::isfinite(levels[0]).all().item<bool>()) << name;
  }
}

TEST(Network, ActivationOfOneStageIsItsOwn) {
  ModelSpec spec = builtin("shelf-n");
  spec.activation = make_activation_spec("silu");
  spec.stages[2].activation = make_activation_spec("relu");
  spec.head.activation = make_activation_spec("hardswish");
  WeightsFile weights;
  weights.description.spec = spec;
  for (const LayerSummary& layer : summarize(weights, Size{64, 64}).layers) {
    if (layer.activation.empty()) continue;
    const bool stage2 = layer.path.rfind("model.2.", 0) == 0;
    const bool head = layer.path.rfind("model.19.", 0) == 0;
    EXPECT_EQ(layer.activation, stage2 ? "relu" : head ? "hardswish" : "silu") << layer.path;
  }
}

TEST(Network, SameSeedSameWeights) {
  Network a(builtin("shelf-n"));
  Network b(builtin("shelf-n"));
  Network c(builtin("shelf-n"));
  initialize_parameters(a, 5);
  initialize_parameters(b, 5);
  initialize_parameters(c, 6);
  const auto differs = [](const Network& x, const Network& y) {
    bool any = false;
    for (std::size_t i = 0; i < x->parameters().size(); ++i) {
      any = any || !at::equal(x->parameters()[i], y->parameters()[i]);
    }
    return any;
  };
  EXPECT_FALSE(differs(a, b));
  EXPECT_TRUE(differs(a, c));
}

TEST(Network, UntrainedHeadExpectsFewObjects) {
  const at::NoGradGuard no_grad;
  Network network(builtin("yolov8n"));
  initialize_parameters(network, 0);
  network->eval();
  const at::Tensor output =
      decode(network->forward(at::full({1, 3, 640, 640}, 0.5)), network->spec().head);
  EXPECT_LT(output.narrow(1, 4, 80).max().item<float>(), 0.05F);
}

TEST(Network, RefusesAnInputOffTheStrideByNamingBoth) {
  Network network(builtin("yolov8n"));
  try {
    network->forward(at::zeros({1, 3, 640, 650}));
    FAIL() << "accepted";
  } catch (const c10::Error& error) {
    EXPECT_THAT(error.what_without_backtrace(),
                testing::HasSubstr("multiples of 32; got [1, 3, 640, 650]"));
  }
}

TEST(ModelSummary, CountsWhatIsPublished) {
  WeightsFile weights;
  weights.description.spec = builtin("yolov8n");
  const ModelSummary summary = summarize(weights, Size{640, 640});
  EXPECT_EQ(summary.parameters, 3157184);
  // Published as 8.7 GFLOPs.
  EXPECT_NEAR(2e-9 * static_cast<double>(summary.multiply_adds), 8.7, 0.1);
  std::int64_t layer_parameters = 0;
  for (const LayerSummary& layer : summary.layers) layer_parameters += layer.parameters;
  EXPECT_EQ(layer_parameters, summary.parameters);
  EXPECT_EQ(summary.layers.front().path, "model.0");
  EXPECT_EQ(summary.layers.front().kind, "conv 3x3/2");
  EXPECT_THAT(summary.layers.front().output, testing::ElementsAre(16, 320, 320));
  // 16 outputs x 320 x 320 x 3 inputs x 9 taps.
  EXPECT_EQ(summary.layers.front().multiply_adds, 44236800);
}

}  // namespace
}  // namespace gondola::nn
