#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "command.hpp"
#include "gondola/pipeline/annotator.hpp"
#include "gondola/pipeline/detection_sink.hpp"
#include "gondola/pipeline/detector.hpp"

namespace gondola::app {

/// Where results go, as it is typed.
struct ResultFlags {
  std::string out;
  std::string json;
  std::string jsonl;
  std::string csv;
  std::string txt;
  std::string coco;
  std::optional<bool> save;
  bool show = false;
};

void add_result_options(CLI::App& command, ResultFlags& flags);

/// Whether annotated pictures and videos are made: they are the result for people, so unless the
/// user asks for others only, or says.
bool wants_media(const ResultFlags& flags);

/// The folder for them.
std::string media_folder(const ResultFlags& flags);

/// Whether there is a display to open a window on.
bool display_available();

/// What takes the results.
struct Results {
  std::vector<std::unique_ptr<pipeline::DetectionSink>> sinks;
  std::shared_ptr<std::atomic<bool>> window_closed = std::make_shared<std::atomic<bool>>(false);
};

/// @param videos  some of the sources are videos, cameras or streams
Results make_results(const ResultFlags& flags, const pipeline::Detector& detector, bool videos,
                     Context& context);

}  // namespace gondola::app
