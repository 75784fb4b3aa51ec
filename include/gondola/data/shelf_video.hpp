#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gondola/data/shelf_picture.hpp"

namespace gondola::data {

enum class ShelfVideoKind {
  kPan,     ///< the camera moves along the aisle
  kRestock  ///< the camera stands; products are taken and put back, people pass
};

/// A clip of a synthetic shelf.
struct ShelfVideoOptions {
  ShelfOptions shelf;  ///< its seed tells clips apart
  ShelfVideoKind kind = ShelfVideoKind::kPan;
  double seconds = 10;         ///< above 0, at most 3600
  double fps = 10;             ///< frames a second, 1..60
  double speed = 40;           ///< of the pan, centimetres a second, 1..300
  double event_interval = 1;   ///< mean time between taking or putting back, seconds, 0.1..3600
  double people_interval = 8;  ///< mean time between people who pass, seconds, 1..3600
};

/// Throws ConfigError naming every option out of range.
void validate(const ShelfVideoOptions& options);

/// How many frames a clip of these (valid) options has.
std::size_t frame_count(const ShelfVideoOptions& options);

/// A package in one frame, labelled as ShelfObject is.
struct ShelfVideoObject {
  int identity = 0;  ///< the same in all frames, from 1; one that is put back gets a new one
  Box box;
  int product = 0;
  double visible = 1;
};

struct ShelfVideoEvent {
  double time_s = 0;  ///< of the first frame that shows the change
  bool taken = true;  ///< false = put on the shelf
  int identity = 0;
  int product = 0;

  /// Packages that would be labelled just before and after, if nobody stood before the shelf:
  /// what a camera that looks at it can count. Where another one stands behind a package that is
  /// taken, they are the same.
  int visible_before = 0;
  int visible_after = 0;

  /// Whether a facing that can be seen came or went, so that the count changed.
  bool facing_changed() const { return visible_before != visible_after; }
};

struct ShelfVideoFrame {
  cv::Mat picture;  ///< CV_8UC3, BGR
  int number = 0;   ///< from 0
  double time_s = 0;
  std::vector<ShelfVideoObject> objects;
  std::vector<ShelfVideoEvent> events;  ///< since the frame before
};

/// Draws a clip frame by frame. It depends on the options and the installed fonts alone. Not
/// thread-safe.
class ShelfVideo {
 public:
  /// Throws: ConfigError as validate(); IoError when a texture folder cannot be used.
  explicit ShelfVideo(const ShelfVideoOptions& options);
  ~ShelfVideo();
  ShelfVideo(const ShelfVideo&) = delete;
  ShelfVideo& operator=(const ShelfVideo&) = delete;

  /// The next frame, nullopt at the end.
  std::optional<ShelfVideoFrame> next();

  std::size_t frame_count() const;
  const std::vector<ShelfProduct>& products() const;

 private:
  struct Studio;
  std::unique_ptr<Studio> studio_;
};

struct ShelfVideoSummary {
  std::size_t frames = 0;
  std::size_t identities = 0;  ///< packages that were labelled in at least one frame
  std::size_t taken = 0;
  std::size_t restocked = 0;
  bool stopped = false;
};

struct ShelfVideoCallbacks {
  std::function<void(std::size_t frames)> on_progress;
  std::function<bool()> stop_requested;  ///< asked before every frame
};

/// Writes a clip (.mp4 or .avi) and beside it, for clip.mp4:
/// - clip.truth.jsonl: one object a frame: frame, time_s, objects with identity, product, box
///   (x1, y1, x2, y2 in pixels) and visible share;
/// - clip.gt.txt: the same as MOTChallenge ground truth: frame and identity from 1, left, top,
///   width, height, 1, 1, visible share;
/// - clip.events.json: what was taken and put back, and the true counts.
///
/// All appear complete or not at all; when stopped, with the frames drawn until then.
///
/// Throws: ConfigError for options out of range and for another ending; IoError when something
/// cannot be written.
ShelfVideoSummary write_shelf_video(const ShelfVideoOptions& options, const std::string& path,
                                    const ShelfVideoCallbacks& callbacks = {});

}  // namespace gondola::data
