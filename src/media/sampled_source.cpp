#include "gondola/media/sampled_source.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace gondola::media {
namespace {

class SampledSource : public FrameSource {
 public:
  SampledSource(std::unique_ptr<FrameSource> source, const SampleOptions& options)
      : source_(std::move(source)), options_(options) {}

  std::optional<Frame> next() override {
    while (!options_.max_frames || delivered_ < *options_.max_frames) {
      std::optional<Frame> frame;
      try {
        frame = source_->next();
      } catch (const FrameError&) {
        if (seen_++ % options_.every == 0) throw;
        continue;
      }
      if (!frame) return std::nullopt;
      if (seen_++ % options_.every != 0 || is_too_soon(frame->time_s)) continue;
      ++delivered_;
      return frame;
    }
    return std::nullopt;
  }

  void stop() override { source_->stop(); }

  std::optional<std::size_t> size_hint() const override {
    std::optional<std::size_t> size = source_->size_hint();
    if (options_.max_fps > 0) size.reset();  // depends on the times
    const auto every = static_cast<std::size_t>(options_.every);
    if (size) size = (*size + every - 1) / every;
    if (size && options_.max_frames)
      size = std::min(*size, static_cast<std::size_t>(*options_.max_frames));
    return size;
  }

 private:
  /// Time is cut into slots of 1 / max_fps, and each gives its first frame: over a long run exactly
  /// the rate asked for, whatever that of the source is.
  bool is_too_soon(double time_s) {
    if (options_.max_fps <= 0) return false;
    constexpr double kRounding = 1e-6;  // of times that fall on the border of slots
    const double slot = std::floor(time_s * options_.max_fps + kRounding);
    return slot <= std::exchange(last_slot_, std::max(slot, last_slot_));
  }

  std::unique_ptr<FrameSource> source_;
  SampleOptions options_;
  std::int64_t seen_ = 0;
  std::int64_t delivered_ = 0;
  double last_slot_ = -1;
};

}  // namespace

std::unique_ptr<FrameSource> sampled(std::unique_ptr<FrameSource> source,
                                     const SampleOptions& options) {
  GONDOLA_EXPECTS(source != nullptr, "sampled: no source");
  if (options.every < 1) {
    throw ConfigError(
        concat("every ", options.every, "-th frame cannot be taken; expected 1 or more"));
  }
  if (!(options.max_fps >= 0) || !std::isfinite(options.max_fps)) {
    throw ConfigError(concat(
        options.max_fps, " frames a second cannot be taken; expected more than 0, or 0 for all"));
  }
  if (options.max_frames && *options.max_frames < 0) {
    throw ConfigError(
        concat("at most ", *options.max_frames, " frames cannot be taken; expected 0 ", "or more"));
  }
  return std::make_unique<SampledSource>(std::move(source), options);
}

}  // namespace gondola::media
