#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>

#include <gtest/gtest.h>

#include "engine/kernel_sets.hpp"
#include "engine/reference_network.hpp"
#include "gondola/core/error.hpp"
#include "gondola/nn/activation.hpp"
#include "tile_choice.hpp"

// Every tile of every kernel set that this CPU has, against loops in double.

namespace gondola::engine {
namespace {

constexpr int kKernelHeight = 3;
constexpr int kKernelWidth = 2;
constexpr int kPacks = 3;
constexpr int kTaps = kKernelHeight * kKernelWidth;
constexpr int kStride = 2;
constexpr std::size_t kGap = 12;  // bytes between one output pixel and the next
constexpr auto kUntouched = std::byte{0xAB};

int bytes_of(MapType type) {
  return type == MapType::kFloat32 ? 4 : type == MapType::kBFloat16 ? 2 : 1;
}

// A number in a map's memory.
double load(MapType type, const std::byte* from) {
  if (type == MapType::kUint8) return std::to_integer<int>(*from);
  std::uint32_t bits = 0;
  if (type == MapType::kFloat32) {
    std::memcpy(&bits, from, 4);
  } else {
    std::memcpy(reinterpret_cast<std::byte*>(&bits) + 2, from, 2);
  }
  float value = 0;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

// Stores a number that the type holds exactly.
void store(MapType type, std::byte* to, float value) {
  if (type == MapType::kUint8) {
    *to = static_cast<std::byte>(static_cast<int>(value));
  } else if (type == MapType::kFloat32) {
    std::memcpy(to, &value, 4);
  } else {
    std::memcpy(to, reinterpret_cast<const std::byte*>(&value) + 2, 2);
  }
}

nn::ActivationSpec activation_for(TileActivation activation) {
  switch (activation) {
    case TileActivation::kPiecewiseLinear:
      return nn::make_activation_spec("prelu");
    case TileActivation::kSilu:
      return nn::make_activation_spec("silu");
    case TileActivation::kHardswish:
      return nn::make_activation_spec("hardswish");
    case TileActivation::kOther:
      return nn::make_activation_spec("gelu");
  }
  return {};
}

// One tile with numbers, and what must come out.
class TileCase {
 public:
  TileCase(const KernelSet& kernels, const TileKey& key, bool with_residual, unsigned seed)
      : kernels_(kernels),
        key_(key),
        with_residual_(with_residual),
        random_(seed),
        lanes_(static_cast<std::size_t>(key.vectors * kernels.width)),
        per_pack_(4 / bytes_of(key.input)) {
    make_input();
    make_weights();
    make_constants();
  }

  void check() {
    const auto out_bytes = static_cast<std::size_t>(bytes_of(key_.output));
    const std::size_t pixel_bytes = lanes_ * out_bytes + kGap;
    const auto pixels = static_cast<std::size_t>(key_.pixels);
    std::vector<std::byte> output(pixels * pixel_bytes, kUntouched);
    std::vector<std::byte> residual(pixels * pixel_bytes);
    for (std::size_t i = 0; i < residual.size() / out_bytes; ++i) {
      const float value = key_.output == MapType::kUint8 ? between(0, 255) : between(-8, 8) / 4;
      store(key_.output, residual.data() + i * out_bytes, value);
    }
    TileArguments arguments = arguments_;
    arguments.output_pixel = static_cast<std::ptrdiff_t>(pixel_bytes);
    arguments.residual_pixel = arguments.output_pixel;
    arguments.output_inverse_scale = 1 / kOutputScale;
    arguments.output_zero_point = kOutputZero;
    arguments.residual_scale = kResidualScale;
    arguments.residual_zero_point = kResidualZero;
    const TileFunction tile = kernels_.find_tile(key_);
    tile(arguments, input_.data(), output.data(), with_residual_ ? residual.data() : nullptr);

    for (std::size_t p = 0; p < pixels; ++p) {
      for (std::size_t lane = 0; lane < lanes_; ++lane) {
        const std::size_t place = p * pixel_bytes + lane * out_bytes;
        double extra = with_residual_ ? load(key_.output, residual.data() + place) : 0;
        if (with_residual_ && key_.output == MapType::kUint8) {
          extra = (extra - kResidualZero) * kResidualScale;
        }
        expect_result(load(key_.output, output.data() + place), sum_of(p, lane), extra, lane);
      }
      for (std::size_t i = 0; i < kGap; ++i) {
        ASSERT_EQ(output[p * pixel_bytes + lanes_ * out_bytes + i], kUntouched) << "beyond a pixel";
      }
    }
  }

 private:
  static constexpr float kOutputScale = 0.0625F;
  static constexpr float kOutputZero = 31;
  static constexpr float kResidualScale = 0.03125F;
  static constexpr float kResidualZero = 120;

  struct Sum {
    double value = 0;
    double size = 0;  // of all that was added
  };

  // A whole number, so that products of 8 bits are exact.
  float between(int low, int high) {
    return static_cast<float>(low +
                              static_cast<int>(random_() % static_cast<unsigned>(high - low + 1)));
  }

  void make_input() {
    // Pixels one pack longer than what is read of them.
    const int pixel_bytes = 4 * (kPacks + 1);
    const int columns = kStride * (key_.pixels - 1) + kKernelWidth;
    arguments_.input_pixel = pixel_bytes;
    arguments_.input_step = kStride * pixel_bytes;
    arguments_.input_row = columns * pixel_bytes;
    input_.resize(static_cast<std::size_t>(kKernelHeight * columns * pixel_bytes));
    const auto bytes = static_cast<std::size_t>(bytes_of(key_.input));
    for (std::size_t i = 0; i < input_.size() / bytes; ++i) {
      const float value = key_.input == MapType::kUint8 ? between(0, 255) : between(-127, 127) / 64;
      store(key_.input, input_.data() + i * bytes, value);
    }
  }

  void make_weights() {
    const std::size_t count =
        static_cast<std::size_t>(kTaps * kPacks) * lanes_ * static_cast<std::size_t>(per_pack_);
    for (std::size_t i = 0; i < count; ++i) {
      weights_.push_back(key_.input == MapType::kUint8 ? between(-127, 127)
                                                       : between(-127, 127) / 128);
    }
    packed_.resize(count * static_cast<std::size_t>(bytes_of(key_.input)));
    for (std::size_t i = 0; i < count; ++i) {
      if (key_.input == MapType::kUint8) {
        packed_[i] = static_cast<std::byte>(static_cast<std::int8_t>(weights_[i]));
      } else {
        store(key_.input, packed_.data() + i * static_cast<std::size_t>(bytes_of(key_.input)),
              weights_[i]);
      }
    }
    arguments_.weights = packed_.data();
    arguments_.kernel_height = kKernelHeight;
    arguments_.kernel_width = kKernelWidth;
    arguments_.channel_packs = kPacks;
  }

  void make_constants() {
    for (std::size_t lane = 0; lane < lanes_; ++lane) {
      bias_.push_back(between(-100, 100) / 50);
      // Brings sums of some 10^5 to about 3.
      scale_.push_back(key_.input == MapType::kUint8 ? between(10, 60) * 1e-6F : 1.0F);
      slope_.push_back(between(-100, 200) / 100);
    }
    arguments_.bias = bias_.data();
    arguments_.scale = scale_.data();
    arguments_.slope = slope_.data();
    arguments_.activate = kernels_.find_activation("gelu");
  }

  Sum sum_of(std::size_t pixel, std::size_t lane) const {
    Sum sum;
    std::size_t tap = 0;
    for (int y = 0; y < kKernelHeight; ++y) {
      for (int x = 0; x < kKernelWidth; ++x, ++tap) {
        const std::byte* from = input_.data() + y * arguments_.input_row +
                                x * arguments_.input_pixel +
                                static_cast<std::ptrdiff_t>(pixel) * arguments_.input_step;
        for (int c = 0; c < kPacks * per_pack_; ++c) {
          const std::size_t pack = tap * kPacks + static_cast<std::size_t>(c / per_pack_);
          const double weight =
              weights_[(pack * lanes_ + lane) * static_cast<std::size_t>(per_pack_) +
                       static_cast<std::size_t>(c % per_pack_)];
          const double product = weight * load(key_.input, from + c * bytes_of(key_.input));
          sum.value += product;
          sum.size += std::abs(product);
        }
      }
    }
    sum.value = sum.value * scale_[lane] + bias_[lane];
    sum.size = sum.size * scale_[lane] + std::abs(bias_[lane]);
    return sum;
  }

  void expect_result(double found, const Sum& sum, double extra, std::size_t lane) const {
    const double exact =
        test::reference_activation(activation_for(key_.activation), sum.value, slope_[lane]) +
        extra;
    // Float sums; the slope of every activation here is at most 2. Narrow inputs take the rough
    // exponential, within 1.5e-4 of x.
    double allowed = 2 * 1e-6 * sum.size + 4e-7 * (std::abs(sum.value) + std::abs(exact));
    if (key_.activation == TileActivation::kSilu && key_.input != MapType::kFloat32) {
      allowed += 1.6e-4 * std::abs(sum.value);
    }
    switch (key_.output) {
      case MapType::kFloat32:
        break;
      case MapType::kBFloat16:
        allowed += std::abs(exact) / 256;
        break;
      case MapType::kUint8: {
        const double stored = std::clamp(exact / kOutputScale + kOutputZero, 0.0, 255.0);
        EXPECT_NEAR(found, stored, 0.5 + allowed / kOutputScale) << describe() << ", lane " << lane;
        return;
      }
    }
    EXPECT_NEAR(found, exact, allowed) << describe() << ", lane " << lane;
  }

  std::string describe() const {
    return concat(kernels_.name, ": ", bytes_of(key_.input), " to ", bytes_of(key_.output),
                  " bytes, ", activation_for(key_.activation), ", ", key_.vectors, " vectors x ",
                  key_.pixels, " pixels", with_residual_ ? ", residual" : "");
  }

  const KernelSet& kernels_;
  TileKey key_;
  bool with_residual_;
  std::mt19937 random_;
  std::size_t lanes_;
  int per_pack_;
  TileArguments arguments_;
  std::vector<std::byte> input_;
  std::vector<float> weights_;  // in the order of the packed ones
  std::vector<std::byte> packed_;
  std::vector<float> bias_;
  std::vector<float> scale_;
  std::vector<float> slope_;
};

class Tiles : public testing::TestWithParam<const KernelSet*> {};

constexpr MapType kTypes[] = {MapType::kFloat32, MapType::kBFloat16, MapType::kUint8};
constexpr TileActivation kActivations[] = {TileActivation::kPiecewiseLinear, TileActivation::kSilu,
                                           TileActivation::kHardswish, TileActivation::kOther};

TEST_P(Tiles, AllComputeWhatLoopsCompute) {
  const KernelSet& kernels = *GetParam();
  int found = 0;
  for (const MapType input : kTypes) {
    for (const MapType output : kTypes) {
      for (const TileActivation activation : kActivations) {
        for (int vectors = 1; vectors <= 8; ++vectors) {
          for (int pixels = 1; pixels <= 32; ++pixels) {
            const TileKey key{input, output, activation, vectors, pixels};
            if (kernels.find_tile(key) == nullptr) continue;
            ++found;
            for (const bool with_residual : {false, true}) {
              TileCase(kernels, key, with_residual, static_cast<unsigned>(found)).check();
            }
          }
        }
      }
    }
  }
  // Each size for every activation, and on wide machines for every output.
  EXPECT_EQ(found, kernels.width == 16 ? 15 * 4 * 3 : 4 * 4);
}

// Whatever the number of channels and the width of a map, there are tiles for it.
TEST_P(Tiles, CoverEveryMap) {
  const KernelSet& kernels = *GetParam();
  for (const MapType input : kTypes) {
    TileKey key;
    key.input = input;
    key.vectors = 2;
    if (kernels.find_tile(key) == nullptr) continue;
    for (int channels = 16; channels <= 1280; channels += 16) {
      const std::vector<int> split = split_vectors(kernels, key, channels / kernels.width);
      int sum = 0;
      for (const int vectors : split) {
        sum += vectors;
        EXPECT_LE(vectors * kernels.width, kMaxLanes);
        key.vectors = vectors;
        for (const int width : {1, 2, 3, 7, 10, 20, 33}) {
          const int pixels = best_pixels(kernels, key, width);
          EXPECT_LE(pixels, width);
          key.pixels = pixels;
          EXPECT_NE(kernels.find_tile(key), nullptr);
        }
      }
      EXPECT_EQ(sum, channels / kernels.width);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(, Tiles, testing::ValuesIn(test::usable_kernel_sets()),
                         [](const auto& test) { return test::test_name(*test.param); });

}  // namespace
}  // namespace gondola::engine
