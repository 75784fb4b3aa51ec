#pragma once

#include <memory>
#include <string>

#include "gondola/media/frame_source.hpp"
#include "gondola/media/sources.hpp"
#include "gondola/media/video_options.hpp"

namespace gondola::media {

/// A source of moving pictures, open. stop() may come from any thread.
///
/// Frames are BGR, 8 bits, upright, and own their pixels. One that is damaged is a FrameError,
/// which counts in Frame::index; the frames after it follow.
class VideoSource : public FrameSource {
 public:
  virtual VideoInfo info() const = 0;
};

/// Opens a video file. Frames come in order of display with the time stamps of the file, which need
/// not be evenly spaced, counted from the first frame.
///
/// A file that is cut off gives the frames it has, then one FrameError.
///
/// Throws: IoError naming the file when it is missing, empty, no video or cut off before its index,
/// when there is no decoder for it, or when it ends before start_s; ConfigError for options out of
/// range. next() throws FrameError.
std::unique_ptr<VideoSource> open_video_file(const std::string& path,
                                             const VideoOptions& options = {});

/// Opens a camera by its number ("0") or device ("/dev/video0").
///
/// Throws: IoError naming the camera and the reason; next() throws IoError when it is gone.
std::unique_ptr<VideoSource> open_camera(const std::string& location,
                                         const VideoOptions& options = {});

/// Opens an address (rtsp, http, ...) or, where OpenCV has GStreamer, a pipeline
/// ("videotestsrc ! videoconvert ! appsink"; everything with " ! " in it).
///
/// Frames are not held back: nothing is queued but what the system's sockets hold. Frame::time_s
/// counts from the opening by the clock, as addresses of cameras have no common time. next() gives
/// nullopt when the sender ends the stream.
///
/// Throws: IoError naming the address and the reason, also from next() when nothing comes for
/// read_timeout_s or the connection breaks.
std::unique_ptr<VideoSource> open_stream(const std::string& address,
                                         const VideoOptions& options = {});

/// Whichever of the three fits the item. Requires: item.kind is not kImage.
std::unique_ptr<VideoSource> open_video(const SourceItem& item, const VideoOptions& options = {});

}  // namespace gondola::media
