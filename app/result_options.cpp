#include "result_options.hpp"

#include <cstdint>
#include <cstdlib>

#include <spdlog/fmt/fmt.h>

#include "gondola/pipeline/detection_sinks.hpp"
#include "programs.hpp"
#include "yaml_options.hpp"

namespace gondola::app {
namespace {

constexpr const char* kDefaultOut = "gondola-out";

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

}  // namespace

void add_result_options(CLI::App& command, ResultFlags& flags) {
  command
      .add_option("--out", flags.out,
                  fmt::format("Folder for annotated pictures and videos; default {}", kDefaultOut))
      ->type_name(kFolder);
  // Bound directly, CLI11 would take an optional for a counter and set it to 0.
  command.add_flag_function(
      "--save,!--no-save", [&flags](std::int64_t count) { flags.save = count > 0; },
      "Annotated pictures and videos; default: yes, unless only other results are asked for");
  command.add_flag("--show", flags.show,
                   "Show them in a window: q ends, space pauses, s saves the frame, f full screen");
  command.add_option("--json", flags.json, "All detections as one JSON document")->type_name(kFile);
  command.add_option("--jsonl", flags.jsonl, "One JSON object per picture or frame and line")
      ->type_name(kFile);
  command.add_option("--csv", flags.csv, "One row per detection")->type_name(kFile);
  command.add_option("--txt", flags.txt, "YOLO text, one file per picture or frame")
      ->type_name(kFolder);
  command.add_option("--coco", flags.coco, "COCO results list")->type_name(kFile);
}

bool wants_media(const ResultFlags& flags) {
  if (flags.save) return *flags.save;
  const bool other_results = !flags.json.empty() || !flags.jsonl.empty() || !flags.csv.empty() ||
                             !flags.txt.empty() || !flags.coco.empty() || flags.show;
  return !flags.out.empty() || !other_results;
}

std::string media_folder(const ResultFlags& flags) {
  return flags.out.empty() ? kDefaultOut : flags.out;
}

bool display_available() { return is_set("DISPLAY") || is_set("WAYLAND_DISPLAY"); }

Results make_results(const ResultFlags& flags, const pipeline::Detector& detector, bool videos,
                     Context& context) {
  Results results;
  auto& sinks = results.sinks;
  const ClassNames& names = detector.class_names();
  const std::string& model = detector.model_name();
  if (!flags.json.empty()) sinks.push_back(pipeline::make_json_sink(flags.json, model, names));
  if (!flags.jsonl.empty()) sinks.push_back(pipeline::make_jsonl_sink(flags.jsonl, model, names));
  if (!flags.csv.empty()) sinks.push_back(pipeline::make_csv_sink(flags.csv, names));
  if (!flags.txt.empty()) sinks.push_back(pipeline::make_txt_sink(flags.txt));
  if (!flags.coco.empty()) {
    sinks.push_back(pipeline::make_coco_sink(flags.coco, pipeline::coco_options_for(names)));
  }
  const auto annotator = std::make_shared<pipeline::Annotator>(names);
  if (wants_media(flags)) {
    sinks.push_back(pipeline::make_picture_sink(media_folder(flags), annotator));
    if (videos) sinks.push_back(make_video_sink(media_folder(flags), annotator, context.log));
  }
  if (flags.show) {
    if (display_available()) {
      sinks.push_back(make_window_sink(annotator, media_folder(flags), results.window_closed));
    } else {
      context.log->warn("--show: there is no display (DISPLAY is not set); going on without");
    }
  }
  return results;
}

}  // namespace gondola::app
