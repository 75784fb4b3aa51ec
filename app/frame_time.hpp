#pragma once

#include <optional>

#include "gondola/media/frame.hpp"
#include "gondola/store/event_store.hpp"

namespace gondola::app {

/// When a frame was taken: by the clock of a live source; else at `start` and, of a video, as much
/// later as the frame is; without a start at the time the file was written.
store::UtcMilliseconds taken_at(const media::Frame& frame,
                                const std::optional<store::UtcMilliseconds>& start);

}  // namespace gondola::app
