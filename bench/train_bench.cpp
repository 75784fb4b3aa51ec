// Training throughput: the whole loop of `gondola train` (decoding, mosaic and the other default
// augmentations, network forward and backward, loss, optimizer, average) on real pictures.
//
//   cmake --build --preset release --target train_bench
//   build/release/bench/train_bench [SIDE [BATCH [THREADS]]]        default: 320 16 2
//
// Peer: Ultralytics 8 in Python on the same class of machine, yolov8n at 320, batch 16, 2 threads,
// 33.5 pictures/s (shared/README.md; it is not run here). The physical limit is what this machine
// multiplies: the network's multiply-adds, three times (forward, gradient of the maps, gradient of
// the weights), at the speed of a large matrix product of the same type measured in the same run.
//
// fp32 and bf16 take turns; medians of the rounds are given.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <ATen/ATen.h>
#include <malloc.h>
#include <unistd.h>

#include "gondola/data/batch_loader.hpp"
#include "gondola/engine/precision.hpp"
#include "gondola/nn/runtime.hpp"
#include "gondola/train/trainer.hpp"

namespace {

namespace fs = std::filesystem;
using namespace gondola;  // a program of its own, not a header

constexpr int kRounds = 5;
constexpr int kBatchesPerRound = 12;
constexpr double kPeerImagesPerSecond = 33.5;

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

nn::ModelSpec yolov8n(int class_count) {
  for (const auto& [name, yaml] : nn::builtin_model_yamls()) {
    if (name != "yolov8n") continue;
    nn::ModelSpec spec = nn::parse_model_spec(yaml, name);
    spec.class_count = class_count;
    spec.class_names.clear();
    return spec;
  }
  std::fprintf(stderr, "train_bench: no model yolov8n\n");
  std::exit(1);
}

// Multiply-adds of one picture, counted by the layers themselves.
double multiply_adds(const nn::ModelSpec& spec, int side) {
  nn::Network network(spec);
  nn::initialize_parameters(network, 0);
  network->eval();
  std::int64_t sum = 0;
  network->observe([&](const nn::LayerRun& run) { sum += run.multiply_adds; });
  const at::NoGradGuard no_grad;
  network->forward(at::zeros({1, 3, side, side}));
  return static_cast<double>(sum);
}

double matrix_multiply_adds_per_second(at::ScalarType type) {
  constexpr std::int64_t kSide = 1536;
  const at::Tensor a = at::rand({kSide, kSide}).to(type);
  const at::Tensor b = at::rand({kSide, kSide}).to(type);
  at::Tensor c = at::mm(a, b);
  std::vector<double> seconds;
  for (int i = 0; i < 9; ++i) {
    const auto start = std::chrono::steady_clock::now();
    at::mm_out(c, a, b);
    seconds.push_back(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return static_cast<double>(kSide * kSide * kSide) / median(seconds);
}

struct Round {
  double images_per_second = 0;
  double network_share = 0;
  double waiting_share = 0;
};

// One precision's run, advanced round by round.
class Training {
 public:
  Training(const nn::ModelSpec& spec, std::shared_ptr<const data::Dataset> pictures, int side,
           std::size_t batch, bool bfloat16)
      : batch_(batch) {
    data::LoaderOptions loader;
    loader.image_size = side;
    loader.batch_size = batch;
    source_ =
        std::make_unique<data::BatchLoader>(std::move(pictures), loader, data::AugmentOptions{});
    nn::Network network(spec);
    nn::initialize_parameters(network, 0);
    train::TrainerOptions options;
    options.epochs = 1000;
    options.bfloat16 = bfloat16;
    options.optimizer.kind = train::OptimizerKind::kAdamW;
    options.schedule.learning_rate = 0.001;
    options.checkpoint_seconds = -1;
    trainer_ = std::make_unique<train::Trainer>(network, options, *source_, nullptr);
  }

  Round run() {
    using Clock = std::chrono::steady_clock;
    int batches = 0;
    Clock::time_point start;
    train::TrainProgress last;
    train::TrainCallbacks callbacks;
    // The first batch of a round fills the queue and the caches.
    callbacks.on_batch = [&](const train::TrainProgress& now, const train::Batch&) {
      if (batches++ == 0) start = Clock::now();
      last = now;
    };
    callbacks.stop_requested = [&] { return batches > kBatchesPerRound; };
    trainer_->run(checkpoint_, callbacks);
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    return {static_cast<double>(batch_) * kBatchesPerRound / seconds, last.network_share,
            last.waiting_share};
  }

  ~Training() { fs::remove(checkpoint_); }
  Training(const Training&) = delete;
  Training& operator=(const Training&) = delete;

 private:
  std::size_t batch_;
  fs::path checkpoint_ =
      fs::temp_directory_path() / ("train-bench-" + std::to_string(getpid()) + ".safetensors");
  std::unique_ptr<data::BatchLoader> source_;
  std::unique_ptr<train::Trainer> trainer_;
};

}  // namespace

int main(int argc, char** argv) {
  // As gondola starts gondola-torch: in huge pages. Read at a program's start only.
  if (std::getenv("GLIBC_TUNABLES") == nullptr) {
    setenv("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1", 0);
    execv("/proc/self/exe", argv);
  }
  const int side = argc > 1 ? std::atoi(argv[1]) : 320;
  const auto batch = static_cast<std::size_t>(argc > 2 ? std::atoi(argv[2]) : 16);
  const int threads = argc > 3 ? std::atoi(argv[3]) : 2;
  // As the gondola command does: large blocks stay with the process.
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  nn::set_threads(threads);

  const char* shared = std::getenv("GONDOLA_SHARED");
  const fs::path folder = fs::path(shared != nullptr ? shared : "../shared") / "data/beverages";
  if (!fs::exists(folder)) {
    std::fprintf(stderr, "train_bench: no pictures in %s; set GONDOLA_SHARED\n", folder.c_str());
    return 1;
  }
  const auto pictures = std::make_shared<const data::Dataset>(data::load_dataset(folder));
  const nn::ModelSpec spec = yolov8n(static_cast<int>(pictures->names.size()));
  const double work = 3 * multiply_adds(spec, side);

  struct Precision {
    const char* name;
    at::ScalarType type;
    std::unique_ptr<Training> training;
    std::vector<double> rates, network, waiting;
  };
  std::vector<Precision> precisions;
  precisions.push_back({"fp32",
                        at::kFloat,
                        std::make_unique<Training>(spec, pictures, side, batch, false),
                        {},
                        {},
                        {}});
  if (engine::precision_problem(engine::Precision::kBFloat16).empty()) {
    precisions.push_back({"bf16",
                          at::kBFloat16,
                          std::make_unique<Training>(spec, pictures, side, batch, true),
                          {},
                          {},
                          {}});
  }
  for (int round = 0; round < kRounds; ++round) {
    for (Precision& precision : precisions) {
      const Round result = precision.training->run();
      precision.rates.push_back(result.images_per_second);
      precision.network.push_back(result.network_share);
      precision.waiting.push_back(result.waiting_share);
    }
  }
  std::printf("yolov8n, %d px, batch %zu, %d threads, default augmentation, %.2f GMAC a picture\n",
              side, batch, threads, work / 1e9);
  std::printf("%-6s %11s %8s %9s %9s %17s %8s\n", "", "pictures/s", "vs peer", "network", "waiting",
              "limit pictures/s", "of limit");
  for (const Precision& precision : precisions) {
    const double rate = median(precision.rates);
    const double limit = matrix_multiply_adds_per_second(precision.type) / work;
    std::printf("%-6s %11.1f %7.2fx %8.0f%% %8.0f%% %17.1f %7.0f%%\n", precision.name, rate,
                rate / kPeerImagesPerSecond, 100 * median(precision.network),
                100 * median(precision.waiting), limit, 100 * rate / limit);
  }
  return 0;
}
