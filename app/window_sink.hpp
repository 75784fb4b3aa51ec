#pragma once

#include "gondola/core/class_names.hpp"
#include "gondola/pipeline/detection_sink.hpp"

namespace gondola::app {

/// Shows each annotated picture until a key is pressed. After q or Esc, shows no more.
class WindowSink : public pipeline::DetectionSink {
 public:
  explicit WindowSink(ClassNames names);
  ~WindowSink() override;
  WindowSink(const WindowSink&) = delete;
  WindowSink& operator=(const WindowSink&) = delete;

  void write(const pipeline::FrameDetections& result) override;
  void finish() override {}

 private:
  ClassNames names_;
  bool closed_ = false;
};

}  // namespace gondola::app
