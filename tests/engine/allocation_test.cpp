#include <atomic>
#include <cstdlib>
#include <new>

#include <gtest/gtest.h>
#include <malloc.h>

#include "engine/random_network.hpp"
#include "gondola/engine/calibrator.hpp"
#include "gondola/engine/engine.hpp"

namespace {

std::atomic<long> news{0};

void* counted(std::size_t bytes, std::size_t alignment) {
  ++news;
  void* memory = std::aligned_alloc(alignment, (bytes + alignment) / alignment * alignment);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

// The other forms of the standard library call these.
void* operator new(std::size_t bytes) { return counted(bytes, alignof(std::max_align_t)); }
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return counted(bytes, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

namespace gondola::engine {
namespace {

constexpr int kSide = 64;

EngineOptions sized(Precision precision, int threads) {
  EngineOptions options;
  options.image_height = kSide;
  options.image_width = kSide;
  options.precision = precision;
  options.threads = threads;
  return options;
}

// mallinfo2() sees memory from malloc() too, whoever calls it, in all arenas.
struct Memory {
  long allocations = news;
  std::size_t bytes = mallinfo2().uordblks;
};

void expect_no_allocation(const nn::WeightsFile& weights, Precision precision) {
  if (!precision_problem(precision).empty()) GTEST_SKIP() << precision_problem(precision);
  const auto bgr = test::random_picture(kSide, kSide, 2);
  for (const int threads : {1, 2, 3}) {
    Engine engine(weights, sized(precision, threads));
    // Threads come into being with their first run.
    engine.set_picture(bgr.data(), 3 * kSide);
    engine.run();
    const Memory before;
    for (int frame = 0; frame < 8; ++frame) {
      engine.set_picture(bgr.data(), 3 * kSide);
      engine.run();
    }
    const Memory after;
    EXPECT_EQ(after.allocations, before.allocations) << threads << " threads";
    EXPECT_EQ(after.bytes, before.bytes) << threads << " threads";
  }
}

nn::WeightsFile network() {
  return test::random_network(test::builtin_spec("yolo11n", 80, nn::make_activation_spec("mish")),
                              1);
}

TEST(Allocation, CounterSeesWhatIsAllocated) {
  const Memory before;
  auto* number = new int(7);
  const Memory after_new;
  EXPECT_EQ(after_new.allocations, before.allocations + 1);
  delete number;
  void* plain = std::malloc(1000);
  const Memory after_malloc;
  EXPECT_GT(after_malloc.bytes, before.bytes);
  std::free(plain);
}

TEST(Allocation, NoneWhileFramesRun) { expect_no_allocation(network(), Precision::kFloat32); }

TEST(Allocation, NoneInBFloat16) { expect_no_allocation(network(), Precision::kBFloat16); }

TEST(Allocation, NoneInInt8) {
  const auto bgr = test::random_picture(kSide, kSide, 2);
  Calibrator calibrator(network(), sized(Precision::kFloat32, 1));
  calibrator.add(bgr.data(), 3 * kSide);
  expect_no_allocation(calibrator.quantized(), Precision::kInt8);
}

}  // namespace
}  // namespace gondola::engine
