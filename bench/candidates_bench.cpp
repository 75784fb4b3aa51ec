// Times nn::select_candidates() on the logits of a 640x640 picture: three levels, 8400 cells.
#include <random>
#include <vector>

#include <benchmark/benchmark.h>

#include "gondola/nn/candidates.hpp"

namespace {

using gondola::nn::CandidateOptions;
using gondola::nn::LevelLogits;

constexpr int kRegMax = 16;

struct Picture {
  std::vector<std::vector<float>> memory;
  std::vector<LevelLogits> levels;
};

/// @param objects  cells with one class above the threshold of 0.25
Picture make_picture(int classes, int objects) {
  std::mt19937 generator(1);
  std::normal_distribution<float> box(0, 1);
  std::normal_distribution<float> background(-9, 1);
  Picture picture;
  for (const int stride : {8, 16, 32}) {
    const int side = 640 / stride;
    const std::ptrdiff_t step = 4 * kRegMax + classes;
    const auto cells = static_cast<std::size_t>(side * side);
    std::vector<float>& logits =
        picture.memory.emplace_back(cells * static_cast<std::size_t>(step));
    for (std::size_t i = 0; i < logits.size(); ++i) {
      const bool is_box = i % static_cast<std::size_t>(step) < 4 * kRegMax;
      logits[i] = is_box ? box(generator) : background(generator);
    }
    picture.levels.push_back(
        {logits.data(), logits.data() + 4 * kRegMax, side, side, stride, step, step});
  }
  std::uniform_int_distribution<std::size_t> any_cell(0, 6399);
  for (int i = 0; i < objects; ++i) {
    const auto step = static_cast<std::size_t>(picture.levels[0].class_step);
    picture.memory[0][any_cell(generator) * step + 4 * kRegMax] = 1.0F;
  }
  return picture;
}

void select_candidates(benchmark::State& state) {
  const auto classes = static_cast<int>(state.range(0));
  const Picture picture = make_picture(classes, static_cast<int>(state.range(1)));
  CandidateOptions options;
  options.class_count = classes;
  options.reg_max = kRegMax;
  for (auto _ : state) {
    benchmark::DoNotOptimize(gondola::nn::select_candidates(picture.levels, options));
  }
}

BENCHMARK(select_candidates)
    ->ArgNames({"classes", "objects"})
    ->Args({80, 20})
    ->Args({80, 500})
    ->Args({1, 500})
    ->Unit(benchmark::kMicrosecond);

}  // namespace

BENCHMARK_MAIN();
