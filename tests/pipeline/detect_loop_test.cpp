#include "gondola/pipeline/detect_loop.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gondola/core/error.hpp"

namespace {

using gondola::ClassNames;
using gondola::Detection;
using gondola::IoError;
using gondola::media::Frame;
using gondola::media::FrameError;
using gondola::pipeline::DetectionSink;
using gondola::pipeline::Detector;
using gondola::pipeline::FrameDetections;
using gondola::pipeline::FrameFailure;
using gondola::pipeline::ImageDetections;
using gondola::pipeline::LoopCallbacks;
using gondola::pipeline::LoopOptions;
using gondola::pipeline::LoopProgress;
using gondola::pipeline::LoopSummary;
using gondola::pipeline::run_detection;
using testing::ElementsAre;
using testing::IsEmpty;

/// What a source does in turn: deliver a frame as wide as the number says, or fail.
struct Step {
  int width = 0;
  bool is_broken = false;
  bool is_fatal = false;
};

Step frame(int width) { return {width, false, false}; }
Step broken_frame() { return {0, true, false}; }
Step fatal_failure() { return {0, false, true}; }

class ScriptedSource : public gondola::media::FrameSource {
 public:
  explicit ScriptedSource(std::vector<Step> steps) : steps_(std::move(steps)) {}

  std::optional<Frame> next() override {
    const std::size_t step = asked_++;
    if (step >= steps_.size()) return std::nullopt;
    const std::string name = "frame " + std::to_string(step);
    if (steps_[step].is_broken) throw FrameError(name, name + " is broken");
    if (steps_[step].is_fatal) throw IoError("the camera is gone");
    Frame frame;
    frame.image = cv::Mat(4, steps_[step].width, CV_8UC3, cv::Scalar());
    frame.source = name;
    return frame;
  }

  std::optional<std::size_t> size_hint() const override { return steps_.size(); }

  std::size_t asked() const { return asked_; }

 private:
  std::vector<Step> steps_;
  std::atomic<std::size_t> asked_{0};
};

/// Finds one object per pixel of an image's width, of class width % 3, and remembers the batches.
class ScriptedDetector : public Detector {
 public:
  std::vector<ImageDetections> detect_batch(const std::vector<cv::Mat>& images) override {
    if (on_detect) on_detect();
    batches.push_back(images.size());
    std::vector<ImageDetections> results;
    for (const cv::Mat& image : images) {
      ImageDetections result;
      result.image = {image.cols, image.rows};
      result.detections.assign(static_cast<std::size_t>(image.cols),
                               Detection{{0, 0, 1, 1}, 0.5F, image.cols % 3});
      result.times_ms = {1, 20, 300};
      results.push_back(std::move(result));
    }
    if (drop_a_result) results.pop_back();
    return results;
  }
  const ClassNames& class_names() const override { return names_; }
  const std::string& model_name() const override { return model_name_; }

  std::function<void()> on_detect;
  bool drop_a_result = false;
  std::vector<std::size_t> batches;

 private:
  ClassNames names_{{"zero", "one", "two"}};
  std::string model_name_ = "scripted";
};

struct Record {
  std::vector<std::string> sources;
  std::vector<std::size_t> detections;
  bool is_finished = false;
};

class RecordingSink : public DetectionSink {
 public:
  explicit RecordingSink(Record& record) : record_(record) {}
  void write(const FrameDetections& result) override {
    record_.sources.push_back(result.frame.source);
    record_.detections.push_back(result.detections.size());
    EXPECT_EQ(result.detections.size(), static_cast<std::size_t>(result.frame.image.cols));
    EXPECT_THAT(result.tracks, IsEmpty());
  }
  void finish() override { record_.is_finished = true; }

 private:
  Record& record_;
};

class FullDiskSink : public DetectionSink {
 public:
  void write(const FrameDetections&) override { throw IoError("disk full"); }
  void finish() override {}
};

using Sinks = std::vector<std::unique_ptr<DetectionSink>>;

Sinks recording_into(Record& record) {
  Sinks sinks;
  sinks.push_back(std::make_unique<RecordingSink>(record));
  return sinks;
}

LoopOptions batches_of(int batch) {
  LoopOptions options;
  options.batch = batch;
  return options;
}

TEST(DetectLoop, HandsResultsOverInSourceOrder) {
  ScriptedSource source({frame(3), frame(1), frame(2)});
  ScriptedDetector detector;
  Record record;
  const LoopSummary summary = run_detection(source, detector, recording_into(record));
  EXPECT_THAT(record.sources, ElementsAre("frame 0", "frame 1", "frame 2"));
  EXPECT_THAT(record.detections, ElementsAre(3, 1, 2));
  EXPECT_TRUE(record.is_finished);
  EXPECT_EQ(summary.frames, 3);
  EXPECT_FALSE(summary.stopped);
  EXPECT_THAT(summary.failures, IsEmpty());
}

TEST(DetectLoop, FillsBatchesAndRunsTheRemainder) {
  ScriptedSource source(std::vector<Step>(7, frame(1)));
  ScriptedDetector detector;
  Record record;
  run_detection(source, detector, recording_into(record), batches_of(3));
  EXPECT_THAT(detector.batches, ElementsAre(3, 3, 1));
  EXPECT_EQ(record.sources.size(), 7U);
}

TEST(DetectLoop, GivesEveryImageOfABatchItsOwnResult) {
  ScriptedSource source({frame(5), frame(2), frame(9), frame(4)});
  ScriptedDetector detector;
  Record record;
  run_detection(source, detector, recording_into(record), batches_of(4));
  EXPECT_THAT(record.detections, ElementsAre(5, 2, 9, 4));
}

TEST(DetectLoop, ReportsBrokenFramesAndGoesOn) {
  ScriptedSource source({broken_frame(), frame(1), broken_frame(), frame(2), frame(3)});
  ScriptedDetector detector;
  Record record;
  std::vector<std::string> reported;
  LoopCallbacks callbacks;
  callbacks.on_failure = [&](const FrameFailure& failure) { reported.push_back(failure.source); };
  const LoopSummary summary =
      run_detection(source, detector, recording_into(record), batches_of(2), callbacks);
  EXPECT_THAT(record.sources, ElementsAre("frame 1", "frame 3", "frame 4"));
  EXPECT_THAT(detector.batches, ElementsAre(2, 1));
  EXPECT_THAT(reported, ElementsAre("frame 0", "frame 2"));
  ASSERT_EQ(summary.failures.size(), 2U);
  EXPECT_EQ(summary.failures[1].source, "frame 2");
  EXPECT_EQ(summary.failures[1].reason, "frame 2 is broken");
  EXPECT_EQ(summary.frames, 3);
  EXPECT_TRUE(record.is_finished);
}

TEST(DetectLoop, FinishesTheSinksWhenEveryFrameIsBroken) {
  ScriptedSource source({broken_frame(), broken_frame()});
  ScriptedDetector detector;
  Record record;
  const LoopSummary summary = run_detection(source, detector, recording_into(record));
  EXPECT_EQ(summary.frames, 0);
  EXPECT_EQ(summary.failures.size(), 2U);
  EXPECT_THAT(detector.batches, IsEmpty());
  EXPECT_TRUE(record.is_finished);
}

TEST(DetectLoop, EndsAtOnceWithAnEmptySource) {
  ScriptedSource source({});
  ScriptedDetector detector;
  Record record;
  EXPECT_EQ(run_detection(source, detector, recording_into(record)).frames, 0);
  EXPECT_TRUE(record.is_finished);
}

TEST(DetectLoop, CountsByClassAndAddsUpTimes) {
  ScriptedSource source({frame(3), frame(1), frame(4)});  // classes 0, 1 and 1
  ScriptedDetector detector;
  Record record;
  const LoopSummary summary = run_detection(source, detector, recording_into(record));
  EXPECT_THAT(summary.detections_per_class, ElementsAre(3, 5, 0));
  EXPECT_EQ(summary.detections(), 8);
  EXPECT_DOUBLE_EQ(summary.times_ms.detect.preprocess, 3);
  EXPECT_DOUBLE_EQ(summary.times_ms.detect.network, 60);
  EXPECT_DOUBLE_EQ(summary.times_ms.detect.postprocess, 900);
  EXPECT_GT(summary.times_ms.read, 0);
  EXPECT_GT(summary.times_ms.write, 0);
  EXPECT_GT(summary.wall_s, 0);
}

TEST(DetectLoop, ReportsProgressAfterEveryFrame) {
  ScriptedSource source({frame(1), broken_frame(), frame(1)});
  ScriptedDetector detector;
  std::vector<std::string> seen;
  LoopCallbacks callbacks;
  callbacks.on_progress = [&](const LoopProgress& progress) {
    seen.push_back(gondola::concat(progress.done, '+', progress.failed, '/', *progress.total));
  };
  run_detection(source, detector, {}, {}, callbacks);
  EXPECT_THAT(seen, ElementsAre("1+0/3", "1+1/3", "2+1/3"));
}

TEST(DetectLoop, StopsBeforeTheNextBatchAndKeepsWhatIsDone) {
  ScriptedSource source(std::vector<Step>(1000, frame(1)));
  ScriptedDetector detector;
  Record record;
  std::atomic<bool> interrupted{false};
  LoopCallbacks callbacks;
  callbacks.on_progress = [&](const LoopProgress& progress) {
    if (progress.done == 3) interrupted = true;
  };
  callbacks.stop_requested = [&] { return interrupted.load(); };
  const LoopSummary summary =
      run_detection(source, detector, recording_into(record), batches_of(2), callbacks);
  EXPECT_TRUE(summary.stopped);
  EXPECT_EQ(summary.frames, 4);  // the batch that was under way is completed
  EXPECT_EQ(record.sources.size(), 4U);
  EXPECT_TRUE(record.is_finished);
  EXPECT_LE(source.asked(), 4U + 2U + 1U);
}

TEST(DetectLoop, CarriesOverWhatEndsTheSource) {
  ScriptedSource source({frame(1), frame(1), fatal_failure()});
  ScriptedDetector detector;
  Record record;
  EXPECT_THROW(run_detection(source, detector, recording_into(record)), IoError);
  EXPECT_THAT(record.sources, ElementsAre("frame 0", "frame 1"));
  EXPECT_FALSE(record.is_finished);
}

TEST(DetectLoop, CarriesOverWhatTheDetectorThrows) {
  ScriptedSource source(std::vector<Step>(50, frame(1)));
  ScriptedDetector detector;
  detector.on_detect = [&] {
    if (detector.batches.size() == 2) throw std::runtime_error("out of memory");
  };
  Record record;
  EXPECT_THROW(run_detection(source, detector, recording_into(record)), std::runtime_error);
  EXPECT_EQ(record.sources.size(), 2U);
  EXPECT_FALSE(record.is_finished);
}

TEST(DetectLoop, CarriesOverWhatASinkThrows) {
  ScriptedSource source(std::vector<Step>(50, frame(1)));
  ScriptedDetector detector;
  Record record;
  Sinks sinks = recording_into(record);
  sinks.push_back(std::make_unique<FullDiskSink>());
  EXPECT_THROW(run_detection(source, detector, sinks), IoError);
  EXPECT_FALSE(record.is_finished);
  EXPECT_LT(source.asked(), 50U);
}

TEST(DetectLoop, ReadsAheadWhileTheDetectorWorksButNoFurther) {
  ScriptedSource source(std::vector<Step>(10, frame(1)));
  ScriptedDetector detector;
  std::size_t asked_at_most = 0;
  std::size_t calls = 0;
  detector.on_detect = [&] {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    const std::size_t expected = ++calls + 2;  // those detected, and two more
    while (source.asked() < std::min<std::size_t>(expected, 10) &&
           std::chrono::steady_clock::now() < deadline)
      std::this_thread::yield();
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    asked_at_most = std::max(asked_at_most, source.asked() - calls);
  };
  LoopOptions options;
  options.read_ahead = 2;
  run_detection(source, detector, {}, options);
  EXPECT_EQ(asked_at_most, 2U);
}

TEST(DetectLoop, NamesADetectorThatLosesAResult) {
  ScriptedSource source({frame(1), frame(1)});
  ScriptedDetector detector;
  detector.drop_a_result = true;
  EXPECT_THROW(run_detection(source, detector, {}, batches_of(2)), gondola::ContractViolation);
}

TEST(DetectLoop, RefusesOptionsThatMakeNoSense) {
  ScriptedSource source({});
  ScriptedDetector detector;
  EXPECT_THROW(run_detection(source, detector, {}, batches_of(0)), gondola::ContractViolation);
  LoopOptions options;
  options.read_ahead = -1;
  EXPECT_THROW(run_detection(source, detector, {}, options), gondola::ContractViolation);
  Sinks null_sink(1);
  EXPECT_THROW(run_detection(source, detector, null_sink), gondola::ContractViolation);
}

}  // namespace
