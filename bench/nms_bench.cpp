// Speed of gondola::nms beside cv::dnn::NMSBoxes, on one core and the same boxes.
//
//   cmake --preset release && cmake --build --preset release --target nms_bench
//   taskset -c 0 build/release/bench/nms_bench
//
// First prints a table of medians, the two taking turns in one process, then runs every case as a
// Google Benchmark (with its options: --benchmark_filter=NONE leaves the table alone).
//
// Beside the two stand two floors: reading the candidates once from memory, and std::sort of their
// scores, which every greedy NMS that sorts by comparing must spend.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <functional>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <opencv2/dnn.hpp>

#include "gondola/core/nms.hpp"

namespace {

using gondola::Detection;

constexpr float kIouThreshold = 0.7F;

struct Scenario {
  std::string name;
  std::vector<Detection> candidates;
  int rounds = 21;
};

/// The same candidates as OpenCV wants them.
struct OpenCvInput {
  std::vector<cv::Rect2d> boxes;
  std::vector<float> scores;
};

/// Products side by side on shelves, each found many times with a little jitter, as a detector does
/// before NMS.
Scenario shelf(const std::string& name, int candidates, int products, int classes) {
  std::mt19937 random(7);
  std::normal_distribution<float> jitter(0.0F, 0.02F);
  std::uniform_real_distribution<float> score(0.001F, 1.0F);
  constexpr int kPerRow = 25;
  constexpr float kWidth = 48;
  constexpr float kHeight = 96;
  Scenario scenario{name, {}};
  for (int i = 0; i < candidates; ++i) {
    const int product = i % products;
    const int row = product / kPerRow;
    const float x = static_cast<float>(product % kPerRow) * kWidth;
    const float y = static_cast<float>(row) * kHeight;
    scenario.candidates.push_back(
        {{x + kWidth * jitter(random), y + kHeight * jitter(random),
          x + kWidth * (1 + jitter(random)), y + kHeight * (1 + jitter(random))},
         score(random),
         product % classes});
  }
  return scenario;
}

/// Nothing overlaps: every candidate is kept, and a plain NMS compares all pairs.
Scenario all_distinct(int candidates) {
  Scenario scenario = shelf("all distinct", candidates, candidates, 1);
  scenario.rounds = 5;  // OpenCV takes seconds
  return scenario;
}

/// One class offset per class keeps OpenCV's boxes of different classes apart, as is usual with it.
OpenCvInput to_opencv(const std::vector<Detection>& candidates) {
  constexpr double kClassOffset = 7680;
  OpenCvInput input;
  for (const Detection& candidate : candidates) {
    const double offset = kClassOffset * candidate.class_id;
    input.boxes.emplace_back(candidate.box.x1 + offset, candidate.box.y1 + offset,
                             candidate.box.width(), candidate.box.height());
    input.scores.push_back(candidate.score);
  }
  return input;
}

std::size_t run_gondola(const std::vector<Detection>& candidates) {
  gondola::NmsOptions options;
  options.iou_threshold = kIouThreshold;
  return gondola::nms(candidates, options).size();
}

std::size_t run_opencv(const OpenCvInput& input) {
  std::vector<int> kept;
  cv::dnn::NMSBoxes(input.boxes, input.scores, 0.0F, kIouThreshold, kept);
  return kept.size();
}

float read_once(const std::vector<Detection>& candidates) {
  float sum = 0;
  for (const Detection& candidate : candidates) {
    sum +=
        candidate.score + candidate.box.x1 + candidate.box.y1 + candidate.box.x2 + candidate.box.y2;
  }
  return sum;
}

float sort_scores(std::vector<float> scores) {
  std::sort(scores.begin(), scores.end(), std::greater<>());
  return scores.front();
}

template <typename Work>
double milliseconds(const Work& work) {
  const auto start = std::chrono::steady_clock::now();
  benchmark::DoNotOptimize(work());
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
      .count();
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + std::ptrdiff_t(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

void print_row(const Scenario& scenario) {
  const OpenCvInput input = to_opencv(scenario.candidates);
  std::vector<double> gondola_ms;
  std::vector<double> opencv_ms;
  std::vector<double> read_ms;
  std::vector<double> sort_ms;
  for (int round = 0; round < scenario.rounds; ++round) {
    gondola_ms.push_back(milliseconds([&] { return run_gondola(scenario.candidates); }));
    opencv_ms.push_back(milliseconds([&] { return run_opencv(input); }));
    read_ms.push_back(milliseconds([&] { return read_once(scenario.candidates); }));
    sort_ms.push_back(milliseconds([&] { return sort_scores(input.scores); }));
  }
  std::printf("%-36s %10zu %9.3f %9.2f %7.0fx %8.3f %8.3f %7zu %7zu\n", scenario.name.c_str(),
              scenario.candidates.size(), median(gondola_ms), median(opencv_ms),
              median(opencv_ms) / median(gondola_ms), median(read_ms), median(sort_ms),
              run_gondola(scenario.candidates), run_opencv(input));
}

std::vector<Scenario> scenarios() {
  return {shelf("dense shelf, 500 products", 20000, 500, 1),
          shelf("dense shelf, 500 products, 80 classes", 20000, 500, 80), all_distinct(20000),
          shelf("all the same product", 20000, 1, 1),
          shelf("dense shelf, 100 products", 1000, 100, 1)};
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  const std::vector<Scenario> all = scenarios();
  std::printf("%-36s %10s %9s %9s %8s %8s %8s %15s\n", "median ms", "candidates", "gondola",
              "cv::dnn", "ratio", "read", "sort", "kept by each");
  for (const Scenario& scenario : all) {
    print_row(scenario);
    benchmark::RegisterBenchmark(("gondola/" + scenario.name).c_str(),
                                 [&](benchmark::State& state) {
                                   for (auto _ : state) run_gondola(scenario.candidates);
                                 })
        ->Unit(benchmark::kMicrosecond);
    benchmark::RegisterBenchmark(("opencv/" + scenario.name).c_str(), [&, input = to_opencv(
                                                                              scenario.candidates)](
                                                                          benchmark::State& state) {
      for (auto _ : state) run_opencv(input);
    })->Unit(benchmark::kMicrosecond);
  }
  std::fflush(stdout);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
