#pragma once

#include <atomic>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "command.hpp"
#include "gondola/detect/detector.hpp"
#include "gondola/detect/network_runner.hpp"
#include "gondola/media/frame_source.hpp"
#include "gondola/media/sources.hpp"
#include "gondola/media/video_options.hpp"
#include "gondola/nn/model_file.hpp"
#include "gondola/pipeline/annotator.hpp"
#include "gondola/pipeline/detection_sink.hpp"

namespace gondola::app {

// Three programs are made of this folder. `gondola` starts in a few hundredths of a second, because
// it is linked without LibTorch and without OpenCV's windows and videos, whose libraries take
// longer to load than a picture takes to go through the network. `gondola-video` has the latter,
// `gondola-torch` has everything; `gondola` becomes one of them when it is asked for something that
// needs them, so that users know one program only.
//
// The functions from has_video() on are what differs: with_video.cpp and with_libtorch.cpp have
// them, without_video.cpp and without_libtorch.cpp stand in for them and for the commands that a
// program does not have.

/// Replaces the process by the program that has what is needed, from the folder of this one, with
/// the same arguments. Returns where this program has it. Throws IoError when the other is not
/// there.
void continue_where_it_can_run(const Need& need, char** arguments);

/// A command that another program has: known by name, so that the help lists it and typing errors
/// find it; what follows the name is that program's to read, --help included.
Command stand_in(CLI::App& app, const std::string& name, const std::string& description,
                 Program program);

/// Stands in for a function of another program, which main() has become before it could be called.
[[noreturn]] void never_reached(const std::string& what);

bool has_video();

/// A video file, from its first frame on. Throws as media::open_video_file().
std::unique_ptr<media::FrameSource> open_video_file(const std::string& path,
                                                    const media::VideoOptions& options);

/// A camera or stream that is opened again whenever it fails; what happens to it is logged.
///
/// @param must_open  throw IoError when it cannot be opened the first time
std::unique_ptr<media::FrameSource> open_live_source(const media::SourceItem& item,
                                                     const media::VideoOptions& options,
                                                     bool must_open,
                                                     const std::shared_ptr<spdlog::logger>& log);

/// Annotated videos in a folder, one for each source that is no picture.
std::unique_ptr<pipeline::DetectionSink> make_video_sink(
    const std::string& folder, std::shared_ptr<pipeline::Annotator> annotator,
    const std::shared_ptr<spdlog::logger>& log);

/// Shows annotated pictures and videos on the display.
///
/// @param folder  for frames that the user saves
/// @param closed  set when the user has had enough
std::unique_ptr<pipeline::DetectionSink> make_window_sink(
    std::shared_ptr<pipeline::Annotator> annotator, const std::string& folder,
    std::shared_ptr<std::atomic<bool>> closed);

bool has_libtorch();

/// Sets LibTorch's number of threads.
void set_libtorch_threads(int threads);

/// detect::make_torch_runner().
std::unique_ptr<detect::NetworkRunner> make_libtorch_runner(const nn::WeightsFile& weights,
                                                            const detect::DetectorOptions& options);

}  // namespace gondola::app
