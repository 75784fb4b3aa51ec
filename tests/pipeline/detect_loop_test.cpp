#include "gondola/pipeline/detect_loop.hpp"

#include <algorithm>
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

/// Delivers some frames and then waits until it is stopped.
class WaitingSource : public gondola::media::FrameSource {
 public:
  explicit WaitingSource(int frames = 0) : frames_(frames) {}

  std::optional<Frame> next() override {
    std::unique_lock lock(mutex_);
    if (delivered_ < frames_) {
      Frame frame;
      frame.image = cv::Mat(4, 1, CV_8UC3, cv::Scalar());
      frame.source = "waiting";
      frame.index = delivered_++;
      return frame;
    }
    stopped_changed_.wait(lock, [this] { return stopped_; });
    return std::nullopt;
  }
  void stop() override {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    stopped_changed_.notify_all();
  }

 private:
  const int frames_;
  int delivered_ = 0;
  std::mutex mutex_;
  std::condition_variable stopped_changed_;
  bool stopped_ = false;
};

/// A camera: a frame as wide as its number every so often, until it is stopped or has delivered
/// all.
class TickingSource : public gondola::media::FrameSource {
 public:
  TickingSource(std::string name, int frames, std::chrono::milliseconds interval)
      : name_(std::move(name)), frames_(frames), interval_(interval) {}

  std::optional<Frame> next() override {
    if (stopped_ || next_ >= frames_) return std::nullopt;
    if (next_ == breaks_at) throw IoError(name_ + " is broken");
    std::this_thread::sleep_for(interval_);
    Frame frame;
    frame.image = cv::Mat(4, 1, CV_8UC3, cv::Scalar());
    frame.source = name_;
    frame.kind = gondola::media::SourceKind::kCamera;
    frame.index = next_++;
    newest = frame.index;
    return frame;
  }
  void stop() override { stopped_ = true; }

  std::atomic<std::int64_t> newest{-1};
  int breaks_at = -1;

 private:
  std::string name_;
  int frames_;
  std::chrono::milliseconds interval_;
  int next_ = 0;
  std::atomic<bool> stopped_{false};
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

/// Its steps look whether another batch is in the network beside them.
class SteppedDetector : public ScriptedDetector {
 public:
  std::unique_ptr<gondola::pipeline::DetectionJob> start(
      const std::vector<cv::Mat>& images) override {
    if (await_network()) prepared_beside_network = true;
    return std::make_unique<Job>(*this, images);
  }

  std::atomic<bool> prepared_beside_network{false};
  std::atomic<bool> finished_beside_network{false};

 private:
  class Job : public gondola::pipeline::DetectionJob {
   public:
    Job(SteppedDetector& detector, std::vector<cv::Mat> images)
        : detector_(detector), images_(std::move(images)) {}

    void run_network() override {
      detector_.in_network_ = true;
      std::this_thread::sleep_for(std::chrono::milliseconds(30));
      detector_.in_network_ = false;
      results_ = detector_.detect_batch(images_);
    }
    std::vector<ImageDetections> finish() override {
      if (detector_.await_network()) detector_.finished_beside_network = true;
      return results_;
    }

   private:
    SteppedDetector& detector_;
    std::vector<cv::Mat> images_;
    std::vector<ImageDetections> results_;
  };

  /// Waits a while for a batch to be in the network.
  bool await_network() const {
    for (int i = 0; i < 60 && !in_network_; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return in_network_;
  }

  std::atomic<bool> in_network_{false};
};

/// Several networks side by side, of which some take long and may fail.
class SideBySideDetector : public ScriptedDetector {
 public:
  explicit SideBySideDetector(int networks) : networks_(networks) {}

  int parallel_networks() const override { return networks_; }
  std::unique_ptr<gondola::pipeline::DetectionJob> start(
      const std::vector<cv::Mat>& images) override {
    return std::make_unique<Job>(*this, images, started_++);
  }

  std::atomic<int> most_at_once{0};
  int fails_at = -1;

 private:
  class Job : public gondola::pipeline::DetectionJob {
   public:
    Job(SideBySideDetector& detector, std::vector<cv::Mat> images, int number)
        : detector_(detector), images_(std::move(images)), number_(number) {}

    void run_network() override {
      const int now = ++detector_.in_network_;
      int most = detector_.most_at_once;
      while (now > most && !detector_.most_at_once.compare_exchange_weak(most, now)) {
      }
      // Every third one is overtaken by those behind it.
      std::this_thread::sleep_for(std::chrono::milliseconds(number_ % 3 == 0 ? 12 : 2));
      --detector_.in_network_;
      if (number_ == detector_.fails_at) throw IoError("the network broke");
    }
    std::vector<ImageDetections> finish() override { return detector_.detect_batch(images_); }

   private:
    SideBySideDetector& detector_;
    std::vector<cv::Mat> images_;
    int number_;
  };

  int networks_;
  int started_ = 0;
  std::atomic<int> in_network_{0};
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

std::vector<Step> frames_of_widths(int count) {
  std::vector<Step> frames;
  for (int i = 0; i < count; ++i) frames.emplace_back(frame(1 + i % 7));
  return frames;
}

TEST(DetectLoop, KeepsTheOrderWithNetworksSideBySide) {
  for (const int networks : {2, 5}) {
    ScriptedSource source(frames_of_widths(40));
    SideBySideDetector detector(networks);
    Record record;
    run_detection(source, detector, recording_into(record));
    ASSERT_EQ(record.sources.size(), 40U);
    for (int i = 0; i < 40; ++i) {
      EXPECT_EQ(record.sources[i], "frame " + std::to_string(i));
      EXPECT_EQ(record.detections[i], 1U + i % 7);
    }
    EXPECT_TRUE(record.is_finished);
    EXPECT_GE(detector.most_at_once, 2);
    EXPECT_LE(detector.most_at_once, networks);
  }
}

TEST(DetectLoop, EndsWhenOneOfSeveralNetworksFails) {
  for (const int fails_at : {0, 7, 39}) {
    ScriptedSource source(frames_of_widths(40));
    SideBySideDetector detector(3);
    detector.fails_at = fails_at;
    Record record;
    EXPECT_THROW(run_detection(source, detector, recording_into(record)), IoError);
    EXPECT_FALSE(record.is_finished);
    EXPECT_LE(record.sources.size(), static_cast<std::size_t>(fails_at));
  }
}

TEST(DetectLoop, EndsWithSeveralNetworksWhenASinkFails) {
  ScriptedSource source(frames_of_widths(40));
  SideBySideDetector detector(3);
  Sinks sinks;
  sinks.push_back(std::make_unique<FullDiskSink>());
  EXPECT_THROW(run_detection(source, detector, sinks), IoError);
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

TEST(DetectLoop, StopsReadingAndWritesWhatHasBeenRead) {
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
  EXPECT_GE(summary.frames, 4);  // the batch that was under way is completed
  // Two written; at most a batch with each of three stages, three queues and the feed; one read.
  EXPECT_LE(source.asked(), 2U + 7U * 2U + 1U + 2U);
  EXPECT_EQ(record.sources.size(), source.asked());
  EXPECT_TRUE(record.is_finished);
}

TEST(DetectLoop, StopsASourceThatWaits) {
  WaitingSource source;
  ScriptedDetector detector;
  Record record;
  LoopCallbacks callbacks;
  callbacks.stop_requested = [] { return true; };
  EXPECT_TRUE(run_detection(source, detector, recording_into(record), {}, callbacks).stopped);
  EXPECT_TRUE(record.is_finished);
}

TEST(DetectLoop, EndsWhenASinkFailsWhileTheSourceWaits) {
  WaitingSource source(/*frames=*/1);
  ScriptedDetector detector;
  Sinks sinks;
  sinks.push_back(std::make_unique<FullDiskSink>());
  EXPECT_THROW(run_detection(source, detector, sinks), IoError);
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
  EXPECT_GE(asked_at_most, 2U);
  EXPECT_LE(asked_at_most, 2U + 3U);  // one each read, prepared and ready for the network
}

TEST(DetectLoop, RunsTheStepsOfDifferentBatchesAtTheSameTime) {
  // Each step waits for the one of another batch that only runs beside it.
  ScriptedSource source(std::vector<Step>(6, frame(1)));
  SteppedDetector detector;
  Record record;
  run_detection(source, detector, recording_into(record));
  EXPECT_EQ(record.sources.size(), 6U);
  EXPECT_TRUE(detector.prepared_beside_network);
  EXPECT_TRUE(detector.finished_beside_network);
}

TEST(DetectLoop, LetsFollowChangeWhatTheSinksSee) {
  ScriptedSource source({frame(3), frame(1)});
  ScriptedDetector detector;
  std::vector<std::int64_t> ids;
  class TrackSink : public DetectionSink {
   public:
    explicit TrackSink(std::vector<std::int64_t>& seen) : seen_(seen) {}
    void write(const FrameDetections& result) override {
      seen_.insert(seen_.end(), result.tracks.begin(), result.tracks.end());
    }
    void finish() override {}

   private:
    std::vector<std::int64_t>& seen_;
  };
  Sinks sinks;
  sinks.push_back(std::make_unique<TrackSink>(ids));
  LoopCallbacks callbacks;
  callbacks.follow = [](FrameDetections& result) {
    for (std::size_t i = 0; i < result.detections.size(); ++i)
      result.tracks.push_back(10 * result.frame.image.cols + static_cast<std::int64_t>(i));
  };
  run_detection(source, detector, sinks, {}, callbacks);
  EXPECT_THAT(ids, ElementsAre(30, 31, 32, 10));
}

TEST(DetectLoop, ShowsTheNewestFrameOfALiveFeedHoweverSlowTheDetector) {
  TickingSource camera("camera", 150, std::chrono::milliseconds(2));
  ScriptedDetector detector;
  detector.on_detect = [] { std::this_thread::sleep_for(std::chrono::milliseconds(20)); };
  std::vector<std::int64_t> behind;
  std::vector<std::int64_t> indices;
  class AgeSink : public DetectionSink {
   public:
    AgeSink(TickingSource& source, std::vector<std::int64_t>& behind,
            std::vector<std::int64_t>& indices)
        : source_(source), behind_(behind), indices_(indices) {}
    void write(const FrameDetections& result) override {
      behind_.push_back(source_.newest - result.frame.index);
      indices_.push_back(result.frame.index);
      lag_ = std::max(lag_, result.timing.lag_s);
    }
    void finish() override { EXPECT_GE(lag_, 0.020); }

   private:
    TickingSource& source_;
    std::vector<std::int64_t>& behind_;
    std::vector<std::int64_t>& indices_;
    double lag_ = 0;
  };
  Sinks sinks;
  sinks.push_back(std::make_unique<AgeSink>(camera, behind, indices));
  const LoopSummary summary =
      run_detection({gondola::pipeline::Feed{&camera, "camera", true}}, detector, sinks);
  EXPECT_TRUE(std::is_sorted(indices.begin(), indices.end()));
  ASSERT_EQ(summary.feeds.size(), 1U);
  EXPECT_EQ(summary.feeds[0].frames + summary.feeds[0].dropped, 150);
  EXPECT_GT(summary.feeds[0].dropped, 75);
  // A queue of two between camera and detector would make every frame 20 camera frames older; the
  // median keeps a busy machine out of the picture.
  std::nth_element(behind.begin(), behind.begin() + static_cast<std::ptrdiff_t>(behind.size() / 2),
                   behind.end());
  EXPECT_LE(behind[behind.size() / 2], 15);
}

TEST(DetectLoop, GoesOnWithTheOthersWhenOneFeedBreaks) {
  TickingSource good("good", 20, std::chrono::milliseconds(1));
  TickingSource bad("bad", 20, std::chrono::milliseconds(1));
  bad.breaks_at = 3;
  ScriptedDetector detector;
  Record record;
  const LoopSummary summary = run_detection(
      {gondola::pipeline::Feed{&bad, "bad", false}, gondola::pipeline::Feed{&good, "good", false}},
      detector, recording_into(record));
  ASSERT_EQ(summary.feeds.size(), 2U);
  EXPECT_EQ(summary.feeds[0].frames, 3);
  EXPECT_EQ(summary.feeds[1].frames, 20);
  ASSERT_EQ(summary.failures.size(), 1U);
  EXPECT_EQ(summary.failures[0].reason, "bad is broken");
  EXPECT_TRUE(record.is_finished);
}

TEST(DetectLoop, TellsTheSinksWhereASourceEnds) {
  ScriptedSource source({frame(1), frame(1)});
  ScriptedDetector detector;
  class EndSink : public DetectionSink {
   public:
    explicit EndSink(std::vector<std::string>& events) : events_(events) {}
    void write(const FrameDetections& result) override { events_.push_back(result.frame.source); }
    void stopped_early() override { events_.emplace_back("stopped"); }
    void end_source(const std::string& name) override { events_.push_back("end " + name); }
    void finish() override { events_.push_back("finish"); }

   private:
    std::vector<std::string>& events_;
  };
  std::vector<std::string> events;
  Sinks sinks;
  sinks.push_back(std::make_unique<EndSink>(events));
  run_detection(source, detector, sinks);
  EXPECT_THAT(events, ElementsAre("frame 0", "end frame 0", "frame 1", "end frame 1", "finish"));

  events.clear();
  ScriptedSource stopped({frame(1), frame(1), frame(1)});
  LoopCallbacks callbacks;
  callbacks.stop_requested = [] { return true; };
  run_detection(stopped, detector, sinks, {}, callbacks);
  ASSERT_GE(events.size(), 2U);
  EXPECT_EQ(events.back(), "finish");
  const auto told = std::find(events.begin(), events.end(), "stopped");
  ASSERT_NE(told, events.end());
  EXPECT_EQ(std::count_if(told, events.end(),
                          [](const std::string& event) { return event.rfind("frame", 0) == 0; }),
            0)
      << "what has been read by then is written before";
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
