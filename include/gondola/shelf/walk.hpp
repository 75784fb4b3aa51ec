#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "gondola/core/affine.hpp"
#include "gondola/core/box.hpp"
#include "gondola/core/detection.hpp"
#include "gondola/core/track.hpp"
#include "gondola/shelf/rows.hpp"

namespace gondola::shelf {

/// How the products of a walk are told from mistakes.
struct WalkOptions {
  /// 0..1. A product must have been seen in at least this share of the frames that showed its
  /// place. Raising it counts fewer false detections, and loses what is hard to detect.
  double seen_share = 0.35;

  /// >= 1. Frames in which it must have been seen at least. A walk of fewer frames asks for all.
  int least_frames = 3;

  /// 0..1. Two tracks at places that overlap by this IoU, and that were hardly ever seen in the
  /// same frame, are one product that was lost and found again.
  float same_iou = 0.3F;

  /// 0..1. What is cut off by the picture's edge at an end of the walk counts when this share of a
  /// usual width of its row can be seen.
  double cut_share = 0.5;
};

/// One product of a walk.
struct WalkProduct {
  /// In the walk's pixels, as it was where the camera saw it most from the front.
  Detection detection;
  int frames = 0;    ///< in which it was seen
  double share = 0;  ///< of the frames that showed its place, 0..1
};

/// Puts the products that a camera sees on its way along a shelf into one long picture, so that
/// each is there once, however often it was seen, lost and found again.
///
/// The walk's pixels are those of the first frame, continued beyond its edges. A frame is placed by
/// the products it shares with the one before: by the median of how far they moved. So the camera
/// may go at any pace, stop, and go back; it must look at the shelf from the front, and turning or
/// coming closer moves things by as much as they are from the middle of the frame. Memory grows
/// with the products, and by a few numbers with every frame. Not thread-safe.
class Walk {
 public:
  /// Requires: options in their ranges (ContractViolation).
  explicit Walk(const WalkOptions& options = {});

  /// Takes in the confirmed tracks of the next frame.
  ///
  /// @param picture  size of the frame; width and height > 0
  /// @param camera   where a point of the frame before is in this one, for frames that have too few
  ///                 products in common; without, the camera is taken to go on as it did
  /// @return where the frame's top left corner lies in the walk
  Point add(const std::vector<Track>& tracks, Size picture,
            const std::optional<Affine>& camera = std::nullopt);

  /// What stands on the shelf, as far as it has been seen; in order of their places from the left.
  std::vector<WalkProduct> products() const;

  std::size_t frames() const { return frames_.size(); }

 private:
  /// One sight of a product, in pixels of its frame.
  struct Look {
    Box box;
    float score = 0;
    std::size_t frame = 0;
    float off_center = 0;  // distance from the frame's middle, as a share of its side
  };
  /// First and last of frames in a row.
  using Run = std::pair<std::size_t, std::size_t>;
  struct Seen {
    int class_id = -1;
    std::vector<Run> runs;
    int frames = 0;
    Look front_x;  // nearest to the middle of its frame, between left and right
    Look front_y;  // ... between top and bottom
  };
  struct FramePlace {
    Point corner;
    Size picture;
  };
  struct Candidate;

  Point step(const std::vector<Track>& tracks, Size picture,
             const std::optional<Affine>& camera) const;
  bool goes_sideways() const;
  Box place_of(const Look& look) const;
  std::vector<Candidate> candidates(bool sideways) const;
  static bool shows(const FramePlace& frame, const Box& box, bool sideways);
  double share_of(const Candidate& candidate, bool sideways) const;
  bool is_cut_short(const Candidate& candidate, const std::vector<Candidate>& all,
                    bool sideways) const;

  WalkOptions options_;
  std::vector<FramePlace> frames_;
  std::map<std::int64_t, Seen> seen_;         // by track
  std::map<std::int64_t, Box> boxes_before_;  // of the tracks in the last frame
  Point last_step_;
};

}  // namespace gondola::shelf
