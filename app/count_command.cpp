#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <spdlog/fmt/fmt.h>

#include "audit_sink.hpp"
#include "command.hpp"
#include "detection_run.hpp"
#include "gondola/core/error.hpp"
#include "gondola/core/text.hpp"
#include "gondola/pipeline/follower.hpp"
#include "gondola/report/local_time.hpp"
#include "gondola/store/sqlite_store.hpp"
#include "planogram_file.hpp"
#include "product_namer.hpp"
#include "stock_sink.hpp"
#include "walk_sink.hpp"
#include "yaml_options.hpp"
#include "zones_file.hpp"

namespace gondola::app {
namespace {

constexpr const char* kDefaultOut = "gondola-count";

/// With --watch: of the threshold, the scores from which a facing that is there still is, and how
/// far from the threshold to 1 a score has to be for a facing where none was. A detector wavers
/// about what scores near its threshold.
constexpr float kKeptShare = 0.6F;
constexpr float kNewShare = 0.25F;

struct CountFlags {
  DetectionFlags detection;
  bool walk = false;
  bool watch = false;
  std::optional<double> interval_s;
  std::optional<double> window_s;
  std::vector<std::string> occluders;
  bool depth = false;
  std::string events;
  std::string zones;
  std::string planogram;
  std::string catalog;
  std::string store;
  std::string shop;
  std::string camera;
  std::string taken_at;
  std::vector<std::string> low;
  bool again = false;
  std::string out = kDefaultOut;
  bool save = true;
  std::string json;
  std::string csv;
};

void add_options(CLI::App& command, CountFlags& flags) {
  DetectionFlags& detection = flags.detection;
  CLI::Option* walk = command.add_flag(
      "--walk", flags.walk,
      "Each video, or the folder of frames, goes along a shelf: every product counts once");
  command
      .add_flag("--watch", flags.watch,
                "The camera stands still: report what is taken, put back, low and empty")
      ->excludes(walk);
  command
      .add_option("--interval", flags.interval_s,
                  "With --watch: seconds from audit to audit; default 300")
      ->check(plain(CLI::Range(1.0, 31'622'400.0)))
      ->type_name("S");
  command
      .add_option("--window", flags.window_s,
                  "With --watch: seconds for which a change must last; default 3")
      ->check(plain(CLI::Range(0.2, 600.0)))
      ->type_name("S");
  command
      .add_option(
          "--occluders", flags.occluders,
          "With --watch: classes that may stand before the shelf; default person, where the "
          "model has it")
      ->delimiter(',')
      ->type_name("A,B");
  command.add_flag(
      "--depth", flags.depth,
      "With --watch: report, too, what is taken from before another product or put "
      "there, by the step of the box where the picture has changed; for a straight view");
  command
      .add_option("--events", flags.events,
                  "With --watch: everything that changes, one JSON object a line")
      ->type_name(kFile);
  command
      .add_option("--zones", flags.zones,
                  "YAML file with parts of the picture to count by themselves (see "
                  "configs/shelf/zones.yaml)")
      ->type_name(kFile);
  command
      .add_option("--planogram", flags.planogram,
                  "What should stand where (YAML or JSON; see docs/shelf.md)")
      ->type_name(kFile);
  command
      .add_option("--catalog", flags.catalog,
                  "Name products by the pictures that gondola catalog keeps in this file")
      ->type_name(kFile);
  command
      .add_option(
          "--low", flags.low,
          "Fewest facings of a label of the model or catalogue, such as cola=4: fewer are reported")
      ->type_name("LABEL=N");
  command
      .add_option("--store", flags.store,
                  "Keep the audits in this file, for gondola report; made if missing")
      ->type_name(kFile);
  command.add_option("--shop", flags.shop, "Name of the shop, in the store")->type_name("NAME");
  command.add_option("--camera", flags.camera, "Name of the camera or fixture, in the store")
      ->type_name("NAME");
  command
      .add_option(
          "--taken-at", flags.taken_at,
          "When the pictures were taken, local time, such as \"2026-11-25 08:30\"; default: "
          "when their files were written")
      ->type_name("TIME");
  command.add_flag("--again", flags.again, "Keep pictures that the store knows a second time");
  command.add_option("--out", flags.out, "Folder for annotated pictures and the audit of each")
      ->type_name(kFolder)
      ->capture_default_str();
  command.add_flag("!--no-save", flags.save, "No annotated pictures, no folder");
  command
      .add_option("--json", flags.json,
                  "The audit (gondola.audit/1), of several pictures all of them in one document")
      ->type_name(kFile);
  command.add_option("--csv", flags.csv, "A row for each row and label of each picture")
      ->type_name(kFile);
  add_source_options(
      command, detection.source,
      "Pictures, folders, quoted globs, .txt lists of paths; with --walk and --watch "
      "videos, with --watch cameras (0, /dev/video0) and rtsp:// and http:// "
      "addresses");
  add_model_options(command, detection.model, /*positional=*/false);
  add_detector_options(command, detection.detector);
  command.footer(concat("A FILE of - is standard output. ", kCommonHelp,
                        "\nExample: gondola count shelf.jpg --store audits.db --out audit\n"
                        "         gondola count aisle3.mp4 --walk --planogram aisle3.yaml\n"
                        "         gondola count rtsp://cam7/shelf --watch --store audits.db "
                        "--camera cam7 --low product=40"));
}

Need need_of(const CountFlags& flags) {
  const std::string flag = libtorch_flag(flags.detection.detector);
  if (!flag.empty()) return {Program::kLibTorch, "count " + flag};
  const bool wants_video = (flags.walk || flags.watch) && !flags.detection.source.sources.empty();
  if (wants_video && has_moving_pictures(media::resolve_sources(flags.detection.source.sources)))
    return {Program::kVideo, "count of videos"};
  return {};
}

std::map<std::string, int> low_stock_of(const std::vector<std::string>& words) {
  std::map<std::string, int> thresholds;
  for (const std::string& word : words) {
    const std::size_t equals = word.rfind('=');
    const auto count =
        equals == std::string::npos ? std::nullopt : parse_number<int>(word.substr(equals + 1));
    if (equals == 0 || !count || *count < 0) {
      throw ConfigError(
          concat("--low ", word, ": expected a label and a number of facings, such as cola=4"));
    }
    thresholds[word.substr(0, equals)] = *count;
  }
  return thresholds;
}

/// How the sources are looked at.
enum class View { kPictures, kWalk, kWatch };

View view_of(const CountFlags& flags, const media::SourceList& sources) {
  using Kind = media::SourceKind;
  /// The first source of these kinds; null for none.
  const auto first = [&](auto... kinds) -> const std::string* {
    const auto found =
        std::find_if(sources.items.begin(), sources.items.end(),
                     [&](const media::SourceItem& item) { return ((item.kind == kinds) || ...); });
    return found == sources.items.end() ? nullptr : &found->location;
  };
  if (flags.walk) {
    if (const std::string* live = first(Kind::kCamera, Kind::kStream)) {
      throw ConfigError(concat("--walk of ", media::without_password(*live),
                               ": a camera has no end; use --watch, or record a video"));
    }
    return View::kWalk;
  }
  if (flags.watch) {
    if (const std::string* picture = first(Kind::kImage)) {
      throw ConfigError(
          concat("--watch of ", *picture,
                 ": is for videos, cameras and streams; pictures are counted without"));
    }
    for (std::size_t i = 0; i < sources.items.size(); ++i) {
      for (std::size_t k = 0; k < i; ++k) {
        if (sources.items[i] == sources.items[k])
          throw ConfigError(concat("--watch: ", media::without_password(sources.items[i].location),
                                   " is given twice; name each source once"));
      }
    }
    return View::kWatch;
  }
  if (const std::string* moving = first(Kind::kVideo, Kind::kCamera, Kind::kStream)) {
    throw ConfigError(
        concat(media::without_password(*moving),
               ": does the camera move? Name --walk for a video along a shelf, --watch "
               "for a camera that stands still"));
  }
  return View::kPictures;
}

/// What belongs to another view than the one that was asked for.
void refuse_idle_flags(const CountFlags& flags, View view) {
  const auto refuse = [](const char* flag, bool is_given, const char* needed) {
    if (is_given) throw ConfigError(concat(flag, " goes with ", needed));
  };
  if (view != View::kWatch) {
    refuse("--events", !flags.events.empty(), "--watch");
    refuse("--depth", flags.depth, "--watch");
    refuse("--interval", flags.interval_s.has_value(), "--watch");
    refuse("--window", flags.window_s.has_value(), "--watch");
    refuse("--occluders", !flags.occluders.empty(), "--watch");
  }
  if (flags.store.empty()) {
    refuse("--again", flags.again, "a store: --store FILE");
    refuse("--shop", !flags.shop.empty(), "a store: --store FILE");
    refuse("--camera", !flags.camera.empty(), "a store: --store FILE");
  }
}

/// Labels that nothing can have would count as none for ever.
void check_labels(const CountFlags& flags, const shelf::AuditOptions& options,
                  const ClassNames& names) {
  const auto check = [&](const std::string& user, const std::string& label) {
    if (names.find(label)) return;
    const std::optional<std::string> meant = nearest_name(label, names.names());
    throw ConfigError(concat(user, ": neither the model nor a catalogue (--catalog) has '",
                             printable(label), "'",
                             meant ? concat("; did you mean '", *meant, "'?") : std::string()));
  };
  for (const auto& [label, threshold] : options.low_stock)
    check(concat("--low ", label, '=', threshold), label);
  for (const shelf::Zone& zone : options.zones)
    for (const std::string& label : zone.labels)
      check(concat(flags.zones, ": zone '", zone.name, "'"), label);
  for (const std::string& label : flags.occluders) check("--occluders " + label, label);
}

count::StockWatchOptions watch_options(const CountFlags& flags, const shelf::AuditOptions& audit) {
  count::StockWatchOptions watch;
  watch.window_s = flags.window_s.value_or(watch.window_s);
  watch.watch_depth = flags.depth;
  for (const auto& [label, threshold] : audit.low_stock)
    watch.areas.push_back({label, {}, {label}, std::max(0, threshold - 1)});
  for (const shelf::Zone& zone : audit.zones) {
    watch.areas.push_back({zone.name, zone.polygon, zone.labels, std::max(0, zone.low_stock - 1)});
  }
  return watch;
}

/// Videos, where the pictures of a folder are the frames of one.
std::size_t videos_in(const media::SourceList& sources) {
  std::size_t videos = 0;
  for (std::size_t i = 0; i < sources.items.size(); ++i)
    videos += i > 0 && are_of_one_sequence(sources.items[i - 1], sources.items[i]) ? 0 : 1;
  return videos;
}

int run_count(const CountFlags& flags, Context& context) {
  const DetectionFlags& detection = flags.detection;
  if (detection.source.sources.empty()) {
    throw ConfigError(
        "no SOURCE given; name pictures, folders, globs, videos or cameras (gondola count --help)");
  }
  const media::SourceList sources = media::resolve_sources(detection.source.sources);
  if (sources.skipped > 0)
    context.log->info("skipped {} files that are no pictures", sources.skipped);
  const View view = view_of(flags, sources);
  refuse_idle_flags(flags, view);
  if (flags.save) media::check_output_folder(sources, flags.out);
  if (!flags.store.empty() && flags.taken_at.empty() && view != View::kPictures) {
    for (const media::SourceItem& item : sources.items) {
      if (item.kind != media::SourceKind::kVideo) continue;
      context.log->warn("{}: taken to begin when its file was written; --taken-at says when it did",
                        item.location);
    }
  }
  if (view == View::kPictures && sources.items.size() > 1 && !flags.store.empty() &&
      flags.camera.empty()) {
    context.log->warn(
        "{} pictures without --camera: the store takes them for looks at one shelf; give every "
        "shelf a name",
        sources.items.size());
  }

  shelf::AuditOptions options;
  options.low_stock = low_stock_of(flags.low);
  if (!flags.zones.empty()) options.zones = read_zones_file(flags.zones);
  std::optional<shelf::Planogram> planogram;
  if (!flags.planogram.empty()) planogram = load_planogram(flags.planogram);

  AuditOutputs outputs;
  if (!flags.taken_at.empty())
    outputs.taken_at = report::parse_local_time(flags.taken_at, report::utc_now()).from;
  outputs.folder = flags.save ? flags.out : std::string();
  outputs.json = flags.json;
  outputs.csv = flags.csv;
  outputs.several = view == View::kWatch ||
                    (view == View::kPictures ? sources.items.size() : videos_in(sources)) > 1;
  outputs.endless = view == View::kWatch;
  outputs.if_known = flags.again ? store::IfKnown::kAdd : store::IfKnown::kSkip;
  outputs.shop = flags.shop;
  outputs.camera = flags.camera;

  OpenFeeds opened = open_feeds(sources, detection.source, view != View::kPictures, context);
  const nn::WeightsFile weights = load_detector_weights(detection, context);
  std::optional<pipeline::Follower> follower;
  std::optional<detect::Detector> detector;
  if (view == View::kWalk) {
    FollowedDetector followed = open_followed_detector(detection, weights, opened, context);
    // The boxes as they are: what places the frames must not lag behind them.
    followed.tracker.smoothing = 0;
    detector.emplace(std::move(followed.detector));
    follower.emplace(pipeline::FollowOptions{followed.tracker, {}, {}}, detector->class_names());
  } else {
    DetectionFlags seen = detection;
    if (view == View::kWatch) seen.detector.conf = kKeptShare * score_threshold(detection, weights);
    detector.emplace(open_detector(seen, weights, opened, context));
  }
  std::unique_ptr<store::EventStore> kept;
  if (!flags.store.empty()) kept = store::open_store(flags.store);
  outputs.store = kept.get();
  outputs.store_file = flags.store;

  const std::vector<std::string> occluders =
      flags.occluders.empty() ? std::vector<std::string>{"person"} : flags.occluders;
  std::optional<ProductNamer> namer;
  std::function<void(pipeline::FrameDetections&)> give_names;
  if (!flags.catalog.empty()) {
    std::vector<std::string> no_products = occluders;
    no_products.push_back(options.gap_label);
    namer.emplace(flags.catalog, weights, detector->class_names(), no_products);
    // What the catalogue refuses keeps the model's own label, which then does not say what it is.
    for (const std::string& label : detector->class_names().names())
      if (!namer->knows(label)) options.compare.unknown_labels.push_back(label);
    give_names = [&](pipeline::FrameDetections& result) {
      namer->name(result.frame.image, result.detections);
    };
  }
  const ClassNames names = namer ? namer->names() : detector->class_names();
  check_labels(flags, options, names);
  StockOptions stock;
  if (view == View::kWatch) {
    stock.watch = watch_options(flags, options);
    const float threshold = score_threshold(detection, weights);
    stock.watch.sure_score = threshold;
    stock.watch.new_score = threshold + kNewShare * (1 - threshold);
    stock.occluders = occluders;
    stock.gap_label = options.gap_label;
    stock.interval_s = flags.interval_s.value_or(stock.interval_s);
    stock.events = flags.events;
  }
  auto audits = std::make_unique<AuditSink>(std::move(outputs), std::move(options),
                                            planogram ? &*planogram : nullptr, flags.planogram,
                                            names, detector->model_name(), context.log);

  DetectionExtras extras;
  extras.writes_nothing_else = true;
  extras.pictures_as_video = view != View::kPictures;
  extras.names = names;
  if (follower) {
    extras.follow = [&](pipeline::FrameDetections& result) { follower->follow(result); };
  } else if (give_names) {
    extras.follow = give_names;
    extras.follow_word = "name";
  }
  if (view == View::kPictures) {
    extras.sinks.push_back(std::move(audits));
  } else if (view == View::kWalk) {
    extras.sinks.push_back(std::make_unique<WalkSink>(std::move(audits), give_names, context.log));
  } else {
    extras.sinks.push_back(
        std::make_unique<StockSink>(std::move(stock), std::move(audits), names, context.log));
  }
  return run_detection(detection, sources, opened, *detector, extras, context);
}

}  // namespace

Command add_count_command(CLI::App& app) {
  auto flags = std::make_shared<CountFlags>();
  CLI::App* parser =
      app.add_subcommand("count", "Audit shelves: rows, facings, gaps, planogram, counts");
  add_options(*parser, *flags);
  return {parser, [flags](Context& context) { return run_count(*flags, context); },
          [flags] { return need_of(*flags); }};
}

}  // namespace gondola::app
