#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "gondola/media/frame_source.hpp"

namespace gondola::media {

/// Whether a path has the extension of a picture that read_image() may know, in any case of
/// letters.
bool has_image_extension(const std::string& path);

/// One thing to read frames from.
struct SourceItem {
  SourceKind kind = SourceKind::kImage;
  std::string location;  ///< path, camera number or device, or address

  friend bool operator==(const SourceItem& a, const SourceItem& b) {
    return a.kind == b.kind && a.location == b.location;
  }
};

/// Whether an address is a pipeline of GStreamer elements: "videotestsrc ! appsink".
bool is_gstreamer_pipeline(const std::string& address);

/// An address for messages and results: "rtsp://user:***@host/1" for "rtsp://user:secret@host/1".
std::string without_password(const std::string& address);

/// What the arguments of a command come down to.
struct SourceList {
  std::vector<SourceItem> items;  ///< in the order of the arguments; never empty
  std::size_t skipped = 0;        ///< files found in folders and by globs that are no picture
};

/// Turns what users type into an ordered list of things to read.
///
///  - a file: a video when its extension says so, else a picture (the content decides the format);
///  - a folder: the pictures directly in it, in natural order (img2 before img10);
///  - a glob (`*`, `?`, `[...]`) that the shell left alone: the pictures and videos it matches, in
///    natural order; a file of exactly that name comes first;
///  - a `.txt` file: one path or address a line, relative to the list's folder; empty lines and
///    lines that start with `#` are skipped;
///  - `0`, `1`, ... and `/dev/video*`: a camera;
///  - `rtsp://`, `rtsps://`, `rtmp://`, `udp://`, `http://`, `https://`, and what
///    has ` ! ` in it, a GStreamer pipeline: a stream.
///
/// Throws: ConfigError when nothing is given or an address has an unknown scheme; IoError, naming
/// the path and for a typing mistake the nearest existing name, when a path does not exist, a
/// folder or list cannot be read, or a folder, glob or list holds nothing to read.
SourceList resolve_sources(const std::vector<std::string>& arguments);

/// Throws ConfigError when `folder`, where pictures are to be written, holds pictures of the list:
/// results named like them would replace them.
void check_output_folder(const SourceList& list, const std::string& folder);

/// Opens the pictures of the list as one source, in order.
///
/// Throws: ConfigError for a video, camera or stream: those are opened one by one.
std::unique_ptr<FrameSource> open_sources(const SourceList& list);

}  // namespace gondola::media
