#include <cstdio>

#include "gondola/core/error.hpp"
#include "gondola/core/text.hpp"
#include "gondola/pipeline/detection_sinks.hpp"
#include "gondola/pipeline/result_stream.hpp"
#include "result_text.hpp"

namespace gondola::pipeline {
namespace {

class CsvSink : public DetectionSink {
 public:
  CsvSink(const std::string& path, ClassNames names)
      : out_(path, ResultStream::Mode::kAtomic), names_(std::move(names)) {
    out_.stream() << "source,frame,time_s,class,label,score,x1,y1,x2,y2,track\n";
  }

  void write(const FrameDetections& result) override {
    char time_s[32];
    std::snprintf(time_s, sizeof time_s, "%.12g", result.frame.time_s);
    const std::string frame =
        concat(csv_field(to_utf8(result.frame.source)), ',', result.frame.index, ',', time_s, ',');
    for (std::size_t i = 0; i < result.detections.size(); ++i) {
      const auto& [box, score, class_id] = result.detections[i];
      char numbers[256];
      std::snprintf(numbers, sizeof numbers, "%.6f,%.3f,%.3f,%.3f,%.3f,", score, box.x1, box.y1,
                    box.x2, box.y2);
      out_.stream() << frame << class_id << ',' << csv_field(to_utf8(names_.name(class_id))) << ','
                    << numbers;
      if (!result.tracks.empty()) out_.stream() << result.tracks.at(i);
      out_.stream() << '\n';
    }
  }

  void finish() override { out_.finish(); }

 private:
  ResultStream out_;
  ClassNames names_;
};

}  // namespace

std::unique_ptr<DetectionSink> make_csv_sink(const std::string& path, ClassNames names) {
  return std::make_unique<CsvSink>(path, std::move(names));
}

}  // namespace gondola::pipeline
