#include "gondola/nn/layers.hpp"

#include <ATen/CPUGeneratorImpl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gondola::nn {
namespace {

using testing::ElementsAre;

std::vector<std::string> parameter_names(const torch::nn::Module& module) {
  std::vector<std::string> names;
  for (const auto& item : module.named_parameters()) names.push_back(item.key());
  return names;
}

void fill_randomly(torch::nn::Module& module, std::uint64_t seed) {
  const at::NoGradGuard no_grad;
  at::Generator generator = at::detail::createCPUGenerator(seed);
  for (at::Tensor& parameter : module.parameters()) parameter.uniform_(-1, 1, generator);
  for (at::Tensor& buffer : module.buffers()) buffer.uniform_(0.5, 2, generator);
}

TEST(Conv2d, ComputesAHandWorkedSum) {
  const at::NoGradGuard no_grad;
  Conv2dOptions options(1, 1, 3);
  Conv2d conv(options);
  conv->weight.copy_(at::arange(9).view({1, 1, 3, 3}));
  conv->bias.fill_(10);
  // Centre of a 3x3 picture of ones: 0 + 1 + ... + 8 = 36, plus 10. Top left corner sees only
  // weights 4, 5, 7, 8, the rest is padding: 24 + 10.
  const at::Tensor output = conv->forward(at::ones({1, 1, 3, 3}));
  EXPECT_FLOAT_EQ(output[0][0][1][1].item<float>(), 46);
  EXPECT_FLOAT_EQ(output[0][0][0][0].item<float>(), 34);
}

TEST(Conv2d, HalvesTheMapAtStrideTwo) {
  Conv2dOptions options(3, 8, 3);
  options.stride = 2;
  options.bias = false;
  Conv2d conv(options);
  EXPECT_EQ(conv->forward(at::zeros({2, 3, 64, 48})).sizes(), at::IntArrayRef({2, 8, 32, 24}));
  EXPECT_EQ(conv->describe(), "conv 3x3/2");
  EXPECT_THAT(parameter_names(*conv), ElementsAre("weight"));
}

TEST(Conv2d, CountsMultiplyAdds) {
  Conv2dOptions options(16, 32, 3);
  options.groups = 16;
  Conv2d conv(options);
  // 32 outputs x 10 x 10 positions x (16 / 16 inputs) x 9 taps.
  EXPECT_EQ(conv->multiply_adds(at::zeros({1, 32, 10, 10})), 28800);
}

TEST(ConvBlock, TensorNamesAreTheCheckpointsFormat) {
  ConvBlock block(ConvBlockOptions(3, 8, 3), BlockContext{});
  EXPECT_THAT(parameter_names(*block), ElementsAre("conv.weight", "bn.weight", "bn.bias"));
}

TEST(ConvBlock, FusingChangesNothingButTheRounding) {
  const at::NoGradGuard no_grad;
  for (const char* name : {"silu", "relu", "prelu"}) {
    ConvBlockOptions options(6, 12, 3, 2);
    options.groups = 3;
    ConvBlock block(options, BlockContext{make_activation_spec(name), 1e-3});
    fill_randomly(*block, 7);
    block->eval();
    const at::Tensor input = at::rand({2, 6, 9, 9}, at::detail::createCPUGenerator(3));
    const at::Tensor before = block->forward(input);
    block->fuse();
    EXPECT_FALSE(block->bn);
    EXPECT_LT((block->forward(input) - before).abs().max().item<float>(), 1e-5) << name;
  }
}

TEST(ConvBlock, BatchNormUsesItsRunningStatisticsInEvaluation) {
  const at::NoGradGuard no_grad;
  BatchNorm2d norm(1, 0.0);
  norm->running_mean.fill_(3);
  norm->running_var.fill_(4);
  norm->weight.fill_(10);
  norm->bias.fill_(1);
  norm->eval();
  // (7 - 3) / sqrt(4) * 10 + 1
  EXPECT_FLOAT_EQ(norm->forward(at::full({1, 1, 1, 1}, 7.0)).item<float>(), 21);
}

TEST(ConvBlock, ReportsItselfOnlyWhileObserved) {
  const at::NoGradGuard no_grad;
  ConvBlock block(ConvBlockOptions(3, 8, 3), BlockContext{make_activation_spec("relu"), 1e-3});
  fill_randomly(*block, 1);
  int runs = 0;
  block->observe("model.0", [&](const LayerRun& run) {
    ++runs;
    EXPECT_EQ(run.path, "model.0");
    EXPECT_EQ(run.kind, "conv 3x3");
    ASSERT_NE(run.activation, nullptr);
    EXPECT_EQ(run.activation->name, "relu");
    EXPECT_EQ(run.multiply_adds, 8 * 4 * 4 * 27);
    EXPECT_EQ(run.parameters, 8 * 27 + 2 * 8);
    EXPECT_GE(run.output.min().item<float>(), 0);
  });
  block->forward(at::ones({1, 3, 4, 4}));
  block->observe("", {});
  block->forward(at::ones({1, 3, 4, 4}));
  EXPECT_EQ(runs, 1);
}

}  // namespace
}  // namespace gondola::nn
