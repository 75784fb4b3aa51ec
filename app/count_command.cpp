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
#include "gondola/report/local_time.hpp"
#include "gondola/store/sqlite_store.hpp"
#include "planogram_file.hpp"
#include "product_namer.hpp"
#include "yaml_options.hpp"

namespace gondola::app {
namespace {

constexpr const char* kDefaultOut = "gondola-count";

struct CountFlags {
  DetectionFlags detection;
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
  command
      .add_option("SOURCE", detection.source.sources,
                  "Pictures, folders, quoted globs, .txt lists of paths")
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
      .add_option("--low", flags.low,
                  "Fewest facings of a label, such as cola=4: fewer are reported")
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
  add_model_options(command, detection.model, /*positional=*/false);
  add_detector_options(command, detection.detector);
  command.footer(concat("A FILE of - is standard output. ", kCommonHelp,
                        "\nExample: gondola count shelf.jpg --store audits.db --out audit\n"
                        "         gondola count aisle3/ --planogram aisle3.yaml --low cola=4"));
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

int run_count(const CountFlags& flags, Context& context) {
  const DetectionFlags& detection = flags.detection;
  if (detection.source.sources.empty()) {
    throw ConfigError("no SOURCE given; name pictures, folders or globs (gondola count --help)");
  }
  if (flags.store.empty() && (flags.again || !flags.shop.empty() || !flags.camera.empty())) {
    throw ConfigError("--shop, --camera and --again are about a store; name it with --store FILE");
  }
  const media::SourceList sources = media::resolve_sources(detection.source.sources);
  if (sources.skipped > 0)
    context.log->info("skipped {} files that are no pictures", sources.skipped);
  if (has_moving_pictures(sources)) {
    throw ConfigError(
        "count looks at pictures; for videos and cameras use gondola track, which counts different "
        "objects");
  }
  if (flags.save) media::check_output_folder(sources, flags.out);

  shelf::AuditOptions options;
  options.low_stock = low_stock_of(flags.low);
  std::optional<shelf::Planogram> planogram;
  if (!flags.planogram.empty()) planogram = load_planogram(flags.planogram);

  AuditOutputs outputs;
  if (!flags.taken_at.empty())
    outputs.taken_at = report::parse_local_time(flags.taken_at, report::utc_now()).from;
  outputs.folder = flags.save ? flags.out : std::string();
  outputs.json = flags.json;
  outputs.csv = flags.csv;
  outputs.several = sources.items.size() > 1;
  outputs.if_known = flags.again ? store::IfKnown::kAdd : store::IfKnown::kSkip;
  outputs.shop = flags.shop;
  outputs.camera = flags.camera;

  OpenFeeds opened = open_feeds(sources, detection.source, /*pictures_as_video=*/false, context);
  const nn::WeightsFile weights = load_detector_weights(detection, context);
  detect::Detector detector = open_detector(detection, weights, context);
  std::unique_ptr<store::EventStore> kept;
  if (!flags.store.empty()) kept = store::open_store(flags.store);
  outputs.store = kept.get();

  DetectionExtras extras;
  extras.writes_nothing_else = true;
  extras.names = detector.class_names();
  std::optional<ProductNamer> namer;
  if (!flags.catalog.empty()) {
    namer.emplace(flags.catalog, weights, detector.class_names());
    extras.names = namer->names();
    extras.follow_word = "name";
    extras.follow = [&namer](pipeline::FrameDetections& result) {
      namer->name(result.frame.image, result.detections);
    };
  }
  extras.sinks.push_back(std::make_unique<AuditSink>(
      std::move(outputs), std::move(options), planogram ? &*planogram : nullptr, flags.planogram,
      *extras.names, detector.model_name(), context.log));
  const int exit_code = run_detection(detection, sources, opened, detector, extras, context);
  if (kept)
    context.log->info("kept in {}; see gondola report --store {}", flags.store, flags.store);
  return exit_code;
}

}  // namespace

Command add_count_command(CLI::App& app) {
  auto flags = std::make_shared<CountFlags>();
  CLI::App* parser =
      app.add_subcommand("count", "Audit shelves: rows, facings, gaps, planogram, counts");
  add_options(*parser, *flags);
  return {parser, [flags](Context& context) { return run_count(*flags, context); },
          [flags] {
            const std::string flag = libtorch_flag(flags->detection.detector);
            return flag.empty() ? Need{} : Need{Program::kLibTorch, "count " + flag};
          }};
}

}  // namespace gondola::app
