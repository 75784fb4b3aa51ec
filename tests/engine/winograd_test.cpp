#include "winograd.hpp"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "convolution.hpp"
#include "engine/kernel_sets.hpp"
#include "engine/reference_network.hpp"
#include "engine/test_map.hpp"

// Winograd's filtering and the direct way, each against loops in double.

namespace gondola::engine {
namespace {

using test::TestMap;

struct Shape {
  int inputs = 0;
  int outputs = 0;
  int height = 0;
  int width = 0;
};

class Winograd : public testing::TestWithParam<const KernelSet*> {
 protected:
  void expect_like_loops(const Shape& shape, const nn::ActivationSpec& activation,
                         bool with_residual) {
    std::mt19937 random(static_cast<unsigned>(shape.height * 100 + shape.width));
    const auto number = [&] { return static_cast<float>(random() % 2001) / 1000.0F - 1; };
    const TestMap input(shape.inputs, shape.height, shape.width, 1);
    const TestMap residual(shape.outputs, shape.height, shape.width, 0);
    input.fill(random);
    residual.fill(random);

    auto weights = std::make_shared<ConvolutionWeights>();
    for (int i = 0; i < 9 * shape.inputs * shape.outputs; ++i) weights->kernels.push_back(number());
    for (int i = 0; i < shape.outputs; ++i) {
      weights->bias.push_back(number());
      if (activation.name == "prelu") weights->slopes.push_back(number());
    }
    Operation operation;
    operation.name = "test";
    operation.kernel = 3;
    operation.activation = activation;
    operation.weights = weights;
    operation.input = input.value;

    std::vector<double> expected;
    double largest = 0;
    for (int y = 0; y < shape.height; ++y) {
      for (int x = 0; x < shape.width; ++x) {
        for (int o = 0; o < shape.outputs; ++o) {
          const auto channel = static_cast<std::size_t>(o);
          double sum = weights->bias[channel];
          for (int i = 0; i < shape.inputs; ++i) {
            for (int tap = 0; tap < 9; ++tap) {
              const int from_y = y + tap / 3 - 1;
              const int from_x = x + tap % 3 - 1;
              if (from_y < 0 || from_y >= shape.height || from_x < 0 || from_x >= shape.width) {
                continue;
              }
              const auto place = static_cast<std::size_t>((o * shape.inputs + i) * 9 + tap);
              sum += static_cast<double>(weights->kernels[place]) * input.at(i, from_y, from_x);
            }
          }
          double result = test::reference_activation(
              activation, sum, weights->slopes.empty() ? 0 : weights->slopes[channel]);
          if (with_residual) result += residual.at(o, y, x);
          expected.push_back(result);
          largest = std::max(largest, std::abs(sum));
        }
      }
    }

    for (const int threads : {1, 3}) {
      for (const bool winograd : {true, false}) {
        // A border that nothing may be written to.
        const TestMap output(shape.outputs, shape.height, shape.width, 1);
        operation.output = output.value;
        const MapView skip = with_residual ? residual.view : MapView();
        if (winograd) {
          ASSERT_TRUE(WinogradConvolution::fits(operation, input.view, output.view));
          const WinogradConvolution convolution(operation, input.view, output.view, skip,
                                                *GetParam(), threads);
          EXPECT_GT(convolution.weight_bytes(), 4U * 36U * 16U);
          for (int member = 0; member < threads; ++member) convolution.run(member);
        } else {
          const Convolution convolution(operation, {input.view, output.view, skip, {}}, *GetParam(),
                                        threads);
          for (int member = 0; member < threads; ++member) convolution.run(member);
        }
        double worst = 0;
        std::size_t i = 0;
        for (int y = 0; y < shape.height; ++y) {
          for (int x = 0; x < shape.width; ++x) {
            for (int o = 0; o < shape.outputs; ++o, ++i) {
              worst = std::max(worst, std::abs(output.at(o, y, x) - expected[i]));
            }
          }
        }
        // Some tens of float roundings; the transforms multiply numbers by up to 10 and cancel.
        EXPECT_LT(worst, (winograd ? 1e-5 : 2e-6) * largest)
            << GetParam()->name << (winograd ? " Winograd, " : " direct, ") << activation << ", "
            << shape.height << " x " << shape.width << ", " << threads << " threads";
        for (int c = 0; c < output.view.channels; ++c) {
          for (int x = -1; x <= shape.width; ++x) {
            ASSERT_EQ(output.at(c, -1, x), 0) << "above the map";
            ASSERT_EQ(output.at(c, shape.height, x), 0) << "below the map";
          }
          for (int y = 0; y < shape.height; ++y) {
            ASSERT_EQ(output.at(c, y, -1), 0) << "left of the map";
            ASSERT_EQ(output.at(c, y, shape.width), 0) << "right of the map";
          }
        }
      }
    }
  }
};

TEST_P(Winograd, SizesThatAreNoMultiplesOfItsTiles) {
  const auto silu = nn::make_activation_spec("silu");
  for (const Shape& shape :
       {Shape{5, 3, 1, 1}, Shape{16, 40, 4, 4}, Shape{16, 16, 2, 9}, Shape{24, 64, 7, 5},
        Shape{48, 100, 13, 6}, Shape{16, 16, 3, 41}, Shape{64, 80, 9, 10}}) {
    expect_like_loops(shape, silu, false);
    expect_like_loops(shape, silu, true);
  }
}

TEST_P(Winograd, EveryActivationWithAndWithoutResidual) {
  for (const std::string& name : nn::activation_names()) {
    for (const bool with_residual : {false, true}) {
      expect_like_loops({20, 33, 6, 7}, nn::make_activation_spec(name), with_residual);
    }
  }
}

// More tiles than fit into one group, so that groups of different sizes follow each other.
TEST_P(Winograd, ManyGroups) {
  expect_like_loops({128, 64, 27, 30}, nn::make_activation_spec("relu"), true);
}

TEST_P(Winograd, FitsOnlyWhatItIsDefinedFor) {
  const TestMap map(16, 4, 4, 1);
  const TestMap bytes(16, 4, 4, 1, MapType::kUint8);
  Operation operation;
  operation.kernel = 3;
  EXPECT_TRUE(WinogradConvolution::fits(operation, map.view, map.view));
  EXPECT_FALSE(WinogradConvolution::fits(operation, bytes.view, map.view));
  EXPECT_FALSE(WinogradConvolution::fits(operation, map.view, bytes.view));
  operation.stride = 2;
  EXPECT_FALSE(WinogradConvolution::fits(operation, map.view, map.view));
  operation.stride = 1;
  operation.kernel = 5;
  EXPECT_FALSE(WinogradConvolution::fits(operation, map.view, map.view));
}

std::vector<const KernelSet*> sets_that_read_float32() {
  TileKey key;
  key.vectors = 2;
  std::vector<const KernelSet*> sets;
  for (const KernelSet* set : test::usable_kernel_sets()) {
    if (set->find_tile(key) != nullptr) sets.push_back(set);
  }
  return sets;
}

INSTANTIATE_TEST_SUITE_P(, Winograd, testing::ValuesIn(sets_that_read_float32()),
                         [](const auto& test) { return test::test_name(*test.param); });

}  // namespace
}  // namespace gondola::engine
