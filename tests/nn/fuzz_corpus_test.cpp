#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gondola/core/error.hpp"
#include "gondola/nn/checkpoint.hpp"
#include "gondola/nn/pickle.hpp"
#include "gondola/nn/safetensors.hpp"
#include "nn/zip_bytes.hpp"
#include "support/shared_data.hpp"

// The seeds of the fuzzers, and what these found, go through the readers in every test run.
// Python's pickler wrote the pickles (corpus/make_seeds.py), so they also show that it is
// understood.

namespace gondola::nn {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

std::filesystem::path corpus(const std::string& target) {
  return test::source_dir() / "tests/nn/corpus" / target;
}

std::vector<std::filesystem::path> inputs(const std::string& target) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(corpus(target))) {
    paths.push_back(entry.path());
  }
  return paths;
}

Checkpoint checkpoint_in(const std::string& bytes, const std::string& name) {
  return parse_checkpoint(reinterpret_cast<const std::byte*>(bytes.data()), bytes.size(), name);
}

/// The archive that fuzz_checkpoint puts around an input that is no archive.
std::string archive_around(const std::string& pickle) {
  return test::zip_bytes({{"m/data.pkl", pickle},
                          {"m/data/0", std::string(16, '\0')},
                          {"m/data/1", std::string(64, '\0')},
                          {"m/data/2", ""}});
}

TEST(FuzzCorpus, EveryInputIsReadOrRefused) {
  std::size_t count = 0;
  for (const auto& path : inputs("fuzz_safetensors")) {
    try {
      read_safetensors(path);
    } catch (const WeightsError&) {
    }
    ++count;
  }
  for (const auto& path : inputs("fuzz_pickle")) {
    const std::string bytes = test::read_text(path);
    try {
      parse_pickle({bytes.begin(), bytes.end()}, path.string());
    } catch (const WeightsError&) {
    }
    ++count;
  }
  for (const auto& path : inputs("fuzz_checkpoint")) {
    const std::string bytes = test::read_text(path);
    try {
      checkpoint_in(bytes.rfind("PK", 0) == 0 ? bytes : archive_around(bytes), path.string());
    } catch (const WeightsError&) {
    }
    ++count;
  }
  EXPECT_GE(count, 18U);
}

std::string text_of(const PickleGraph& graph, ValueId id) {
  const auto* string = graph.get<PickleString>(id);
  return string == nullptr ? describe(graph, id) : std::string(string->text);
}

TEST(FuzzCorpus, PythonsPicklesOfEveryProtocolAreUnderstood) {
  for (const char* name : {"values_2", "values_3", "values_4", "values_5"}) {
    const std::string bytes = test::read_text(corpus("fuzz_pickle") / name);
    const PickleGraph graph = parse_pickle({bytes.begin(), bytes.end()}, name);
    const auto* root = graph.get<PickleDict>(graph.root());
    ASSERT_NE(root, nullptr) << name;
    ASSERT_EQ(root->entries.size(), 6U) << name;
    EXPECT_EQ(text_of(graph, root->entries[0].first), "numbers") << name;

    const auto& numbers = graph.get<PickleList>(root->entries[0].second)->items;
    ASSERT_EQ(numbers.size(), 12U) << name;
    const std::int64_t kIntegers[] = {0, 255, 256, 65536, -1, std::int64_t{1} << 40, INT64_MIN};
    for (std::size_t i = 0; i < std::size(kIntegers); ++i) {
      EXPECT_EQ(*graph.get<std::int64_t>(numbers[i]), kIntegers[i]) << name;
    }
    EXPECT_NE(graph.get<PickleBigInt>(numbers[7]), nullptr) << name;
    EXPECT_EQ(*graph.get<double>(numbers[8]), 0.5) << name;
    EXPECT_TRUE(*graph.get<bool>(numbers[9])) << name;

    const auto& texts = graph.get<PickleList>(root->entries[1].second)->items;
    EXPECT_EQ(text_of(graph, texts[0]), "") << name;
    EXPECT_EQ(text_of(graph, texts[2]).size(), 180U) << name;
    EXPECT_EQ(text_of(graph, texts[3]), std::string(300, 'x')) << name;

    const auto& containers = graph.get<PickleList>(root->entries[2].second)->items;
    EXPECT_EQ(graph.get<PickleTuple>(containers[9])->items.size(), 4U) << name;

    const ValueId loop = root->entries[3].second;
    EXPECT_EQ(graph.get<PickleList>(loop)->items.at(1), loop) << name;
    EXPECT_EQ(describe(graph, root->entries[4].second),
              "an object made by 'collections.OrderedDict'")
        << name;
    EXPECT_EQ(describe(graph, root->entries[5].second),
              "an object made by 'ultralytics.nn.modules.conv.Conv'")
        << name;
  }
}

TEST(FuzzCorpus, PythonsCheckpointsAreUnderstood) {
  for (const char* name : {"stored.pt", "deflated.pt"}) {
    const Checkpoint checkpoint = read_checkpoint(corpus("fuzz_checkpoint") / name);
    EXPECT_THAT(checkpoint.class_names, ElementsAre("cup", "Käse")) << name;
    EXPECT_THAT(checkpoint.strides, ElementsAre(4, 5, 6)) << name;
    EXPECT_EQ(checkpoint.yaml_file, "tiny-n.yaml") << name;
    EXPECT_EQ(checkpoint.licence, "CC0") << name;
    EXPECT_THAT(checkpoint.training, ElementsAre(Pair("cos_lr", "false"), Pair("data", "tiny.yaml"),
                                                 Pair("epochs", "3"), Pair("lr0", "0.01")))
        << name;
    ASSERT_EQ(checkpoint.activations.size(), 1U) << name;
    EXPECT_THAT(checkpoint.activations[0].attributes, ElementsAre(Pair("negative_slope", 0.1)));
    ASSERT_EQ(checkpoint.tensors.size(), 3U) << name;  // "scratch" is not saved
    // Strides 1, 2, 4, 8 over 0..15: the index's bits in reverse.
    EXPECT_THAT(to_float32(*checkpoint.tensors.find("model.0.conv.weight")),
                ElementsAre(0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15))
        << name;
    EXPECT_THAT(to_float32(*checkpoint.tensors.find("model.0.bn.running_mean")), ElementsAre(2, 5))
        << name;
  }
}

}  // namespace
}  // namespace gondola::nn
