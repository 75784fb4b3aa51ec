#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "gondola/core/affine.hpp"
#include "gondola/core/box.hpp"
#include "gondola/core/detection.hpp"
#include "gondola/core/track.hpp"
#include "gondola/track/kalman_filter.hpp"

namespace gondola::track {

struct TrackerOptions {
  /// 0..1. Detections from this score up are matched first, and to all tracks. Raising it trusts
  /// fewer detections.
  float high_score = 0.25F;

  /// 0..high_score. Detections from this score up to high_score can only carry on a track that was
  /// seen in the frame before. Raising it loses half-hidden objects earlier; high_score turns the
  /// second round of matching off.
  float low_score = 0.1F;

  /// high_score..1. A detection that nothing matches begins a track from this score up. Raising it
  /// begins fewer false tracks, and finds dim objects later.
  float new_track_score = 0.25F;

  /// 0..1. Least overlap (IoU) of a predicted box and a detection of the first round. Raising it
  /// loses fast objects; lowering it lets identities jump to neighbours.
  float match_iou = 0.2F;

  /// 0..1. The same for the second round, with detections of low scores.
  float low_score_iou = 0.5F;

  /// 0..1. The same for a track that is not confirmed yet.
  float tentative_iou = 0.3F;

  /// From 1: frames in a row in which an object must be seen before it becomes a track with an
  /// identity. Raising it counts fewer false detections, and misses more of what is seen briefly.
  int confirm_frames = 2;

  /// Whether what is seen in the very first frame is believed at once, as there is no frame before
  /// it to be seen in. Off, everything waits for confirm_frames.
  bool confirm_first_frame = true;

  /// >= 0, seconds for which a confirmed track that is not seen is remembered, so that it keeps its
  /// identity when it shows up again where it must have gone. Raising it bridges longer occlusions,
  /// and lets a newcomer at the same place inherit the identity. A track that was seen in the frame
  /// before is matched however long ago that was.
  double lost_memory_s = 1;

  /// Whether class does not matter for matching.
  bool class_agnostic = false;

  /// 0..1: overlap from which a detection of another class may carry on a track, after those of its
  /// own class, for detectors that waver between similar classes. Raising it towards 1 ends the
  /// track instead. Ignored when class_agnostic.
  float class_change_iou = 0.6F;

  /// 0..1: a detection that overlaps a track seen in the same frame by more than this begins no
  /// track of its own: it is the same object found twice, as under two classes. 1 turns that off.
  float duplicate_iou = 0.85F;

  /// 0..1: share of the filter's box in the box that is given out, the rest being the detection's.
  /// Raising it steadies boxes; 0 gives out detections as they are.
  float smoothing = 1;

  /// Whether motion that most objects have in common (a camera that pans or is pushed) is seen in
  /// the detections themselves and expected of new tracks too. Costs nothing where nothing moves.
  bool follow_common_motion = true;

  MotionModel motion;
};

/// Throws ConfigError naming every option out of range.
void validate(const TrackerOptions& options);

/// A confirmed track that will not be seen again under its identity.
struct EndedTrack {
  std::int64_t id = 0;
  int class_id = -1;        ///< by the vote of all its detections
  double first_seen_s = 0;  ///< time of its first detection, before it was confirmed
  double last_seen_s = 0;
  std::int64_t detections = 0;  ///< how many it was seen by
};

/// Follows objects through a video by their boxes alone: predicts where each has gone, and matches
/// detections to predictions by their overlap.
///
/// Matching is that of ByteTrack (Zhang et al., ECCV 2022, algorithm 1): confirmed tracks, seen or
/// lost, with detections of high scores; those left that were seen a frame ago with detections of
/// low scores; tentative tracks with the rest. Each round is an optimal assignment of the highest
/// sum of overlaps. What is added is for shelves, where many equal products stand side by side and
/// a prediction that is half a product off jumps to the neighbour:
/// - A new track is expected to move as the others do (the median of their velocities).
/// - What most predictions are wrong by, beyond chance, is taken for a motion of the camera, and
/// all
///   tracks get it, the lost ones too.
/// - When predictions fail nearly everywhere, as after the first frame of a pan or a push against
///   the camera, the displacement that explains most detections is found by voting.
/// - A side of a box that lies on the picture's border is not a measurement: the object goes on
///   beyond it. So objects that come in or go out keep their speed, and end when they are outside.
///
/// A track has the class most of its detections had, weighted by their scores, so it may change.
/// Identities count from 1 without gaps, in order of confirmation. Objects are moved and held in
/// memory, not pictures; memory grows with the objects present, and by class with those counted.
/// Not thread-safe.
class Tracker {
 public:
  /// Throws: ConfigError as validate().
  explicit Tracker(const TrackerOptions& options = {});
  ~Tracker();
  Tracker(Tracker&&) noexcept;
  Tracker& operator=(Tracker&&) noexcept;

  /// Takes in the next frame.
  ///
  /// @param detections  of the frame; those with an invalid box or a score that is not a number are
  ///                    ignored
  /// @param time_s      seconds from the source's start; any steps, frames may be missing
  /// @param camera      where a point of the frame before is in this one
  /// @param picture     size of the frame, which may change; {} when it is not known: then objects
  ///                    that leave it are remembered like lost ones
  /// @return the confirmed tracks seen in this frame, in order of their identities; boxes inside
  ///         the picture where it is known
  ///
  /// Requires: time_s finite and above that of the frame before (ContractViolation otherwise).
  std::vector<Track> update(const std::vector<Detection>& detections, double time_s,
                            const Affine& camera = {}, Size picture = {});

  /// Ends all tracks, as at the end of a source; identities and counts go on.
  void finish();

  /// The confirmed tracks that ended in the last update() or finish(), in order of their
  /// identities.
  const std::vector<EndedTrack>& ended() const;

  /// How many different objects were confirmed so far.
  std::int64_t confirmed() const;

  /// The same by class, as each is known now; classes without any are left out. Its sum is
  /// confirmed().
  std::map<int, std::int64_t> confirmed_by_class() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gondola::track
