#include "gondola/train/process_group.hpp"

#include <algorithm>

#include <ATen/Parallel.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "gondola/train/trainer.hpp"
#include "train/in_processes.hpp"
#include "train/shapes_source.hpp"
#include "train/tiny_network.hpp"

namespace gondola::train {
namespace {

using test::in_processes;
using test::ShapesSource;
using test::tiny_network;
using testing::HasSubstr;

/// A process's part of each batch of another source.
class PartSource : public BatchSource {
 public:
  PartSource(BatchSource& whole, int part, int parts) : whole_(whole), part_(part), parts_(parts) {}

  void start_epoch(int epoch, std::size_t first_batch = 0) override {
    whole_.start_epoch(epoch, first_batch);
  }

  std::optional<Batch> next() override {
    const std::optional<Batch> whole = whole_.next();
    if (!whole) return std::nullopt;
    const auto bound = [&](int part) {
      return static_cast<std::ptrdiff_t>(whole->count()) * part / parts_;
    };
    const auto bytes = static_cast<std::ptrdiff_t>(whole->pixels.size() / whole->count());
    Batch batch;
    batch.size = whole->size;
    const auto begin = bound(part_);
    const auto end = bound(part_ + 1);
    batch.pixels.assign(whole->pixels.begin() + begin * bytes, whole->pixels.begin() + end * bytes);
    batch.labels.assign(whole->labels.begin() + begin, whole->labels.begin() + end);
    batch.sources.assign(whole->sources.begin() + begin, whole->sources.begin() + end);
    return batch;
  }

  std::size_t batches_per_epoch() const override { return whole_.batches_per_epoch(); }

 private:
  BatchSource& whole_;
  int part_;
  int parts_;
};

TrainerOptions quick_options() {
  TrainerOptions options;
  options.epochs = 2;
  options.optimizer.kind = OptimizerKind::kAdamW;
  options.schedule.learning_rate = 0.005;
  options.schedule.warmup_share = 0.1;
  options.schedule.momentum = 0.9;
  return options;
}

/// The gradient of a batch's loss by every weight, with batch normalisation as in evaluation.
std::vector<at::Tensor> gradients_of(const Batch& batch, const WholeBatch& whole) {
  nn::Network network = tiny_network();
  network->eval();
  const std::vector<at::Tensor> logits = network->forward(to_input(batch).to(at::kFloat));
  const DetectionLoss loss = detection_loss(logits, network->spec().head, batch.labels, {}, whole);
  torch::autograd::backward(logits, loss.gradients);
  std::vector<at::Tensor> gradients;
  for (const at::Tensor& parameter : network->parameters()) gradients.push_back(parameter.grad());
  return gradients;
}

TEST(ProcessGroup, AddsUpTensorsOfAnyLayoutInPlace) {
  in_processes(3, [](ProcessGroup& group) {
    EXPECT_EQ(group.size(), 3);
    EXPECT_EQ(group.is_first(), group.rank() == 0);
    const float mine = static_cast<float>(group.rank() + 1);
    const at::Tensor image = at::arange(24, at::kFloat)
                                 .view({1, 2, 3, 4})
                                 .contiguous(at::MemoryFormat::ChannelsLast)
                                 .mul(mine);
    const at::Tensor one = at::full({1}, 10 * mine);
    group.sum({image, one});
    // 1 + 2 + 3 times each.
    EXPECT_TRUE(at::equal(image, at::arange(24, at::kFloat).view({1, 2, 3, 4}).mul(6)));
    EXPECT_EQ(one.item<float>(), 60);
    std::vector<double> numbers = {0.5, 1e10 * mine};
    group.sum(numbers);
    EXPECT_THAT(numbers, testing::ElementsAre(1.5, 6e10));
  });
}

TEST(ProcessGroup, TellsWhenAnotherProcessHasEnded) {
  in_processes(2, [](ProcessGroup& group) {
    std::vector<double> numbers = {1};
    group.sum(numbers);
    if (!group.is_first()) return;
    try {
      group.sum(numbers);
      FAIL();
    } catch (const PeerLost& error) {
      EXPECT_THAT(error.what(), HasSubstr("another process of this training has ended"));
    }
  });
}

TEST(ProcessGroup, PartsOfABatchGiveTheGradientOfTheWhole) {
  in_processes(2, [](ProcessGroup& group) {
    at::set_num_threads(1);
    ShapesSource source(1, 6);
    source.start_epoch(0);
    const std::vector<at::Tensor> expected = gradients_of(*source.next(), {});

    PartSource part(source, group.rank(), group.size());
    part.start_epoch(0);
    const std::vector<at::Tensor> gradients =
        gradients_of(*part.next(), [&](const BatchTotals& mine) {
          std::vector<double> numbers = {mine.pictures, mine.quality};
          group.sum(numbers);
          EXPECT_EQ(numbers[0], 6);
          return BatchTotals{numbers[0], numbers[1]};
        });
    group.sum(gradients);
    ASSERT_EQ(gradients.size(), expected.size());
    for (std::size_t i = 0; i < gradients.size(); ++i) {
      const double scale = std::max(1.0, expected[i].abs().max().item<double>());
      EXPECT_LT((gradients[i] - expected[i]).abs().max().item<double>(), 1e-6 * scale) << i;
    }
  });
}

TEST(ProcessGroup, KeepsTheWeightsOfAllProcessesTheSame) {
  in_processes(3, [](ProcessGroup& group) {
    at::set_num_threads(1);
    // Batches of two: one of three processes has no pictures at all.
    ShapesSource source(4, 2);
    PartSource part(source, group.rank(), group.size());
    const test::TempDir dir;
    const nn::Network network = tiny_network();
    Trainer trainer(network, quick_options(), part, nullptr, &group);
    EXPECT_EQ(trainer.run(dir / "checkpoint.safetensors", {}), TrainEnd::kFinished);
    EXPECT_EQ(std::filesystem::exists(dir / "checkpoint.safetensors"), group.is_first());
    EXPECT_FALSE(test::same_tensors(network, tiny_network()));
    std::vector<at::Tensor> tensors = network->parameters();
    for (const at::Tensor& buffer : network->buffers()) tensors.push_back(buffer);
    for (const at::Tensor& tensor : tensors) {
      // What the first one has, for comparison.
      const at::Tensor firsts = group.is_first() ? tensor.detach().clone() : at::zeros_like(tensor);
      group.sum({firsts});
      EXPECT_TRUE(at::equal(firsts, tensor));
    }
  });
}

TEST(ProcessGroup, LearnsAsOneProcessDoes) {
  in_processes(2, [](ProcessGroup& group) {
    at::set_num_threads(1);
    ShapesSource source(8, 8);
    const test::TempDir dir;
    Trainer alone(tiny_network(), quick_options(), source, nullptr);
    alone.run(dir / "alone.safetensors", {});
    PartSource part(source, group.rank(), group.size());
    Trainer shared(tiny_network(), quick_options(), part, nullptr, &group);
    shared.run(dir / "shared.safetensors", {});
    // Only batch normalisation, over four pictures instead of eight, tells them apart.
    for (std::size_t epoch = 0; epoch < 2; ++epoch) {
      const double expected = alone.records()[epoch].loss.total();
      EXPECT_NEAR(shared.records()[epoch].loss.total(), expected, 0.1 * expected);
      EXPECT_NE(shared.records()[epoch].loss.total(), expected);
    }
  });
}

TEST(ProcessGroup, GoesOnExactlyFromACheckpoint) {
  in_processes(2, [](ProcessGroup& group) {
    at::set_num_threads(1);
    ShapesSource source;
    PartSource part(source, group.rank(), group.size());
    const test::TempDir dir;
    const nn::Network straight = tiny_network();
    Trainer straight_trainer(straight, quick_options(), part, nullptr, &group);
    straight_trainer.run(dir / "straight.safetensors", {});

    // One process is asked to stop in the second epoch; all do.
    TrainCallbacks callbacks;
    int batches = 0;
    callbacks.on_batch = [&](const TrainProgress&, const Batch&) { ++batches; };
    callbacks.stop_requested = [&] { return group.rank() == 1 && batches == 6; };
    Trainer stopped(tiny_network(), quick_options(), part, nullptr, &group);
    EXPECT_EQ(stopped.run(dir / "stopped.safetensors", callbacks), TrainEnd::kStopped);
    EXPECT_EQ(batches, 6);

    // Every process reads what the first has written.
    const std::filesystem::path common = test::common_folder() / "stopped.safetensors";
    if (group.is_first()) std::filesystem::copy_file(dir / "stopped.safetensors", common);
    std::vector<double> written = {1};
    group.sum(written);
    const nn::Network resumed = tiny_network(/*seed=*/99);
    Trainer resumed_trainer(resumed, quick_options(), part, nullptr, &group);
    resumed_trainer.resume(read_checkpoint(common), "stopped.safetensors");
    EXPECT_EQ(resumed_trainer.run(dir / "resumed.safetensors", {}), TrainEnd::kFinished);
    EXPECT_TRUE(test::same_tensors(straight, resumed));
    if (group.is_first()) {
      EXPECT_TRUE(test::same_tensors(straight_trainer.average(), resumed_trainer.average()));
    }
  });
}

TEST(ProcessGroup, FindsOutWhenTheWeightsDrift) {
  in_processes(2, [](ProcessGroup& group) {
    at::set_num_threads(1);
    ShapesSource source;
    PartSource part(source, group.rank(), group.size());
    const test::TempDir dir;
    const nn::Network network = tiny_network();
    Trainer trainer(network, quick_options(), part, nullptr, &group);
    TrainCallbacks callbacks;
    callbacks.on_batch = [&](const TrainProgress& now, const Batch&) {
      if (group.rank() != 1 || now.epoch != 1 || now.batch != 2) return;
      const at::NoGradGuard no_grad;
      network->parameters()[0].select(0, 0).mul_(1.0001);
    };
    try {
      trainer.run(dir / "checkpoint.safetensors", callbacks);
      FAIL();
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr("after 2 epochs: the processes have different weights"));
    }
  });
}

}  // namespace
}  // namespace gondola::train
