// Training samples per second of gondola::data::Sampler on one core, that is, what augmentation
// costs the network when both share the cores.
//
//   cmake --preset release && cmake --build --preset release --target sampler_bench
//   taskset -c 0 build/release/bench/sampler_bench [--benchmark_filter=640]
//
// The pictures are those of $GONDOLA_SHARED/data/beverages (640x640 JPEG), else 64 made ones of the
// same size. "cached" finds every picture decoded, as all epochs but the first do when memory
// allows; "decoded" finds none.

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include <benchmark/benchmark.h>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <unistd.h>

#include "gondola/data/sampler.hpp"

namespace {

namespace data = gondola::data;
namespace fs = std::filesystem;

std::shared_ptr<const data::Dataset> make_pictures() {
  const fs::path folder = fs::temp_directory_path() / ("sampler-bench-" + std::to_string(getpid()));
  fs::create_directories(folder);
  data::Dataset dataset;
  for (int i = 0; i < 64; ++i) {
    cv::Mat picture(640, 640, CV_8UC3);
    cv::theRNG().state = static_cast<std::uint64_t>(i) + 1;
    cv::randu(picture, 0, 256);
    cv::GaussianBlur(picture, picture, {}, 4);
    const std::string path = folder / (std::to_string(i) + ".jpg");
    cv::imwrite(path, picture);
    dataset.images.push_back({path, {640, 640}, "", {{{100, 100, 300, 400}, 0, false, 0}}});
  }
  return std::make_shared<data::Dataset>(std::move(dataset));
}

const std::shared_ptr<const data::Dataset>& pictures() {
  static const std::shared_ptr<const data::Dataset> kPictures = [] {
    const char* shared = std::getenv("GONDOLA_SHARED");
    const fs::path real = fs::path(shared != nullptr ? shared : "../shared") / "data/beverages";
    if (!fs::exists(real)) return make_pictures();
    return std::shared_ptr<const data::Dataset>(
        std::make_shared<data::Dataset>(data::load_dataset(real)));
  }();
  return kPictures;
}

void make_samples(benchmark::State& state, const data::AugmentOptions& augment, bool cached) {
  cv::setNumThreads(1);
  const auto side = static_cast<int>(state.range(0));
  data::SamplerOptions options;
  options.augment = augment;
  options.image_size = side;
  options.cache_bytes = cached ? std::size_t{4} << 30U : 0;
  const data::Sampler sampler(pictures(), options);
  const std::size_t count = pictures()->images.size();
  cv::Mat sample(side, side, CV_8UC3);
  if (cached)
    for (std::size_t i = 0; i < count; ++i) sampler.make({0, i, false}, sample);
  std::size_t made = 0;
  for (auto _ : state) {
    const int epoch = static_cast<int>(made / count) + 1;
    benchmark::DoNotOptimize(sampler.make({epoch, made % count}, sample));
    ++made;
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(made));
}

data::AugmentOptions without_mosaic() {
  data::AugmentOptions augment;
  augment.mosaic = 0;
  return augment;
}

data::AugmentOptions turned() {
  data::AugmentOptions augment;
  augment.degrees = 10;
  augment.perspective = 0.0005;
  return augment;
}

const bool kRegistered = [] {
  const auto add = [](const char* name, const data::AugmentOptions& augment, bool cached) {
    benchmark::RegisterBenchmark(
        name, [=](benchmark::State& state) { make_samples(state, augment, cached); })
        ->Arg(320)
        ->Arg(640)
        ->Unit(benchmark::kMillisecond);
  };
  add("mosaic/cached", {}, true);
  add("mosaic/decoded", {}, false);
  add("mosaic_in_perspective/cached", turned(), true);
  add("single/cached", without_mosaic(), true);
  add("single/decoded", without_mosaic(), false);
  add("letterbox/cached", data::no_augmentation(), true);
  return true;
}();

}  // namespace

BENCHMARK_MAIN();
