#include <cstdio>

#include <nlohmann/json.hpp>

#include "gondola/core/error.hpp"
#include "gondola/pipeline/detection_sinks.hpp"
#include "result_stream.hpp"

namespace gondola::pipeline {
namespace {

/// The text with what is not UTF-8 replaced by U+FFFD.
std::string to_utf8(const std::string& text) {
  using Json = nlohmann::json;
  return Json::parse(Json(text).dump(-1, ' ', false, Json::error_handler_t::replace))
      .get<std::string>();
}

/// A field as RFC 4180 wants it: quoted when it holds a comma, quote or line end.
std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

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
