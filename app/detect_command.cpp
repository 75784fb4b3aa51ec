#include <memory>
#include <string>

#include "command.hpp"
#include "detection_run.hpp"
#include "gondola/core/error.hpp"
#include "gondola/core/text.hpp"
#include "yaml_options.hpp"

namespace gondola::app {
namespace {

void add_options(CLI::App& command, DetectionFlags& flags) {
  add_source_options(command, flags.source,
                     "Pictures, folders, quoted globs, .txt lists of paths, videos, cameras (0, "
                     "/dev/video0), rtsp:// and http:// addresses");
  add_model_options(command, flags.model, /*positional=*/false);
  add_detector_options(command, flags.detector);
  add_result_options(command, flags.result);
  command.footer(concat(
      kCommonHelp,
      "\nExample: gondola detect photos/ --model yolov8n.pt --conf 0.3 --json found.json --save"));
}

Need need_of(const DetectionFlags& flags) {
  const std::string flag = libtorch_flag(flags.detector);
  if (!flag.empty()) return {Program::kLibTorch, "detect " + flag};
  if (flags.result.show && display_available()) return {Program::kVideo, "detect --show"};
  if (!flags.source.sources.empty() &&
      has_moving_pictures(media::resolve_sources(flags.source.sources))) {
    return {Program::kVideo, "detect of videos"};
  }
  return {};
}

int run_detect(const DetectionFlags& flags, Context& context) {
  if (flags.source.sources.empty()) {
    throw ConfigError(
        "no SOURCE given; name pictures, folders, globs, videos or cameras (gondola detect "
        "--help)");
  }
  const media::SourceList sources = media::resolve_sources(flags.source.sources);
  if (sources.skipped > 0)
    context.log->info("skipped {} files that are no pictures", sources.skipped);
  if (wants_media(flags.result)) media::check_output_folder(sources, media_folder(flags.result));
  OpenFeeds opened = open_feeds(sources, flags.source, /*pictures_as_video=*/false, context);
  const nn::WeightsFile weights = load_detector_weights(flags, context);
  detect::Detector detector = open_detector(flags, weights, opened, context);
  DetectionExtras extras;
  return run_detection(flags, sources, opened, detector, extras, context);
}

}  // namespace

Command add_detect_command(CLI::App& app) {
  auto flags = std::make_shared<DetectionFlags>();
  CLI::App* parser = app.add_subcommand("detect", "Find objects in pictures and videos");
  add_options(*parser, *flags);
  return {parser, [flags](Context& context) { return run_detect(*flags, context); },
          [flags] { return need_of(*flags); }};
}

}  // namespace gondola::app
