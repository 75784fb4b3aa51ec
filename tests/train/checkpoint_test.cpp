#include "gondola/train/checkpoint.hpp"

#include <filesystem>

#include <gtest/gtest.h>

#include "gondola/core/error.hpp"
#include "gondola/nn/load_network.hpp"
#include "support/shared_data.hpp"
#include "train/tiny_network.hpp"

namespace gondola::train {
namespace {

namespace fs = std::filesystem;

TEST(Checkpoint, ComesBackAsItWas) {
  const test::TempDir dir;
  const fs::path path = dir / "checkpoint.safetensors";
  Checkpoint written;
  written.weights = nn::extract_tensors(test::tiny_network(1));
  written.average = nn::extract_tensors(test::tiny_network(2));
  static_cast<void>(
      written.optimizer.add("progress", nn::to_tensor_data(at::tensor({3.0, 0.5}, at::kDouble))));
  written.epoch = 7;
  written.batch = 12;
  written.step = 345;
  written.average_updates = 344;
  written.loss_sums = {1.0 / 3, 2, 3};
  written.images = 99;
  written.seconds = 1.25;
  written.waiting_seconds = 0.5;
  written.network_seconds = 0.25;
  written.best_score = 0.75;
  written.best_epoch = 5;
  written.records.emplace_back();
  written.settings = "epochs 9\n";
  write_checkpoint(path, written);
  const Checkpoint read = read_checkpoint(path);

  EXPECT_EQ(read.epoch, 7);
  EXPECT_EQ(read.batch, 12U);
  EXPECT_EQ(read.step, 345);
  EXPECT_EQ(read.average_updates, 344);
  EXPECT_EQ(read.loss_sums.box, 1.0 / 3);
  EXPECT_EQ(read.images, 99U);
  EXPECT_EQ(read.seconds, 1.25);
  EXPECT_EQ(read.waiting_seconds, 0.5);
  EXPECT_EQ(read.network_seconds, 0.25);
  EXPECT_EQ(read.best_score, 0.75);
  EXPECT_EQ(read.best_epoch, 5);
  EXPECT_EQ(read.records.size(), 1U);
  EXPECT_EQ(read.settings, "epochs 9\n");
  nn::Network weights = test::tiny_network(8);
  nn::load_tensors(weights, read.weights, "weights");
  EXPECT_TRUE(test::same_tensors(weights, test::tiny_network(1)));
  nn::Network average = test::tiny_network(8);
  nn::load_tensors(average, read.average, "average");
  EXPECT_TRUE(test::same_tensors(average, test::tiny_network(2)));
  ASSERT_NE(read.optimizer.find("progress"), nullptr);
  EXPECT_EQ(nn::to_tensor(*read.optimizer.find("progress"))[1].item<double>(), 0.5);
}

TEST(Checkpoint, RefusesWeightsThatAreNone) {
  const test::TempDir dir;
  const fs::path path = dir / "weights.safetensors";
  nn::WeightsFile weights;
  weights.description.spec = test::tiny_spec();
  weights.tensors = nn::extract_tensors(test::tiny_network());
  nn::write_weights(path, weights);
  try {
    read_checkpoint(path);
    FAIL();
  } catch (const WeightsError& error) {
    EXPECT_NE(std::string(error.what()).find(path.string() + ": not a training checkpoint"),
              std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace gondola::train
