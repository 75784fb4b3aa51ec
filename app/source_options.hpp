#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "command.hpp"
#include "gondola/media/frame_source.hpp"
#include "gondola/media/sources.hpp"
#include "gondola/pipeline/detect_loop.hpp"

namespace gondola::app {

/// What to read frames from, and which of them, as it is typed.
struct SourceFlags {
  std::vector<std::string> sources;
  std::int64_t every = 1;
  double fps = 0;
  double start = 0;
  std::optional<double> end;
  std::optional<std::int64_t> max_frames;
  std::string camera_size;
  double camera_fps = 0;
  std::string camera_format;
  double timeout = 5;
};

/// Adds SOURCE and the options about it. `what` says in --help what a source may be.
void add_source_options(CLI::App& command, SourceFlags& flags, const std::string& what);

/// Whether any of the sources is a video, camera or stream.
bool has_moving_pictures(const media::SourceList& list);

/// Whether two pictures that follow each other are frames of one video, where pictures are: those
/// of one folder.
bool are_of_one_sequence(const media::SourceItem& a, const media::SourceItem& b);

/// Sources that are open.
struct OpenFeeds {
  std::vector<std::unique_ptr<media::FrameSource>> owned;
  std::vector<pipeline::Feed> feeds;  ///< of those
  bool any_live = false;
};

/// Opens what the arguments came down to: pictures and videos as one feed, in their order, and one
/// for each camera and stream. Cameras and streams that fail are opened again for ever; what
/// becomes of them is logged.
///
/// @param pictures_as_video  pictures are the frames of one video, at flags.fps (25) a second
/// Throws: ConfigError for an option out of range; IoError when the only source cannot be opened.
OpenFeeds open_feeds(const media::SourceList& list, const SourceFlags& flags,
                     bool pictures_as_video, Context& context);

}  // namespace gondola::app
