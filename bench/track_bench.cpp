// Speed of gondola::track::Tracker and gondola::assign, on one core.
//
//   cmake --preset release && cmake --build --preset release --target track_bench
//   taskset -c 0 build/release/bench/track_bench
//
// The objects are products of a shelf that is panned past, or people who walk at random; a tenth of
// the boxes is missing from each frame, and the others are off by a pixel or two. items_per_second
// is frames a second.

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include <benchmark/benchmark.h>

#include "gondola/core/assignment.hpp"
#include "gondola/track/tracker.hpp"

namespace {

using gondola::Box;
using gondola::Detection;
using Frames = std::vector<std::vector<Detection>>;

constexpr gondola::Size kPicture{3840, 2160};
constexpr double kFps = 25;
constexpr int kFrames = 100;

class Detector {
 public:
  void see(const Box& box, std::vector<Detection>& detections) {
    const Box visible = gondola::clip(
        {box.x1 + noise(), box.y1 + noise(), box.x2 + noise(), box.y2 + noise()}, kPicture);
    const bool is_dropped = random_() % 10 == 0;
    if (visible.width() < 4 || visible.height() < 4 || is_dropped) return;
    const bool is_dim = random_() % 20 == 0;
    detections.push_back({visible, is_dim ? 0.2F : 0.9F, 0});
  }

 private:
  float noise() { return 1.5F * normal_(random_); }

  std::mt19937 random_{1};
  std::normal_distribution<float> normal_;
};

/// `count` products in sight, in rows of 50, that all move by 12 pixels a frame.
Frames panned_shelf(int count) {
  constexpr int kPerRow = 50;
  const float pitch = static_cast<float>(kPicture.width) / kPerRow;
  const float row_height =
      static_cast<float>(kPicture.height * kPerRow) / static_cast<float>(count);
  Detector detector;
  Frames frames(kFrames);
  for (int frame = 0; frame < kFrames; ++frame) {
    const float corner = 12 * static_cast<float>(frame);
    for (int row = 0; row < count / kPerRow; ++row) {
      const float y = static_cast<float>(row) * row_height;
      const int first = static_cast<int>(corner / pitch);
      for (int i = first; i <= first + kPerRow; ++i) {
        const float x = static_cast<float>(i) * pitch - corner;
        detector.see({x, y, x + 0.92F * pitch, y + 0.9F * row_height}, frames[std::size_t(frame)]);
      }
    }
  }
  return frames;
}

/// `count` people who walk in all directions and overlap.
Frames crowd(int count) {
  std::mt19937 random(2);
  const auto uniform = [&](float low, float high) {
    return std::uniform_real_distribution<float>(low, high)(random);
  };
  struct Person {
    float x, y, dx, dy, width;
  };
  std::vector<Person> people;
  for (int i = 0; i < count; ++i) {
    people.push_back(
        {uniform(0, 3700), uniform(0, 1900), uniform(-6, 6), uniform(-3, 3), uniform(40, 120)});
  }
  Detector detector;
  Frames frames(kFrames);
  for (auto& detections : frames) {
    for (Person& one : people) {
      one.x += one.dx;
      one.y += one.dy;
      detector.see({one.x, one.y, one.x + one.width, one.y + 2.2F * one.width}, detections);
    }
  }
  return frames;
}

void track_all(benchmark::State& state, const Frames& frames) {
  std::int64_t confirmed = 0;
  for (auto _ : state) {
    gondola::track::Tracker tracker;
    for (int i = 0; i < kFrames; ++i) {
      benchmark::DoNotOptimize(tracker.update(frames[std::size_t(i)], i / kFps, {}, kPicture));
    }
    confirmed = tracker.confirmed();
  }
  state.SetItemsProcessed(state.iterations() * kFrames);
  state.counters["confirmed"] = static_cast<double>(confirmed);
}

void panned_shelf_bench(benchmark::State& state) {
  track_all(state, panned_shelf(static_cast<int>(state.range(0))));
}

void crowd_bench(benchmark::State& state) {
  track_all(state, crowd(static_cast<int>(state.range(0))));
}

/// Every row may have any column.
void dense_assignment_bench(benchmark::State& state) {
  const auto side = static_cast<std::uint32_t>(state.range(0));
  std::mt19937 random(3);
  std::uniform_real_distribution<> gain(0.01, 1);
  std::vector<gondola::Pairing> pairings;
  for (std::uint32_t i = 0; i < side * side; ++i) {
    pairings.push_back({i / side, i % side, gain(random)});
  }
  for (auto _ : state) benchmark::DoNotOptimize(gondola::assign(side, side, pairings));
}

}  // namespace

BENCHMARK(panned_shelf_bench)->Arg(50)->Arg(200)->Arg(1000)->Unit(benchmark::kMillisecond);
BENCHMARK(crowd_bench)->Arg(50)->Arg(200)->Arg(1000)->Unit(benchmark::kMillisecond);
BENCHMARK(dense_assignment_bench)->Arg(100)->Arg(1000)->Unit(benchmark::kMillisecond);

BENCHMARK_MAIN();
