#include "gondola/pipeline/detect_loop.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <map>
#include <mutex>
#include <numeric>
#include <thread>
#include <utility>

#include "frame_feeds.hpp"
#include "gondola/core/error.hpp"
#include "gondola/pipeline/bounded_queue.hpp"

namespace gondola::pipeline {
namespace {

/// With a live feed, batches between the moment they are taken and the moment they are written: one
/// in the network, one with the sinks. More would only grow old.
constexpr int kLiveBatches = 2;

constexpr std::chrono::milliseconds kStopInterval{100};

/// What is taken from the feeds at once, on its way to the sinks.
struct Batch {
  std::int64_t number = 0;  // from 0, in the order of the feeds
  std::vector<FrameFeeds::Item> items;
  std::unique_ptr<DetectionJob> job;   // of the frames among the items; null when there are none
  std::vector<ImageDetections> found;  // in their order
};

/// What the sinks are to see of a batch.
struct Followed {
  std::vector<std::variant<FrameDetections, FrameFailure>> results;
  std::vector<FrameFeeds::Item> items;  // those they were made of, without their frames
  std::vector<ImageDetections> found;   // without the detections
  double follow_ms = 0;
};

/// Counts how many of something are under way.
class Limit {
 public:
  explicit Limit(int most) : free_(most) {}

  void enter() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return free_ > 0 || open_; });
    --free_;
  }
  void leave() {
    {
      const std::lock_guard lock(mutex_);
      ++free_;
    }
    changed_.notify_one();
  }
  /// From now on everybody may enter.
  void open() {
    {
      const std::lock_guard lock(mutex_);
      open_ = true;
    }
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int free_;
  bool open_ = false;
};

class DetectionRun {
 public:
  DetectionRun(const std::vector<Feed>& feeds, Detector& detector,
               const std::vector<std::unique_ptr<DetectionSink>>& sinks, const LoopOptions& options,
               const LoopCallbacks& callbacks)
      : detector_(detector),
        networks_(detector.parallel_networks()),
        sinks_(sinks),
        options_(options),
        callbacks_(callbacks),
        last_frames_(feeds.size()),
        feeds_(feeds, static_cast<std::size_t>(options.read_ahead > 0 ? options.read_ahead
                                                                      : options.batch)) {
    std::size_t total = 0;
    bool is_known = true;
    for (const Feed& feed : feeds) {
      const std::optional<std::size_t> size = feed.source->size_hint();
      is_known = is_known && size;
      total += size.value_or(0);
      summary_.feeds.push_back({feed.name, 0, 0, 0, 0});
    }
    if (is_known) progress_.total = total;
    summary_.detections_per_class.resize(detector.class_names().size());
  }

  LoopSummary run() {
    start_ = last_statistics_ = Clock::now();
    std::vector<std::thread> stages;
    stages.emplace_back([this] { stage([this] { prepare(); }); });
    for (int i = 0; i < networks_; ++i)
      stages.emplace_back([this] { stage([this] { run_network(); }); });
    stages.emplace_back([this] { stage([this] { follow(); }); });
    stage([this] { write(); });
    for (std::thread& thread : stages) thread.join();
    if (error_ != nullptr) std::rethrow_exception(error_);
    if (summary_.stopped)
      for (const auto& sink : sinks_) sink->stopped_early();
    for (std::size_t feed = 0; feed < last_frames_.size(); ++feed) end_source(feed);
    for (const auto& sink : sinks_) sink->finish();
    summary_.wall_s = ms_since(start_) / 1000;
    return std::move(summary_);
  }

 private:
  /// Runs a stage and notes what it was left by. The end of a stage ends those before it and, once
  /// they have taken what is left, those after it.
  template <typename Body>
  void stage(const Body& body) {
    try {
      body();
    } catch (...) {
      feeds_.stop();
      const std::lock_guard lock(error_mutex_);
      if (error_ == nullptr) error_ = std::current_exception();
    }
  }

  /// Closes a queue, or ends the feeds, when a stage is left by whichever way.
  template <typename Action>
  class AtExit {
   public:
    explicit AtExit(Action action) : action_(std::move(action)) {}
    ~AtExit() { action_(); }
    AtExit(const AtExit&) = delete;
    AtExit& operator=(const AtExit&) = delete;

   private:
    Action action_;
  };

  void prepare() {
    const AtExit leave([this] {
      feeds_.stop();
      to_network_.close();
    });
    std::int64_t prepared = 0;
    while (true) {
      if (feeds_.any_live()) {
        live_batches_.enter();
        if (!to_network_.wait_until_wanted()) return;
      }
      Batch batch;
      batch.items = feeds_.take(static_cast<std::size_t>(options_.batch));
      if (batch.items.empty()) return;
      std::vector<cv::Mat> images;
      for (const FrameFeeds::Item& item : batch.items) {
        if (const auto* frame = std::get_if<media::Frame>(&item.outcome))
          images.push_back(frame->image);
      }
      if (!images.empty()) batch.job = detector_.start(images);
      batch.number = prepared++;
      if (!to_network_.push(std::move(batch))) return;
    }
  }

  /// Several may run at once.
  void run_network() {
    bool is_done = false;
    const AtExit leave([&] {
      // One that fails ends them all; those that find nothing more to do wait for each other.
      to_network_.close();
      if (networks_running_.fetch_sub(1) == 1 || !is_done) to_follow_.close();
      unfollowed_batches_.open();
    });
    while (true) {
      unfollowed_batches_.enter();
      std::optional<Batch> batch = to_network_.pop();
      if (!batch) break;
      if (batch->job != nullptr) batch->job->run_network();
      if (!to_follow_.push(std::move(*batch))) break;
    }
    is_done = true;
  }

  void follow() {
    const AtExit leave([this] {
      to_follow_.close();
      to_write_.close();
      unfollowed_batches_.open();
    });
    // Networks that run side by side may overtake each other.
    std::map<std::int64_t, Batch> early;
    std::int64_t next = 0;
    while (std::optional<Batch> batch = to_follow_.pop()) {
      const std::int64_t number = batch->number;
      early.emplace(number, std::move(*batch));
      for (auto first = early.find(next); first != early.end(); first = early.find(next)) {
        Batch in_turn = std::move(first->second);
        early.erase(first);
        if (!to_write_.push(followed(std::move(in_turn)))) return;
        unfollowed_batches_.leave();
        ++next;
      }
    }
  }

  Followed followed(Batch batch) {
    Followed followed;
    if (batch.job != nullptr) followed.found = batch.job->finish();
    std::size_t frames = 0;
    for (FrameFeeds::Item& item : batch.items) {
      if (auto* failure = std::get_if<FrameFailure>(&item.outcome)) {
        followed.results.emplace_back(std::move(*failure));
        continue;
      }
      GONDOLA_EXPECTS(frames < followed.found.size(), "detector: got ", followed.found.size(),
                      " results for more images");
      FrameDetections result;
      result.frame = std::move(std::get<media::Frame>(item.outcome));
      result.detections = std::move(followed.found[frames++].detections);
      result.timing = {ms_since(item.arrived) / 1000, item.dropped};
      const Clock::time_point start = Clock::now();
      if (callbacks_.follow) callbacks_.follow(result);
      followed.follow_ms += ms_since(start);
      followed.results.emplace_back(std::move(result));
    }
    GONDOLA_EXPECTS(frames == followed.found.size(), "detector: got ", followed.found.size(),
                    " results for ", frames, " images");
    followed.items = std::move(batch.items);
    return followed;
  }

  /// On the caller's thread.
  void write() {
    const AtExit leave([this] {
      to_write_.close();
      live_batches_.open();
    });
    while (!to_write_.is_finished()) {
      if (!summary_.stopped && callbacks_.stop_requested && callbacks_.stop_requested()) {
        summary_.stopped = true;
        feeds_.stop();
      }
      if (std::optional<Followed> followed = to_write_.pop_for(kStopInterval)) {
        write(*followed);
        live_batches_.leave();
      }
      report_statistics();
    }
  }

  void write(Followed& followed) {
    summary_.times_ms.follow += followed.follow_ms;
    std::size_t frames = 0;
    for (std::size_t i = 0; i < followed.results.size(); ++i) {
      const FrameFeeds::Item& item = followed.items[i];
      summary_.times_ms.read += item.read_ms;
      if (auto* failure = std::get_if<FrameFailure>(&followed.results[i]))
        report(item.feed, std::move(*failure));
      else
        write(item, std::get<FrameDetections>(followed.results[i]), followed.found[frames++]);
      if (callbacks_.on_progress) callbacks_.on_progress(progress_);
    }
  }

  void report(std::size_t feed, FrameFailure failure) {
    if (callbacks_.on_failure) callbacks_.on_failure(failure);
    summary_.failures.push_back(std::move(failure));
    ++summary_.feeds[feed].failed;
    ++progress_.failed;
  }

  void write(const FrameFeeds::Item& item, const FrameDetections& result,
             const ImageDetections& found) {
    add_up(result, found.times_ms);
    const Clock::time_point start = Clock::now();
    LastFrame& last = last_frames_[item.feed];
    // The same file may be given twice.
    if (last.source != result.frame.source || result.frame.index <= last.index) {
      end_source(item.feed);
      last.source = result.frame.source;
    }
    last.index = result.frame.index;
    for (const auto& sink : sinks_) sink->write(result);
    summary_.times_ms.write += ms_since(start);
    FeedSummary& feed = summary_.feeds[item.feed];
    ++feed.frames;
    feed.dropped = item.dropped;
    feed.max_lag_s = std::max(feed.max_lag_s, result.timing.lag_s);
    ++summary_.frames;
    ++progress_.done;
  }

  void end_source(std::size_t feed) {
    std::string& source = last_frames_[feed].source;
    if (source.empty()) return;
    for (const auto& sink : sinks_) sink->end_source(source);
    source.clear();
  }

  void add_up(const FrameDetections& result, const StageTimes& times_ms) {
    StageTimes& total = summary_.times_ms.detect;
    total.preprocess += times_ms.preprocess;
    total.network += times_ms.network;
    total.postprocess += times_ms.postprocess;
    std::vector<std::int64_t>& counts = summary_.detections_per_class;
    for (const Detection& detection : result.detections) {
      GONDOLA_EXPECTS(detection.class_id >= 0, "detector: class id ", detection.class_id);
      const auto class_id = static_cast<std::size_t>(detection.class_id);
      if (class_id >= counts.size()) counts.resize(class_id + 1);
      ++counts[class_id];
    }
  }

  void report_statistics() {
    if (!callbacks_.on_statistics) return;
    const Clock::time_point now = Clock::now();
    const std::chrono::duration<double> since = now - last_statistics_;
    if (since.count() < callbacks_.statistics_interval_s) return;
    last_statistics_ = now;
    summary_.wall_s = ms_since(start_) / 1000;
    callbacks_.on_statistics(summary_);
  }

  Detector& detector_;
  const int networks_;
  const std::vector<std::unique_ptr<DetectionSink>>& sinks_;
  const LoopOptions& options_;
  const LoopCallbacks& callbacks_;

  LoopProgress progress_;
  LoopSummary summary_;
  struct LastFrame {
    std::string source;  // whose end is yet to be told; empty for none
    std::int64_t index = -1;
  };
  std::vector<LastFrame> last_frames_;  // of each feed
  Clock::time_point start_;
  Clock::time_point last_statistics_;

  std::mutex error_mutex_;
  std::exception_ptr error_;  // the first that a stage was left by

  FrameFeeds feeds_;
  std::atomic<int> networks_running_{networks_};
  Limit live_batches_{kLiveBatches};
  /// So that a batch that takes long does not let the others pile up behind it.
  Limit unfollowed_batches_{networks_ + 2};
  BoundedQueue<Batch> to_network_{static_cast<std::size_t>(networks_)};
  BoundedQueue<Batch> to_follow_{1};
  BoundedQueue<Followed> to_write_{1};
};

}  // namespace

std::int64_t LoopSummary::detections() const {
  return std::accumulate(detections_per_class.begin(), detections_per_class.end(), std::int64_t{0});
}

LoopSummary run_detection(const std::vector<Feed>& feeds, Detector& detector,
                          const std::vector<std::unique_ptr<DetectionSink>>& sinks,
                          const LoopOptions& options, const LoopCallbacks& callbacks) {
  GONDOLA_EXPECTS(!feeds.empty(), "run_detection: no feeds");
  for (const Feed& feed : feeds)
    GONDOLA_EXPECTS(feed.source != nullptr, "run_detection: a source is null");
  GONDOLA_EXPECTS(options.batch >= 1, "run_detection: batch is ", options.batch);
  GONDOLA_EXPECTS(options.read_ahead >= 0, "run_detection: read_ahead is ", options.read_ahead);
  for (const auto& sink : sinks) GONDOLA_EXPECTS(sink != nullptr, "run_detection: a sink is null");
  return DetectionRun(feeds, detector, sinks, options, callbacks).run();
}

LoopSummary run_detection(media::FrameSource& source, Detector& detector,
                          const std::vector<std::unique_ptr<DetectionSink>>& sinks,
                          const LoopOptions& options, const LoopCallbacks& callbacks) {
  return run_detection({Feed{&source, "", false}}, detector, sinks, options, callbacks);
}

}  // namespace gondola::pipeline
