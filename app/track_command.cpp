#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <spdlog/fmt/fmt.h>

#include "command.hpp"
#include "detection_run.hpp"
#include "gondola/core/error.hpp"
#include "gondola/core/text.hpp"
#include "gondola/media/camera_motion.hpp"
#include "gondola/media/overlay.hpp"
#include "gondola/media/write_image.hpp"
#include "gondola/pipeline/count_files.hpp"
#include "gondola/pipeline/follower.hpp"
#include "scene_file.hpp"
#include "yaml_options.hpp"

namespace gondola::app {
namespace {

struct TrackFlags {
  DetectionFlags detection;
  std::string scene;
  std::string counts;
  std::string events;
  std::string heat_map;
  std::string mot;
  std::optional<double> interval_s;
  std::optional<int> min_frames;
  double memory_s = track::TrackerOptions{}.lost_memory_s;
  int confirm_frames = track::TrackerOptions{}.confirm_frames;
  double smoothing = track::TrackerOptions{}.smoothing;
  bool camera_motion = false;
};

void add_options(CLI::App& command, TrackFlags& flags) {
  DetectionFlags& detection = flags.detection;
  add_source_options(command, detection.source,
                     "Videos, cameras (0, /dev/video0), rtsp:// and http:// addresses, or a folder "
                     "of frames");
  command
      .add_option("--scene", flags.scene,
                  "YAML file with the lines and zones to count at (see configs/scenes)")
      ->type_name(kFile);
  command
      .add_option("--counts", flags.counts,
                  "Counts per interval; .json for a document, else a table (CSV)")
      ->type_name(kFile);
  command
      .add_option("--events", flags.events,
                  "Everything that crosses a line, enters or leaves a zone: one JSON object a line")
      ->type_name(kFile);
  command.add_option("--interval", flags.interval_s, "Length of an interval, seconds; default 60")
      ->check(plain(CLI::Range(0.1, 31'622'400.0)))
      ->type_name("S");
  command
      .add_option("--heat-map", flags.heat_map, "Picture of where objects stayed, such as heat.jpg")
      ->type_name(kFile);
  command
      .add_option("--mot", flags.mot,
                  "Tracks of one source as MOT Challenge results, for gondola val --tracks")
      ->type_name(kFile);
  command
      .add_option("--memory", flags.memory_s,
                  "Objects keep their identity when they are hidden for up to so many seconds")
      ->check(plain(CLI::Range(0.0, 3600.0)))
      ->type_name("S")
      ->capture_default_str();
  command
      .add_option("--confirm", flags.confirm_frames,
                  "Frames in a row in which an object must be seen to count")
      ->check(plain(CLI::Range(1, 1000)))
      ->type_name("N")
      ->capture_default_str();
  command
      .add_option("--min-frames", flags.min_frames,
                  "Frames in which an object must be seen to be counted as a different one; "
                  "default 1, or the scene's")
      ->check(plain(CLI::Range(1, 1'000'000)))
      ->type_name("N");
  command
      .add_option("--smoothing", flags.smoothing, "Of boxes against flicker: 0 (as detected) to 1")
      ->check(plain(CLI::Range(0.0, 1.0)))
      ->type_name("SHARE")
      ->capture_default_str();
  command.add_flag("--camera-motion", flags.camera_motion,
                   "Look in the picture for how the camera moves; without, only in the boxes");
  add_model_options(command, detection.model, /*positional=*/false);
  add_detector_options(command, detection.detector);
  add_result_options(command, detection.result);
  command.footer(
      concat(kCommonHelp,
             "\nExample: gondola track door.mp4 --scene configs/scenes/entrance.yaml --counts "
             "counts.csv\n         gondola track 0 --show"));
}

Need need_of(const TrackFlags& flags) {
  const std::string flag = libtorch_flag(flags.detection.detector);
  return flag.empty() ? Need{} : Need{Program::kLibTorch, "track " + flag};
}

count::SceneOptions scene_options(const TrackFlags& flags) {
  count::SceneOptions scene;
  if (!flags.scene.empty()) scene = read_scene_file(flags.scene);
  if (flags.interval_s) scene.intervals.interval_s = *flags.interval_s;
  if (flags.min_frames) scene.unique.min_frames = *flags.min_frames;
  if (!flags.heat_map.empty() && !scene.heat_map) scene.heat_map = count::HeatMapOptions{};
  // What the tracker may still bring back under its old identity must not be forgotten.
  scene.forget_after_s = std::max(scene.forget_after_s, 2 * flags.memory_s);
  return scene;
}

std::string unique_text(const pipeline::SourceCounts& counts, const ClassNames& names) {
  std::vector<std::pair<std::int64_t, std::string>> sorted;
  for (const auto& [class_id, count] : counts.unique)
    sorted.emplace_back(-count, names.name(class_id));
  std::sort(sorted.begin(), sorted.end());
  std::vector<std::string> texts;
  for (const auto& [count, name] : sorted) texts.push_back(fmt::format("{} {}", name, -count));
  return texts.empty() ? "nothing" : join(texts, ", ");
}

void log_counts(const std::vector<pipeline::SourceCounts>& all, const count::SceneOptions& scene,
                const ClassNames& names, spdlog::logger& log) {
  for (const pipeline::SourceCounts& counts : all) {
    log.info("{}: different objects: {}", counts.source, unique_text(counts, names));
    for (const count::CountRow& row : counts.totals) {
      if (!row.label.empty()) continue;
      if (row.scope == count::ScopeKind::kLine) {
        const auto line = std::find_if(
            scene.lines.begin(), scene.lines.end(),
            [&](const count::LineOptions& options) { return options.name == row.name; });
        log.info("{}: {}: {} {}, {} {}", counts.source, row.name, row.in, line->in_name, row.out,
                 line->out_name);
      } else if (row.scope == count::ScopeKind::kZone) {
        log.info("{}: {}: {} entered, at most {} at once, stayed {:.1f} s on average",
                 counts.source, row.name, row.entries, row.occupancy_max, row.dwell_mean_s);
      }
    }
  }
}

void write_heat_maps(const std::vector<pipeline::SourceCounts>& all, const std::string& path,
                     spdlog::logger& log) {
  namespace fs = std::filesystem;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const count::HeatMap* heat = all[i].heat_map;
    if (heat == nullptr || all[i].first_frame.empty()) continue;
    cv::Mat picture = all[i].first_frame.clone();
    media::draw_heat(picture, heat->seconds(), heat->columns(), heat->rows());
    fs::path target(path);
    if (i > 0)
      target.replace_filename(
          fmt::format("{}_{}{}", target.stem().string(), i + 1, target.extension().string()));
    media::write_image(target.string(), picture);
    log.info("where objects stayed in {}: {}", all[i].source, target.string());
  }
}

int run_track(const TrackFlags& flags, Context& context) {
  const DetectionFlags& detection = flags.detection;
  if (detection.source.sources.empty()) {
    throw ConfigError(
        "no SOURCE given; name a video, a camera (0), an address or a folder of frames (gondola "
        "track --help)");
  }
  if (!flags.heat_map.empty() && !media::is_writable_image(flags.heat_map)) {
    throw ConfigError(concat("--heat-map ", flags.heat_map,
                             ": unknown picture format; use an ending such as .jpg or .png"));
  }
  const count::SceneOptions scene = scene_options(flags);
  const media::SourceList sources = media::resolve_sources(detection.source.sources);
  if (!flags.mot.empty() && sources.items.size() > 1 && has_moving_pictures(sources))
    throw ConfigError(concat("--mot ", flags.mot, ": the format is for one source, but ",
                             sources.items.size(), " are given"));
  OpenFeeds opened = open_feeds(sources, detection.source, /*pictures_as_video=*/true, context);

  const nn::WeightsFile weights = load_detector_weights(detection, context);
  auto [detector, tracker] = open_followed_detector(detection, weights, opened, context);
  tracker.lost_memory_s = flags.memory_s;
  tracker.confirm_frames = flags.confirm_frames;
  tracker.smoothing = static_cast<float>(flags.smoothing);

  pipeline::FollowOptions follow;
  follow.tracker = tracker;
  follow.scene = scene;
  if (flags.camera_motion) {
    follow.make_camera_motion = [] {
      const auto estimator = std::make_shared<media::CameraMotionEstimator>();
      return [estimator](const cv::Mat& frame) { return estimator->update(frame); };
    };
  }
  std::unique_ptr<pipeline::CountFile> count_file;
  if (!flags.counts.empty()) count_file = pipeline::make_count_file(flags.counts);
  std::unique_ptr<pipeline::EventFile> event_file;
  if (!flags.events.empty()) {
    event_file = std::make_unique<pipeline::EventFile>(flags.events, detector.class_names());
  }
  pipeline::Follower::Callbacks callbacks;
  callbacks.on_row = [&](const media::Frame& frame, const count::CountRow& row) {
    if (count_file != nullptr) count_file->write(frame, row);
  };
  callbacks.on_event = [&](const media::Frame& frame, const count::SceneEvent& event) {
    if (event_file != nullptr) event_file->write(frame, event);
  };
  pipeline::Follower follower(follow, detector.class_names(), callbacks);

  DetectionExtras extras;
  extras.pictures_as_video = true;
  extras.mot = flags.mot;
  extras.follow = [&](pipeline::FrameDetections& result) { follower.follow(result); };
  const int exit_code = run_detection(detection, sources, opened, detector, extras, context);

  follower.finish();
  if (count_file != nullptr) count_file->finish();
  if (event_file != nullptr) event_file->finish();
  const std::vector<pipeline::SourceCounts> counts = follower.counts();
  log_counts(counts, scene, detector.class_names(), *context.log);
  if (!flags.heat_map.empty()) write_heat_maps(counts, flags.heat_map, *context.log);
  return exit_code;
}

}  // namespace

Command add_track_command(CLI::App& app) {
  auto flags = std::make_shared<TrackFlags>();
  CLI::App* parser = app.add_subcommand("track", kTrackDescription);
  add_options(*parser, *flags);
  return {parser, [flags](Context& context) { return run_track(*flags, context); },
          [flags] { return need_of(*flags); }};
}

}  // namespace gondola::app
