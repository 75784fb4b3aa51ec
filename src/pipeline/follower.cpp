#include "gondola/pipeline/follower.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "gondola/core/error.hpp"

namespace gondola::pipeline {
namespace {

Size size_of(const cv::Mat& image) { return {image.cols, image.rows}; }

cv::Point2f to_pixel(const count::Point& point) {
  return {static_cast<float>(point.x), static_cast<float>(point.y)};
}

media::Overlay overlay_of(const count::SceneCounter& scene) {
  media::Overlay overlay;
  for (const count::Zone& zone : scene.zones()) {
    media::OverlayZone drawn;
    for (const count::Point& corner : zone.polygon()) drawn.corners.push_back(to_pixel(corner));
    const count::ZoneCounts& counts = zone.totals();
    drawn.text =
        concat(zone.options().name, ": ", counts.occupancy, " now, ", counts.entries, " in all");
    overlay.zones.push_back(std::move(drawn));
  }
  for (const count::LineCounter& line : scene.lines()) {
    const count::Segment segment = line.segment();
    const count::LineCounts counts = line.totals();
    const count::LineOptions& options = line.options();
    overlay.lines.push_back({to_pixel(segment.from), to_pixel(segment.to), to_pixel(line.inward()),
                             concat(options.name, ": ", counts.in, ' ', options.in_name, ", ",
                                    counts.out, ' ', options.out_name)});
  }
  return overlay;
}

}  // namespace

struct Follower::Source {
  track::Tracker tracker;
  count::SceneCounter scene;
  std::function<Affine(const cv::Mat&)> camera_motion;
  cv::Mat first_frame;
  media::Frame last_frame;  // without its pixels
  Size picture;
  std::optional<double> time_s;
};

Follower::Follower(FollowOptions options, ClassNames names, Callbacks callbacks)
    : options_(std::move(options)), names_(std::move(names)), callbacks_(std::move(callbacks)) {
  track::validate(options_.tracker);
  count::validate(options_.scene);
}

Follower::~Follower() = default;

Follower::Source& Follower::source_of(const media::Frame& frame) {
  // From the back: the same file may be given twice, and then starts anew.
  const auto known = std::find_if(sources_.rbegin(), sources_.rend(), [&](const auto& source) {
    return source->last_frame.source == frame.source;
  });
  const bool goes_on = known != sources_.rend() && (frame.index > (*known)->last_frame.index ||
                                                    frame.kind == media::SourceKind::kImage);
  if (goes_on) return **known;
  const Size picture = size_of(frame.image);
  auto source = std::make_unique<Source>(
      Source{track::Tracker(options_.tracker), count::SceneCounter(options_.scene, names_, picture),
             options_.make_camera_motion ? options_.make_camera_motion() : nullptr,
             options_.scene.heat_map ? frame.image.clone() : cv::Mat(), media::Frame{}, picture,
             std::nullopt});
  sources_.push_back(std::move(source));
  return *sources_.back();
}

void Follower::follow(FrameDetections& result) {
  const media::Frame& frame = result.frame;
  Source& source = source_of(frame);
  const Size picture = size_of(frame.image);
  if (picture != source.picture) {
    source.picture = picture;
    source.scene.set_picture_size(picture);
    if (options_.make_camera_motion) source.camera_motion = options_.make_camera_motion();
  }
  // Two frames may carry the same time stamp, and a stream's clock may be set back.
  double time_s = frame.time_s;
  if (source.time_s && time_s <= *source.time_s)
    time_s = std::nextafter(*source.time_s, std::numeric_limits<double>::infinity());
  source.time_s = time_s;
  source.last_frame = frame;
  source.last_frame.image.release();

  const Affine camera = source.camera_motion ? source.camera_motion(frame.image) : Affine{};
  const std::vector<Track> tracks =
      source.tracker.update(result.detections, time_s, camera, picture);
  result.detections.clear();
  result.tracks.clear();
  for (const Track& track : tracks) {
    result.detections.push_back({track.box, track.score, track.class_id});
    result.tracks.push_back(track.id);
  }
  const std::vector<count::SceneEvent> events = source.scene.update(tracks, time_s);
  tell(source, events, source.scene.take_rows());
  result.overlay = overlay_of(source.scene);
}

void Follower::finish() {
  for (const auto& source : sources_) {
    source->tracker.finish();
    const std::vector<count::SceneEvent> events = source->scene.finish();
    tell(*source, events, source->scene.take_rows());
  }
}

void Follower::tell(const Source& source, const std::vector<count::SceneEvent>& events,
                    const std::vector<count::CountRow>& rows) const {
  if (callbacks_.on_event)
    for (const count::SceneEvent& event : events) callbacks_.on_event(source.last_frame, event);
  if (callbacks_.on_row)
    for (const count::CountRow& row : rows) callbacks_.on_row(source.last_frame, row);
}

std::vector<SourceCounts> Follower::counts() const {
  std::vector<SourceCounts> all;
  for (const auto& source : sources_) {
    SourceCounts counts;
    counts.source = source->last_frame.source;
    counts.totals = source->scene.totals();
    for (const auto& [class_id, count] : source->scene.unique().counts_by_class())
      if (count > 0) counts.unique[class_id] = static_cast<std::int64_t>(count);
    counts.first_frame = source->first_frame;
    counts.heat_map = source->scene.heat_map();
    all.push_back(std::move(counts));
  }
  return all;
}

}  // namespace gondola::pipeline
