#include "gondola/pipeline/annotator.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <utility>

namespace gondola::pipeline {
namespace {

/// The frame rate is that of the last so many seconds.
constexpr double kRateWindow_s = 2;

double now_s() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

bool is_live(media::SourceKind kind) {
  return kind == media::SourceKind::kCamera || kind == media::SourceKind::kStream;
}

}  // namespace

Annotator::Annotator(ClassNames names, AnnotationOptions options)
    : names_(std::move(names)), options_(std::move(options)) {}

cv::Mat Annotator::annotated(const FrameDetections& result) {
  const media::Frame& frame = result.frame;
  if (!last_.empty() && frame.source == last_source_ && frame.index == last_index_ &&
      frame.kind != media::SourceKind::kImage)
    return last_;
  cv::Mat image = frame.image.clone();
  media::draw_detections(image, result.detections, names_, options_.draw, result.tracks);

  media::Overlay overlay = result.overlay;
  if (frame.kind != media::SourceKind::kImage || !result.tracks.empty()) {
    SourceState& state = sources_[frame.source];
    remember(state, result);
    for (const auto& [track, path] : state.paths) {
      media::Trail trail;
      trail.track = track;
      for (const auto& [time_s, point] : path.points) trail.points.push_back(point);
      overlay.trails.push_back(std::move(trail));
    }
    if (options_.status) overlay.status = status_of(state, result);
  }
  media::draw_overlay(image, overlay, options_.draw.font);
  last_ = image;
  last_source_ = frame.source;
  last_index_ = frame.index;
  return image;
}

void Annotator::remember(SourceState& state, const FrameDetections& result) const {
  const double now = result.frame.time_s;
  for (std::size_t i = 0; i < result.tracks.size(); ++i) {
    if (result.tracks[i] <= 0) continue;
    const Box& box = result.detections[i].box;
    state.paths[result.tracks[i]].points.emplace_back(now, cv::Point2f(box.center_x(), box.y2));
  }
  for (auto path = state.paths.begin(); path != state.paths.end();) {
    auto& points = path->second.points;
    while (!points.empty() && points.front().first < now - options_.trail_s) points.pop_front();
    path = points.empty() ? state.paths.erase(path) : std::next(path);
  }
}

std::string Annotator::status_of(SourceState& state, const FrameDetections& result) const {
  const double now = now_s();
  state.finished_s.push_back(now);
  while (state.finished_s.front() < now - kRateWindow_s) state.finished_s.pop_front();
  char text[96] = "";
  const double span = now - state.finished_s.front();
  int length = 0;
  if (span > 0) {
    const double rate = static_cast<double>(state.finished_s.size() - 1) / span;
    length = std::snprintf(text, sizeof text, "%.1f frames/s", rate);
  }
  std::string status(text, static_cast<std::size_t>(length));
  if (is_live(result.frame.kind)) {
    std::snprintf(text, sizeof text, "%slag %.0f ms   %lld dropped", status.empty() ? "" : "   ",
                  result.timing.lag_s * 1000, static_cast<long long>(result.timing.dropped));
    status += text;
  }
  return status;
}

}  // namespace gondola::pipeline
