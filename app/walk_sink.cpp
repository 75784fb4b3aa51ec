#include "walk_sink.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "gondola/core/error.hpp"
#include "gondola/core/text.hpp"
#include "gondola/pipeline/result_names.hpp"
#include "words.hpp"

namespace gondola::app {
namespace {

/// Below it the shift of a picture cannot be seen.
constexpr int kLeastSide = 32;

}  // namespace

WalkSink::WalkSink(std::unique_ptr<AuditSink> audits,
                   std::function<void(pipeline::FrameDetections&)> give_names,
                   std::shared_ptr<spdlog::logger> log)
    : audits_(std::move(audits)), give_names_(std::move(give_names)), log_(std::move(log)) {}

void WalkSink::write(const pipeline::FrameDetections& result) {
  const media::Frame& frame = result.frame;
  const auto [known, is_new] = sources_.try_emplace(frame.source);
  Source& source = known->second;
  const Size size{frame.image.cols, frame.image.rows};
  if (is_new) {
    source.first = frame;
    source.first.image.release();
    source.picture = size;
  }
  if (size != source.picture || std::min(size.width, size.height) < kLeastSide) {
    throw ConfigError(concat(frame.source, ": frame ", frame.index, " has ", size,
                             " pixels, the first one ", source.picture,
                             "; a walk is of frames of one size, at least ", kLeastSide,
                             " pixels a side"));
  }
  std::vector<Track> tracks;
  for (std::size_t i = 0; i < result.detections.size(); ++i) {
    const Detection& detection = result.detections[i];
    tracks.push_back({result.tracks[i], detection.box, detection.score, detection.class_id, i});
  }
  // No motion may mean that none could be seen.
  const Affine seen = source.camera.update(frame.image);
  const std::optional<Affine> camera = seen == Affine{} ? std::nullopt : std::optional(seen);
  const shelf::Point corner = source.walk.add(tracks, size, camera);
  source.panorama.paint(frame.image, {corner.x, corner.y});
}

void WalkSink::end_source(const std::string& name) {
  const auto known = sources_.find(name);
  if (known == sources_.end()) return;
  const Source& source = known->second;
  pipeline::FrameDetections whole;
  whole.frame = source.first;
  // It is one of a video, whatever that was made of.
  whole.frame.kind = media::SourceKind::kVideo;
  whole.frame.image = source.panorama.picture();
  const Affine to_picture = source.panorama.to_picture();
  const Size size{whole.frame.image.cols, whole.frame.image.rows};
  for (const shelf::WalkProduct& product : source.walk.products()) {
    Detection detection = product.detection;
    const Box& box = detection.box;
    detection.box =
        clip({box.x1 * to_picture.xx + to_picture.tx, box.y1 * to_picture.yy + to_picture.ty,
              box.x2 * to_picture.xx + to_picture.tx, box.y2 * to_picture.yy + to_picture.ty},
             size);
    if (is_valid(detection.box)) whole.detections.push_back(detection);
  }
  log_->info("{}: {} put together to a picture of {} x {} pixels", name,
             counted(static_cast<std::int64_t>(source.walk.frames()), "frame", "frames"),
             size.width, size.height);
  if (give_names_) give_names_(whole);
  if (!is_complete_)
    log_->warn("{}: stopped on the way; its audit is of a part, and not for the store", name);
  audits_->write(whole, pipeline::source_stem(name), is_complete_);
  sources_.erase(known);
}

void WalkSink::finish() { audits_->finish(); }

}  // namespace gondola::app
