#include "batch_norm_activation.hpp"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "activation_functions.hpp"

namespace gondola::nn {
namespace {

const std::vector<ActivationSpec> kFused = {
    {"identity", {}}, {"relu", {}}, {"leaky_relu", 0.1}, {"silu", {}}, {"hardswish", {}}};

struct Case {
  at::Tensor input;
  at::Tensor output_gradient;
  BatchNorm2d norm{nullptr};
};

Case make_case(std::int64_t channels, std::uint64_t seed = 1) {
  at::Generator generator = at::detail::createCPUGenerator(seed);
  Case made;
  made.input = at::empty({3, channels, 9, 7}).uniform_(-3, 5, generator);
  made.output_gradient = at::empty({3, channels, 9, 7}).uniform_(-1, 1, generator);
  made.norm = BatchNorm2d(channels, 1e-3);
  const at::NoGradGuard no_grad;
  made.norm->weight.uniform_(0.5, 2, generator);
  made.norm->bias.uniform_(-1, 1, generator);
  return made;
}

struct Outcome {
  at::Tensor output;
  at::Tensor by_input;
  at::Tensor by_scale;
  at::Tensor by_shift;
  at::Tensor running_mean;
  at::Tensor running_var;
};

template <typename Run>
Outcome differentiate(Case test, const Run& run) {
  test.norm->train();
  const at::Tensor input = test.input.detach().clone().set_requires_grad(true);
  const at::Tensor output = run(input, *test.norm);
  const auto gradients =
      torch::autograd::grad({output}, {input, test.norm->weight, test.norm->bias},
                            {test.output_gradient.to(output.scalar_type())});
  return {output.detach(),         gradients[0],          gradients[1], gradients[2],
          test.norm->running_mean, test.norm->running_var};
}

Outcome fused(const Case& test, const ActivationSpec& activation) {
  return differentiate(test, [&](const at::Tensor& input, BatchNorm2dImpl& norm) {
    return batch_norm_activation(input, norm, activation);
  });
}

Outcome apart(const Case& test, const ActivationSpec& activation) {
  return differentiate(test, [&](const at::Tensor& input, BatchNorm2dImpl& norm) {
    return apply_activation(activation, norm.forward(input), {});
  });
}

void expect_close(const Outcome& a, const Outcome& b, double tolerance, const std::string& what) {
  const auto close = [&](const at::Tensor& x, const at::Tensor& y) {
    return at::allclose(x.to(at::kFloat), y.to(at::kFloat), tolerance, tolerance);
  };
  EXPECT_TRUE(close(a.output, b.output)) << what;
  EXPECT_TRUE(close(a.by_input, b.by_input)) << what;
  EXPECT_TRUE(close(a.by_scale, b.by_scale)) << what;
  EXPECT_TRUE(close(a.by_shift, b.by_shift)) << what;
  EXPECT_TRUE(close(a.running_mean, b.running_mean)) << what;
  EXPECT_TRUE(close(a.running_var, b.running_var)) << what;
}

TEST(BatchNormActivation, EqualsTheTwoOperationsAndTheirGradients) {
  // Channel counts below, at and beside whole vectors of 16.
  for (const std::int64_t channels : {1, 16, 37}) {
    for (const ActivationSpec& activation : kFused) {
      expect_close(fused(make_case(channels), activation), apart(make_case(channels), activation),
                   2e-4, activation.name + " " + std::to_string(channels));
    }
  }
}

TEST(BatchNormActivation, TakesChannelSlicesAsTheyLie) {
  Case whole = make_case(48);
  whole.input = whole.input.contiguous(at::MemoryFormat::ChannelsLast);
  Case slice = make_case(16, 2);
  slice.input = whole.input.narrow(1, 16, 16);
  Case copied = make_case(16, 2);
  copied.input = whole.input.narrow(1, 16, 16).contiguous();
  const ActivationSpec silu{"silu", {}};
  expect_close(fused(slice, silu), fused(copied, silu), 0, "slice");
}

TEST(BatchNormActivation, RoundsOnlyItsResultsInBfloat16) {
  for (const ActivationSpec& activation : kFused) {
    Case wide = make_case(24);
    wide.input = wide.input.to(at::kBFloat16).to(at::kFloat);
    wide.output_gradient = wide.output_gradient.to(at::kBFloat16).to(at::kFloat);
    Case narrow = make_case(24);
    narrow.input = wide.input.to(at::kBFloat16);
    const Outcome result = fused(narrow, activation);
    EXPECT_EQ(result.output.scalar_type(), at::kBFloat16);
    // bfloat16 keeps 8 bits, so results are off by 2^-8 at most.
    expect_close(result, apart(wide, activation), 1.0 / 256, activation.name);
  }
}

TEST(BatchNormActivation, GivesTheSameBitsForTheSameNumberOfThreads) {
  const int before = at::get_num_threads();
  at::set_num_threads(4);
  const ActivationSpec silu{"silu", {}};
  expect_close(fused(make_case(32), silu), fused(make_case(32), silu), 0, "repeated");
  at::set_num_threads(before);
}

TEST(BatchNormActivation, PassesNotANumberOn) {
  Case test = make_case(16);
  test.input[0][3][0][0] = std::nanf("");
  EXPECT_TRUE(fused(test, {"silu", {}}).output.isnan().any().item<bool>());
}

TEST(ConvBlock, TrainsToTheSameGradientsWhetherFusedOrNot) {
  // gelu is not fused with batch norm, silu is; both must equal the plain chain of operations.
  for (const char* name : {"gelu", "silu"}) {
    BlockContext context;
    context.activation = {name, {}};
    ConvBlock block(ConvBlockOptions(4, 8, 3), context);
    {
      const at::NoGradGuard no_grad;
      at::Generator generator = at::detail::createCPUGenerator(3);
      block->conv->weight.uniform_(-1, 1, generator);
    }
    const at::Tensor input = at::rand({2, 4, 6, 6});
    block->train();
    const at::Tensor output = block->forward(input);
    const auto gradient = torch::autograd::grad({output.square().sum()}, {block->conv->weight});
    const at::Tensor plain = block->act->forward(block->bn->forward(block->conv->forward(input)));
    const auto expected = torch::autograd::grad({plain.square().sum()}, {block->conv->weight});
    EXPECT_TRUE(at::allclose(output, plain, 1e-4, 1e-5)) << name;
    EXPECT_TRUE(at::allclose(gradient[0], expected[0], 1e-3, 1e-3)) << name;
  }
}

}  // namespace
}  // namespace gondola::nn
