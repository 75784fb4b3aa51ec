#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "gondola/pipeline/annotator.hpp"
#include "gondola/pipeline/detection_sink.hpp"

namespace gondola::app {

/// Shows annotated pictures and videos in windows, one for each camera, stream or video and one for
/// all pictures. Keys: q or Esc ends, space pauses, s saves the frame, f toggles full screen. A
/// picture stays until a key is pressed. Used on the main thread.
class WindowSink : public pipeline::DetectionSink {
 public:
  WindowSink(std::shared_ptr<pipeline::Annotator> annotator, std::string folder,
             std::shared_ptr<std::atomic<bool>> closed);
  ~WindowSink() override;
  WindowSink(const WindowSink&) = delete;
  WindowSink& operator=(const WindowSink&) = delete;

  /// Throws: IoError when a frame cannot be saved.
  void write(const pipeline::FrameDetections& result) override;
  void finish() override {}

 private:
  /// Returns whether the key ends a wait.
  bool handle(int key, const std::string& window, const pipeline::FrameDetections& result);

  std::shared_ptr<pipeline::Annotator> annotator_;
  std::string folder_;
  std::shared_ptr<std::atomic<bool>> closed_;
  bool full_screen_ = false;
};

}  // namespace gondola::app
