#include "gondola/train/trainer.hpp"

#include <cmath>
#include <filesystem>

#include <ATen/Parallel.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gondola/core/error.hpp"
#include "support/shared_data.hpp"
#include "train/shapes_source.hpp"
#include "train/tiny_network.hpp"

namespace gondola::train {
namespace {

namespace fs = std::filesystem;
using test::ShapesSource;
using test::tiny_network;

class TrainerTest : public testing::Test {
 protected:
  TrainerTest() { at::set_num_threads(1); }

  fs::path checkpoint() const { return dir_ / "checkpoint.safetensors"; }

  static TrainerOptions options() {
    TrainerOptions options;
    options.epochs = 3;
    options.checkpoint_seconds = -1;
    options.optimizer.kind = OptimizerKind::kAdamW;
    options.schedule.learning_rate = 0.005;
    options.schedule.warmup_share = 0.1;
    options.schedule.momentum = 0.9;
    options.settings = "epochs 3\nbatch 4\n";
    return options;
  }

 private:
  const test::TempDir dir_;
};

// Ends a run the hard way, as a kill would: nothing is saved.
struct Killed {};

TEST_F(TrainerTest, LearnsToFindDiscsAndSquares) {
  ShapesSource source(16, 8);
  ShapesSource validation(4, 8);
  TrainerOptions with = options();
  with.epochs = 15;
  with.ema.decay = 0.9;
  with.ema.ramp = 20;
  Trainer trainer(tiny_network(), with, source, &validation);
  EXPECT_EQ(trainer.run(checkpoint(), {}), TrainEnd::kFinished);
  ASSERT_EQ(trainer.records().size(), 15U);
  EXPECT_LT(trainer.records().back().loss.total(), trainer.records().front().loss.total() / 2);
  // The untrained network finds nothing; this one nearly everything.
  EXPECT_GT(trainer.records().back().measures.value().ap50, 0.8);
  EXPECT_LT(trainer.records().back().measures.value().count_error, 0.3);
}

TEST_F(TrainerTest, EndsWithTheSameWeightsWhenKilledInMidEpochAndResumed) {
  TrainerOptions with = options();
  ShapesSource straight_source;
  const nn::Network straight = tiny_network();
  Trainer straight_trainer(straight, with, straight_source, nullptr);
  straight_trainer.run(checkpoint(), {});

  // Killed after three batches of the second epoch; the last checkpoint is from two batches.
  with.checkpoint_seconds = 0;
  ShapesSource source;
  TrainCallbacks killer;
  killer.on_batch = [](const TrainProgress& progress, const Batch&) {
    if (progress.epoch == 1 && progress.batch == 3) throw Killed();
  };
  Trainer killed(tiny_network(), with, source, nullptr);
  EXPECT_THROW(killed.run(checkpoint(), killer), Killed);

  const Checkpoint saved = read_checkpoint(checkpoint());
  EXPECT_EQ(saved.epoch, 1);
  EXPECT_EQ(saved.batch, 2U);
  const nn::Network resumed = tiny_network(/*seed=*/99);
  Trainer resumed_trainer(resumed, with, source, nullptr);
  resumed_trainer.resume(saved, "checkpoint.safetensors");
  EXPECT_EQ(resumed_trainer.run(checkpoint(), {}), TrainEnd::kFinished);

  EXPECT_TRUE(test::same_tensors(straight, resumed));
  EXPECT_TRUE(test::same_tensors(straight_trainer.average(), resumed_trainer.average()));
  ASSERT_EQ(resumed_trainer.records().size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(straight_trainer.records()[i].loss.total(),
              resumed_trainer.records()[i].loss.total());
  }
}

TEST_F(TrainerTest, StopsWhenAskedAndSavesWhereItIs) {
  ShapesSource source;
  TrainCallbacks callbacks;
  int batches = 0;
  callbacks.on_batch = [&](const TrainProgress&, const Batch&) { ++batches; };
  callbacks.stop_requested = [&] { return batches == 6; };
  Trainer trainer(tiny_network(), options(), source, nullptr);
  EXPECT_EQ(trainer.run(checkpoint(), callbacks), TrainEnd::kStopped);
  const Checkpoint saved = read_checkpoint(checkpoint());
  EXPECT_EQ(saved.epoch, 1);
  EXPECT_EQ(saved.batch, 2U);
  EXPECT_EQ(saved.step, 6);
}

TEST_F(TrainerTest, RefusesToGoOnWithOtherSettings) {
  ShapesSource source;
  Trainer trainer(tiny_network(), options(), source, nullptr);
  trainer.run(checkpoint(), {});
  TrainerOptions other = options();
  other.settings = "epochs 3\nbatch 8\n";
  Trainer resumed(tiny_network(), other, source, nullptr);
  try {
    resumed.resume(read_checkpoint(checkpoint()), "run/checkpoint.safetensors");
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_STREQ(error.what(),
                 "run/checkpoint.safetensors: was trained with 'batch 4', now it is 'batch 8'; a "
                 "run goes on with the settings it began with");
  }
}

TEST_F(TrainerTest, NamesTheBatchWhoseLossIsNotFinite) {
  ShapesSource source;
  const nn::Network network = tiny_network();
  {
    const at::NoGradGuard no_grad;
    network->parameters()[0].fill_(std::nanf(""));
  }
  Trainer trainer(network, options(), source, nullptr);
  try {
    trainer.run(checkpoint(), {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::AllOf(testing::HasSubstr("epoch 1, batch 1: the loss"),
                                             testing::HasSubstr("shape, shape, shape, ..."),
                                             testing::HasSubstr("lower learning rate")));
  }
  EXPECT_FALSE(fs::exists(checkpoint()));
}

TEST_F(TrainerTest, SumsTheGradientsOfSeveralBatchesIntoOneStep) {
  ShapesSource source(5, 4);
  TrainerOptions with = options();
  with.epochs = 1;
  with.batches_per_step = 2;
  Trainer trainer(tiny_network(), with, source, nullptr);
  trainer.run(checkpoint(), {});
  // Five batches: two steps of two, and one for the last.
  EXPECT_EQ(read_checkpoint(checkpoint()).step, 3);
}

TEST_F(TrainerTest, DoesNotTouchFrozenStages) {
  ShapesSource source;
  TrainerOptions with = options();
  with.frozen_stages = 3;
  with.epochs = 1;
  const nn::Network network = tiny_network();
  const nn::Network before = tiny_network();
  Trainer trainer(network, with, source, nullptr);
  trainer.run(checkpoint(), {});
  const auto now = network->named_parameters();
  const auto then = before->named_parameters();
  EXPECT_TRUE(at::equal(now["model.2.cv1.conv.weight"], then["model.2.cv1.conv.weight"]));
  EXPECT_FALSE(at::equal(now["model.3.conv.weight"], then["model.3.conv.weight"]));
  EXPECT_TRUE(at::equal(network->named_buffers()["model.2.cv1.bn.running_mean"],
                        before->named_buffers()["model.2.cv1.bn.running_mean"]));
}

TEST_F(TrainerTest, StopsEarlyWhenNothingGetsBetter) {
  ShapesSource source(1, 2);
  ShapesSource validation(1, 2);
  TrainerOptions with = options();
  with.epochs = 50;
  with.patience = 2;
  with.schedule.learning_rate = 1e-12;
  Trainer trainer(tiny_network(), with, source, &validation);
  EXPECT_EQ(trainer.run(checkpoint(), {}), TrainEnd::kEarly);
  // The first epoch is the best there is, then two in vain.
  EXPECT_EQ(trainer.records().size(), 3U);
  EXPECT_EQ(trainer.best_epoch(), 0);
}

TEST_F(TrainerTest, TrainsInBfloat16WithEveryActivation) {
  for (const std::string& activation : nn::activation_names()) {
    ShapesSource source(2, 4);
    TrainerOptions with = options();
    with.epochs = 1;
    with.bfloat16 = true;
    Trainer trainer(tiny_network(1, activation), with, source, nullptr);
    EXPECT_EQ(trainer.run(checkpoint(), {}), TrainEnd::kFinished) << activation;
    EXPECT_TRUE(std::isfinite(trainer.records().front().loss.total())) << activation;
  }
}

}  // namespace
}  // namespace gondola::train
