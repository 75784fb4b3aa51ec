#include <cstdio>

#include "gondola/pipeline/detection_sinks.hpp"
#include "gondola/pipeline/result_stream.hpp"

namespace gondola::pipeline {
namespace {

class MotSink : public DetectionSink {
 public:
  explicit MotSink(const std::string& path) : out_(path, ResultStream::Mode::kAtomic) {}

  void write(const FrameDetections& result) override {
    for (std::size_t i = 0; i < result.tracks.size(); ++i) {
      const auto& [box, score, class_id] = result.detections[i];
      char line[256];
      std::snprintf(line, sizeof line, "%lld,%lld,%.2f,%.2f,%.2f,%.2f,%.4f,-1,-1,-1\n",
                    static_cast<long long>(result.frame.index + 1),
                    static_cast<long long>(result.tracks[i]), box.x1, box.y1, box.width(),
                    box.height(), score);
      out_.stream() << line;
    }
  }

  void finish() override { out_.finish(); }

 private:
  ResultStream out_;
};

}  // namespace

std::unique_ptr<DetectionSink> make_mot_sink(const std::string& path) {
  return std::make_unique<MotSink>(path);
}

}  // namespace gondola::pipeline
