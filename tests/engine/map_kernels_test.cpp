#include <algorithm>
#include <cmath>
#include <cstring>

#include <gtest/gtest.h>

#include "engine/kernel_sets.hpp"
#include "engine/reference_network.hpp"
#include "engine/test_map.hpp"
#include "tile_choice.hpp"

// Everything that is not a dense convolution, in every kernel set that this CPU has.

namespace gondola::engine {
namespace {

using test::TestMap;

class MapKernels : public testing::TestWithParam<const KernelSet*> {
 protected:
  const KernelSet& kernels() const { return *GetParam(); }
  std::mt19937 random_{1};
};

TEST_P(MapKernels, MaxPoolTakesWhatIsInsideTheMap) {
  for (const int size : {1, 3, 5, 13}) {
    const TestMap from(32, 4, 7, 0);
    const TestMap to(32, 4, 7, 0);
    from.fill(random_);
    // Only negative numbers: whoever takes a 0 from beyond the edge shows.
    for (int i = 0; i < 4 * 7 * 32; ++i) from.at(i, 0, 0) -= 2;
    kernels().max_pool(from.view, to.view, size, 0, 2);
    kernels().max_pool(from.view, to.view, size, 2, 4);
    for (int y = 0; y < 4; ++y) {
      for (int x = 0; x < 7; ++x) {
        for (int c = 0; c < 32; ++c) {
          float best = -100;
          for (int wy = std::max(0, y - size / 2); wy <= std::min(3, y + size / 2); ++wy) {
            for (int wx = std::max(0, x - size / 2); wx <= std::min(6, x + size / 2); ++wx) {
              best = std::max(best, from.at(c, wy, wx));
            }
          }
          ASSERT_EQ(to.at(c, y, x), best) << size << ": " << c << ", " << y << ", " << x;
        }
      }
    }
  }
}

TEST_P(MapKernels, MaxPoolOfBytesTakesTheGreatestByte) {
  const TestMap from(16, 3, 4, 0, MapType::kUint8);
  const TestMap to(16, 3, 4, 0, MapType::kUint8);
  for (int i = 0; i < 3 * 4 * 16; ++i) from.byte_at(i, 0, 0) = static_cast<std::uint8_t>(random_());
  kernels().max_pool(from.view, to.view, 3, 0, 3);
  for (int y = 0; y < 3; ++y) {
    for (int x = 0; x < 4; ++x) {
      for (int c = 0; c < 16; ++c) {
        std::uint8_t best = 0;
        for (int wy = std::max(0, y - 1); wy <= std::min(2, y + 1); ++wy) {
          for (int wx = std::max(0, x - 1); wx <= std::min(3, x + 1); ++wx) {
            best = std::max(best, from.byte_at(c, wy, wx));
          }
        }
        ASSERT_EQ(to.byte_at(c, y, x), best);
      }
    }
  }
}

TEST_P(MapKernels, DepthwiseMultipliesEveryChannelByItsOwnKernel) {
  for (const int kernel : {1, 3, 5}) {
    for (const std::string& name : nn::activation_names()) {
      const nn::ActivationSpec spec = nn::make_activation_spec(name);
      const TileActivationChoice choice = choose_activation(spec, kernels());
      const TestMap from(32, 5, 6, kernel / 2);
      const TestMap to(32, 5, 6, 0);
      from.fill(random_);
      std::vector<float> weights;
      for (int i = 0; i < kernel * kernel * 32; ++i) {
        weights.push_back(static_cast<float>(random_() % 2001) / 1000.0F - 1);
      }
      std::vector<float> bias;
      std::vector<float> slope;
      for (int c = 0; c < 32; ++c) {
        bias.push_back(0.1F * static_cast<float>(c - 16));
        slope.push_back(name == "prelu" ? 0.2F * static_cast<float>(c - 8) : choice.slope);
      }
      DepthwiseArguments arguments;
      arguments.input = from.view;
      arguments.output = to.view;
      arguments.weights = weights.data();
      arguments.bias = bias.data();
      arguments.slope = slope.data();
      arguments.kernel = kernel;
      arguments.activation = choice.activation;
      arguments.activate = choice.activate;
      arguments.activation_parameter = choice.parameter;
      kernels().depthwise(arguments, 0, 3);
      kernels().depthwise(arguments, 3, 5);
      for (int y = 0; y < 5; ++y) {
        for (int x = 0; x < 6; ++x) {
          for (int c = 0; c < 32; ++c) {
            double sum = bias[static_cast<std::size_t>(c)];
            for (int tap = 0; tap < kernel * kernel; ++tap) {
              // The border holds zeros.
              sum += static_cast<double>(weights[static_cast<std::size_t>(tap * 32 + c)]) *
                     from.at(c, y + tap / kernel - kernel / 2, x + tap % kernel - kernel / 2);
            }
            const double expected =
                test::reference_activation(spec, sum, slope[static_cast<std::size_t>(c)]);
            ASSERT_NEAR(to.at(c, y, x), expected, 1e-5) << spec << ", kernel " << kernel;
          }
        }
      }
    }
  }
}

TEST_P(MapKernels, ConversionRoundsToTheNearestStepAndStopsAtTheEnds) {
  const TestMap reals(16, 1, 1, 0);
  TestMap bytes(16, 1, 1, 0, MapType::kUint8);
  bytes.view.scale = 0.5F;
  bytes.view.zero_point = 100;
  const std::vector<float> values = {0,  0.5F, 0.7F, 0.8F, -0.2F, -0.3F, 77,    77.5F,
                                     78, 1e9F, -50,  -51,  -1e9F, 10,    0.25F, 0.75F};
  // Halves to even: 0.25 is 0.5 steps, 0.75 is 1.5.
  const std::vector<int> stored = {100, 101, 101, 102, 100, 99,  254, 255,
                                   255, 255, 0,   0,   0,   120, 100, 102};
  for (int c = 0; c < 16; ++c) reals.at(c, 0, 0) = values[static_cast<std::size_t>(c)];
  kernels().convert(reals.view, bytes.view, 0, 1);
  for (int c = 0; c < 16; ++c) {
    EXPECT_EQ(bytes.byte_at(c, 0, 0), stored[static_cast<std::size_t>(c)])
        << values[static_cast<std::size_t>(c)];
  }
  const TestMap back(16, 1, 1, 0);
  kernels().convert(bytes.view, back.view, 0, 1);
  for (int c = 0; c < 16; ++c) {
    EXPECT_EQ(back.at(c, 0, 0),
              0.5F * static_cast<float>(stored[static_cast<std::size_t>(c)] - 100));
  }
  // Another scale: half as many steps.
  TestMap coarse(16, 1, 1, 0, MapType::kUint8);
  coarse.view.scale = 1;
  coarse.view.zero_point = 50;
  kernels().convert(bytes.view, coarse.view, 0, 1);
  EXPECT_EQ(coarse.byte_at(13, 0, 0), 60);
  EXPECT_EQ(coarse.byte_at(9, 0, 0), 128);  // 77.5 is between 127 and 128; to the even one
}

TEST_P(MapKernels, ConversionToBFloat16RoundsHalvesToEven) {
  const TestMap reals(16, 1, 1, 0);
  const TestMap halves(16, 1, 1, 0, MapType::kBFloat16);
  const TestMap back(16, 1, 1, 0);
  // One unit in the last place at 1 is 2^-7.
  reals.at(0, 0, 0) = 1 + 0x1p-8F;             // a half: to the even 1
  reals.at(1, 0, 0) = 1 + 3 * 0x1p-8F;         // a half: to the even 1 + 2^-6
  reals.at(2, 0, 0) = 1 + 0x1p-8F + 0x1p-20F;  // above a half
  reals.at(3, 0, 0) = -3.140625F;              // held exactly
  kernels().convert(reals.view, halves.view, 0, 1);
  kernels().convert(halves.view, back.view, 0, 1);
  EXPECT_EQ(back.at(0, 0, 0), 1);
  EXPECT_EQ(back.at(1, 0, 0), 1 + 0x1p-6F);
  EXPECT_EQ(back.at(2, 0, 0), 1 + 0x1p-7F);
  EXPECT_EQ(back.at(3, 0, 0), -3.140625F);
}

// Two rows of two pixels from the second row of a picture on, whose rows lie 7 bytes apart.
template <typename Element>
std::vector<Element> packed(const KernelSet& kernels, MapType type) {
  const std::vector<std::uint8_t> bgr = {9, 9, 9, 9, 9, 9, 9, 0, 51, 255, 1,
                                         2, 3, 9, 7, 8, 9, 4, 5, 6,  9};
  std::vector<Element> numbers(3 * 2 * 4, Element{77});
  MapView map;
  map.type = type;
  map.height = 3;
  map.width = 2;
  map.channels = 4;
  map.pixel_bytes = 4 * sizeof(Element);
  map.row_bytes = 2 * map.pixel_bytes;
  map.data = reinterpret_cast<std::byte*>(numbers.data());
  kernels.pack_rows(bgr.data(), 7, map, 1, 3);
  // The first row is another member's.
  for (std::size_t i = 0; i < 8; ++i) EXPECT_EQ(numbers[i], Element{77});
  numbers.erase(numbers.begin(), numbers.begin() + 8);
  return numbers;
}

TEST_P(MapKernels, PictureRowsBecomeRedGreenBlueAndAZero) {
  const std::vector<int> expected = {255, 51, 0, 0, 3, 2, 1, 0, 9, 8, 7, 0, 6, 5, 4, 0};
  const auto bytes = packed<std::uint8_t>(kernels(), MapType::kUint8);
  EXPECT_EQ(std::vector<int>(bytes.begin(), bytes.end()), expected);

  const auto reals = packed<float>(kernels(), MapType::kFloat32);
  const auto halves = packed<std::uint16_t>(kernels(), MapType::kBFloat16);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(reals[i], static_cast<float>(expected[i]) / 255.0F) << i;
    const std::uint32_t bits = static_cast<std::uint32_t>(halves[i]) << 16U;
    float value = 0;
    std::memcpy(&value, &bits, sizeof(value));
    EXPECT_NEAR(value, expected[i] / 255.0, expected[i] / 255.0 / 256) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(, MapKernels, testing::ValuesIn(test::usable_kernel_sets()),
                         [](const auto& test) { return test::test_name(*test.param); });

}  // namespace
}  // namespace gondola::engine
