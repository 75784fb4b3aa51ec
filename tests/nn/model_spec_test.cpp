#include "gondola/nn/model_spec.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gondola/core/error.hpp"
#include "support/shared_data.hpp"

namespace gondola::nn {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

// The smallest network with everything in it; line numbers matter to the tests below.
const char* const kMinimal = R"(name: tiny
classes: [bottle, can]
scale: {depth: 0.5, width: 0.5, max_channels: 64}
activation: relu
backbone:
  - {block: conv, channels: 32, stride: 2}
  - {block: c2f, id: fine, channels: 32, repeats: 3, shortcut: true}
  - {block: conv, channels: 256, stride: 2, activation: {name: leaky_relu, slope: 0.1}}
neck:
  - {block: upsample, factor: 2}
  - {block: concat, from: [previous, fine]}
  - {block: c2f, id: out, channels: 32}
head:
  from: [out, 2]
  strides: [2, 4]
)";

std::string with(const std::string& from, const std::string& to) {
  std::string text = kMinimal;
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

std::string fault_of(const std::string& yaml) {
  try {
    parse_model_spec(yaml, "m.yaml");
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no ConfigError";
}

TEST(ModelSpec, ReadsTheMinimalNetwork) {
  const ModelSpec spec = parse_model_spec(kMinimal, "m.yaml");
  EXPECT_EQ(spec.name, "tiny");
  EXPECT_EQ(spec.class_count, 2);
  EXPECT_THAT(spec.class_names, ElementsAre("bottle", "can"));
  EXPECT_EQ(spec.backbone_stages, 3);
  ASSERT_EQ(spec.stages.size(), 6U);
  EXPECT_THAT(spec.stages[0].from, ElementsAre(-1));
  EXPECT_THAT(spec.stages[4].from, ElementsAre(3, 1));
  EXPECT_THAT(spec.head.from, ElementsAre(5, 2));
  EXPECT_EQ(spec.max_stride(), 4);
  // A stage may go down further than any level.
  EXPECT_EQ(parse_model_spec(
                with("from: [out, 2]\n  strides: [2, 4]", "from: [out]\n  strides: [2]"), "m.yaml")
                .max_stride(),
            4);
  EXPECT_EQ(spec.activation_of(spec.stages[0]).name, "relu");
  EXPECT_EQ(to_string(spec.activation_of(spec.stages[2])), "leaky_relu(slope=0.1)");
}

TEST(ModelSpec, ScalesChannelsAndRepeats) {
  const std::vector<StageShape> shapes = stage_shapes(parse_model_spec(kMinimal, "m.yaml"));
  EXPECT_EQ(shapes[0].channels, 16);  // 32 * 0.5
  EXPECT_EQ(shapes[1].repeats, 2);    // 3 * 0.5 = 1.5, to even
  EXPECT_EQ(shapes[2].channels, 32);  // min(256, 64) * 0.5
  EXPECT_EQ(shapes[3].stride, 2);     // 4 / 2
  EXPECT_EQ(shapes[4].channels, 32 + 16);
  const ModelSpec odd =
      parse_model_spec(with("channels: 32, stride: 2", "channels: 20, stride: 2"), "m.yaml");
  EXPECT_EQ(stage_shapes(odd)[0].channels, 16);  // 20 * 0.5 = 10, up to a multiple of eight
}

TEST(ModelSpec, YamlReadsBackEqual) {
  const ModelSpec spec = parse_model_spec(kMinimal, "m.yaml");
  EXPECT_TRUE(parse_model_spec(to_yaml(spec), "again") == spec) << to_yaml(spec);
  for (const auto& [name, yaml] : builtin_model_yamls()) {
    const ModelSpec builtin = parse_model_spec(yaml, name);
    EXPECT_EQ(builtin.name, name);
    EXPECT_TRUE(parse_model_spec(to_yaml(builtin), "again") == builtin) << name;
  }
}

TEST(ModelSpec, AwkwardNamesSurviveTheRoundTrip) {
  ModelSpec spec = parse_model_spec(kMinimal, "m.yaml");
  spec.class_names = {"say \"cheese\" \\ 50%: #1", "null\t\n"};
  spec.name = "{yes}";
  const ModelSpec again = parse_model_spec(to_yaml(spec), "again");
  EXPECT_EQ(again.class_names, spec.class_names);
  EXPECT_EQ(again.name, spec.name);
}

TEST(ModelSpec, FilesAreTheBuiltInModels) {
  std::vector<std::string> names;
  for (const auto& [name, yaml] : builtin_model_yamls()) {
    names.push_back(name);
    const auto file = test::source_dir() / "configs/models" / (name + ".yaml");
    EXPECT_TRUE(load_model_spec(file) == parse_model_spec(yaml, name)) << file;
  }
  EXPECT_THAT(names, ElementsAre("shelf-n", "yolo11l", "yolo11m", "yolo11n", "yolo11s", "yolo11x",
                                 "yolov8l", "yolov8m", "yolov8n", "yolov8s", "yolov8x"));
}

TEST(ModelSpec, ShelfModelHasLevelsForDenseShelves) {
  const auto spec = load_model_spec(test::source_dir() / "configs/models/shelf-n.yaml");
  EXPECT_THAT(spec.head.strides, ElementsAre(8, 16));
  EXPECT_THAT(spec.class_names, ElementsAre("product", "gap"));
}

TEST(ModelSpec, AnySetOfStridesIsBuilt) {
  const ModelSpec fine = parse_model_spec(
      R"(
classes: 1
backbone:
  - {block: conv, channels: 16, stride: 2}
  - {block: conv, id: a, channels: 16, stride: 2}
  - {block: conv, id: b, channels: 16, stride: 2}
  - {block: conv, id: c, channels: 16, stride: 2}
head: {from: [a, b, c], strides: [4, 8, 16]}
)",
      "m.yaml");
  EXPECT_THAT(fine.head.strides, ElementsAre(4, 8, 16));
}

TEST(ModelSpec, NamesTheLineOfEveryFault) {
  EXPECT_EQ(fault_of(with("stride: 2}\n", "strides: 2}\n")),
            "m.yaml:6: unknown key 'strides' in backbone[0] (did you mean 'stride'?)");
  EXPECT_THAT(fault_of(with("block: conv", "block: konv")),
              StartsWith("m.yaml:6: unknown block 'konv'; known: conv, c2f, c3k2"));
  EXPECT_THAT(fault_of(with("channels: 32, repeats", "channels: 0, repeats")),
              StartsWith("m.yaml:7: "));
  EXPECT_THAT(fault_of(with("previous, fine", "previous, coarse")),
              StartsWith("m.yaml:11: from 'coarse' is not an earlier stage"));
  EXPECT_THAT(fault_of(with("previous, fine", "previous, 7")), StartsWith("m.yaml:11: "));
  EXPECT_THAT(fault_of(with("previous, fine", "previous, 2")),
              HasSubstr("concat joins maps of strides 2/4"));
  EXPECT_THAT(fault_of(with("[previous, fine]", "[previous]")), HasSubstr("two inputs"));
  EXPECT_EQ(fault_of(with("{block: conv, channels: 32, stride: 2}",
                          "{block: concat, from: [previous, previous]}")),
            "m.yaml:6: concat joins the image with itself; start with another block");
  EXPECT_EQ(fault_of(with("shortcut: true", "expansion: 0.05")),
            "m.yaml:7: expansion 0.05 leaves 0 of 16 channels inside; at least 1 are needed");
  EXPECT_EQ(
      fault_of(with("c2f, id: fine, channels: 32", "c3k2, expansion: 0.1, id: fine, channels: 32")),
      "m.yaml:7: expansion 0.1 leaves 1 of 16 channels inside; at least 2 are needed");
  EXPECT_THAT(fault_of(with("factor: 2", "factor: 8")), HasSubstr("finer than the image"));
  EXPECT_THAT(fault_of(with("strides: [2, 4]", "strides: [8, 16]")),
              StartsWith("m.yaml:15: strides are declared as 8/16 but the stages named by from "
                         "have 2/4"));
  EXPECT_THAT(fault_of(with("strides: [2, 4]", "strides: [2]")),
              HasSubstr("2 levels and 1 strides"));
  EXPECT_THAT(
      fault_of(with("from: [out, 2]\n  strides: [2, 4]", "from: [2, out]\n  strides: [4, 2]")),
      HasSubstr("finest to the coarsest"));
  EXPECT_THAT(fault_of(with("id: out", "id: fine")), HasSubstr("id 'fine' is already taken"));
  EXPECT_THAT(fault_of(with("[bottle, can]", "[can, can]")), HasSubstr("'can' is named twice"));
  EXPECT_THAT(fault_of(with("[bottle, can]", "0")), StartsWith("m.yaml:2: "));
  EXPECT_THAT(fault_of(with("[bottle, can]", "[]")), HasSubstr("name at least one"));
  EXPECT_THAT(fault_of(with("activation: relu", "activation: rely")),
              StartsWith("m.yaml:4: unknown activation 'rely'"));
  EXPECT_THAT(
      fault_of(with("{block: conv, channels: 32, stride: 2}", "{block: c2psa, channels: 32}")),
      HasSubstr("multiple of 128"));
  EXPECT_THAT(fault_of(with("stride: 2}\n", "stride: 2, kernel: 4}\n")), HasSubstr("odd number"));
}

}  // namespace
}  // namespace gondola::nn
