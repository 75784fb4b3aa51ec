#include "detection_run.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include <opencv2/core/utility.hpp>
#include <spdlog/fmt/fmt.h>

#include "gondola/core/cpus.hpp"
#include "gondola/core/text.hpp"
#include "gondola/pipeline/detection_sinks.hpp"
#include "interrupt.hpp"
#include "progress_bar.hpp"
#include "words.hpp"

namespace gondola::app {
namespace {

std::string label_counts(const pipeline::LoopSummary& summary, const ClassNames& names) {
  std::vector<std::pair<std::int64_t, std::string>> counts;
  for (std::size_t i = 0; i < summary.detections_per_class.size(); ++i) {
    const std::int64_t count = summary.detections_per_class[i];
    if (count > 0) counts.emplace_back(-count, names.name(static_cast<int>(i)));
  }
  std::sort(counts.begin(), counts.end());
  std::vector<std::string> texts;
  texts.reserve(counts.size());
  for (const auto& [count, name] : counts) texts.push_back(fmt::format("{} {}", name, -count));
  return join(texts, ", ");
}

/// The words for what is counted.
struct Nouns {
  std::string one;
  std::string many;
};

Nouns nouns_of(bool videos) {
  return videos ? Nouns{"frame", "frames"} : Nouns{"picture", "pictures"};
}

/// @param follow_word  what is done between detector and sinks; empty for nothing
std::string stage_times(const pipeline::LoopSummary& summary, const Nouns& nouns,
                        const std::string& follow_word) {
  const auto frames = static_cast<double>(summary.frames);
  const pipeline::LoopTimes& ms = summary.times_ms;
  return fmt::format(
      "per {} {:.1f} ms read, {:.1f} ms preprocess, {:.1f} ms network, {:.1f} ms postprocess, "
      "{}{:.1f} ms write",
      nouns.one, ms.read / frames, ms.detect.preprocess / frames, ms.detect.network / frames,
      ms.detect.postprocess / frames,
      follow_word.empty() ? "" : fmt::format("{:.1f} ms {}, ", ms.follow / frames, follow_word),
      ms.write / frames);
}

/// How live sources keep up: `door: 812 frames, 3 dropped, lag up to 48 ms`.
std::string live_state(const pipeline::FeedSummary& feed) {
  return fmt::format("{}: {}, {} dropped, lag up to {:.0f} ms", feed.name,
                     counted(feed.frames, "frame", "frames"), feed.dropped, feed.max_lag_s * 1000);
}

void log_statistics(const pipeline::LoopSummary& summary, const OpenFeeds& opened,
                    const Nouns& nouns, const std::string& follow_word, Context& context) {
  if (summary.frames == 0) {
    context.log->info("no frame yet after {:.0f} s", summary.wall_s);
    return;
  }
  context.log->info("{} in {:.0f} s ({:.1f}/s); {}", counted(summary.frames, nouns.one, nouns.many),
                    summary.wall_s, static_cast<double>(summary.frames) / summary.wall_s,
                    stage_times(summary, nouns, follow_word));
  for (std::size_t i = 0; i < opened.feeds.size(); ++i)
    if (opened.feeds[i].live) context.log->info(live_state(summary.feeds[i]));
}

void log_summary(const pipeline::LoopSummary& summary, const OpenFeeds& opened,
                 const ClassNames& names, const Nouns& nouns, const std::string& follow_word,
                 Context& context) {
  const std::string labels = label_counts(summary, names);
  std::string line = fmt::format("{}, {}{}", counted(summary.frames, nouns.one, nouns.many),
                                 counted(summary.detections(), "detection", "detections"),
                                 labels.empty() ? "" : fmt::format(" ({})", labels));
  if (summary.frames > 0) {
    if (summary.frames > 1) {
      line += fmt::format("; {:.1f} {}/s", static_cast<double>(summary.frames) / summary.wall_s,
                          nouns.many);
    }
    line += "; " + stage_times(summary, nouns, follow_word);
  }
  context.log->info(line);
  for (std::size_t i = 0; i < opened.feeds.size(); ++i)
    if (opened.feeds[i].live) context.log->info(live_state(summary.feeds[i]));
  if (!summary.failures.empty()) {
    context.log->error("{} of {} {} could not be read", summary.failures.size(),
                       summary.failures.size() + static_cast<std::size_t>(summary.frames),
                       nouns.many);
  }
}

/// Frames or pictures to come; nothing where that is not known.
std::optional<std::size_t> frames_to_come(const OpenFeeds& opened) {
  std::size_t total = 0;
  for (const pipeline::Feed& feed : opened.feeds) {
    const std::optional<std::size_t> frames = feed.source->size_hint();
    if (!frames) return std::nullopt;
    total += *frames;
  }
  return total;
}

int engines_for(const OpenFeeds& opened, int threads) {
  // What more engines take to be made must be worth it; four are enough, as the threads of each
  // share its work well.
  constexpr std::size_t kManyFrames = 8;
  constexpr int kMostEngines = 4;
  if (opened.any_live || frames_to_come(opened).value_or(kManyFrames) < kManyFrames) return 1;
  return std::min(threads > 0 ? threads : usable_cpus(), kMostEngines);
}

}  // namespace

nn::WeightsFile load_detector_weights(const DetectionFlags& flags, Context& context) {
  nn::WeightsFile weights = load_model(flags.model, context);
  const nn::ModelSpec& spec = weights.description.spec;
  require_weights(weights, flags.model.model);
  if (spec.class_names.empty()) {
    context.log->warn("{} has no class names; labels are class0 to class{} (--names FILE)",
                      flags.model.model, spec.class_count - 1);
  }
  return weights;
}

float score_threshold(const DetectionFlags& flags, const nn::WeightsFile& weights) {
  return flags.detector.conf.value_or(weights.description.score_threshold.value_or(0.25F));
}

detect::Detector open_detector(const DetectionFlags& flags, const nn::WeightsFile& weights,
                               const OpenFeeds& opened, Context& context) {
  use_threads(flags.detector.threads, context);
  const nn::ModelSpec& spec = weights.description.spec;
  detect::DetectorOptions options = detector_options(flags.detector, weights);
  options.engines = engines_for(opened, flags.detector.threads);
  detect::Detector detector = make_detector(weights, flags.detector, options);
  context.log->debug("{}: {} classes, {}, input {}, score above {}; {}", detector.model_name(),
                     spec.class_count, to_string(spec.activation), flags.detector.imgsz,
                     *detector.options().score_threshold, detector.runtime());
  return detector;
}

FollowedDetector open_followed_detector(DetectionFlags flags, const nn::WeightsFile& weights,
                                        const OpenFeeds& opened, Context& context) {
  constexpr float kLowScore = 0.1F;
  const float threshold = score_threshold(flags, weights);
  flags.detector.conf = std::min(threshold, kLowScore);
  track::TrackerOptions tracker;
  tracker.high_score = threshold;
  tracker.low_score = *flags.detector.conf;
  tracker.new_track_score = threshold;
  tracker.class_agnostic = flags.detector.agnostic;
  return {open_detector(flags, weights, opened, context), tracker};
}

int run_detection(const DetectionFlags& flags, const media::SourceList& sources, OpenFeeds& opened,
                  detect::Detector& detector, DetectionExtras& extras, Context& context) {
  const bool videos = has_moving_pictures(sources) || extras.pictures_as_video;
  const std::string follow_word = extras.follow ? extras.follow_word : std::string();
  // The stages of a video run beside each other: threads of OpenCV's within them would only wait
  // for CPUs that the network has.
  if (videos) cv::setNumThreads(1);
  const Nouns nouns = nouns_of(videos);
  Results results;
  if (!extras.writes_nothing_else) results = make_results(flags.result, detector, videos, context);
  results.sinks.insert(results.sinks.begin(), std::make_move_iterator(extras.sinks.begin()),
                       std::make_move_iterator(extras.sinks.end()));
  if (!extras.mot.empty()) results.sinks.push_back(pipeline::make_mot_sink(extras.mot));

  const std::size_t total = opened.any_live ? 0 : frames_to_come(opened).value_or(0);
  ProgressBar progress(context.log_options, total);
  const Interrupt interrupt;
  pipeline::LoopCallbacks callbacks;
  callbacks.follow = extras.follow;
  callbacks.on_progress = [&](const pipeline::LoopProgress& now) {
    if (total > 0) progress.update(static_cast<std::size_t>(now.done + now.failed));
  };
  callbacks.on_failure = [&](const pipeline::FrameFailure& failure) {
    progress.clear();
    context.log->error(failure.reason);
  };
  callbacks.stop_requested = [&] { return interrupt.requested() || *results.window_closed; };
  if (videos) {
    callbacks.statistics_interval_s = flags.statistics_interval_s;
    callbacks.on_statistics = [&](const pipeline::LoopSummary& summary) {
      progress.clear();
      log_statistics(summary, opened, nouns, follow_word, context);
    };
  }

  pipeline::LoopOptions loop;
  loop.batch = flags.detector.batch;
  const pipeline::LoopSummary summary =
      pipeline::run_detection(opened.feeds, detector, results.sinks, loop, callbacks);
  progress.clear();
  log_summary(summary, opened, extras.names.value_or(detector.class_names()), nouns, follow_word,
              context);
  if (!extras.writes_nothing_else && wants_media(flags.result) && summary.frames > 0) {
    context.log->info("annotated {} are in {}", videos ? "videos" : "pictures",
                      media_folder(flags.result));
  }
  // Nothing else ends a camera: then it is no failure.
  const bool ended_early = summary.stopped && !opened.any_live && !*results.window_closed;
  if (ended_early && total > 0)
    context.log->warn("stopped after {} of {} {}", summary.frames, total, nouns.many);
  else if (ended_early)
    context.log->warn("stopped after {}", counted(summary.frames, nouns.one, nouns.many));
  const bool failed = !summary.failures.empty() && !opened.any_live;
  return failed || ended_early ? 1 : 0;
}

}  // namespace gondola::app
