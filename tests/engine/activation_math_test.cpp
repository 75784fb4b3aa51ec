#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include <gtest/gtest.h>

#include "engine/kernel_sets.hpp"
#include "engine/reference_network.hpp"
#include "gondola/nn/activation.hpp"
#include "tile_choice.hpp"

// activation_math.hpp, compiled into every kernel set, against std:: in double.

namespace gondola::engine {
namespace {

// Every sixteenth number is computed by another lane.
constexpr std::size_t kLanes = 16;

class ActivationMath : public testing::TestWithParam<const KernelSet*> {
 protected:
  // An activation through the set's own function, or through a tile that multiplies by 1.
  std::vector<float> computed(const nn::ActivationSpec& spec, std::vector<float> values) const {
    const KernelSet& kernels = *GetParam();
    const std::size_t count = values.size();
    values.resize((count + kLanes - 1) / kLanes * kLanes);
    const TileActivationChoice choice = choose_activation(spec, kernels);
    if (choice.activation == TileActivation::kOther) {
      choice.activate(values.data(), values.size(), choice.parameter);
    } else {
      // Depthwise convolutions are there in every set and, unlike tiles, take every type.
      DepthwiseArguments arguments;
      arguments.kernel = 1;
      MapView view;
      view.height = 1;
      view.width = static_cast<int>(values.size() / kLanes);
      view.channels = kLanes;
      view.pixel_bytes = kLanes * sizeof(float);
      view.row_bytes = view.width * view.pixel_bytes;
      view.data = reinterpret_cast<std::byte*>(values.data());
      arguments.input = view;
      arguments.output = view;
      const std::vector<float> ones(kLanes, 1);
      const std::vector<float> zeros(kLanes, 0);
      const std::vector<float> slopes(kLanes, choice.slope);
      arguments.weights = ones.data();
      arguments.bias = zeros.data();
      arguments.slope = slopes.data();
      arguments.activation = choice.activation;
      kernels.depthwise(arguments, 0, 1);
    }
    values.resize(count);
    return values;
  }

  // @param allowed  the largest error for an argument
  void expect_near_definition(const nn::ActivationSpec& spec,
                              const std::function<double(double)>& allowed) const {
    std::vector<float> arguments = {0.0F,     -0.0F,    1e-45F, -1e-45F, 1e-40F,
                                    -1e-40F,  1.2e-38F, 88.7F,  -88.7F,  89,
                                    -103.97F, 3,        -3,     1e4F,    -1e4F};
    for (int i = -50000; i <= 50000; ++i) arguments.push_back(0.002F * static_cast<float>(i));
    for (int i = -1000; i <= 1000; ++i) arguments.push_back(1e-6F * static_cast<float>(i));
    const std::vector<float> found = computed(spec, arguments);
    double worst = 0;
    float where = 0;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      const double exact =
          test::reference_activation(spec, arguments[i], spec.parameter.value_or(0));
      const double share = std::abs(found[i] - exact) / allowed(arguments[i]);
      if (share <= worst) continue;
      worst = share;
      where = arguments[i];
    }
    EXPECT_LE(worst, 1) << spec << " of " << where << " is off by " << worst
                        << " times what is allowed";
  }

  float at(const char* name, float x) const {
    return computed(nn::make_activation_spec(name), std::vector<float>(kLanes, x)).front();
  }
};

// One rounding of a float, relative.
constexpr double kUnit = 6e-8;

TEST_P(ActivationMath, SiluIsRelativelyRight) {
  // The reciprocal's error of 2^-14 squared, the exponential's and that of its rounded argument,
  // x * log2(e), which the exponential multiplies by ln 2 * |x| * log2(e); far below 0 what is
  // left is smaller than anything else in a map.
  expect_near_definition(nn::make_activation_spec("silu"), [](double x) {
    const double exact = std::abs(x / (1 + std::exp(-x)));
    return exact * (4e-7 + 2 * kUnit * std::min(std::abs(x), 100.0)) + 1e-25;
  });
}

TEST_P(ActivationMath, GeluIsWithinItsErfsError) {
  expect_near_definition(nn::make_activation_spec("gelu"),
                         [](double x) { return std::abs(x) * 3e-7 + 1e-40; });
}

TEST_P(ActivationMath, MishIsRelativelyRight) {
  expect_near_definition(nn::make_activation_spec("mish"), [](double x) {
    const double exact = std::abs(x * std::tanh(std::log1p(std::exp(std::min(x, 40.0)))));
    return exact * (8e-7 + 2 * kUnit * std::min(std::abs(x), 100.0)) + 1e-36;
  });
}

TEST_P(ActivationMath, EluTanhAndSigmoidAreAbsolutelyRight) {
  for (const double alpha : {0.5, 1.0, 2.5}) {
    expect_near_definition(nn::make_activation_spec("elu", alpha),
                           [&](double) { return alpha * 3e-7; });
  }
  expect_near_definition(nn::make_activation_spec("tanh"), [](double) { return 3e-7; });
  expect_near_definition(nn::make_activation_spec("sigmoid"), [](double) { return 3e-7; });
}

TEST_P(ActivationMath, HardswishIsRightAndExactBeyondItsBends) {
  expect_near_definition(nn::make_activation_spec("hardswish"),
                         [](double x) { return 4 * kUnit * std::max(std::abs(x), 1e-30); });
  EXPECT_EQ(at("hardswish", -3.001F), 0);
  EXPECT_EQ(at("hardswish", -1e30F), 0);
  EXPECT_EQ(at("hardswish", 5), 5);
}

TEST_P(ActivationMath, PiecewiseLinearOnesAreExact) {
  for (const nn::ActivationSpec& spec :
       {nn::make_activation_spec("relu"), nn::make_activation_spec("identity"),
        nn::make_activation_spec("leaky_relu", 0.25), nn::make_activation_spec("prelu", 0.5)}) {
    // But for the last digit of a denormal.
    expect_near_definition(spec, [](double) { return 1e-45; });
  }
}

TEST_P(ActivationMath, ExtremesEndAtTheLimits) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  constexpr float kHuge = std::numeric_limits<float>::max();
  for (const float x : {1e10F, kHuge, kInfinity}) {
    EXPECT_EQ(at("sigmoid", x), 1) << x;
    EXPECT_NEAR(at("sigmoid", -x), 0, 1e-37) << x;
    EXPECT_EQ(at("tanh", x), 1) << x;
    EXPECT_EQ(at("tanh", -x), -1) << x;
    EXPECT_EQ(at("elu", -x), -1) << x;
    for (const char* name : {"elu", "silu", "gelu", "mish", "hardswish", "relu", "identity"}) {
      EXPECT_TRUE(at(name, x) == x || std::abs(at(name, x) / x - 1) < 1e-6) << name << " of " << x;
    }
  }
}

TEST_P(ActivationMath, SumsThatGrewHugeBelowZeroStayFinite) {
  for (const char* name : {"silu", "gelu", "mish", "elu"}) {
    // Relative to the argument, nothing is left.
    EXPECT_NEAR(at(name, -1e10F), name == std::string("elu") ? -1 : 0, 1e-19) << name;
    EXPECT_LE(std::abs(at(name, -std::numeric_limits<float>::max())), 1e9) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(, ActivationMath, testing::ValuesIn(test::usable_kernel_sets()),
                         [](const auto& test) { return test::test_name(*test.param); });

}  // namespace
}  // namespace gondola::engine
