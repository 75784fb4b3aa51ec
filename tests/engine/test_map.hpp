#pragma once

#include <cstring>
#include <random>
#include <vector>

#include "aligned_buffer.hpp"
#include "graph.hpp"
#include "kernel_set.hpp"

namespace gondola::test {

/// A map with memory of its own, and a value of all its logical channels.
struct TestMap {
  TestMap(int channels, int height, int width, int border,
          engine::MapType type = engine::MapType::kFloat32) {
    const int memory = (channels + engine::kChannelAlignment - 1) / engine::kChannelAlignment *
                       engine::kChannelAlignment;
    const int bytes = type == engine::MapType::kFloat32    ? 4
                      : type == engine::MapType::kBFloat16 ? 2
                                                           : 1;
    view.height = height;
    view.width = width;
    view.channels = memory;
    view.type = type;
    view.pixel_bytes = memory * bytes;
    view.row_bytes = (width + 2 * border) * view.pixel_bytes;
    buffer =
        engine::AlignedBuffer(static_cast<std::size_t>((height + 2 * border) * view.row_bytes));
    view.data = buffer.data() + border * (view.row_bytes + view.pixel_bytes);
    value = {0, height, width, {{0, channels, 0, 0}}};
  }

  /// Of float32 maps.
  float& at(int c, int y, int x) const {
    return reinterpret_cast<float*>(view.row(y) + x * view.pixel_bytes)[c];
  }
  /// Of uint8 maps.
  std::uint8_t& byte_at(int c, int y, int x) const {
    return reinterpret_cast<std::uint8_t*>(view.row(y) + x * view.pixel_bytes)[c];
  }

  /// Random numbers from -1 to 1 in the logical channels; the others hold something too.
  void fill(std::mt19937& random) const {
    for (int y = 0; y < view.height; ++y) {
      for (int x = 0; x < view.width; ++x) {
        for (int c = 0; c < view.channels; ++c) {
          at(c, y, x) = static_cast<float>(random() % 2001) / 1000.0F - 1;
        }
      }
    }
  }

  engine::AlignedBuffer buffer;
  engine::MapView view;
  engine::Value value;
};

}  // namespace gondola::test
