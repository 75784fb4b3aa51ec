#include <cstdio>
#include <filesystem>

#include "gondola/core/atomic_file.hpp"
#include "gondola/core/error.hpp"
#include "gondola/core/folder.hpp"
#include "gondola/pipeline/detection_sinks.hpp"
#include "result_names.hpp"
#include "result_stream.hpp"

namespace gondola::pipeline {
namespace {

namespace fs = std::filesystem;

class TxtSink : public DetectionSink {
 public:
  explicit TxtSink(const std::string& folder) : folder_(folder) { make_folder(folder); }

  void write(const FrameDetections& result) override {
    AtomicFile file(folder_ / names_.claim(result_stem(result.frame), ".txt"));
    const double width = result.frame.image.cols;
    const double height = result.frame.image.rows;
    for (const Detection& detection : result.detections) {
      const CxCyWh box = xyxy_to_cxcywh(detection.box);
      char line[256];
      std::snprintf(line, sizeof line, "%d %.6f %.6f %.6f %.6f %.6f\n", detection.class_id,
                    box.cx / width, box.cy / height, box.w / width, box.h / height,
                    detection.score);
      file.stream() << line;
    }
    file.commit();
  }

  void finish() override {}

 private:
  fs::path folder_;
  ResultNames names_;
};

class PictureSink : public DetectionSink {
 public:
  PictureSink(const std::string& folder, ClassNames class_names, PictureOptions options)
      : folder_(folder), class_names_(std::move(class_names)), options_(std::move(options)) {
    make_folder(folder);
  }

  void write(const FrameDetections& result) override {
    const media::Frame& frame = result.frame;
    const bool keeps_format =
        frame.kind == media::SourceKind::kImage && media::is_writable_image(frame.source);
    const std::string extension =
        keeps_format ? fs::path(frame.source).extension().string() : std::string(".jpg");
    const fs::path target = folder_ / names_.claim(result_stem(frame), extension);
    std::error_code one_is_missing;
    if (fs::equivalent(target, frame.source, one_is_missing)) {
      throw ConfigError(concat("the annotated picture would replace the picture '", frame.source,
                               "' itself; name another output folder"));
    }
    cv::Mat canvas = frame.image.clone();
    media::draw_detections(canvas, result.detections, class_names_, options_.draw);
    media::write_image(target.string(), canvas, options_.write);
  }

  void finish() override {}

 private:
  fs::path folder_;
  ClassNames class_names_;
  PictureOptions options_;
  ResultNames names_;
};

}  // namespace

std::unique_ptr<DetectionSink> make_txt_sink(const std::string& folder) {
  return std::make_unique<TxtSink>(folder);
}

std::unique_ptr<DetectionSink> make_picture_sink(const std::string& folder, ClassNames names,
                                                 PictureOptions options) {
  return std::make_unique<PictureSink>(folder, std::move(names), std::move(options));
}

}  // namespace gondola::pipeline
