#pragma once

#include <random>
#include <utility>

#include "gondola/train/batch_source.hpp"

namespace gondola::test {

/// Pictures of 64 x 64 pixels with one white disc (class 0) or square (class 1) each, the same ones
/// for the same epoch and batch.
class ShapesSource : public train::BatchSource {
 public:
  explicit ShapesSource(std::size_t batches = 4, std::size_t batch_size = 4)
      : batches_(batches), batch_size_(batch_size) {}

  void start_epoch(int epoch, std::size_t first_batch = 0) override {
    epoch_ = epoch;
    next_ = first_batch;
  }

  std::optional<train::Batch> next() override {
    if (next_ >= batches_) return std::nullopt;
    std::mt19937 random(static_cast<unsigned>(epoch_ * 1000) + static_cast<unsigned>(next_++));
    train::Batch batch;
    batch.size = {kSide, kSide};
    batch.pixels.assign(batch_size_ * kSide * kSide * 3, 40);
    for (std::size_t i = 0; i < batch_size_; ++i) {
      const int radius = 8 + static_cast<int>(random() % 8);
      const int x = radius + static_cast<int>(random() % static_cast<unsigned>(kSide - 2 * radius));
      const int y = radius + static_cast<int>(random() % static_cast<unsigned>(kSide - 2 * radius));
      const bool square = random() % 2 == 1;
      draw(batch.pixels.data() + i * kSide * kSide * 3, x, y, radius, square);
      const auto side = [](int value) { return static_cast<float>(value); };
      batch.labels.push_back(
          {{{side(x - radius), side(y - radius), side(x + radius), side(y + radius)},
            square ? 1 : 0}});
      batch.sources.push_back("shape");
    }
    return batch;
  }

  std::size_t batches_per_epoch() const override { return batches_; }

 private:
  static constexpr int kSide = 64;

  static void draw(std::uint8_t* picture, int cx, int cy, int radius, bool square) {
    for (int y = cy - radius; y < cy + radius; ++y) {
      for (int x = cx - radius; x < cx + radius; ++x) {
        const bool inside = square || (x - cx) * (x - cx) + (y - cy) * (y - cy) <= radius * radius;
        if (!inside) continue;
        for (int c = 0; c < 3; ++c) picture[(y * kSide + x) * 3 + c] = 230;
      }
    }
  }

  std::size_t batches_;
  std::size_t batch_size_;
  int epoch_ = 0;
  std::size_t next_ = 0;
};

}  // namespace gondola::test
