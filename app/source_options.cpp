#include "source_options.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "gondola/core/error.hpp"
#include "gondola/core/text.hpp"
#include "gondola/media/chained_source.hpp"
#include "gondola/media/image_source.hpp"
#include "gondola/media/picture_sequence.hpp"
#include "gondola/media/sampled_source.hpp"
#include "gondola/media/video_options.hpp"
#include "programs.hpp"
#include "yaml_options.hpp"

namespace gondola::app {
namespace {

using media::SourceItem;
using media::SourceKind;

constexpr double kPictureRate = 25;

bool is_live(const SourceItem& item) {
  return item.kind == SourceKind::kCamera || item.kind == SourceKind::kStream;
}

Size parse_camera_size(const std::string& text) {
  if (text.empty()) return {};
  const std::vector<std::string> sides = split(text, 'x');
  if (sides.size() == 2) {
    const Size size{parse_number<int>(sides[0]).value_or(0),
                    parse_number<int>(sides[1]).value_or(0)};
    if (size.width > 0 && size.height > 0) return size;
  }
  throw ConfigError(
      concat("--camera-size ", text, ": expected width x height in pixels, such as 1280x720"));
}

media::VideoOptions video_options(const SourceFlags& flags) {
  media::VideoOptions options;
  options.size = parse_camera_size(flags.camera_size);
  options.fps = flags.camera_fps;
  options.format = flags.camera_format;
  options.start_s = flags.start;
  options.end_s = flags.end;
  options.read_timeout_s = flags.timeout;
  if (flags.end && *flags.end <= flags.start) {
    throw ConfigError(
        concat("--end ", *flags.end, " is not after --start ", flags.start, " (seconds)"));
  }
  return options;
}

std::unique_ptr<media::FrameSource> open_files(const std::vector<SourceItem>& items,
                                               const media::VideoOptions& options,
                                               const SourceFlags& flags, bool pictures_as_video) {
  // What stands alone is opened at once, so that it fails before anything else is done.
  if (items.size() == 1 && items.front().kind == SourceKind::kVideo)
    return open_video_file(items.front().location, options);
  std::vector<media::ChainedSource::Part> parts;
  for (std::size_t i = 0; i < items.size();) {
    if (items[i].kind == SourceKind::kVideo) {
      const std::string path = items[i].location;
      parts.push_back({path, [path, options] { return open_video_file(path, options); }});
      ++i;
      continue;
    }
    std::vector<std::string> pictures;
    const std::size_t first = i;
    for (; i < items.size() && items[i].kind == SourceKind::kImage; ++i) {
      if (pictures_as_video && i > first && !are_of_one_sequence(items[i - 1], items[i])) break;
      pictures.push_back(items[i].location);
    }
    if (pictures_as_video) {
      media::SequenceOptions sequence;
      sequence.fps = flags.fps > 0 ? flags.fps : kPictureRate;
      parts.push_back({pictures.front(), [pictures, sequence] {
                         return std::make_unique<media::PictureSequence>(pictures, sequence);
                       }});
    } else {
      parts.push_back({pictures.front(),
                       [pictures] { return std::make_unique<media::ImageSource>(pictures); }});
    }
  }
  if (parts.size() == 1) return parts.front().open();
  return std::make_unique<media::ChainedSource>(std::move(parts));
}

}  // namespace

void add_source_options(CLI::App& command, SourceFlags& flags, const std::string& what) {
  command.add_option("SOURCE", flags.sources, what)->type_name(kFile);
  command.add_option("--every", flags.every, "Of videos and cameras: use each n-th frame")
      ->check(plain(CLI::Range(std::int64_t{1}, std::int64_t{1'000'000})))
      ->type_name("N")
      ->capture_default_str();
  command
      .add_option("--fps", flags.fps,
                  "Use at most so many frames a second; 0 = all. Of a folder of frames: its rate")
      ->check(plain(CLI::Range(0.0, 1000.0)))
      ->type_name("N")
      ->capture_default_str();
  command.add_option("--start", flags.start, "Begin a video here, seconds")
      ->check(plain(CLI::NonNegativeNumber))
      ->type_name("S")
      ->capture_default_str();
  command.add_option("--end", flags.end, "End a video here, seconds")
      ->check(plain(CLI::NonNegativeNumber))
      ->type_name("S");
  command.add_option("--max-frames", flags.max_frames, "End after so many frames")
      ->check(plain(CLI::NonNegativeNumber))
      ->type_name("N");
  command.add_option("--camera-size", flags.camera_size, "Asked of cameras, such as 1280x720")
      ->type_name("WxH");
  command.add_option("--camera-fps", flags.camera_fps, "Asked of cameras, frames a second")
      ->check(plain(CLI::Range(0.0, 1000.0)))
      ->type_name("N");
  command.add_option("--camera-format", flags.camera_format, "Asked of cameras, such as MJPG")
      ->type_name("CODE");
  command
      .add_option("--timeout", flags.timeout,
                  "Open a camera or stream again that is silent for so long, seconds")
      ->check(plain(CLI::Range(0.1, 3600.0)))
      ->type_name("S")
      ->capture_default_str();
}

bool has_moving_pictures(const media::SourceList& list) {
  return std::any_of(list.items.begin(), list.items.end(),
                     [](const SourceItem& item) { return item.kind != SourceKind::kImage; });
}

bool are_of_one_sequence(const SourceItem& a, const SourceItem& b) {
  namespace fs = std::filesystem;
  return a.kind == SourceKind::kImage && b.kind == SourceKind::kImage &&
         fs::path(a.location).parent_path() == fs::path(b.location).parent_path();
}

OpenFeeds open_feeds(const media::SourceList& list, const SourceFlags& flags,
                     bool pictures_as_video, Context& context) {
  const media::VideoOptions options = video_options(flags);
  media::SampleOptions samples;
  samples.every = flags.every;
  samples.max_fps = pictures_as_video && !has_moving_pictures(list) ? 0 : flags.fps;
  samples.max_frames = flags.max_frames;

  OpenFeeds open;
  const auto add = [&](std::unique_ptr<media::FrameSource> source, const std::string& name,
                       bool live) {
    open.owned.push_back(media::sampled(std::move(source), samples));
    open.feeds.push_back({open.owned.back().get(), name, live});
    open.any_live = open.any_live || live;
  };
  std::vector<SourceItem> files;
  for (const SourceItem& item : list.items)
    if (!is_live(item)) files.push_back(item);
  if (!files.empty()) {
    add(open_files(files, options, flags, pictures_as_video),
        files.size() == 1 ? files.front().location : "files", false);
  }
  for (const SourceItem& item : list.items) {
    if (!is_live(item)) continue;
    // A stream may come up later; a camera that is not there now was most likely mistyped.
    const bool must_open = list.items.size() == 1 && item.kind == SourceKind::kCamera;
    add(open_live_source(item, options, must_open, context.log),
        media::without_password(item.location), true);
  }
  return open;
}

}  // namespace gondola::app
