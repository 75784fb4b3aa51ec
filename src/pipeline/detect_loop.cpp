#include "gondola/pipeline/detect_loop.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <numeric>
#include <thread>
#include <utility>
#include <variant>

#include "gondola/core/error.hpp"
#include "gondola/pipeline/bounded_queue.hpp"

namespace gondola::pipeline {
namespace {

using Clock = std::chrono::steady_clock;

double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

/// Reads a source in a thread of its own, a limited number of frames ahead.
class ReadAhead {
 public:
  struct Item {
    std::variant<media::Frame, FrameFailure> outcome;
    double read_ms = 0;
  };

  ReadAhead(media::FrameSource& source, std::size_t frames)
      : source_(source), queue_(frames), thread_([this] { read_all(); }) {}

  ~ReadAhead() {
    queue_.close();
    thread_.join();
  }
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  /// The next frame or failure, nullopt at the end. Throws what ended the source early.
  std::optional<Item> next() {
    std::optional<Item> item = queue_.pop();
    if (!item && error_) std::rethrow_exception(std::exchange(error_, nullptr));
    return item;
  }

 private:
  void read_all() {
    try {
      while (queue_.wait_for_room()) {
        std::optional<Item> item = read_one();
        if (!item || !queue_.push(std::move(*item))) break;
      }
    } catch (...) {
      error_ = std::current_exception();
    }
    queue_.close();
  }

  std::optional<Item> read_one() {
    const Clock::time_point start = Clock::now();
    try {
      std::optional<media::Frame> frame = source_.next();
      if (!frame) return std::nullopt;
      return Item{std::move(*frame), ms_since(start)};
    } catch (const media::FrameError& error) {
      return Item{FrameFailure{error.source(), error.what()}, ms_since(start)};
    }
  }

  media::FrameSource& source_;
  BoundedQueue<Item> queue_;
  std::exception_ptr error_;  // written before close(), read after pop() has seen it
  std::thread thread_;        // last: it uses everything above
};

/// One run with its running totals.
class DetectionRun {
 public:
  DetectionRun(media::FrameSource& source, Detector& detector,
               const std::vector<std::unique_ptr<DetectionSink>>& sinks, const LoopOptions& options,
               const LoopCallbacks& callbacks)
      : source_(source),
        detector_(detector),
        sinks_(sinks),
        options_(options),
        callbacks_(callbacks) {
    progress_.total = source.size_hint();
    summary_.detections_per_class.resize(detector.class_names().size());
  }

  LoopSummary run() {
    const Clock::time_point start = Clock::now();
    read_detect_write();
    for (const auto& sink : sinks_) sink->finish();
    summary_.wall_s = ms_since(start) / 1000;
    return std::move(summary_);
  }

 private:
  void read_detect_write() {
    ReadAhead reader(source_, static_cast<std::size_t>(options_.read_ahead > 0 ? options_.read_ahead
                                                                               : options_.batch));
    while (!stop_requested()) {
      std::vector<media::Frame> frames = next_batch(reader);
      if (frames.empty()) return;
      std::vector<ImageDetections> results = detect(frames);
      for (std::size_t i = 0; i < frames.size(); ++i)
        write(std::move(frames[i]), std::move(results[i]));
    }
  }

  bool stop_requested() {
    summary_.stopped = callbacks_.stop_requested && callbacks_.stop_requested();
    return summary_.stopped;
  }

  /// As many readable frames as make a batch; fewer, or none, at the end of the source.
  std::vector<media::Frame> next_batch(ReadAhead& reader) {
    std::vector<media::Frame> frames;
    while (frames.size() < static_cast<std::size_t>(options_.batch)) {
      std::optional<ReadAhead::Item> item = reader.next();
      if (!item) break;
      summary_.times_ms.read += item->read_ms;
      if (auto* frame = std::get_if<media::Frame>(&item->outcome))
        frames.push_back(std::move(*frame));
      else
        report(std::get<FrameFailure>(std::move(item->outcome)));
    }
    return frames;
  }

  void report(FrameFailure failure) {
    if (callbacks_.on_failure) callbacks_.on_failure(failure);
    summary_.failures.push_back(std::move(failure));
    ++progress_.failed;
    report_progress();
  }

  void report_progress() {
    if (callbacks_.on_progress) callbacks_.on_progress(progress_);
  }

  std::vector<ImageDetections> detect(const std::vector<media::Frame>& frames) {
    std::vector<cv::Mat> images;
    images.reserve(frames.size());
    for (const media::Frame& frame : frames) images.push_back(frame.image);
    std::vector<ImageDetections> results = detector_.detect_batch(images);
    GONDOLA_EXPECTS(results.size() == frames.size(), "detector: got ", results.size(),
                    " results for ", frames.size(), " images");
    return results;
  }

  void write(media::Frame frame, ImageDetections found) {
    add_up(found);
    const FrameDetections result{std::move(frame), std::move(found.detections), {}};
    const Clock::time_point start = Clock::now();
    for (const auto& sink : sinks_) sink->write(result);
    summary_.times_ms.write += ms_since(start);
    ++summary_.frames;
    ++progress_.done;
    report_progress();
  }

  void add_up(const ImageDetections& found) {
    StageTimes& total = summary_.times_ms.detect;
    total.preprocess += found.times_ms.preprocess;
    total.network += found.times_ms.network;
    total.postprocess += found.times_ms.postprocess;
    std::vector<std::int64_t>& counts = summary_.detections_per_class;
    for (const Detection& detection : found.detections) {
      GONDOLA_EXPECTS(detection.class_id >= 0, "detector: class id ", detection.class_id);
      const auto class_id = static_cast<std::size_t>(detection.class_id);
      if (class_id >= counts.size()) counts.resize(class_id + 1);
      ++counts[class_id];
    }
  }

  media::FrameSource& source_;
  Detector& detector_;
  const std::vector<std::unique_ptr<DetectionSink>>& sinks_;
  const LoopOptions& options_;
  const LoopCallbacks& callbacks_;
  LoopProgress progress_;
  LoopSummary summary_;
};

}  // namespace

std::int64_t LoopSummary::detections() const {
  return std::accumulate(detections_per_class.begin(), detections_per_class.end(), std::int64_t{0});
}

LoopSummary run_detection(media::FrameSource& source, Detector& detector,
                          const std::vector<std::unique_ptr<DetectionSink>>& sinks,
                          const LoopOptions& options, const LoopCallbacks& callbacks) {
  GONDOLA_EXPECTS(options.batch >= 1, "run_detection: batch is ", options.batch);
  GONDOLA_EXPECTS(options.read_ahead >= 0, "run_detection: read_ahead is ", options.read_ahead);
  for (const auto& sink : sinks) GONDOLA_EXPECTS(sink != nullptr, "run_detection: a sink is null");
  return DetectionRun(source, detector, sinks, options, callbacks).run();
}

}  // namespace gondola::pipeline
