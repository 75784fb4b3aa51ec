#include "gondola/train/transfer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gondola/core/error.hpp"
#include "train/tiny_network.hpp"

namespace gondola::train {
namespace {

TEST(Transfer, KeepsEverythingOfTheSameNetwork) {
  const nn::Network source = test::tiny_network(1);
  nn::Network target = test::tiny_network(2);
  const TransferReport report =
      transfer_weights(target, nn::extract_tensors(source), "start.safetensors");
  EXPECT_EQ(report.kept, report.total);
  EXPECT_TRUE(report.skipped.empty());
  EXPECT_TRUE(test::same_tensors(source, target));
}

TEST(Transfer, LeavesTheClassOutputsWhereTheNumberOfClassesDiffers) {
  const nn::Network source = test::tiny_network(1);
  nn::ModelSpec spec = test::tiny_spec("relu");
  spec.class_count = 5;
  spec.class_names.clear();
  nn::Network target(spec);
  nn::initialize_parameters(target, 3);
  const TransferReport report =
      transfer_weights(target, nn::extract_tensors(source), "start.safetensors");
  // Weight and bias of the last class convolution on two levels.
  EXPECT_EQ(report.skipped.size(), 4U);
  EXPECT_EQ(report.kept, report.total - 4);
  EXPECT_THAT(report.skipped, testing::Each(testing::HasSubstr("cv3")));
  EXPECT_TRUE(at::equal(target->parameters()[0], source->parameters()[0]));
}

TEST(Transfer, RefusesWeightsOfWhichNothingFits) {
  nn::Network target = test::tiny_network();
  try {
    transfer_weights(target, {}, "other.safetensors");
    FAIL();
  } catch (const WeightsError& error) {
    EXPECT_STREQ(
        error.what(),
        "other.safetensors: none of its tensors fits network tiny; start without --weights");
  }
}

}  // namespace
}  // namespace gondola::train
