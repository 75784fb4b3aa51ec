#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <opencv2/core/mat.hpp>

#include "gondola/core/affine.hpp"
#include "gondola/core/class_names.hpp"
#include "gondola/count/interval_recorder.hpp"
#include "gondola/count/scene_counter.hpp"
#include "gondola/count/scene_options.hpp"
#include "gondola/media/frame.hpp"
#include "gondola/pipeline/detection_sink.hpp"
#include "gondola/track/tracker.hpp"

namespace gondola::pipeline {

struct FollowOptions {
  track::TrackerOptions tracker;
  count::SceneOptions scene;  ///< lines, zones and intervals; the same for every source

  /// Makes what tells how the picture of one source moved since its frame before; empty = cameras
  /// are taken to stand still, apart from what the tracker sees in the boxes.
  std::function<std::function<Affine(const cv::Mat&)>()> make_camera_motion;
};

/// What was counted in one source.
struct SourceCounts {
  std::string source;
  std::vector<count::CountRow> totals;  ///< from the first frame to the last
  std::map<int, std::int64_t> unique;   ///< different objects by class id
  cv::Mat first_frame;
  const count::HeatMap* heat_map = nullptr;  ///< null unless the scene asks for one
};

/// Follows objects through the frames of several sources, counts them, and turns the detections of
/// each frame into those with an identity.
///
/// Each source has a tracker and a scene of its own, made at its first frame. Used by one thread at
/// a time.
class Follower {
 public:
  /// Told of rows and events as soon as they are there, with the frame in which that was (the last
  /// one at the end); called from follow() and finish(). May be empty.
  struct Callbacks {
    std::function<void(const media::Frame&, const count::CountRow&)> on_row;
    std::function<void(const media::Frame&, const count::SceneEvent&)> on_event;
  };

  /// Throws: ConfigError for options out of range.
  Follower(FollowOptions options, ClassNames names, Callbacks callbacks = {});
  ~Follower();
  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;

  /// Leaves the confirmed tracks in `result`, with smoothed boxes, and what is to be drawn of the
  /// scene.
  ///
  /// Throws: ConfigError when the scene does not fit the picture or the model's classes.
  void follow(FrameDetections& result);

  /// At the end: closes stays and intervals.
  void finish();

  /// In the order in which the sources appeared. The heat maps are the follower's.
  std::vector<SourceCounts> counts() const;

 private:
  struct Source;

  Source& source_of(const media::Frame& frame);
  void tell(const Source& source, const std::vector<count::SceneEvent>& events,
            const std::vector<count::CountRow>& rows) const;

  FollowOptions options_;
  ClassNames names_;
  Callbacks callbacks_;
  std::vector<std::unique_ptr<Source>> sources_;
};

}  // namespace gondola::pipeline
