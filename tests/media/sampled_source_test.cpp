#include "gondola/media/sampled_source.hpp"

#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gondola::media {
namespace {

using ::testing::ElementsAre;

/// Ten frames at the given rate, of which one may be damaged.
class TenFrames : public FrameSource {
 public:
  explicit TenFrames(double fps, int damaged = -1) : fps_(fps), damaged_(damaged) {}

  std::optional<Frame> next() override {
    if (is_stopped_ || next_ == 10) return std::nullopt;
    const int number = next_++;
    if (number == damaged_) throw FrameError("ten", "damaged");
    Frame frame;
    frame.index = number;
    frame.time_s = number / fps_;
    return frame;
  }
  std::optional<std::size_t> size_hint() const override { return 10; }
  void stop() override { is_stopped_ = true; }

 private:
  double fps_;
  int damaged_;
  int next_ = 0;
  bool is_stopped_ = false;
};

/// Frame numbers; -1 for a failure.
std::vector<int> numbers(FrameSource& source) {
  std::vector<int> result;
  while (true) {
    try {
      const std::optional<Frame> frame = source.next();
      if (!frame) return result;
      result.push_back(static_cast<int>(frame->index));
    } catch (const FrameError&) {
      result.push_back(-1);
    }
  }
}

std::vector<int> sample(const SampleOptions& options, double fps = 10, int damaged = -1) {
  return numbers(*sampled(std::make_unique<TenFrames>(fps, damaged), options));
}

std::string failure_of(const SampleOptions& options) {
  try {
    sampled(std::make_unique<TenFrames>(10), options);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "none";
}

TEST(SampledSource, PassesEverythingByDefault) {
  EXPECT_THAT(sample({}), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9));
  EXPECT_EQ(sampled(std::make_unique<TenFrames>(10), {})->size_hint(), 10u);
}

TEST(SampledSource, TakesEachNthFrameFromTheFirst) {
  EXPECT_THAT(sample({4}), ElementsAre(0, 4, 8));
  EXPECT_EQ(sampled(std::make_unique<TenFrames>(10), {4})->size_hint(), 3u);
}

TEST(SampledSource, KeepsTheRateWhateverTheSourceHas) {
  // Slots of 0.25 s: 0 (frames 0 to 2), 1 (3, 4), 2 (5 to 7), 3 (8, 9); the first of each.
  EXPECT_THAT(sample({1, 4}), ElementsAre(0, 3, 5, 8));
  // A rate that the source has, or does not reach, takes everything.
  EXPECT_THAT(sample({1, 10}), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9));
  EXPECT_THAT(sample({1, 29.97}, 29.97), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9));
  EXPECT_THAT(sample({1, 50}, 25), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9));
}

TEST(SampledSource, EndsAfterSoManyFrames) {
  EXPECT_THAT(sample({2, 0, 3}), ElementsAre(0, 2, 4));
  EXPECT_THAT(sample({1, 0, 0}), ElementsAre());
  EXPECT_EQ(sampled(std::make_unique<TenFrames>(10), {2, 0, 3})->size_hint(), 3u);
  EXPECT_EQ(sampled(std::make_unique<TenFrames>(10), {1, 5, 3})->size_hint(), std::nullopt);
}

TEST(SampledSource, ReportsDamageOfFramesThatWereWanted) {
  EXPECT_THAT(sample({3, 0, {}}, 10, 3), ElementsAre(0, -1, 6, 9));
  EXPECT_THAT(sample({3, 0, {}}, 10, 4), ElementsAre(0, 3, 6, 9));
}

TEST(SampledSource, PassesStopOn) {
  const auto source = sampled(std::make_unique<TenFrames>(10), {});
  ASSERT_TRUE(source->next());
  source->stop();
  EXPECT_FALSE(source->next());
}

TEST(SampledSource, RefusesWhatCannotBeTaken) {
  EXPECT_EQ(failure_of({0}), "every 0-th frame cannot be taken; expected 1 or more");
  EXPECT_EQ(failure_of({1, -2}),
            "-2 frames a second cannot be taken; expected more than 0, or 0 for all");
  EXPECT_EQ(failure_of({1, 0, -1}), "at most -1 frames cannot be taken; expected 0 or more");
}

}  // namespace
}  // namespace gondola::media
